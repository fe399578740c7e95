"""Manifests: the archived state of one billing period, as a chain with a link for each run that
changed something.

A period without invoices has a manifest too, which states that there were none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import manifest_key
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.records import StoredObject
from lambdas.domain.findings import DOCUMENT_GAPS, Finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_form import NOT_STORED, OMITTED, Form
from lambdas.domain.json_text import Instant
from lambdas.domain.judgement.invoice_findings import findings_of
from lambdas.domain.money import Amount, sums
from lambdas.domain.verdict_words import PayerVerdict, PeriodVerdict, is_complete
from lambdas.domain.witnesses.charges import Residual
from lambdas.domain.witnesses.statements import NOBODY, PayerWitnesses

SCHEMA = "invoice-archive/manifest/2"
COMPLETENESS_SCHEMA = "invoice-archive/completeness/1"
OUTSTANDING = ("outstanding_totals", "open_currencies")
"""Members of a payer account with something outstanding, that follow from its other members."""
_NOT_SHOWN = (
    "outcome",
    "invoices",
    "outstanding",
    "listing_findings",
    "witnesses",
    "outstanding_since",
)
"""Members of a payer account that only the manifest has."""


@dataclass(frozen=True)
class OutstandingSince(Form):
    """The instant as of which a gap was first found; `code` and `subject` are `Finding.gap`."""

    subject: str
    since: Instant
    code: str = field(default="", metadata=OMITTED)


@dataclass(frozen=True)
class PayerState(Form):
    """One payer account in one billing period.

    `run_id` names the run that last changed it.
    """

    payer_account_id: str
    name: str
    legal_entity: str
    outcome: str | None
    """The latest outcome of asking this payer account; None: never asked for this period."""
    verdict: PayerVerdict
    run_id: str
    checked_at: str | None
    """The instant as of which its listings were last complete."""
    expected: int
    invoices: tuple[ArchivedInvoice, ...]
    outstanding: tuple[OutstandingInvoice, ...]
    listing_findings: tuple[Finding, ...]
    """Findings of its latest listing on anything but invoices."""
    findings: tuple[Finding, ...]
    witnesses: PayerWitnesses = NOBODY
    settled_at: str | None = None
    """The instant as of which every expected invoice was archived; None: something is missing."""
    residuals: tuple[Residual, ...] = ()
    """Its charges in Cost Explorer minus its invoices, if Cost Explorer was asked."""
    unarchived: int | None = field(default=None, compare=False, metadata=OMITTED)
    """The number of expected invoices neither archived nor accepted as missing; None: not noted."""
    outstanding_since: tuple[OutstandingSince, ...] = field(
        default=(), compare=False, metadata=OMITTED
    )
    count: int | None = field(default=None, compare=False, metadata=NOT_STORED)
    """The number of archived invoices, if it is kept without them."""

    def without_invoices(self) -> "PayerState":
        """The part shown to people, in little memory."""
        return replace(self, invoices=(), outstanding=(), listing_findings=(), count=self.archived)

    @property
    def rows(self) -> list[InvoiceSummary]:
        """The rows of everything listed with an id, archived or not."""
        return [*(one.summary for one in self.invoices), *(one.summary for one in self.outstanding)]

    @property
    def archived(self) -> int:
        if self.count is not None:
            return self.count
        return sum(invoice.has_invoice_document for invoice in self.invoices)

    @property
    def documents(self) -> int:
        return sum(len(invoice.documents) for invoice in self.invoices)

    @property
    def blocking(self) -> list[Finding]:
        """The findings that keep it from being complete."""
        return [found for found in self.findings if found.is_blocking]

    @property
    def since(self) -> dict[tuple[str, str], str]:
        """The instants as of which gaps were first found, by `Finding.gap`."""
        return {(one.code, one.subject): one.since for one in self.outstanding_since}

    @cached_property
    def missing_invoices(self) -> list[OutstandingInvoice]:
        """The outstanding invoices that nobody accepted as missing and that AWS has to provide."""
        severities = {(one.code, one.subject): one.is_blocking for one in self.findings}
        missing = []
        for invoice in self.outstanding:
            gaps = [one for one in findings_of(invoice) if one.is_blocking]
            if any(severities.get((one.code, one.subject), True) for one in gaps):
                missing.append(invoice)
        return missing

    @property
    def outstanding_totals(self) -> list[Amount]:
        """The amounts of the missing invoices as AWS lists them, outside the totals."""
        return totals_of_rows(self.missing_invoices)

    @property
    def open_currencies(self) -> list[str] | None:
        """The currencies of the missing invoices, if nothing else can change its totals; None if
        that cannot be said.
        """
        missing = self.missing_invoices
        adding = [one.summary for one in missing if not one.summary.repeats_another]
        amounts = [one.amount_due_or_none for one in adding]
        if None in amounts or any(one.code not in DOCUMENT_GAPS for one in self.blocking):
            return None
        return sorted({one.currency for one in amounts if one})

    @property
    def is_complete(self) -> bool:
        return is_complete(self.verdict)

    @property
    def awaits_only_the_deadline(self) -> bool:
        """True if nothing expected is outstanding and more may be issued before the deadline."""
        return self.verdict == "AWAITING" and self.settled_at is not None

    def summary_data(self) -> dict[str, Any]:
        """The payer account as `completeness.json` shows it."""
        bare = replace(self, invoices=(), outstanding=(), listing_findings=(), witnesses=NOBODY)
        members = {
            name: member for name, member in Form.to_data(bare).items() if name not in _NOT_SHOWN
        }
        return members | self._counts()

    def to_data(self) -> dict[str, Any]:
        return super().to_data() | self._counts()

    def _counts(self) -> dict[str, Any]:
        """The members derived from its invoices."""
        if self.count is not None:
            raise ValueError("without its invoices a payer account has no totals to show")
        return {
            "archived": self.archived,
            "documents": self.documents,
            "totals": [amount.to_data() for amount in totals(self.invoices)],
            "sources": sources(self.invoices),
            **self.outstanding_figures(),
        }

    def outstanding_figures(self) -> dict[str, Any]:
        """The members that follow from what is outstanding, if this release judged it."""
        if not self.unarchived:
            return {}
        currencies = self.open_currencies
        listed = {"outstanding_totals": [one.to_data() for one in self.outstanding_totals]}
        return listed if currencies is None else listed | {"open_currencies": currencies}


@dataclass(frozen=True)
class Manifest(Form):
    """One link of a period's chain."""

    bucket: str
    billing_period: BillingPeriod
    sequence: int
    previous_sha256: str | None
    run_id: str
    generated_at: str
    verdict: PeriodVerdict
    closed_at: str | None
    """The instant of the first run that found the period complete after its deadline."""
    payers: tuple[PayerState, ...]
    findings: tuple[Finding, ...] = ()
    """Findings on the period as a whole."""
    last_day: str = ""
    """The last day, `2026-11-10`, on which nothing of the period was overdue."""
    close_day: str = ""
    """The day on which it was judged: `business day 3` of the following month, or the date."""

    @property
    def key(self) -> str:
        return manifest_key(self.billing_period, self.sequence)

    def to_data(self) -> dict[str, Any]:
        """The content that is signed and stored (`signatures.signed_file`)."""
        return {
            **super().to_data(),
            "schema": SCHEMA,
            "key": self.key,
            "totals": [amount.to_data() for amount in totals(self.invoices)],
            **self._outstanding_figures(),
        }

    @property
    def outstanding_totals(self) -> list[Amount]:
        """The amounts of the missing invoices as AWS lists them, each id once and none that another
        payer account has archived. The manifest has its invoices.
        """
        archived = {one.invoice_id for one in self.invoices}
        missing = (one for payer in self.payers for one in payer.missing_invoices)
        return totals_of_rows(one for one in missing if one.invoice_id not in archived)

    def _outstanding_figures(self) -> dict[str, Any]:
        """The member that follows from what is outstanding, if this release judged it."""
        if not any(payer.unarchived for payer in self.payers):
            return {}
        return {"outstanding_totals": [one.to_data() for one in self.outstanding_totals]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read a manifest. Raises ValueError for a schema that this version does not know."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"the manifest's schema is {data.get('schema')!r}, not {SCHEMA!r}")
        return super().from_data(data)

    @property
    def invoices(self) -> Iterator[ArchivedInvoice]:
        """Every archived invoice of the period."""
        return (invoice for payer in self.payers for invoice in payer.invoices)

    @property
    def blocking(self) -> list[Finding]:
        """The findings that keep it from being complete: its own, then those of its payers."""
        own = [found for found in self.findings if found.is_blocking]
        return own + [found for payer in self.payers for found in payer.blocking]

    @property
    def evidence(self) -> Iterator[StoredObject]:
        """Every record and document of the period."""
        for invoice in self.invoices:
            yield from invoice.records
            yield from (document.stored for document in invoice.documents)

    @property
    def unlisted_ids(self) -> frozenset[str]:
        """The invoice ids that AWS Payments has and AWS Invoicing never listed."""
        statements = (one.witnesses.payments for one in self.payers)
        return frozenset().union(*(one.unlisted_ids for one in statements if one))

    def without_invoices(self) -> "Manifest":
        """The part shown to people, in little memory."""
        return replace(self, payers=tuple(payer.without_invoices() for payer in self.payers))

    def says_the_same_as(self, other: "Manifest") -> bool:
        """True if nothing changed but the day."""
        return (self.verdict, self.closed_at, self.payers, self.findings) == (
            other.verdict,
            other.closed_at,
            other.payers,
            other.findings,
        )

    def progress(self, close_day: str) -> dict[str, Any]:
        """The progress of the close on a day: `92 of 118 complete on business day 3`."""
        complete = sum(payer.is_complete for payer in self.payers)
        text = f"{complete} of {len(self.payers)} complete on {close_day}"
        if waiting := sum(payer.awaits_only_the_deadline for payer in self.payers):
            text += f", {waiting} more with nothing outstanding"
        return {
            "complete": complete,
            "payers": len(self.payers),
            "close_day": close_day,
            "text": text,
        }

    def completeness(self) -> dict[str, Any]:
        """The view `completeness.json`, which names the manifest that it was made from."""
        return {
            "schema": COMPLETENESS_SCHEMA,
            "billing_period": str(self.billing_period),
            "verdict": self.verdict,
            "run_id": self.run_id,
            "generated_at": self.generated_at,
            "manifest": self.key if self.sequence else None,
            "closed_at": self.closed_at,
            "last_day": self.last_day,
            "progress": self.progress(self.close_day),
            "totals": [amount.to_data() for amount in totals(self.invoices)],
            "findings": [finding.to_data() for finding in self.findings],
            "payers": [payer.summary_data() for payer in self.payers],
            **self._outstanding_figures(),
        }


def totals(invoices: Iterable[ArchivedInvoice]) -> list[Amount]:
    """One total to be paid per currency, nothing converted; each invoice id counts once."""
    once = {invoice.invoice_id: invoice for invoice in invoices}.values()
    return sums(invoice.amount_due for invoice in once if invoice.amount_due)


def totals_of_rows(invoices: Iterable[OutstandingInvoice]) -> list[Amount]:
    """One total per currency of what AWS lists of these invoices; each id counts once."""
    once = {one.invoice_id: one.summary.amount_due_or_none for one in invoices}.values()
    return sums(amount for amount in once if amount)


def sources(invoices: Iterable[ArchivedInvoice]) -> list[dict[str, Any]]:
    """The totals split by bill source, of a payer account that also gets the bills of others.

    Empty for any other payer account. The part without source accounts is its own.
    """
    of: dict[tuple[str, ...], list[ArchivedInvoice]] = defaultdict(list)
    for invoice in invoices:
        of[invoice.summary.bill_source_accounts].append(invoice)
    if not any(of):
        return []
    return [
        {
            "bill_source_accounts": list(accounts),
            "invoices": len(part),
            "totals": [amount.to_data() for amount in totals(part)],
        }
        for accounts, part in sorted(of.items())
    ]

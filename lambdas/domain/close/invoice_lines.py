"""The invoices of a period, one line for each invoice id, as finance books them.

Made from the manifest, with names and owners from `identities`. A check of the archive makes the
lines of a few invoices at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from lambdas.domain.close.identities import Identity, identities
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.records import ArchivedDocument
from lambdas.domain.evidence.references import references
from lambdas.domain.invoices.stated_money import StatedMoney, stated_money, tax_money
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.invoice_findings import findings_of
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.words import counted

DocumentGroup = Literal["INVOICE", "CREDIT_MEMO", "TAX_COPY", "RECEIPT"]
LineStatus = Literal["ARCHIVED", "OUTSTANDING", "ACCEPTED", "NOT_OFFERED"]


@dataclass(frozen=True)
class InvoiceLine:
    """One invoice. `codes` are of the findings on it or on one of its documents."""

    who: Identity
    invoice: ArchivedInvoice | OutstandingInvoice
    status: LineStatus
    outstanding_since: str | None
    """The instant as of which it, or one of its documents, was first found to be missing."""
    other_accounts: tuple[str, ...]
    """Other payer accounts that have the same invoice id."""
    codes: tuple[str, ...]

    @property
    def summary(self) -> InvoiceSummary:
        return self.invoice.summary

    @property
    def group(self) -> DocumentGroup:
        return document_group(self.summary)

    @property
    def repeats(self) -> str | None:
        """The invoice that a tax copy or receipt repeats; None for any other invoice."""
        return repeated_invoice(self.summary)

    @cached_property
    def money(self) -> StatedMoney | None:
        """The part of its currency's totals; None for a tax copy or a receipt, and if AWS states no
        amount that can be read.
        """
        return None if self.summary.repeats_another else stated_money(self.summary)

    @cached_property
    def tax_money(self) -> StatedMoney | None:
        """Its amounts in the currency in which its tax is reported."""
        return tax_money(self.summary)

    @cached_property
    def receipt(self) -> StatedMoney | None:
        """The amount that a receipt acknowledges."""
        return stated_money(self.summary) if self.summary.is_receipt else None

    @property
    def document(self) -> ArchivedDocument | None:
        """The latest revision of its invoice document."""
        if isinstance(self.invoice, OutstandingInvoice):
            return None
        documents = (one for one in self.invoice.documents if one.is_invoice_document)
        return max(documents, key=lambda one: (one.revision, one.stored.key), default=None)


def document_group(summary: InvoiceSummary) -> DocumentGroup:
    if summary.is_receipt:
        return "RECEIPT"
    if summary.repeats_another:
        return "TAX_COPY"
    return "CREDIT_MEMO" if summary.is_credit_memo else "INVOICE"


def repeated_invoice(summary: InvoiceSummary) -> str | None:
    """The invoice that a tax copy or receipt repeats, as its row names it."""
    if not summary.repeats_another:
        return None
    if summary.is_receipt:
        return next((invoice_id for _, invoice_id in references(summary)), None)
    return summary.commercial_invoice_id


def exclusion(summary: InvoiceSummary) -> str | None:
    """The reason why a row adds to no total: `tax copy of 5286405569`; None for any other row."""
    if not summary.repeats_another:
        return None
    what = "payment receipt" if summary.is_receipt else "tax copy"
    repeated = repeated_invoice(summary)
    return f"{what} of {repeated}" if repeated else what


@dataclass(frozen=True)
class DocumentCounts:
    """The numbers of archived invoices by group; an id counts once."""

    invoices: int
    credit_memos: int
    others: int
    """Tax copies and receipts, which add to no total."""
    without_document: int
    """Those of all groups that have a record and no invoice document, which no other number has."""

    def __str__(self) -> str:
        """`136 invoices, 2 credit memos, 4 other documents`, with those that there are."""
        parts = [counted(self.invoices, "invoice")]
        if self.credit_memos:
            parts.append(counted(self.credit_memos, "credit memo"))
        if self.others:
            parts.append(counted(self.others, "other document"))
        if number := self.without_document:
            whose = "its" if number == 1 else "their"
            parts.append(f"{number:,} without {whose} invoice document")
        return ", ".join(parts)


def document_counts(manifest: Manifest) -> DocumentCounts:
    """The counts of a manifest with its invoices."""
    once = {one.invoice_id: one for one in manifest.invoices}.values()
    groups = [document_group(one.summary) for one in once if one.has_invoice_document]
    invoices, memos = groups.count("INVOICE"), groups.count("CREDIT_MEMO")
    others = len(groups) - invoices - memos
    return DocumentCounts(invoices, memos, others, len(once) - len(groups))


class Holders:
    """The payer account whose line an invoice id has, as totals count it: the last one that has
    archived it, else the last one that misses it, else the last one in which it is outstanding.
    """

    def __init__(self, payers: Iterable[tuple[PayerState, Iterable[str]]]) -> None:
        """`payers` are in the order of the manifest, each with the ids of its archived invoices,
        which the state may be without.
        """
        archived: dict[str, str] = {}
        missing: dict[str, str] = {}
        outstanding: dict[str, str] = {}
        shared: dict[str, set[str]] = defaultdict(set)
        for payer, archived_ids in payers:
            account_id = payer.payer_account_id
            outstanding_ids = [one.invoice_id for one in payer.outstanding]
            for found, ids in ((archived, archived_ids), (outstanding, outstanding_ids)):
                for invoice_id in ids:
                    before = archived.get(invoice_id) or outstanding.get(invoice_id)
                    if before:
                        shared[invoice_id] |= {before, account_id}
                    found[invoice_id] = account_id
            missing |= {one.invoice_id: account_id for one in payer.missing_invoices}
        self._holders = outstanding | missing | archived
        self._archived = archived.keys()
        self._shared = shared

    @classmethod
    def of(cls, manifest: Manifest) -> "Holders":
        return cls((one, [each.invoice_id for each in one.invoices]) for one in manifest.payers)

    def has_line(self, account_id: str, invoice_id: str, *, is_archived: bool) -> bool:
        """True if this payer account's invoice is the one that has the line."""
        is_same_kind = is_archived == (invoice_id in self._archived)
        return is_same_kind and self._holders.get(invoice_id) == account_id

    def others(self, account_id: str, invoice_id: str) -> tuple[str, ...]:
        return tuple(sorted(self._shared.get(invoice_id, set()) - {account_id}))


def invoice_lines(manifest: Manifest, owners: Owners) -> Iterator[InvoiceLine]:
    """The lines of a manifest with its invoices, by payer account, archived ones first."""
    holders, who = Holders.of(manifest), identities(manifest, owners)
    for payer in manifest.payers:
        lines = PayerLines(payer, who[payer.payer_account_id], holders)
        yield from lines.archived(payer.invoices)
        yield from lines.outstanding()


class PayerLines:
    """The lines of one payer account. `state` may be without its archived invoices."""

    def __init__(self, state: PayerState, who: Identity, holders: Holders) -> None:
        self._state = state
        self._who = who
        self._holders = holders
        latest_first = sorted(state.since.items(), key=lambda item: item[1], reverse=True)
        self._since = {subject: since for (_, subject), since in latest_first}
        """The earliest instant of each subject."""
        self._missing = {one.invoice_id for one in state.missing_invoices}
        self._codes: dict[str, set[str]] = defaultdict(set)
        self._blocking = {found.subject for found in state.findings if found.is_blocking}
        """The subjects of what still blocks."""
        for found in state.findings:
            self._codes[found.subject].add(found.code)

    def archived(self, invoices: Iterable[ArchivedInvoice]) -> Iterator[InvoiceLine]:
        """The lines of these archived invoices of the account."""
        for one in invoices:
            if self._has_line(one, is_archived=True):
                yield self._line(one, "ARCHIVED", self._subjects(one) & self._blocking)

    def outstanding(self) -> Iterator[InvoiceLine]:
        """The lines of its outstanding invoices. The first release expected estimates too, which
        are no invoices.
        """
        for one in self._state.outstanding:
            if self._has_line(one, is_archived=False) and not one.summary.is_estimate:
                yield self._line(one, self._status(one), self._subjects(one))

    def _has_line(
        self, invoice: ArchivedInvoice | OutstandingInvoice, *, is_archived: bool
    ) -> bool:
        account_id = self._state.payer_account_id
        return self._holders.has_line(account_id, invoice.invoice_id, is_archived=is_archived)

    def _line(
        self,
        invoice: ArchivedInvoice | OutstandingInvoice,
        status: LineStatus,
        missing: Iterable[str],
    ) -> InvoiceLine:
        """The line; `missing` are the subjects of what is missing."""
        since = [self._since[one] for one in missing if one in self._since]
        codes = {found.code for found in invoice.findings}
        for subject in self._subjects(invoice):
            codes |= self._codes.get(subject, set())
        return InvoiceLine(
            self._who,
            invoice,
            status,
            min(since, default=None),
            self._holders.others(self._state.payer_account_id, invoice.invoice_id),
            tuple(sorted(codes)),
        )

    def _subjects(self, invoice: ArchivedInvoice | OutstandingInvoice) -> set[str]:
        """The subjects of findings on the invoice, its record and its documents."""
        subjects = {invoice.invoice_id, *(found.subject for found in invoice.findings)}
        if isinstance(invoice, ArchivedInvoice):
            subjects |= {invoice.record.key, *(one.stored.key for one in invoice.documents)}
        return subjects

    def _status(self, invoice: OutstandingInvoice) -> LineStatus:
        """OUTSTANDING, unless AWS may never provide the document or a person accepted the gap."""
        if invoice.invoice_id in self._missing:
            return "OUTSTANDING"
        gaps = any(found.is_blocking for found in findings_of(invoice))
        return "ACCEPTED" if gaps else "NOT_OFFERED"

"""The common source of all parts of a period's page."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

from lambdas.domain.close.identities import Identity, identities
from lambdas.domain.close.muted_remarks import NOTHING_MUTED, MutedRemarks
from lambdas.domain.close.open_items import OpenItem, open_items
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import file_name
from lambdas.domain.findings import KINDS, Finding
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.payments.financial_record import FinancialRecord
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.views.comparison import Change
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.html import Content, Html, element, join, name
from lambdas.views.pages.links import Links

_DEPTH = 2
"""Number of folders between the bucket's root and a period's page."""
NOT_IN_REGISTER = "Not in the payer register"
"""In place of the name of an account whose invoices are listed under nobody known."""
NOT_ARCHIVED, ELSEWHERE = "not in the archive", "not in this month"


class PeriodContext:
    """One period with its open items, the archive's earlier periods, and links to objects and payer
    accounts.
    """

    def __init__(
        self,
        manifest: Manifest,
        periods: Sequence[PeriodDigest],
        *,
        region: str,
        owners: Owners,
        muted: MutedRemarks = NOTHING_MUTED,
        as_of: datetime | None = None,
        payments: PaymentStatus | None = None,
    ) -> None:
        self.manifest = manifest
        self.payments = payments
        self.muted = muted
        self.period = manifest.billing_period
        self.now = PeriodDigest.of(manifest, as_of)
        self.open = open_items(manifest, owners, as_of)
        self.links = Links(manifest.bucket, region, _DEPTH)
        self._identities = identities(manifest, owners)
        earlier = [one for one in periods if one.billing_period < self.period]
        self.earlier = sorted(earlier, key=lambda one: one.billing_period, reverse=True)

    @cached_property
    def before(self) -> PeriodDigest | None:
        """The month before, if the archive has it."""
        month_before = self.period.shifted(-1)
        return next((one for one in self.earlier if one.billing_period == month_before), None)

    @cached_property
    def day(self) -> date:
        """The day by which due dates have passed."""
        return self.now.instant.date()

    @cached_property
    def payment_records(self) -> tuple[FinancialRecord, ...]:
        """The financial records of the period, each once."""
        return self.payments.records if self.payments else ()

    @cached_property
    def payment_of(self) -> Mapping[str, FinancialRecord]:
        """The same by invoice id."""
        return {one.invoice_id: one for one in self.payment_records}

    @cached_property
    def listed_ids(self) -> frozenset[str]:
        """The ids of all invoices of the period, archived or not."""
        payers = self.manifest.payers
        outstanding = {one.invoice_id for payer in payers for one in payer.outstanding}
        return frozenset(outstanding | self._documents.keys())

    def document_of(self, invoice_id: str) -> str | None:
        """The key of an archived invoice's own document."""
        return self._documents.get(invoice_id)

    def absence_of(self, invoice_id: str) -> str:
        """The reason, in a few words, why an invoice of AWS Payments has no document here: the two
        services may file it under different months.
        """
        if invoice_id in self.listed_ids:
            return "PDF not archived"
        return NOT_ARCHIVED if invoice_id in self._unlisted_ids else ELSEWHERE

    @cached_property
    def _unlisted_ids(self) -> frozenset[str]:
        return self.manifest.unlisted_ids

    @cached_property
    def _documents(self) -> dict[str, str | None]:
        """The key of the first document of each archived invoice, by its id."""
        found: dict[str, str | None] = {}
        for invoice in self.manifest.invoices:
            own = (one.stored.key for one in invoice.documents if one.is_invoice_document)
            found[invoice.invoice_id] = next(own, found.get(invoice.invoice_id))
        return found

    @cached_property
    def _evidence(self) -> frozenset[str]:
        return frozenset(stored.key for stored in self.manifest.evidence)

    @cached_property
    def _items(self) -> dict[tuple[str, Finding], OpenItem]:
        return {
            (item.who.account_id, found): item
            for item in self.open.items
            if item.who
            for found in item.findings
        }

    def findings(self, payer: PayerState) -> tuple[Finding, ...]:
        """The payer account's findings that the page shows."""
        return self.muted.shown(payer)

    def next_step(self, payer: PayerState, found: Finding) -> str:
        """The step of a finding as of this page; a gap that does not block needs none."""
        if item := self._items.get((payer.payer_account_id, found)):
            return item.action
        kind = KINDS[found.code]
        if not found.is_blocking and kind.severity == "blocking" and found.waits:
            return f"No action needed for the close. If you need it: {kind.step}"
        return found.next_step

    def subject(self, subject: str) -> Html:
        """An invoice id, or a file of the archive as a link."""
        if subject in self._evidence:
            return self.links.to(subject, file_name(subject))
        return name(subject) if subject else Html("")

    def identity(self, account_id: str) -> Identity:
        """The name, legal entity and owner of a payer account of the period."""
        return self._identities[account_id]

    def name_of(self, account_id: str, given: str) -> Content:
        """The name of a payer account; for one outside the register, the account that lists its
        invoices.
        """
        if given:
            return name(given)
        who = self._identities.get(account_id)
        return ["Listed under ", name(who.name)] if who and who.name else NOT_IN_REGISTER

    def payer(self, payer: PayerState | Change) -> Html:
        """A payer account as a link to its line on this page, if it has one."""
        given = payer.name if isinstance(payer, PayerState) else payer.payer_name
        return self.account(payer.payer_account_id, given)

    def account(self, account_id: str, given: str) -> Html:
        """The same for an account id and the name in the manifest."""
        label = join(
            element("span", self.name_of(account_id, given), class_="account"),
            " ",
            element("span", account_id, class_="id"),
        )

        if account_id not in self.now.payer_of:
            return label
        return self.links.inside(payer_anchor(account_id), label)


def payer_anchor(payer_account_id: str) -> str:
    return f"payer-{payer_account_id}"

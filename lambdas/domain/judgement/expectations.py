"""The expectations of a payer account's witnesses in a billing period, compared with its
invoices.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.issuers import AWS, Issuer, billing_entity_of
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.money import AmountNotRead, is_money
from lambdas.domain.verdict_words import PayerVerdict
from lambdas.domain.witnesses.billing_transfers import BillingTransfer
from lambdas.domain.witnesses.statements import PayerWitnesses


@dataclass(frozen=True)
class FiledInvoice:
    """An invoice listed under a payer account, archived or not."""

    account_id: str
    """The account under which it is filed."""
    summary: InvoiceSummary


@dataclass(frozen=True)
class Expectations:
    """The statements on one payer account in one billing period, and its listed invoices."""

    account_id: str
    period: BillingPeriod
    witnesses: PayerWitnesses
    transfers: Sequence[BillingTransfer]
    """Every known transfer with this account as source or target, from the answers to either of the
    two.
    """
    invoices: Sequence[FiledInvoice]
    registered: Collection[str]
    """The payer accounts of the register that are active in the period."""

    @cached_property
    def transferred_to(self) -> str | None:
        """The account that gets its invoices of the whole period by billing transfer."""
        covering = (t for t in self.transfers if t.source == self.account_id)
        return next((t.target for t in covering if t.covers(self.period)), None)

    @property
    def has_no_charges(self) -> bool:
        """True if Cost Explorer shows no charges, with final figures."""
        charges = self.witnesses.charges
        return charges is not None and charges.is_final and not charges.has_money

    @property
    def has_charges(self) -> bool:
        """True if Cost Explorer shows charges, final or estimated."""
        charges = self.witnesses.charges
        return charges is not None and bool(charges.charged)

    @property
    def is_invoiced_to_receivers(self) -> bool:
        """True if its invoices are issued only to receivers of its invoice units."""
        units = self.witnesses.units
        filed_under = {one.account_id for one in self.invoices if self.can_be_all(one.summary)}
        return bool(filed_under) and units is not None and filed_under.issubset(units.receivers)

    def can_be_all(self, summary: InvoiceSummary) -> bool:
        """True if the row can be the only one listed: an invoice of its own, or a credit memo if
        Cost Explorer shows nothing to pay, with final figures.
        """
        charges = self.witnesses.charges
        is_paid_off = charges is not None and charges.is_final and not charges.to_be_paid
        return summary.is_own_invoice or (summary.is_credit_memo and is_paid_off)

    def verdict_without_invoices(self, *, is_overdue: bool) -> PayerVerdict | None:
        """The verdict on a payer account without invoices of its own; None if no witness explains
        that.
        """
        if self.transferred_to:
            return "TRANSFERRED"
        if self.has_no_charges:
            return "NO_CHARGES"
        return "COMPLETE" if self.is_invoiced_to_receivers and is_overdue else None

    @property
    def are_proven_whole(self) -> bool:
        """True if history and final figures of Cost Explorer both state what to expect: then the
        archived invoices can be proven to be all before the deadline.
        """
        charges = self.witnesses.charges
        return bool(self.witnesses.history.usual and charges and charges.is_final)

    def missing(self) -> Iterator[Finding]:
        """Findings on invoices that a witness expects and no listing shows, each once."""
        for issuer in self._usual_missing:
            periods = self.witnesses.history.periods
            yield finding(
                "USUAL_INVOICE_MISSING",
                str(issuer),
                f"Each of {', '.join(map(str, sorted(periods)))} has one, {self.period} has none.",
            )
        for source in self._sources_without_invoice:
            yield finding(
                "SOURCE_WITHOUT_INVOICE",
                source,
                f"A billing transfer brings its invoices of the whole of {self.period} to "
                f"{self.account_id}, and none is listed.",
            )
        for entity in sorted(self._charged_without_invoice):
            yield finding(
                "CHARGES_WITHOUT_INVOICE",
                self._charges_of(entity),
                f"Cost Explorer shows charges of {entity}{self._qualification(entity)}, and no "
                "invoice is listed.",
            )

    def missing_invoices(self, missing: Iterable[Finding], recorded: Iterable[str]) -> int:
        """The least number of invoices behind these findings of `missing` and AWS Payments'
        unlisted records, given by their billing entities: charges, usual invoices and records of
        one billing entity may be the same invoices.
        """
        subjects = {found.subject for found in missing}
        usual = Counter(
            billing_entity_of(issuer.billing_entity)
            for issuer in self._usual_missing
            if issuer.is_own_invoice and str(issuer) in subjects
        )
        charged = Counter(
            entity
            for entity in self._charged_without_invoice
            if self._charges_of(entity) in subjects
        )
        others = len(subjects) - usual.total() - charged.total()
        return others + (usual | charged | Counter(recorded)).total()

    def notes(self) -> Iterator[Finding]:
        """Findings on the witnesses themselves; none of them blocks."""
        stated = self.witnesses
        for statement in (stated.charges, stated.transfers, stated.units, stated.payments):
            if statement and statement.not_read:
                yield finding("WITNESS_NOT_READ", self.account_id, statement.not_read)
        if stated.payments and (absent := stated.payments.unrecorded):
            yield finding("WITNESSES_DISAGREE", self.account_id, absent.text)
        for entity in sorted(self._invoiced_without_charges()):
            yield finding(
                "WITNESSES_DISAGREE",
                self.account_id,
                f"An invoice of {entity} is listed; Cost Explorer shows no charges of it.",
            )
        if self._missing_sources and not self._sources_without_invoice:
            yield finding(
                "WITNESSES_DISAGREE",
                self.account_id,
                f"A billing transfer brings their invoices to {self.account_id}; whether there is "
                f"an invoice of {', '.join(self._missing_sources)} could not be checked, for AWS "
                "does not name every source of the rows that it lists.",
                severity="warning",
            )
        for source in self._sources_without_transfer:
            yield finding(
                "SOURCE_WITHOUT_TRANSFER",
                source,
                f"An invoice for {self.account_id} names it as the source; AWS names no transfer "
                f"from it to {self.account_id} in {self.period}.",
            )
        if not self.transferred_to:
            return
        if self.invoices:
            yield finding(
                "WITNESSES_DISAGREE",
                self.account_id,
                f"A billing transfer to {self.transferred_to} covers the period; invoices of this "
                "payer account are listed all the same, and count.",
            )
        if self.transferred_to not in self.registered:
            yield finding(
                "RECEIVER_NOT_IN_REGISTER",
                self.account_id,
                f"Its invoices go to {self.transferred_to} by billing transfer, which is not in "
                "the payer register: this archive does not get them.",
            )

    def _qualification(self, entity: str) -> str:
        """The words after a billing entity's charges: found in the total only, or estimated."""
        charges = self.witnesses.charges
        estimated = "" if charges and charges.is_final else " so far (estimated)"
        if charges and entity == AWS and charges.in_no_group:
            return f" in the total of {self.period}, under no account{estimated}"
        return estimated

    def _charges_of(self, entity: str) -> str:
        return f"{self.account_id} {entity}"

    @cached_property
    def _usual_missing(self) -> list[Issuer]:
        return [issuer for issuer in self.witnesses.history.usual if self._is_missing(issuer)]

    @cached_property
    def _issuers(self) -> frozenset[Issuer]:
        found = (Issuer.of(one.account_id, one.summary) for one in self.invoices)
        return frozenset(issuer for issuer in found if issuer)

    def _is_missing(self, usual: Issuer) -> bool:
        """True if a usual invoice is missing and no other witness explains that."""
        if usual in self._issuers or self.transferred_to:
            return False
        if usual.bill_source_accounts:
            return any(self._is_expected_of(source) for source in usual.bill_source_accounts)
        charges = self.witnesses.charges
        entity = billing_entity_of(usual.billing_entity)
        return not (charges and charges.is_final and entity not in charges.charged)

    def _is_expected_of(self, source: str) -> bool:
        """True if the usual invoice of another organization is expected again.

        It is not if its transfer covers the period, since the finding on the source reports that,
        nor if the transfer is over. A transfer in effect for a part of the period leaves it
        expected.
        """
        inbound = [t for t in self.transfers if (t.source, t.target) == (source, self.account_id)]
        was_read = self.witnesses.transfers is not None and self.witnesses.transfers.was_read
        if any(t.covers(self.period) for t in inbound):
            return False
        return not was_read or any(t.touches(self.period) for t in inbound)

    @property
    def _sources_without_transfer(self) -> list[str]:
        """The sources named by invoices without a transfer to this account in any part of the
        period; empty if the transfers could not be read.
        """
        statement = self.witnesses.transfers
        if statement is None or not statement.was_read or statement.not_read:
            return []
        sources = {source for one in self.invoices for source in one.summary.bill_source_accounts}
        explained = {
            transfer.source
            for transfer in self.transfers
            if transfer.target == self.account_id and transfer.touches(self.period)
        }
        return sorted(sources - explained)

    @property
    def _sources_without_invoice(self) -> list[str]:
        """The sources that no row names, if they outnumber the sources that rows leave unnamed."""
        unnamed = sum(row.unnamed_bill_sources for row in self._own_invoices)
        return self._missing_sources if len(self._missing_sources) > unnamed else []

    @cached_property
    def _own_invoices(self) -> list[InvoiceSummary]:
        return [one.summary for one in self.invoices if one.summary.is_own_invoice]

    @cached_property
    def _missing_sources(self) -> list[str]:
        """The sources without a listed invoice that names them."""
        invoiced = {source for row in self._own_invoices for source in row.bill_source_accounts}
        covering = {
            t.source
            for t in self.transfers
            if t.target == self.account_id and t.covers(self.period)
        }
        return sorted(covering - invoiced)

    @cached_property
    def _charged_without_invoice(self) -> frozenset[str]:
        charges = self.witnesses.charges
        if charges is None or self.transferred_to:
            return frozenset()
        rows = [one.summary for one in self.invoices if not one.summary.bill_source_accounts]
        invoiced = {billing_entity_of(r.billing_entity) for r in rows if r.is_own_invoice}
        credited = {billing_entity_of(r.billing_entity) for r in rows if r.is_credit_memo}
        return charges.charged - invoiced - (credited - charges.to_be_paid)

    def _invoiced_without_charges(self) -> set[str]:
        """The billing entities that have recurring invoices and no charges.

        A purchase may be charged in another month than it is invoiced.
        """
        charges = self.witnesses.charges
        if charges is None or not charges.is_final:
            return set()
        return {
            entity
            for one in self.invoices
            if one.summary.is_own_invoice
            and one.summary.bill_type in ("ANNIVERSARY", "")
            and not one.summary.bill_source_accounts
            and _has_amount(one.summary)
            and (entity := billing_entity_of(one.summary.billing_entity)) not in charges.charged
        }


def _has_amount(summary: InvoiceSummary) -> bool:
    try:
        amount = summary.amount_due()
    except AmountNotRead:
        return False
    return amount is not None and is_money(amount)

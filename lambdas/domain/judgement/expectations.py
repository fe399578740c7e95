"""What the witnesses of a payer account expect in a billing period, held against its invoices."""

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
class Shown:
    """An invoice that a payer account is shown, archived or not."""

    account_id: str
    """The account under which it is filed."""
    summary: InvoiceSummary


@dataclass(frozen=True)
class Expectations:
    """The statements on one payer account in one billing period, and what is shown of it."""

    account_id: str
    period: BillingPeriod
    witnesses: PayerWitnesses
    transfers: Sequence[BillingTransfer]
    """Every known transfer of which it is source or target, whoever told of it."""
    shown: Sequence[Shown]
    registered: Collection[str]
    """The payer accounts that this archive asks in the period."""

    @cached_property
    def transferred_to(self) -> str | None:
        """Who gets its invoices of the whole period, if a billing transfer says so."""
        covering = (t for t in self.transfers if t.source == self.account_id)
        return next((t.target for t in covering if t.covers(self.period)), None)

    @property
    def has_no_charges(self) -> bool:
        """Whether Cost Explorer says so, and no longer as an estimate."""
        charges = self.witnesses.charges
        return charges is not None and charges.is_final and not charges.has_money

    @property
    def has_charges(self) -> bool:
        """Whether Cost Explorer shows any, be it as an estimate."""
        charges = self.witnesses.charges
        return charges is not None and bool(charges.charged)

    @property
    def is_invoiced_to_receivers(self) -> bool:
        """Whether its invoices are issued to receivers of its invoice units, and only to them."""
        units = self.witnesses.units
        filed_under = {one.account_id for one in self.shown if self.can_be_all(one.summary)}
        return bool(filed_under) and units is not None and filed_under.issubset(units.receivers)

    def can_be_all(self, summary: InvoiceSummary) -> bool:
        """Whether the row can be all that is listed: an invoice of its own can, and a credit memo
        where Cost Explorer says, and no longer as an estimate, that nothing is to be paid.
        """
        charges = self.witnesses.charges
        is_paid_off = charges is not None and charges.is_final and not charges.to_be_paid
        return summary.is_own_invoice or (summary.is_credit_memo and is_paid_off)

    def verdict_without_invoices(self, *, is_overdue: bool) -> PayerVerdict | None:
        """What a witness says of a payer account without invoices of its own; None if none does."""
        if self.transferred_to:
            return "TRANSFERRED"
        if self.has_no_charges:
            return "NO_CHARGES"
        return "COMPLETE" if self.is_invoiced_to_receivers and is_overdue else None

    @property
    def are_proven_whole(self) -> bool:
        """Whether history and Cost Explorer, independent of the listings, both say what is to be
        expected, so that what is there can be all of it before the deadline.
        """
        charges = self.witnesses.charges
        return bool(self.witnesses.history.usual and charges and charges.is_final)

    def missing(self) -> Iterator[Finding]:
        """The invoices that a witness expects and no listing shows, each once."""
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
                f"Cost Explorer shows charges of {entity}{self._so_far(entity)}, and no invoice "
                "is listed.",
            )

    def missing_invoices(self, missing: Iterable[Finding]) -> int:
        """How many invoices these findings of `missing` are of at least: the charges of a billing
        entity of which a usual invoice lacks are those of that invoice.
        """
        subjects = {found.subject for found in missing}
        usual = {
            billing_entity_of(issuer.billing_entity)
            for issuer in self._usual_missing
            if str(issuer) in subjects and issuer.is_own_invoice
        }
        twice = [entity for entity in usual if self._charges_of(entity) in subjects]
        return len(subjects) - len(twice)

    def notes(self) -> Iterator[Finding]:
        """What is to be told of the witnesses themselves; nothing of it blocks."""
        for statement in (self.witnesses.charges, self.witnesses.transfers, self.witnesses.units):
            if statement and statement.not_read:
                yield finding("WITNESS_NOT_READ", self.account_id, statement.not_read)
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
        if self.shown:
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

    def _so_far(self, entity: str) -> str:
        """How far the charges of a billing entity are known, and by which of the two answers."""
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
        found = (Issuer.of(one.account_id, one.summary) for one in self.shown)
        return frozenset(issuer for issuer in found if issuer)

    def _is_missing(self, usual: Issuer) -> bool:
        """Whether a usual invoice lacks, and no other witness explains that."""
        if usual in self._issuers or self.transferred_to:
            return False
        if usual.bill_source_accounts:
            return any(self._is_expected_of(source) for source in usual.bill_source_accounts)
        charges = self.witnesses.charges
        entity = billing_entity_of(usual.billing_entity)
        return not (charges and charges.is_final and entity not in charges.charged)

    def _is_expected_of(self, source: str) -> bool:
        """Whether the usual invoice of another organization is expected again.

        Where its transfer covers the period that is told of the source, where it is over nothing
        is expected; a transfer that is in effect for a part of the period leaves it expected.
        """
        inbound = [t for t in self.transfers if (t.source, t.target) == (source, self.account_id)]
        was_read = self.witnesses.transfers is not None and self.witnesses.transfers.was_read
        if any(t.covers(self.period) for t in inbound):
            return False
        return not was_read or any(t.touches(self.period) for t in inbound)

    @property
    def _sources_without_transfer(self) -> list[str]:
        """The sources that invoices name and that no transfer brings here in any part of the
        period; none as long as the transfers could not be read.
        """
        told = self.witnesses.transfers
        if told is None or not told.was_read or told.not_read:
            return []
        named = {one for shown in self.shown for one in shown.summary.bill_source_accounts}
        explained = {
            transfer.source
            for transfer in self.transfers
            if transfer.target == self.account_id and transfer.touches(self.period)
        }
        return sorted(named - explained)

    @property
    def _sources_without_invoice(self) -> list[str]:
        """The sources that no row names, if they are more than the rows leave without a name."""
        unnamed = sum(row.unnamed_bill_sources for row in self._own_invoices)
        return self._missing_sources if len(self._missing_sources) > unnamed else []

    @cached_property
    def _own_invoices(self) -> list[InvoiceSummary]:
        return [one.summary for one in self.shown if one.summary.is_own_invoice]

    @cached_property
    def _missing_sources(self) -> list[str]:
        """The sources of which no invoice is listed by name."""
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
        rows = [one.summary for one in self.shown if not one.summary.bill_source_accounts]
        invoiced = {billing_entity_of(r.billing_entity) for r in rows if r.is_own_invoice}
        credited = {billing_entity_of(r.billing_entity) for r in rows if r.is_credit_memo}
        return charges.charged - invoiced - (credited - charges.to_be_paid)

    def _invoiced_without_charges(self) -> set[str]:
        """The billing entities of recurring invoices that have no charges.

        A purchase may be charged in another month than it is invoiced.
        """
        charges = self.witnesses.charges
        if charges is None or not charges.is_final:
            return set()
        return {
            entity
            for one in self.shown
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

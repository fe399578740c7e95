"""One payer account in one billing period: everything that its judgement rests on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.findings import BESIDE_INVOICES, Finding
from lambdas.domain.json_text import instant_text
from lambdas.domain.judgement.expectations import Expectations, FiledInvoice
from lambdas.domain.judgement.facts import Facts
from lambdas.domain.judgement.history import history_of
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.verdict_words import PayerVerdict
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.payments import UnlistedRecord
from lambdas.domain.witnesses.statements import (
    NOBODY,
    History,
    InvoiceUnits,
    Listings,
    PayerWitnesses,
    latest_statement,
    since,
)


@dataclass(frozen=True)
class PayerCase:
    """The case of one payer account: facts and the statements of its witnesses. `rules.RULES` find
    what is wrong in it.
    """

    facts: Facts
    account_id: str

    @cached_property
    def before(self) -> PayerState | None:
        """Its state in the previous manifest."""
        return self.facts.before.get(self.account_id)

    @cached_property
    def payer(self) -> Payer | None:
        """Its row of the register, if it is active in the period."""
        return self.facts.payers.get(self.account_id)

    @property
    def name(self) -> str:
        return self.payer.name if self.payer else self.before.name if self.before else ""

    @property
    def legal_entity(self) -> str:
        if self.payer:
            return self.payer.legal_entity
        return self.before.legal_entity if self.before else ""

    @cached_property
    def asked(self) -> PayerOutcome | None:
        """Its outcome, if this run asked it for the period."""
        return self.facts.asked(self.account_id)

    @cached_property
    def read(self) -> PayerOutcome | None:
        """Its outcome, if this run read its listings of the period to the end."""
        return self.facts.read(self.account_id)

    @property
    def asked_at(self) -> str:
        return instant_text(self.facts.asked_at or self.facts.as_of)

    @property
    def checked_at(self) -> str | None:
        """The instant as of which its listings were last read to the end."""
        if self.read is not None:
            return self.asked_at
        return self.before.checked_at if self.before else None

    @cached_property
    def invoices(self) -> tuple[ArchivedInvoice, ...]:
        return tuple(self.facts.invoices_of.get(self.account_id, ()))

    @cached_property
    def outstanding(self) -> tuple[OutstandingInvoice, ...]:
        return self.facts.outstanding_invoices(self.account_id)

    @cached_property
    def listing_findings(self) -> tuple[Finding, ...]:
        """Findings of its latest listings on anything but its invoices.

        Earlier findings end only with a listing of the period that was read to its end; findings on
        listings by receiver role only with those listings.
        """
        known = set(self.before.listing_findings) if self.before else set()
        found = set(self.facts.unusable_of.get(self.account_id, ())) | self._notes(known)
        if self.read is None:
            found |= known
        elif self.read.roles_listed is None:
            found |= {one for one in known if one.code == "ROLES_NOT_LISTED"}
        return tuple(sorted(found))

    def _notes(self, before: Collection[Finding]) -> set[Finding]:
        """Findings of the run's listings on anything but invoices. An archive-closed period gets
        only those that it had before, and refused listings.
        """
        known = {(one.code, one.subject) for one in before}
        outcome = self.facts.outcome_of.get(self.account_id)
        return {
            note.finding
            for note in (outcome.notes if outcome else ())
            if note.billing_period == self.facts.billing_period
            and (
                not self.facts.is_closed
                or note.finding.code == "LISTING_REFUSED"
                or (note.finding.code, note.finding.subject) in known
            )
        }

    @cached_property
    def nameless(self) -> list[Finding]:
        """The findings on listed invoices that cannot be archived."""
        return [one for one in self.listing_findings if one.code not in BESIDE_INVOICES]

    @property
    def listed_count(self) -> int:
        """The number of its listed invoices, archived or not."""
        return len(self.invoices) + len(self.outstanding) + len(self.nameless)

    @cached_property
    def outcome(self) -> str | None:
        """The latest outcome of asking it; None: never asked."""
        if self.asked:
            return self.asked.outcome
        latest = self.before.outcome if self.before else None
        if latest is None and self.payer is None and self.listed_count:
            return CHECKED  # never asked itself: another payer account lists its invoices
        return latest

    @cached_property
    def was_never_listed(self) -> bool:
        """True if AWS has always refused to list the period for it, as AWS may if it did not
        exist.
        """
        return not self.checked_at and any(
            (found.code, found.subject) == ("LISTING_REFUSED", self.account_id)
            for found in self.listing_findings
        )

    @property
    def is_payer(self) -> bool:
        """True if the register has it, or had it when its listings of the period were read: leaving
        the register does not remove a gap.
        """
        was_read = self.before is not None and self.before.checked_at is not None
        return self.payer is not None or was_read

    @property
    def was_complete(self) -> bool:
        """True if the period is archive closed and it was complete before."""
        return self.facts.is_closed and self.before is not None and self.before.is_complete

    @property
    def is_closed_complete(self) -> bool:
        """True if it was complete before, in an archive-closed period, by a check of it. An
        acknowledgement instead of a check excuses no finding of the first check.
        """
        before = self.before if self.was_complete else None
        return bool(before and (before.checked_at or before.outcome == CHECKED))

    @cached_property
    def witnesses(self) -> PayerWitnesses:
        """The current statement of each witness; acknowledgements as before."""
        return replace(
            self._stated_before,
            listings=self._listings,
            history=self._history,
            charges=self._charges,
            transfers=self.facts.transfers_of.get(self.account_id),
            units=self._units,
            payments=self.facts.payments_of.get(self.account_id),
        )

    @property
    def unlisted(self) -> Sequence[UnlistedRecord]:
        """AWS Payments' records of it whose ids AWS Invoicing does not list."""
        return self.facts.unlisted_of.get(self.account_id, ())

    @property
    def _stated_before(self) -> PayerWitnesses:
        return self.before.witnesses if self.before else NOBODY

    @property
    def _listings(self) -> Listings | None:
        before, read = self._stated_before.listings, self.read
        if not read:
            return before
        period = self.facts.billing_period
        ids = {one.invoice_id for one in read.archived if one.billing_period == period}
        ids |= {one.invoice_id for one in read.outstanding if one.billing_period == period}
        listed = len(ids & read.listed_ids)
        return since(before, Listings(self.facts.run_id, self.asked_at, listed))

    @property
    def _history(self) -> History:
        if not self.payer or self.was_complete:
            return self._stated_before.history
        return history_of(self.account_id, self.facts.past)

    @property
    def _charges(self) -> Charges | None:
        before, now = self._stated_before.charges, self.facts.charges.get(self.account_id)
        if now:
            return latest_statement(before, now)
        if before and not self.facts.asks_cost_explorer:
            return replace(before, not_read="")
        return before

    @property
    def _units(self) -> InvoiceUnits | None:
        before, read = self._stated_before.units, self.read
        if not read:
            return before
        if read.units:
            return since(before, latest_statement(before, read.units))
        return replace(before, not_read="") if before else None

    @cached_property
    def expectations(self) -> Expectations:
        """The expectations of its witnesses, with everything listed under it."""
        facts, account_id = self.facts, self.account_id
        archived = facts.invoices_listed_under.get(account_id, ())
        awaited = (*self.outstanding, *facts.outstanding_listed_under.get(account_id, ()))
        filed = [FiledInvoice(one.payer_account_id, one.summary) for one in archived]
        filed += [FiledInvoice(one.payer_account_id, one.summary) for one in awaited]
        return Expectations(
            account_id,
            facts.billing_period,
            self.witnesses,
            facts.transfers_by_account.get(account_id, ()),
            filed,
            facts.payers.keys(),
        )

    @cached_property
    def verdict_of_witnesses(self) -> PayerVerdict | None:
        """The verdict by which a witness explains that it has no invoices of its own."""
        return self.expectations.verdict_without_invoices(is_overdue=self.facts.is_overdue)

    @cached_property
    def is_unexplained(self) -> bool:
        """True if it has nothing that can be all of its invoices and no witness explains that."""
        return self.verdict_of_witnesses is None and not (self.nameless or self._has_invoice)

    @property
    def _has_invoice(self) -> bool:
        """True if the invoices filed under it can be all of them. For an account that is not asked
        itself, any invoice is enough.
        """
        rows = [one.summary for one in self.invoices] + [one.summary for one in self.outstanding]
        if self.account_id not in self.facts.asked_accounts:
            return bool(rows)
        return any(map(self.expectations.can_be_all, rows))

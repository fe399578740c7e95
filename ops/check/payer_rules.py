"""Statements about a payer account in a billing period that no run makes, given the facts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lambdas.domain.evidence.archived_invoice import OutstandingInvoice
from lambdas.domain.findings import BESIDE_INVOICES, KINDS, Finding, finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.acceptance import Acceptance
from lambdas.domain.judgement.invoice_findings import findings_of
from lambdas.domain.judgement.manifests import OUTSTANDING, PayerState
from lambdas.domain.judgement.verdicts import INVOICE_NOT_LISTED, payer_verdict
from lambdas.domain.runs.outcome import CHECKED, NOT_CHECKED, OUTCOME_CODES
from lambdas.domain.verdict_words import is_complete
from lambdas.domain.witnesses.statements import PayerWitnesses
from ops.check.instants import Judged

_NOT_LISTED = frozenset(INVOICE_NOT_LISTED) - {"NO_INVOICES_LISTED"}
_OF_ONE_INVOICE = (
    "CHARGES_WITHOUT_INVOICE",
    "USUAL_INVOICE_MISSING",
    "FINANCIAL_RECORD_WITHOUT_INVOICE",
)
"""Codes of findings that may be on the same invoice."""
_OF_ANOTHER_INVOICE = "OTHER_INVOICE"
"""Faults that are excused in a period if they stood when its archive closed."""


@dataclass(frozen=True, slots=True)
class PayerClaim:
    """A payer account's state, repeated by the next manifest unless its run judges the account
    anew.
    """

    run_id: str
    verdict: str
    outcome: str | None
    settled_at: str | None
    checked_at: str | None
    expected: int
    others: int
    """Hash of its findings and outstanding invoices."""

    @property
    def is_complete(self) -> bool:
        return is_complete(self.verdict)

    @property
    def was_read(self) -> bool:
        return self.checked_at is not None or self.outcome == CHECKED


@dataclass(frozen=True)
class Before:
    """The manifest before; the first one has none."""

    is_closed: bool
    claim: PayerClaim | None

    @property
    def excuses(self) -> bool:
        """True if some findings block less now, as the account was complete at the close."""
        claim = self.claim
        return self.is_closed and bool(claim and claim.is_complete and claim.was_read)


class PayerRules:
    """Rules for one payer account of one manifest. `found` has the findings of its archived
    invoices. Raises the errors in NOT_UNDERSTOOD for data that no run writes.
    """

    def __init__(
        self, data: Mapping[str, Any], invoices: int, found: Sequence[Finding], judged: Judged
    ) -> None:
        if type(data["expected"]) is not int:
            raise TypeError(f"{data['expected']!r} is no number of invoices")
        self._account_id: str = data["payer_account_id"]
        self._data = data
        self._state = PayerState.from_data({**data, "invoices": []})
        self._judged = judged
        self._findings = [Finding.from_data(one) for one in data["findings"]]
        self._outstanding = [OutstandingInvoice.from_data(one) for one in data["outstanding"]]
        self._listing = [Finding.from_data(one) for one in data["listing_findings"]]
        self._witnesses = PayerWitnesses.from_data(data["witnesses"])
        self._found = [
            *found,
            *self._listing,
            *(one for invoice in self._outstanding for one in findings_of(invoice)),
        ]
        nameless = sum(one.code not in BESIDE_INVOICES for one in self._listing)
        self._listed = invoices + len(self._outstanding) + nameless
        self._blocking = [one for one in self._findings if one.is_blocking]
        self.claim = PayerClaim(
            data["run_id"],
            data["verdict"],
            data["outcome"],
            data["settled_at"],
            data["checked_at"],
            data["expected"],
            hash((_marks(self._findings), _marks(self._listing), _ids(self._outstanding))),
        )

    def always(self) -> Iterator[str]:
        """Yield faults against the rules that hold for every run."""
        claim, at = self.claim, self._judged.at
        least, most = self._not_listed()
        if not self._listed + least <= claim.expected <= self._listed + most:
            yield f"expects {claim.expected} invoices, and {self._listed + least} are known of it"
        findings = {(one.code, one.subject) for one in self._findings}
        for one in self._found:
            if (one.code, one.subject) not in findings:
                yield f"does not report {one.code} of {one.subject}"
        if (claim.is_complete or claim.settled_at is not None) and self._blocking:
            yield f"{self._claim_text()} in spite of {self._blocking[0].code}"
        if claim.is_complete and (bare := [one for one in self._outstanding if not one.findings]):
            yield f"is {claim.verdict} without {bare[0].invoice_id}, and does not say why"
        yield from self._outstanding_figures()
        if claim.verdict == "AWAITING" and self._judged.is_overdue:
            yield f"is awaited after {self._judged.last_day}"
        for name in ("settled_at", "checked_at"):
            instant = getattr(claim, name)
            if instant is not None and read_instant(instant) > at:
                yield f"has its {name} at {instant}, after the manifest was generated"
        for acknowledgement in self._witnesses.acknowledgements:
            if read_instant(acknowledgement.at) > at:
                yield f"was accepted at {acknowledgement.at}, after the manifest was generated"

    def _outstanding_figures(self) -> Iterator[str]:
        """Check the figures on outstanding invoices, which earlier releases did not have."""
        number = self._state.unarchived
        most = 0 if self.claim.is_complete else self.claim.expected
        if number is not None and not (type(number) is int and 0 <= number <= most):
            yield f"notes {number!r} of {self.claim.expected} invoices as outstanding"
        right = self._state.outstanding_figures()
        if wrong := [name for name in OUTSTANDING if self._data.get(name) != right.get(name)]:
            yield f"has other {' and '.join(wrong)} than its outstanding invoices"

    def of_this_run(self, before: Before) -> Iterator[str]:
        """Yield faults against the rules that hold for the manifest's own run."""
        yield from self._moved_instants(before.claim)
        acceptance = Acceptance(self._judged.at, self._witnesses, is_closed_complete=before.excuses)
        yield from self._wrongly_excused(acceptance, before)
        yield from self._verdict(acceptance, before)

    def _moved_instants(self, before: PayerClaim | None) -> Iterator[str]:
        """Check that settled_at is of this run or unchanged; checked_at never moves back."""
        claim, at = self.claim, self._judged.at
        earlier = before.settled_at if before else None
        if claim.settled_at not in (None, earlier) and read_instant(claim.settled_at) != at:
            yield f"has its settled_at at {claim.settled_at}, which is of no run"
        checked_before = before.checked_at if before else None
        if checked_before and _is_earlier(claim.checked_at, checked_before):
            yield f"has its checked_at at {claim.checked_at}, before {checked_before}"

    def _wrongly_excused(self, acceptance: Acceptance, before: Before) -> Iterator[str]:
        """Check that findings block unless a person or the close excuses them."""
        blocking = {(one.code, one.subject) for one in self._blocking}
        if ("ARCHIVE_DAMAGED", self._account_id) in blocking:
            return  # it could not be judged: all the rest blocks as before
        for one in acceptance.blocking([*self._found, *self._of_payer(before)]):
            is_known = before.excuses and one.code == _OF_ANOTHER_INVOICE
            if not is_known and (one.code, one.subject) not in blocking:
                yield f"is not blocked by {one.code} of {one.subject}, which nobody accepted"

    def _of_payer(self, before: Before) -> Iterator[Finding]:
        """Findings that block by their code and concern neither an invoice nor a listing."""
        others = {(one.code, one.subject) for one in self._found}
        if before.is_closed and not self.claim.outcome:  # a missing check is reported then
            others.add((NOT_CHECKED, self._account_id))
        for one in self._findings:
            kind = KINDS.get(one.code)
            if kind and kind.severity == "blocking" and (one.code, one.subject) not in others:
                yield replace(one, severity="blocking")

    def _verdict(self, acceptance: Acceptance, before: Before) -> Iterator[str]:
        claim = self.claim
        if any(one.code not in KINDS for one in self._blocking):
            return  # nobody knows how to fix a code of another release
        right = payer_verdict(
            self._outcome(),
            self._findings,
            expected=claim.expected,
            unarchived=0,  # every gap has a finding that blocks
            is_overdue=self._judged.is_overdue,
            is_proven=self._is_proven(),
        )
        if before.excuses and claim.is_complete and not self._blocking:
            return  # verdicts stay once the archive closed
        is_explained = not (claim.expected or self._blocking) and self._is_explained(acceptance)
        if _kind(claim.verdict) != _kind(right) and not is_explained:
            yield f"is {claim.verdict}, and by its outcome and findings {right}"
        elif claim.verdict in ("NO_CHARGES", "TRANSFERRED") and not is_explained:
            yield f"is {claim.verdict} and expects {claim.expected} invoices"

    def _outcome(self) -> str | None:
        """The outcome that counts; a failed check may be excused."""
        blocks = [one.is_blocking for one in self._findings if one.code in OUTCOME_CODES]
        is_excused = bool(blocks) and not any(blocks)
        return CHECKED if is_excused else self.claim.outcome

    def _is_proven(self) -> bool:
        charges = self._witnesses.charges
        return bool(self._witnesses.history.usual and charges and charges.is_final)

    def _is_explained(self, acceptance: Acceptance) -> bool:
        """True if the account may have the verdict of one without expected invoices."""
        verdict, charges, units = self.claim.verdict, self._witnesses.charges, self._witnesses.units
        none_listed = finding("NO_INVOICES_LISTED", self._account_id, "")
        is_accepted = acceptance.accepts([none_listed])
        if self._outcome() != CHECKED:
            return False
        if verdict == "NO_CHARGES" and charges and charges.is_final and not charges.has_money:
            return True
        if verdict == "NO_CHARGES":
            return is_accepted and not (charges and charges.charged)
        if verdict == "COMPLETE":
            was_refused = "LISTING_REFUSED" in {one.code for one in self._listing}
            is_at_receivers = bool(units and units.receivers)
            was_not_read = self.claim.outcome != CHECKED
            is_known = is_accepted or was_refused or is_at_receivers or was_not_read
            return is_known and self._judged.is_overdue
        return verdict == "TRANSFERRED"

    def _not_listed(self) -> tuple[int, int]:
        """Fewest and most invoices that a witness expects and no listing has; charges, a usual
        invoice and a financial record may be the same one.
        """
        of = {code: _subjects(self._blocking, code) for code in _NOT_LISTED}
        most = len(set().union(*of.values()))
        one_invoice = [len(of[code]) for code in _OF_ONE_INVOICE]
        return most - sum(one_invoice) + max(one_invoice), most

    def _claim_text(self) -> str:
        return f"is {self.claim.verdict}" if self.claim.is_complete else "has nothing outstanding"


def _is_earlier(instant: str | None, than: str) -> bool:
    return instant is None or read_instant(instant) < read_instant(than)


def _kind(verdict: str) -> str:
    """The part of a verdict on which releases agree; those that need a person have changed."""
    if is_complete(verdict):
        return "complete"
    return verdict if verdict == "AWAITING" else "needs a person"


def _subjects(findings: Iterable[Finding], code: str) -> set[str]:
    return {one.subject for one in findings if one.code == code}


def _marks(findings: Iterable[Finding]) -> tuple[tuple[str, str, str], ...]:
    return tuple((one.code, one.severity, one.subject) for one in findings)


def _ids(outstanding: Iterable[OutstandingInvoice]) -> tuple[str, ...]:
    return tuple(one.invoice_id for one in outstanding)

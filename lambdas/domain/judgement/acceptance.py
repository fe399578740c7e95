"""What keeps a payer account from being complete, and what a person or the close excuses."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from lambdas.domain.findings import Finding, finding
from lambdas.domain.judgement.verdicts import INVOICE_NOT_LISTED
from lambdas.domain.runs.outcome import OUTCOME_CODES
from lambdas.domain.witnesses.acknowledgements import NEVER_ACKNOWLEDGED
from lambdas.domain.witnesses.statements import PayerWitnesses
from lambdas.domain.words import counted

_LENIENT = (*OUTCOME_CODES, *INVOICE_NOT_LISTED, "INVOICE_WITHOUT_ID", "ROWS_DIFFER")


class Acceptance:
    """How findings weigh on one payer account: what a person acknowledged does not block.

    Nor does a look that failed, or an invoice that a witness expects, or that is listed without an
    id or in rows that differ all of a sudden, in a closed period in which the payer account was
    complete; nor `known`, what was so when it closed and an earlier release did not look for;
    unless that rests on an acknowledgement that is over now.
    """

    def __init__(
        self,
        as_of: datetime,
        witnesses: PayerWitnesses,
        *,
        is_closed_complete: bool,
        known: Collection[tuple[str, str]] = (),
    ) -> None:
        self._as_of = as_of
        self._witnesses = witnesses
        self._is_closed_complete = is_closed_complete
        self._known = known

    def as_accepted(self, found: Finding) -> Finding:
        """The finding, as a warning where it does not block."""
        if not found.is_blocking:
            return found
        acknowledgement = self._witnesses.acknowledgement_of(found)
        is_accepted = (
            acknowledgement.is_in_force(self._as_of)
            if acknowledgement
            else self._is_closed_complete
            and (found.code in _LENIENT or (found.code, found.subject) in self._known)
        )
        return replace(found, severity="warning") if is_accepted else found

    def blocking(self, findings: Iterable[Finding]) -> list[Finding]:
        return [found for found in findings if self.as_accepted(found).is_blocking]

    def block(self, findings: Iterable[Finding]) -> bool:
        return bool(self.blocking(findings))

    def acceptable(self, findings: Iterable[Finding]) -> list[Finding]:
        """What a person who accepts what lacks accepts: what blocks, and anew what would but for an
        earlier acknowledgement.
        """
        return [
            found
            for found in findings
            if found.is_blocking
            and found.code not in NEVER_ACKNOWLEDGED
            and (self.block([found]) or self._witnesses.acknowledgement_of(found))
        ]

    def accepts(self, findings: Iterable[Finding]) -> bool:
        """Whether an acknowledgement covers all of them, of which there is at least one."""
        newest = [self._witnesses.acknowledgement_of(found) for found in findings]
        return bool(newest) and all(one and one.is_in_force(self._as_of) for one in newest)

    def acknowledged(self, account_id: str) -> Iterable[Finding]:
        for one in self._witnesses.acknowledged(self._as_of):
            yield finding(
                "ACKNOWLEDGED",
                account_id,
                f"{one.by} accepted {counted(len(one.covers), 'finding')} until {one.until} "
                f'({one.run_id}): "{one.reason}"',
            )

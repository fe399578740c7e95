"""Acceptance: which findings block a payer account, and which a person or the close excuses."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.domain.findings import Finding, finding
from lambdas.domain.judgement.verdicts import INVOICE_NOT_LISTED
from lambdas.domain.runs.outcome import OUTCOME_CODES
from lambdas.domain.witnesses.acknowledgements import NEVER_ACKNOWLEDGED
from lambdas.domain.witnesses.statements import PayerWitnesses
from lambdas.domain.words import counted

_LENIENT = (*OUTCOME_CODES, *INVOICE_NOT_LISTED, "INVOICE_WITHOUT_ID", "ROWS_DIFFER")


@dataclass(frozen=True)
class Acceptance:
    """The acceptance of findings on one payer account.

    A finding that a person acknowledged does not block. In an archive-closed period in which the
    payer account was complete, these do not block either: a failed check, an invoice that a witness
    expects, an invoice listed without an id or in differing rows, and `known`, the code and subject
    of findings that were true at the close and not looked for by an earlier release. If any of them
    was acknowledged, it blocks again once the acknowledgement is over.
    """

    as_of: datetime
    witnesses: PayerWitnesses
    is_closed_complete: bool
    known: Collection[tuple[str, str]] = ()

    def as_accepted(self, found: Finding) -> Finding:
        """The finding, as a warning if it is accepted."""
        if not found.is_blocking:
            return found
        acknowledgement = self.witnesses.acknowledgement_of(found)
        is_accepted = (
            acknowledgement.is_in_force(self.as_of)
            if acknowledgement
            else self.is_closed_complete
            and (found.code in _LENIENT or (found.code, found.subject) in self.known)
        )
        return replace(found, severity="warning") if is_accepted else found

    def blocking(self, findings: Iterable[Finding]) -> list[Finding]:
        return [found for found in findings if self.as_accepted(found).is_blocking]

    def block(self, findings: Iterable[Finding]) -> bool:
        return bool(self.blocking(findings))

    def acceptable(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings covered by a new acknowledgement: those that block, and those that only an
        earlier acknowledgement keeps from blocking.
        """
        return [
            found
            for found in findings
            if found.is_blocking
            and found.code not in NEVER_ACKNOWLEDGED
            and (self.block([found]) or self.witnesses.acknowledgement_of(found))
        ]

    def accepts(self, findings: Iterable[Finding]) -> bool:
        """True if there are findings and acknowledgements cover all of them."""
        newest = [self.witnesses.acknowledgement_of(found) for found in findings]
        return bool(newest) and all(one and one.is_in_force(self.as_of) for one in newest)

    def acknowledged(self, account_id: str) -> Iterable[Finding]:
        for one in self.witnesses.acknowledged(self.as_of):
            yield finding(
                "ACKNOWLEDGED",
                account_id,
                f"{one.by} accepted {counted(len(one.covers), 'finding')} until {one.until} "
                f'({one.run_id}): "{one.reason}"',
            )

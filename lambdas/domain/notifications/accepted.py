"""The part of a period's verdict that rests on acknowledgements."""

from dataclasses import dataclass
from datetime import date, datetime

from lambdas.domain.day_names import day_name
from lambdas.domain.json_form import Form
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.words import counted


@dataclass(frozen=True)
class Accepted(Form):
    """The number of accepted findings that would block, and the last day on which all are
    accepted.
    """

    findings: int
    until: str

    def __str__(self) -> str:
        until = day_name(date.fromisoformat(self.until))
        return f"{counted(self.findings, 'gap')} accepted by a person until {until}"


def accepted_findings(manifest: Manifest, as_of: datetime) -> Accepted | None:
    """The accepted findings of a period's payer accounts; None if there are none."""
    lasts: list[str] = []
    for state in manifest.payers:
        lasts += _last_days(state, as_of)
    return Accepted(len(lasts), min(lasts)) if lasts else None


def _last_days(state: PayerState, as_of: datetime) -> list[str]:
    """The last day of each accepted finding.

    Missing invoices can be accepted before the deadline makes them a finding.
    """
    in_force = state.witnesses.acknowledged(as_of)
    covering = [
        [one.until for one in in_force if one.is_for(found)]
        for found in state.findings
        if found.severity == "warning"
    ]
    if state.verdict == "NO_CHARGES" and in_force and not any(covering):
        charges = state.witnesses.charges
        covering = [] if charges and charges.is_final else [[one.until for one in in_force]]
    return [max(days) for days in covering if days]

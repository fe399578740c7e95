"""A person's acknowledgement of known gaps, as given and as kept."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import NOT_FETCHED_YET, Finding
from lambdas.domain.json_form import Form, as_object

NEVER_ACKNOWLEDGED = ("ARCHIVE_DAMAGED",)
"""Codes that nobody can accept: damaged evidence is restored, not accepted."""


@dataclass(frozen=True)
class GivenAcknowledgement(Form):
    """An acknowledgement of a run's execution input."""

    payer_account_id: str
    billing_period: BillingPeriod
    reason: str
    by: str
    until: date
    """The last day (UTC) on which it counts."""


@dataclass(frozen=True)
class Acknowledgement(Form):
    """An acknowledgement as the manifest keeps it, even when it is over.

    `covers` has code and subject of each finding that blocked when it was given. Later gaps are not
    covered. A missing document stays covered if the reason changes.
    """

    reason: str
    by: str
    until: str
    """The last day (UTC) on which it counts."""
    run_id: str
    at: str
    covers: tuple[Annotated[tuple[str, str], as_object("code", "subject")], ...]

    def is_in_force(self, as_of: datetime) -> bool:
        return as_of.astimezone(UTC).date() <= date.fromisoformat(self.until)

    def is_for(self, found: Finding) -> bool:
        return self._is_for(found.code, found.subject)

    def replaces(self, earlier: "Acknowledgement") -> bool:
        """True if it covers everything that an earlier one covers."""
        return all(self._is_for(code, subject) for code, subject in earlier.covers)

    def _is_for(self, code: str, subject: str) -> bool:
        codes = NOT_FETCHED_YET if code in NOT_FETCHED_YET else (code,)
        return any((one, subject) in self.covers for one in codes)

"""The addresses that join the readers of a month's e-mails once it is overdue by some days."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Escalation:
    """`after_days` counts from the deadline; without addresses nobody joins."""

    emails: tuple[str, ...] = ()
    after_days: int = 3

    def is_due(self, last_day: date, today: date) -> bool:
        return bool(self.emails) and (today - last_day).days >= self.after_days


NO_ESCALATION = Escalation()

"""The billing period: one UTC calendar month, printed `2026-10`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lambdas.domain.secret_text import quoted

_FORM = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 2005, 2050  # the years that the Invoicing API's BillingPeriod accepts


@dataclass(frozen=True, order=True)
class BillingPeriod:
    """A calendar month of usage. Its anniversary invoice is issued in the month after it."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: object) -> "BillingPeriod":
        """Read `2026-10`. Raises ValueError with a sentence that names the text and the form."""
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if not match or not 1 <= int(match[2]) <= 12:
            raise ValueError(
                f"{quoted(text)} is not a billing period; write year and month as 2026-10"
            )
        period = cls(int(match[1]), int(match[2]))
        if not _FIRST_YEAR <= period.year <= _LAST_YEAR:
            raise ValueError(
                f"'{text}' is outside the years {_FIRST_YEAR} to {_LAST_YEAR} that AWS knows"
            )
        return period

    @classmethod
    def containing(cls, moment: date) -> "BillingPeriod":
        """The period of a date or UTC instant."""
        if isinstance(moment, datetime):
            moment = moment.astimezone(UTC)
        return cls(moment.year, moment.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def shifted(self, months: int) -> "BillingPeriod":
        """The period that many months later, or earlier when negative."""
        index = self.year * 12 + self.month - 1 + months
        return BillingPeriod(index // 12, index % 12 + 1)

    def with_earlier(self, months: int) -> list["BillingPeriod"]:
        """This period and up to `months` earlier ones, as far back as AWS goes; latest first."""
        periods = [self.shifted(-back) for back in range(months + 1)]
        return [period for period in periods if period.year >= _FIRST_YEAR]

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def first_day_after(self) -> date:
        return self.shifted(1).first_day

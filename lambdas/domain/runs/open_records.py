"""The financial records that a run asks about because they were open when last seen.

A run's listings show what was issued since its earliest period began, and what is open. Of an older
record that is paid by now, only its id asks.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.runs.payer_run import PayerRun

_MOST = 2_000
"""Ids in an item of the run's list: a state of the workflow holds 256 KiB, and they take 52."""


class OpenRecords:
    """The open records for the items of a run's list, from the status of one period after the
    other.
    """

    def __init__(self, items: Sequence[PayerRun]) -> None:
        self._items = items
        self._begins = {item.payer_account_id: min(item.billing_periods) for item in items}
        self._found: dict[str, set[str]] = {account_id: set() for account_id in self._begins}

    def add(self, status: PaymentStatus) -> None:
        """Add the open records of a period that were issued before an item's periods."""
        for begin in set(self._begins.values()):
            for account_id, record_id in status.open_before(begin):
                if self._begins.get(account_id) == begin:
                    self._found[account_id].add(record_id)

    def items(self) -> list[PayerRun]:
        """The run's list with them."""
        return [
            replace(item, open_records=_some(self._found[item.payer_account_id], item.as_of.date()))
            for item in self._items
        ]


def _some(record_ids: set[str], day: date) -> tuple[str, ...]:
    """Record ids in order; of too many the next ones on each day, so that each has its turn."""
    ordered = sorted(record_ids)
    if len(ordered) > _MOST:
        start = day.toordinal() * _MOST % len(ordered)
        ordered = [*ordered[start:], *ordered[:start]][:_MOST]
    return tuple(ordered)

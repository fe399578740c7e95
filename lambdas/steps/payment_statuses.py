"""The payment status of every billing period, one at a time: with all their records they would fill
a function's memory.

Views are not locked: an unreadable one counts as missing, and the next run makes it anew.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from lambdas.aws.archive import Archive, ObjectTooLarge, ReadObject
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    PERIODS_PREFIX,
    payment_status_key,
    periods_of,
)
from lambdas.domain.json_form import checked
from lambdas.domain.json_text import to_json
from lambdas.domain.payments.financial_record import OPEN
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.steps.read_if_understood import if_understood, read_if_understood, understood
from lambdas.steps.run_outcomes import RunOutcomes

_OPEN = f'"{OPEN}"'.encode()
_MOST_BYTES = 128 << 20
"""160,000 records of a period; more would fill the memory of the run's first function."""


def payment_statuses(archive: Archive) -> Iterator[PaymentStatus]:
    """The payment status of each billing period that has one, judged or not, the earliest first."""
    for period in sorted(periods_of(archive.folders(PERIODS_PREFIX))):
        if status := payment_status(archive, period):
            yield status


def open_payment_statuses(archive: Archive) -> Iterator[PaymentStatus]:
    """The same of the periods that may have an open record: of most months all are closed, and
    these are not taken apart.
    """
    for period in sorted(periods_of(archive.folders(PERIODS_PREFIX))):
        key = payment_status_key(period)
        if status := understood(key, partial(_read_if_open, archive, key), _reader(period)):
            yield status


def _read_if_open(archive: Archive, key: str) -> ReadObject | None:
    file = archive.read(key, _MOST_BYTES)
    return file if file and _OPEN in file.content else None


def payment_status(archive: Archive, period: BillingPeriod) -> PaymentStatus | None:
    """The view of one billing period; None if it is missing or cannot be understood."""
    return read_if_understood(archive, payment_status_key(period), _reader(period))


def changed_payment_statuses(archive: Archive, outcomes: RunOutcomes) -> Iterator[PaymentStatus]:
    """Give the status of each period that a run has changed, and write it when the next one is
    asked for: a crash before leaves it to the next run, with all that shows it. If another run has
    written meanwhile, the status of both is given then.

    A payer account that the run did not ask keeps its part.
    """
    of_run = {period for one in outcomes.without_invoices for period in one.billing_periods}
    for period in sorted(of_run | outcomes.payment_periods):
        asked = {
            one.payer_account_id: one
            for one in outcomes.without_invoices
            if period in one.billing_periods
        }
        answers = _not_reached(asked) | outcomes.payments_of(period)
        update = partial(_updated, period, answers=answers, asked=asked.keys())
        file = None
        with suppress(ObjectTooLarge):  # it is made anew
            file = archive.read(payment_status_key(period))
        after = update(file)
        if after.payers and (file is None or file.content != _bytes(after)):
            yield after
            merged = _Merged(update)
            archive.merge_view(payment_status_key(period), merged)
            if merged.status and merged.status != after:
                yield merged.status


class _Merged:
    """The view that `update` makes of the present one; `status` is the last that it made."""

    def __init__(self, update: Callable[[ReadObject | None], PaymentStatus]) -> None:
        self._update = update
        self.status: PaymentStatus | None = None

    def __call__(self, file: ReadObject | None) -> bytes:
        self.status = self._update(file)
        return _bytes(self.status)


def _not_reached(asked: Mapping[str, PayerOutcome]) -> dict[str, PaymentsAnswer]:
    """The answers of payer accounts that could not be read at all: their status may be old."""
    return {
        account_id: PaymentsAnswer(not_read=one.detail or "The payer account was not checked.")
        for account_id, one in asked.items()
        if one.outcome != CHECKED
    }


def _updated(
    period: BillingPeriod,
    file: ReadObject | None,
    *,
    answers: Mapping[str, PaymentsAnswer],
    asked: Collection[str],
) -> PaymentStatus:
    before = if_understood(file, _reader(period)) or PaymentStatus(period)
    return before.updated(answers, asked)


def _bytes(status: PaymentStatus) -> bytes:
    return to_json(status.to_data())


def _reader(period: BillingPeriod) -> Callable[[Any], PaymentStatus]:
    def read(data: Any) -> PaymentStatus:
        status = checked(PaymentStatus.from_data(data))
        if status.billing_period != period:
            raise ValueError(f"it is the payment status of {status.billing_period}")
        return status

    return read

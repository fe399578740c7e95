"""The payment status of every billing period, one at a time: with all their records they would fill
a function's memory.

Views are not locked: an unreadable one counts as missing.
"""

from collections.abc import Iterator
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    PERIODS_PREFIX,
    payment_status_key,
    periods_of,
)
from lambdas.domain.json_form import checked
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.steps.read_if_understood import read_if_understood


def payment_statuses(archive: Archive) -> Iterator[PaymentStatus]:
    """The payment status of each billing period that has one, judged or not, the earliest first."""
    for period in sorted(periods_of(archive.folders(PERIODS_PREFIX))):
        if status := payment_status(archive, period):
            yield status


def payment_status(archive: Archive, period: BillingPeriod) -> PaymentStatus | None:
    """The view of one billing period; None if it is missing or cannot be understood."""

    def understood(data: Any) -> PaymentStatus:
        status = checked(PaymentStatus.from_data(data))
        if status.billing_period != period:
            raise ValueError(f"it is the payment status of {status.billing_period}")
        return status

    return read_if_understood(archive, payment_status_key(period), understood)

import json
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.aws.archive import ObjectTooLarge, ReadObject
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.records import StoredObject
from lambdas.domain.payments.payment_status import PayerPayments, PaymentStatus
from lambdas.steps import payment_statuses as steps
from lambdas.steps.payment_statuses import (
    changed_payment_statuses,
    open_payment_statuses,
    payment_status,
    payment_statuses,
)
from tests.domain.payments.records import answer, financial_record

JULY, AUGUST, SEPTEMBER = (BillingPeriod(2026, month) for month in (7, 8, 9))
ACME = "111122223333"
RECORD = financial_record(billing_period=JULY, issued_at="2026-08-02T10:00:00Z")


class Bucket:
    """The views of some periods, by their names; each period has a folder."""

    def __init__(self, views: Mapping[str, bytes]) -> None:
        self._views = {f"periods/{name}": content for name, content in views.items()}
        self.reads: list[str] = []

    def folders(self, prefix: str) -> Iterator[str]:
        return iter({key.removeprefix(prefix).partition("/")[0]: key for key in self._views})

    def read(self, key: str, most_bytes: int = 1 << 20) -> ReadObject | None:
        self.reads.append(key)
        content = self._views.get(key)
        if content and len(content) > most_bytes:
            raise ObjectTooLarge(key)
        return None if content is None else ReadObject(content, StoredObject(key, "v", "", 0))


def archive(**views: bytes) -> Any:
    """A bucket with `payment_status.json` of each period, named `p2026_07`."""
    return Bucket(
        {f"{name[1:].replace('_', '-')}/payment_status.json": views[name] for name in views}
    )


def status(period: BillingPeriod) -> PaymentStatus:
    payer = PayerPayments(ACME, "run-1", "2026-09-03T06:00:00Z", (RECORD,))
    return PaymentStatus(period, (payer,))


def view(period: BillingPeriod) -> bytes:
    return json.dumps(status(period).to_data()).encode()


def test_each_period_with_a_view_is_read_the_earliest_first() -> None:
    bucket = archive(p2026_09=view(SEPTEMBER), p2026_07=view(JULY))
    assert list(payment_statuses(bucket)) == [status(JULY), status(SEPTEMBER)]


def test_a_period_is_read_only_when_its_turn_comes() -> None:
    bucket = archive(p2026_09=view(SEPTEMBER), p2026_07=view(JULY))
    next(payment_statuses(bucket))
    assert bucket.reads == ["periods/2026-07/payment_status.json"]


def test_of_those_with_an_open_record_alone_the_others_are_not_taken_apart() -> None:
    closed = view(AUGUST).replace(b'"OPEN"', b'"CLOSED"')
    bucket = archive(p2026_09=view(SEPTEMBER), p2026_08=closed, p2026_07=b'"OPEN" no JSON')
    assert list(open_payment_statuses(bucket)) == [status(SEPTEMBER)]


def test_one_that_would_fill_the_memory_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = archive(p2026_08=view(AUGUST) + b" " * 10_000, p2026_09=view(SEPTEMBER))
    monkeypatch.setattr(steps, "_MOST_BYTES", 10_000)
    assert list(open_payment_statuses(bucket)) == [status(SEPTEMBER)]


def test_a_judged_period_without_a_view_has_none() -> None:
    bucket: Any = Bucket({"2026-07/completeness.json": b"{}"})
    assert list(payment_statuses(bucket)) == []


@pytest.mark.parametrize(
    "content",
    [
        b"no JSON",
        b"[]",
        b"{}",
        view(AUGUST).replace(b"status/1", b"status/2"),
        view(AUGUST).replace(b'"OUTSTANDING"', b"7"),
        view(JULY),
    ],
)
def test_a_view_that_cannot_be_understood_counts_as_none(content: bytes) -> None:
    bucket = archive(p2026_08=content, p2026_09=view(SEPTEMBER))
    assert payment_status(bucket, AUGUST) is None
    assert list(payment_statuses(bucket)) == [status(SEPTEMBER)]


def test_one_that_is_too_large_is_made_anew() -> None:
    bucket = archive(p2026_08=view(AUGUST) + b" " * (1 << 20))
    record = financial_record(billing_period=AUGUST)
    outcomes: Any = SimpleNamespace(
        without_invoices=(),
        payment_periods={AUGUST},
        payments_of=lambda _: {ACME: answer(record)},
    )
    assert next(changed_payment_statuses(bucket, outcomes)).records == (record,)

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.payments.financial_record import FinancialRecord
from lambdas.domain.payments.payment_status import PayerPayments, PaymentStatus
from lambdas.domain.runs import open_records
from lambdas.domain.runs.open_records import OpenRecords
from lambdas.domain.runs.payer_run import PayerRun
from tests.domain.examples import ACME, BOREAL, OCTOBER
from tests.domain.payments.records import financial_record

NOW = datetime(2026, 11, 12, 6, tzinfo=UTC)
SEPTEMBER, MAY = OCTOBER.shifted(-1), OCTOBER.shifted(-5)


def item(account_id: str = ACME, *periods: BillingPeriod) -> PayerRun:
    periods = periods or (OCTOBER,)
    day = NOW.date()
    return PayerRun("run-1", NOW, False, account_id, "Name", "role", periods, day, day)


def record(number: int, issued_at: str = "2026-09-02T00:00:00Z", **members: Any) -> FinancialRecord:
    return financial_record(str(number), issued_at=issued_at, **members)


def status(*records: FinancialRecord, account_id: str = ACME) -> PaymentStatus:
    payer = PayerPayments(account_id, "run-0", "2026-10-12T06:00:00Z", records)
    return PaymentStatus(OCTOBER.shifted(-2), (payer,))


def asked(items: list[PayerRun], *statuses: PaymentStatus) -> dict[str, list[str]]:
    found = OpenRecords(items)
    for one in statuses:
        found.add(one)
    return {one.payer_account_id: list(one.open_records) for one in found.items()}


def ids(*numbers: int) -> list[str]:
    return [financial_record(str(number)).record_id for number in numbers]


def test_what_was_open_and_issued_before_an_items_periods_is_asked_about_once() -> None:
    paid = record(3, settlement_status="CLOSED", status="SETTLED")
    found = asked([item()], status(record(2), record(1), paid), status(record(1)))
    assert found == {ACME: ids(1, 2)}


def test_what_its_listings_show_anyway_is_not_asked_about() -> None:
    listed = record(2, issued_at="2026-10-01T00:00:00Z")
    assert asked([item()], status(record(1, issued_at="2026-09-30T23:59:59Z"), listed)) == {
        ACME: ids(1)
    }


def test_each_payer_account_is_asked_about_its_own_records_by_its_own_periods() -> None:
    items = [item(ACME, OCTOBER, SEPTEMBER), item(BOREAL, OCTOBER, MAY)]
    may, september = (record(1, issued_at="2026-05-31T00:00:00Z"), record(2))
    found = asked(
        items,
        status(may, september),
        status(may, record(3, issued_at="2026-04-02T00:00:00Z"), account_id=BOREAL),
        status(record(4), account_id="999999999999"),
    )
    assert found == {ACME: ids(1), BOREAL: ids(3)}


def test_without_a_status_nothing_is_asked_about() -> None:
    assert asked([item()]) == {ACME: []}
    assert OpenRecords([]).items() == []


def test_of_too_many_each_has_its_turn_within_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_records, "_MOST", 3)
    before = status(*(record(number) for number in range(7)))
    turns: set[str] = set()
    for day in range(3):
        [found] = asked([replace(item(), as_of=NOW + timedelta(days=day))], before).values()
        assert len(found) == len(set(found)) == 3
        turns |= {*found}
    assert turns == {*ids(*range(7))}


def test_of_as_many_as_an_item_holds_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_records, "_MOST", 7)
    before = status(*(record(number) for number in range(7)))
    assert asked([item()], before) == {ACME: ids(*range(7))}

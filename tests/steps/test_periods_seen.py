import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from lambdas.aws.archive import ListedObject, ReadObject
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.records import StoredObject
from lambdas.domain.runs.asked_today import PeriodSeen
from lambdas.steps.periods_seen import doubts_and_closed, period_seen, periods_seen_before

JULY, AUGUST, SEPTEMBER = (BillingPeriod(2026, month) for month in (7, 8, 9))
ACME = "111122223333"
DOUBT = {"code": "OTHER_INVOICE", "severity": "blocking", "subject": "A1"}


class Bucket:
    """The `completeness.json` of some periods, and a payment status of one that nobody judged."""

    def __init__(self, views: Mapping[BillingPeriod, bytes]) -> None:
        self._views = {f"periods/{period}/completeness.json": views[period] for period in views}
        self._views["periods/2019-01/payment_status.json"] = b"{}"

    def list(self, prefix: str) -> Iterator[ListedObject]:
        return (ListedObject(key, 1) for key in self._views if key.startswith(prefix))

    def read(self, key: str) -> ReadObject | None:
        content = self._views.get(key)
        return None if content is None else ReadObject(content, StoredObject(key, "v", "", 0))


def view(*findings: Mapping[str, str], closed_at: str | None = None) -> bytes:
    payer = {
        "payer_account_id": ACME,
        "verdict": "COMPLETE",
        "checked_at": "2026-10-03T06:00:00Z",
        "findings": findings,
    }
    return json.dumps({"verdict": "COMPLETE", "closed_at": closed_at, "payers": [payer]}).encode()


def archive(views: Mapping[BillingPeriod, bytes]) -> Any:
    return Bucket(views)


def test_a_period_without_a_view_has_nobody_who_is_complete() -> None:
    assert period_seen(archive({}), JULY) == PeriodSeen()


@pytest.mark.parametrize("content", [b"no JSON", b"[]", b'{"payers": [{}]}', view({})])
def test_a_view_that_cannot_be_understood_counts_as_none(content: bytes) -> None:
    assert period_seen(archive({JULY: content}), JULY) == PeriodSeen()
    assert doubts_and_closed(archive({JULY: content}), [JULY]) == (set(), set())


def test_the_log_names_a_view_that_cannot_be_understood(caplog: pytest.LogCaptureFixture) -> None:
    period_seen(archive({}), JULY)
    assert caplog.records == []
    period_seen(archive({JULY: b"[]"}), JULY)
    [line] = caplog.records
    assert line.levelname == "WARNING"
    assert line.__dict__["key"] == "periods/2026-07/completeness.json"


def test_periods_before_the_look_back_are_seen_and_no_later_one() -> None:
    views = {JULY: view(), AUGUST: b"no JSON", SEPTEMBER: view()}
    seen = periods_seen_before(archive(views), SEPTEMBER)
    assert list(seen) == [JULY, AUGUST]
    assert (seen[JULY].is_complete, seen[AUGUST]) == (True, PeriodSeen())


def test_a_view_that_cannot_be_understood_takes_nothing_from_those_of_other_periods() -> None:
    views = {JULY: view(DOUBT, closed_at="2026-08-11T06:00:00Z"), SEPTEMBER: view()}
    doubts, closed = doubts_and_closed(archive(views | {AUGUST: b"[]"}), [*views, AUGUST])
    assert (doubts, closed) == ({"A1"}, {JULY})


def test_only_what_blocks_puts_a_document_in_doubt() -> None:
    noted = DOUBT | {"severity": "info"}
    assert doubts_and_closed(archive({JULY: view(noted)}), [JULY]) == (set(), set())

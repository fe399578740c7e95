"""PERIOD and AT."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sandbox.errors import SandboxError
from sandbox.request import month_end_request

NOW = datetime(2026, 11, 21, 14, 5, 9, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "at", "target", "scheduled"),
    [
        ("", "", "2026-10", "2026-11-12T14:05:09Z"),
        ("2026-09", "", "2026-09", "2026-10-12T14:05:09Z"),
        ("2025-12", "", "2025-12", "2026-01-12T14:05:09Z"),
        ("", "2026-11-03", "2026-10", "2026-11-03T14:05:09Z"),
        ("", "2026-01-31T06:00:00Z", "2025-12", "2026-01-31T06:00:00Z"),
        ("", "2026-11-01T01:00:00+02:00", "2026-09", "2026-10-31T23:00:00Z"),
        ("", "2026-11-03T06:00:00", "2026-10", "2026-11-03T06:00:00Z"),
        ("2026-10", "2026-11-21", "2026-10", "2026-11-21T14:05:09Z"),
    ],
)
def test_a_run_looks_at_the_month_before_its_scheduled_time(
    period: str, at: str, target: str, scheduled: str
) -> None:
    request = month_end_request(period, at, NOW)
    assert (str(request.billing_period), request.scheduled_text) == (target, scheduled)


def test_no_run_is_ahead_of_its_time() -> None:
    early = NOW.replace(day=3)
    request = month_end_request("", "", early)
    assert (str(request.billing_period), request.scheduled_text) == (
        "2026-09",
        "2026-10-12T14:05:09Z",
    )
    request = month_end_request("2026-10", "", early)
    assert (str(request.billing_period), request.scheduled_text) == (
        "2026-10",
        "2026-11-03T14:05:09Z",
    )


def test_the_last_finished_month_and_the_time_of_day_are_those_of_utc() -> None:
    east = datetime(2026, 11, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    request = month_end_request("", "", east)
    assert str(request.billing_period) == "2026-09"
    assert request.scheduled_text == "2026-10-12T23:00:00Z"


def test_two_runs_of_a_day_have_scheduled_times_of_their_own() -> None:
    first = month_end_request("2026-09", "2026-10-12", NOW)
    second = month_end_request("2026-09", "2026-10-12", NOW + timedelta(seconds=1))
    assert first.scheduled_text != second.scheduled_text


@pytest.mark.parametrize(
    ("period", "at", "message"),
    [
        (
            "2026-13",
            "",
            "PERIOD: '2026-13' is not a billing period; write year and month as 2026-10",
        ),
        (
            "october",
            "",
            "PERIOD: 'october' is not a billing period; write year and month as 2026-10",
        ),
        ("2026-11", "", "billing period 2026-11 is not over; the last finished one is 2026-10"),
        ("2027-03", "", "billing period 2027-03 is not over; the last finished one is 2026-10"),
        ("", "2027-01-05", "billing period 2026-12 is not over; the last finished one is 2026-10"),
        (
            "2026-09",
            "2026-11-12",
            "PERIOD=2026-09 and AT=2026-11-12 do not belong together: a run looks at the month "
            "before AT, so AT must be in 2026-10; leave one of the two out",
        ),
        (
            "",
            "2026-11-22",
            "AT=2026-11-22 is in the future, and no run can be ahead of its time; write 2026-11-21 "
            "or a day before it",
        ),
        (
            "",
            "soon",
            "AT=soon is neither a day nor an instant; write 2026-11-12 or 2026-11-12T06:00:00Z",
        ),
    ],
)
def test_what_cannot_be_run_is_reported_with_the_remedy(period: str, at: str, message: str) -> None:
    with pytest.raises(SandboxError) as refused:
        month_end_request(period, at, NOW)
    assert str(refused.value) == message

from datetime import UTC, date, datetime
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.runs.asked_today import AskedToday, LastSeen, PeriodSeen
from lambdas.domain.runs.close_calendar import CloseCalendar, CloseDeadline
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.domain.runs.run_request import RunRequest
from tests.domain.examples import ACME, BOREAL, OCTOBER

SEPTEMBER = BillingPeriod(2026, 9)
QUIET_DAY = datetime(2026, 11, 18, 6, tzinfo=UTC)  # a Wednesday after the deadline
MONDAY = datetime(2026, 11, 16, 6, tzinfo=UTC)
IN_WINDOW = datetime(2026, 11, 4, 6, tzinfo=UTC)
DONE = LastSeen("COMPLETE", datetime(2026, 11, 12, 6, tzinfo=UTC))
Seen = dict[BillingPeriod, dict[str, LastSeen]]
ALL_DONE: Seen = {
    period: {ACME: DONE, BOREAL: DONE} for period in (OCTOBER, SEPTEMBER, BillingPeriod(2026, 8))
}


def runs(
    as_of: datetime = QUIET_DAY,
    seen: Seen | None = None,
    *payers: Payer,
    lookback: int = 1,
    **request: Any,
) -> dict[str, PayerRun]:
    asked = RunRequest(
        "run-1",
        as_of,
        request.get("period", BillingPeriod.containing(as_of).shifted(-1)),
        request.get("is_scheduled", True),
        request.get("payer_account_ids"),
        request.get("dry_run", False),
    )
    views = {
        period: PeriodSeen(payers=(seen or {}).get(period, {}))
        for period in asked.billing_period.with_earlier(lookback)
    }
    today = AskedToday(
        request=asked,
        payers=payers or (Payer(ACME, "Acme"), Payer(BOREAL, "Boreal")),
        close=CloseCalendar(CloseDeadline("day", 10)),
        lookback_periods=lookback,
        payer_role_name="ArchiveReader",
        seen=views | request.get("older", {}),
    )
    return {item.payer_account_id: item for item in today.runs()}


def test_everybody_is_asked_as_long_as_nothing_is_known() -> None:
    assert list(runs()) == [ACME, BOREAL]


def test_nobody_is_asked_on_a_quiet_day_when_all_is_complete() -> None:
    assert runs(QUIET_DAY, ALL_DONE) == {}


@pytest.mark.parametrize("day", [IN_WINDOW, MONDAY])
def test_complete_payers_are_asked_in_the_closing_window_and_weekly_after_it(day: datetime) -> None:
    assert list(runs(day, ALL_DONE)) == [ACME, BOREAL]


@pytest.mark.parametrize("verdict", ["AWAITING", "MISSING", "PARTIAL", "NO_ACCESS", "NOT_CHECKED"])
@pytest.mark.parametrize("period", [OCTOBER, SEPTEMBER])
def test_a_payer_with_a_period_that_is_not_complete_is_asked_every_day(
    verdict: str, period: BillingPeriod
) -> None:
    seen = ALL_DONE | {period: {ACME: DONE, BOREAL: LastSeen(verdict, DONE.checked_at)}}
    assert list(runs(QUIET_DAY, seen)) == [BOREAL]


@pytest.mark.parametrize("verdict", ["NO_CHARGES", "TRANSFERRED"])
def test_a_payer_without_invoices_for_a_reason_is_complete(verdict: str) -> None:
    seen = ALL_DONE | {OCTOBER: {ACME: DONE, BOREAL: LastSeen(verdict, DONE.checked_at)}}
    assert runs(QUIET_DAY, seen) == {}


def test_a_payer_of_whom_the_last_look_failed_is_asked_again_the_next_day() -> None:
    lost = LastSeen("COMPLETE", DONE.checked_at, check_failed=True)
    assert list(runs(QUIET_DAY, ALL_DONE | {OCTOBER: {ACME: DONE, BOREAL: lost}})) == [BOREAL]


def test_a_payer_that_is_new_in_one_period_is_asked() -> None:
    assert list(runs(QUIET_DAY, ALL_DONE | {OCTOBER: {ACME: DONE}})) == [BOREAL]


def test_a_person_asks_everybody_or_those_whom_they_name_on_any_day() -> None:
    assert list(runs(QUIET_DAY, ALL_DONE, is_scheduled=False)) == [ACME, BOREAL]
    assert list(runs(QUIET_DAY, ALL_DONE, is_scheduled=False, payer_account_ids=(BOREAL,))) == [
        BOREAL
    ]


def test_the_periods_are_the_target_and_those_before_it() -> None:
    assert runs(lookback=2)[ACME].billing_periods == (OCTOBER, SEPTEMBER, BillingPeriod(2026, 8))
    assert runs(lookback=0)[ACME].billing_periods == (OCTOBER,)


def test_a_payer_is_asked_only_for_the_periods_in_which_it_is_active() -> None:
    joined = Payer(ACME, "Acme", active_from=OCTOBER)
    left = Payer(BOREAL, "Boreal", active_to=SEPTEMBER)
    gone = Payer("999999999999", "Gone", active_to=BillingPeriod(2026, 8))
    asked = runs(QUIET_DAY, None, joined, left, gone)
    assert {payer: item.billing_periods for payer, item in asked.items()} == {
        ACME: (OCTOBER,),
        BOREAL: (SEPTEMBER,),
    }
    assert asked[ACME].issued_from == date(2026, 11, 1)


def test_the_role_is_the_registers_or_has_the_usual_name_in_the_payers_account() -> None:
    own = Payer(BOREAL, "Boreal", role_arn=f"arn:aws:iam::{BOREAL}:role/x/Own")
    asked = runs(QUIET_DAY, None, Payer(ACME, "Acme"), own)
    assert asked[ACME].role_arn == f"arn:aws:iam::{ACME}:role/ArchiveReader"
    assert asked[BOREAL].role_arn == f"arn:aws:iam::{BOREAL}:role/x/Own"


def test_the_first_sweep_by_issued_date_reaches_from_the_end_of_the_oldest_period_to_today() -> (
    None
):
    item = runs(IN_WINDOW)[ACME]
    assert (item.issued_from, item.issued_to) == (date(2026, 10, 1), date(2026, 11, 5))


def test_a_later_sweep_begins_some_days_before_the_last_good_one() -> None:
    assert runs(MONDAY, ALL_DONE)[ACME].issued_from == date(2026, 11, 5)


def test_a_sweep_begins_before_the_oldest_of_the_periods_last_good_ones() -> None:
    older = LastSeen("COMPLETE", datetime(2026, 10, 20, 6, tzinfo=UTC))
    seen = ALL_DONE | {SEPTEMBER: {ACME: older}}
    assert runs(MONDAY, seen)[ACME].issued_from == date(2026, 10, 13)


def test_a_period_that_was_never_listed_to_its_end_is_swept_whole() -> None:
    seen = ALL_DONE | {OCTOBER: {ACME: LastSeen("NO_ACCESS", None)}}
    assert runs(MONDAY, seen)[ACME].issued_from == date(2026, 10, 1)


def test_a_backfill_stays_near_its_period() -> None:
    item = runs(QUIET_DAY, period=BillingPeriod(2024, 3), is_scheduled=False)[ACME]
    assert (item.issued_from, item.issued_to) == (date(2024, 3, 1), date(2024, 6, 1))


def test_a_dry_run_and_the_runs_identity_reach_every_item() -> None:
    item = runs(QUIET_DAY, dry_run=True)[BOREAL]
    assert (item.run_id, item.as_of, item.dry_run, item.name) == (
        "run-1",
        QUIET_DAY,
        True,
        "Boreal",
    )


@pytest.mark.parametrize("period", [BillingPeriod(2005, 1), BillingPeriod(2050, 12), OCTOBER])
def test_the_items_of_any_period_that_may_be_asked_for_read_back(period: BillingPeriod) -> None:
    as_of = datetime(2051, 1, 5, tzinfo=UTC)
    for item in runs(as_of, period=period, is_scheduled=False, lookback=2).values():
        assert PayerRun.from_data(item.to_data()) == item


# periods before the look-back ones

MARCH, JULY = BillingPeriod(2026, 3), BillingPeriod(2026, 7)
RED = LastSeen("PARTIAL", datetime(2026, 4, 12, 6, tzinfo=UTC))


def test_a_payer_is_asked_daily_for_an_older_period_in_which_it_is_not_complete() -> None:
    older = {MARCH: PeriodSeen(payers={ACME: DONE, BOREAL: RED})}
    found = runs(QUIET_DAY, ALL_DONE, older=older)
    assert {one: item.billing_periods for one, item in found.items()} == {
        BOREAL: (OCTOBER, SEPTEMBER, MARCH)
    }


def test_the_others_of_an_older_open_period_are_asked_weekly() -> None:
    older = {
        MARCH: PeriodSeen(payers={ACME: DONE, BOREAL: RED}),
        JULY: PeriodSeen(payers={BOREAL: RED}),
    }
    found = runs(MONDAY, ALL_DONE, older=older)
    assert {one: item.billing_periods for one, item in found.items()} == {
        ACME: (OCTOBER, SEPTEMBER, MARCH),
        BOREAL: (OCTOBER, SEPTEMBER, JULY, MARCH),
    }


def test_an_older_period_that_rests_on_a_persons_word_is_judged_and_asks_nobody() -> None:
    older = {MARCH: PeriodSeen(is_complete=True, is_accepted=True, payers={ACME: DONE})}
    assert runs(QUIET_DAY, ALL_DONE, older=older) == {}
    assert runs(MONDAY, ALL_DONE, older=older)[ACME].billing_periods == (OCTOBER, SEPTEMBER)


def test_an_older_period_does_not_widen_the_sweep_by_issued_date() -> None:
    older = {MARCH: PeriodSeen(payers={ACME: LastSeen("NOT_CHECKED", None), BOREAL: RED})}
    assert {item.issued_from for item in runs(MONDAY, ALL_DONE, older=older).values()} == {
        date(2026, 11, 5)
    }


def test_a_payer_that_left_is_still_asked_for_an_older_period_that_is_open() -> None:
    left = Payer(BOREAL, "Boreal", active_to=MARCH)
    never_there = Payer(ACME, "Acme", active_from=OCTOBER)
    older = {MARCH: PeriodSeen(payers={ACME: RED, BOREAL: RED})}
    found = runs(QUIET_DAY, ALL_DONE, left, never_there, older=older)
    assert [(one, item.billing_periods) for one, item in found.items()] == [(BOREAL, (MARCH,))]
    item = found[BOREAL]
    assert item.issued_from <= item.issued_to


@pytest.mark.parametrize(
    ("verdict", "code", "is_judged_daily"),
    [
        ("COMPLETE", "LATE_INVOICE", False),
        ("COMPLETE", "ACKNOWLEDGED", True),
        ("ACTION_REQUIRED", "PDF_NOT_READY", True),
        ("AWAITING", "PDF_NOT_READY", True),
    ],
)
def test_a_period_is_judged_daily_until_it_is_complete_and_on_nobodys_word(
    verdict: str, code: str, is_judged_daily: bool
) -> None:
    payer = {
        "payer_account_id": ACME,
        "verdict": "COMPLETE",
        "checked_at": "2026-11-12T06:00:00Z",
        "findings": [{"code": code}],
    }
    seen = PeriodSeen.of({"verdict": verdict, "payers": [payer]}, BillingPeriod(2026, 10))
    assert (seen.is_judged_daily, seen.payers) == (is_judged_daily, {ACME: DONE})


def complete(*accounts: str) -> PeriodSeen:
    return PeriodSeen(is_complete=True, payers=dict.fromkeys(accounts, DONE))


def test_a_role_is_asked_about_what_the_archive_has_of_a_payer_account_without_a_break() -> None:
    older = {
        BillingPeriod(2026, 8): complete(ACME, BOREAL),
        BillingPeriod(2026, 7): complete(ACME),
        BillingPeriod(2026, 5): complete(ACME, BOREAL),
    }
    asked = runs(MONDAY, ALL_DONE, older=older)
    assert {payer: item.roles_from for payer, item in asked.items()} == {
        ACME: date(2026, 8, 1),
        BOREAL: date(2026, 9, 1),
    }
    assert asked[ACME].billing_periods == (OCTOBER, SEPTEMBER)


def test_a_role_is_asked_for_weekly_and_daily_only_of_who_is_not_complete_after_the_deadline() -> (
    None
):
    late = ALL_DONE | {OCTOBER: {ACME: DONE, BOREAL: LastSeen("PARTIAL", DONE.checked_at)}}
    assert runs(QUIET_DAY, late)[BOREAL].roles_from == date(2026, 10, 1)
    assert {item.roles_from for item in runs(IN_WINDOW, late).values()} == {None}
    assert {item.roles_from for item in runs(MONDAY, late, is_scheduled=False).values()} == {None}
    assert None not in {item.roles_from for item in runs(MONDAY, late).values()}

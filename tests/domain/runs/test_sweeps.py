"""Who was read last, and whom nobody could read."""

from dataclasses import replace
from datetime import timedelta

from lambdas.domain.runs.outcome import NO_ACCESS
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.runs.sweeps import hours_since_last, swept_by
from tests.domain.examples import ACME, AFTER_DEADLINE, BOREAL, OCTOBER
from tests.domain.judging import outcome

SEPTEMBER = OCTOBER.shifted(-1)
DAILY = (OCTOBER, SEPTEMBER)
REGISTER = (Payer(ACME, "Acme"), Payer(BOREAL, "Boreal", active_from=OCTOBER))
THEN, NOW = "2026-11-12T06:00:00Z", "2026-11-13T06:00:00Z"
NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)


def test_a_payer_account_counts_as_read_when_it_was_for_every_period_of_a_daily_run() -> None:
    before = {ACME: THEN, BOREAL: THEN}
    read = [outcome(ACME, periods=DAILY), outcome(BOREAL, periods=(OCTOBER,))]
    assert swept_by(before, REGISTER, DAILY, read, NEXT_DAY) == {ACME: NOW, BOREAL: NOW}
    backfill = [outcome(ACME, periods=(SEPTEMBER,))]
    assert swept_by(before, REGISTER, DAILY, backfill, NEXT_DAY) == before


def test_whom_a_run_did_not_ask_or_could_not_read_keeps_its_last_sweep() -> None:
    before = {ACME: THEN, BOREAL: THEN}
    denied = [outcome(ACME, NO_ACCESS, periods=DAILY)]
    assert swept_by(before, REGISTER, DAILY, denied, NEXT_DAY) == before
    assert hours_since_last(before, NEXT_DAY) == 24


def test_one_that_was_never_read_counts_from_the_first_run_that_knew_of_it() -> None:
    assert swept_by({ACME: THEN}, REGISTER, DAILY, [], NEXT_DAY) == {ACME: THEN, BOREAL: NOW}


def test_one_that_left_is_forgotten() -> None:
    left = (Payer(ACME, "Acme", active_to=SEPTEMBER.shifted(-1)),)
    assert swept_by({ACME: THEN, BOREAL: THEN}, left, DAILY, [], NEXT_DAY) == {}
    assert hours_since_last({}, NEXT_DAY) == 0


def test_a_run_of_an_earlier_instant_makes_nothing_older() -> None:
    read = [outcome(ACME, periods=DAILY)]
    assert swept_by({ACME: NOW}, REGISTER[:1], DAILY, read, AFTER_DEADLINE) == {ACME: NOW}


def test_a_period_whose_listing_is_not_whole_was_not_read() -> None:
    gap = [replace(outcome(ACME, periods=DAILY), unfinished={SEPTEMBER: "a page"})]
    assert swept_by({ACME: THEN}, REGISTER[:1], DAILY, gap, NEXT_DAY) == {ACME: THEN}

from dataclasses import replace
from datetime import date

import pytest

from lambdas.domain.notifications.escalation import NO_ESCALATION, Escalation
from lambdas.domain.notifications.readers import readers
from tests.domain.examples import ACME, BOREAL
from tests.domain.notifications.notices import (
    CEDAR,
    DENIED,
    EARLY,
    account,
    noted,
    notification,
    outstanding,
)

BOSSES = Escalation(("CFO@example.com",), 3)
OF_ACME = account("PARTIAL", ACME, missing=[outstanding("1", payer=ACME)])
OF_BOREAL = account("PARTIAL", BOREAL, missing=[outstanding("2")])


def test_owners_with_something_to_do_are_concerned_in_letters_of_one_size() -> None:
    one = notification("ACTION_REQUIRED", OF_ACME, account("COMPLETE", BOREAL))
    assert readers([one], BOSSES) == ["dana@example.com"]


def test_an_owner_who_only_waits_for_aws_is_not_concerned() -> None:
    waits = replace(OF_BOREAL, verdict="AWAITING")
    denied = account("NO_ACCESS", ACME, findings=(replace(DENIED, subject=ACME),))
    one = notification("ACTION_REQUIRED", denied, waits, as_of=EARLY)
    assert readers([one], BOSSES) == ["dana@example.com"]


def test_who_had_something_to_do_at_the_last_notification_reads_that_it_is_over() -> None:
    before = noted(notification("ACTION_REQUIRED", OF_ACME, OF_BOREAL, is_escalated=True))
    one = notification("COMPLETE", account(), account("COMPLETE", BOREAL), before=before)
    assert readers([one], BOSSES) == ["cfo@example.com", "dana@example.com", "miriam@example.com"]
    assert readers([replace(one, before=one.as_last())], BOSSES) == []


def test_all_months_of_an_email_together_name_each_reader_once() -> None:
    october = notification("ACTION_REQUIRED", OF_ACME, OF_BOREAL)
    assert readers([october, october], NO_ESCALATION) == ["dana@example.com", "miriam@example.com"]


def test_an_account_without_an_owner_s_address_concerns_nobody_in_particular() -> None:
    one = notification("ACTION_REQUIRED", account("NO_ACCESS", CEDAR, findings=(DENIED,)))
    assert readers([one], BOSSES) == []


def test_an_owner_is_concerned_however_many_items_come_first() -> None:
    many = [outstanding(f"{n:03}") for n in range(150)]
    last_one = account("PARTIAL", ACME, "Zzz", missing=[outstanding("999", payer=ACME)])
    one = notification("ACTION_REQUIRED", account("PARTIAL", BOREAL, missing=many), last_one)
    assert len(one.open.items) == 100
    assert readers([one], BOSSES) == ["dana@example.com", "miriam@example.com"]


@pytest.mark.parametrize(("day", "is_due"), [(10, False), (12, False), (13, True), (30, True)])
def test_the_escalation_is_due_so_many_days_after_the_deadline(day: int, is_due: bool) -> None:
    deadline, today = date(2026, 11, 10), date(2026, 11, day)
    assert BOSSES.is_due(deadline, today) is is_due
    assert not NO_ESCALATION.is_due(deadline, today)

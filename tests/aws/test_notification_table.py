from typing import Any

import pytest

from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.aws.notification_table import NotificationTable
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.notifications.reasons import LastNotification
from ops.live import heads

OCTOBER = BillingPeriod(2026, 10)
TOLD = LastNotification("ACTION_REQUIRED", True, "2026-11-12T06:00:00Z", "run-1")
HEAD = ManifestHead(OCTOBER, 7, "a" * 64, "run-1")


def test_nothing_was_sent_until_it_is_noted_by_period_and_channel(dynamodb: Any) -> None:
    table = NotificationTable(dynamodb, "heads")
    assert table.last(OCTOBER, "mail") is None
    table.mark_notified(OCTOBER, "mail", TOLD)
    assert table.last(OCTOBER, "mail") == TOLD
    assert table.last(OCTOBER, "event") is None
    assert table.last(OCTOBER.shifted(-1), "mail") is None


def test_who_was_read_when_is_noted(dynamodb: Any) -> None:
    table = NotificationTable(dynamodb, "heads")
    assert table.swept() == {}
    table.mark_swept({"111122223333": "2026-11-12T06:00:00Z"})
    assert table.swept() == {"111122223333": "2026-11-12T06:00:00Z"}


def test_what_is_noted_beside_the_heads_is_no_head(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "client", lambda _: dynamodb)
    table = NotificationTable(dynamodb, "heads")
    table.mark_swept({"111122223333": "2026-11-12T06:00:00Z"})
    table.mark_notified(OCTOBER.shifted(1), "mail", TOLD)
    assert heads.read_heads_table("heads") == {}
    ManifestHeads(dynamodb, "heads").advance(HEAD)
    assert heads.read_heads_table("heads") == {OCTOBER: HEAD}


@pytest.mark.parametrize("is_first", [True, False])
def test_what_was_sent_and_the_head_of_the_chain_leave_each_other_alone(
    dynamodb: Any, is_first: bool
) -> None:
    table, chain_heads = NotificationTable(dynamodb, "heads"), ManifestHeads(dynamodb, "heads")
    if is_first:
        table.mark_notified(OCTOBER, "mail", TOLD)
        assert chain_heads.read(OCTOBER) is None
    chain_heads.advance(HEAD)
    table.mark_notified(OCTOBER, "mail", TOLD)
    assert chain_heads.read(OCTOBER) == HEAD
    assert table.last(OCTOBER, "mail") == TOLD


def test_refusals_are_noted_as_far_as_an_item_has_room_for_them(dynamodb: Any) -> None:
    table = NotificationTable(dynamodb, "heads")
    refused = {"111122223333": ["AWS denied x (AccessDenied)."]}
    table.mark_refused(refused)
    assert table.refused() == refused

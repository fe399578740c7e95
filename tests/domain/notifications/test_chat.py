"""The message to chat, in the schema of custom notifications that AWS documents."""

import json
import re
from typing import Any

import jsonschema
import pytest

from lambdas.domain.findings import finding
from lambdas.domain.notifications.chat import chat_message
from lambdas.domain.notifications.reasons import Notification
from sandbox.organization import HOSTILE_PAYERS
from tests.domain.examples import BOREAL, OCTOBER
from tests.domain.notifications.notices import (
    EARLY,
    PAGE,
    account,
    last,
    notification,
    outstanding,
)
from tests.domain.notifications.test_email import EMAILS

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}
SCHEMA = {
    "type": "object",
    "required": ["version", "source", "content"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "1.0"},
        "source": {"const": "custom"},
        "id": TEXT,
        "content": {
            "type": "object",
            "additionalProperties": False,
            "required": ["description"],
            "properties": {
                "textType": {"const": "client-markdown"},
                "title": TEXT,
                "description": TEXT,
                "nextSteps": TEXTS,
                "keywords": TEXTS,
            },
        },
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "threadId": TEXT,
                "summary": TEXT,
                "eventType": TEXT,
                "relatedResources": TEXTS,
                "additionalContext": {"type": "object", "additionalProperties": TEXT},
            },
        },
    },
}
"""docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html."""
MARKDOWN = re.compile(r"[*`~<>\[\]#|@:\\]|(?<![^\W_])_|_(?![^\W_])")
NOTIFICATIONS = [one for notifications, _, _ in EMAILS.values() for one in notifications]


@pytest.mark.parametrize("one", NOTIFICATIONS)
def test_each_message_is_as_the_schema_says(one: Notification) -> None:
    jsonschema.validate(chat_message(one), SCHEMA)


def test_a_red_month_has_its_items_its_steps_and_one_link() -> None:
    one = notification(
        "ACTION_REQUIRED",
        account("PARTIAL", BOREAL, "Boreal", missing=[outstanding("1"), outstanding("2")]),
    )
    message = chat_message(one)
    assert message["content"] == {
        "textType": "client-markdown",
        "title": "AWS invoices October 2026: 2 of 3 outstanding, overdue",
        "description": (
            "October 2026 is not complete: 2 of 3 invoices are outstanding, 2 days after the "
            "deadline of 10 November 2026.\n"
            "- Boreal (044455556666): invoice 1\n"
            "- Boreal (044455556666): invoice 2\n"
            "Outstanding: EUR 82.20 (listed by AWS, PDF outstanding)\n"
            f"{PAGE}"
        ),
        "nextSteps": ["2 days late. Open an AWS Billing case."],
        "keywords": ["2026-10", "ACTION_REQUIRED"],
    }


def test_all_messages_on_a_month_share_a_thread_and_no_other_month_does() -> None:
    red, green, other = (
        notification("ACTION_REQUIRED", account("PARTIAL", BOREAL, missing=[outstanding("1")])),
        notification("COMPLETE", account(), before=last()),
        notification("COMPLETE", account(), period=OCTOBER.shifted(-1)),
    )
    threads = [chat_message(one)["metadata"]["threadId"] for one in (red, green, other)]
    assert threads[0] == threads[1] != threads[2]
    assert chat_message(green)["content"]["nextSteps"] == []


@pytest.mark.parametrize("payer", HOSTILE_PAYERS, ids=lambda payer: payer.account_id)
def test_no_name_or_id_becomes_markdown_a_mention_or_a_link(payer: Any) -> None:
    hostile = f"_{payer.name}_ *b* `c` [d](https://e.example) <!channel> @here :f: ~g~ __h__ #i"
    one = notification(
        "ACTION_REQUIRED",
        account(
            "MISSING", BOREAL, hostile, missing=[outstanding(hostile)],
            findings=[finding("CHARGES_WITHOUT_INVOICE", f"of {hostile}", hostile)],
        ),
    )  # fmt: skip
    content = chat_message(one)["content"]
    first, *items, total, page = content["description"].splitlines()
    assert first.startswith("October 2026 is not complete: ")
    assert (len(items), page) == (2, PAGE)
    for line in items:
        name, _, what = line.removeprefix("- ").partition("): ")
        assert not MARKDOWN.search(name + what), line
    assert total.startswith("Outstanding: EUR 41.10")
    assert not MARKDOWN.search(" ".join(content["nextSteps"]))


def test_a_message_stays_short_however_much_is_outstanding() -> None:
    names = [
        account("PARTIAL", f"{n:012}", "株" * 200, missing=[outstanding(f"{n}" * 99)])
        for n in range(100)
    ]
    message = chat_message(notification("ACTION_REQUIRED", *names))
    jsonschema.validate(message, SCHEMA)
    assert len(message["content"]["description"].encode()) < 3_000
    assert "and 95 more items" in message["content"]["description"]
    assert len(json.dumps(message)) < 20_000


def test_what_is_past_due_is_a_line_before_the_link() -> None:
    line = "As AWS Payments shows it on 12 November 2026, 1 invoice is past due: 5.00 EUR."
    for one in NOTIFICATIONS:
        message = chat_message(one, line)
        jsonschema.validate(message, SCHEMA)
        without = chat_message(one)["content"]["description"].splitlines()
        assert message["content"]["description"].splitlines() == [*without[:-1], line, without[-1]]


def test_what_needs_nobody_yet_asks_for_nothing_now() -> None:
    waits = account("AWAITING", BOREAL, missing=[outstanding("1")])
    message = chat_message(notification("AWAITING", waits, before=last(), as_of=EARLY))
    assert message["content"]["nextSteps"] == []

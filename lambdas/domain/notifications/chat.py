"""The message on a month to chat channels, in AWS's schema of custom notifications.

Amazon Q Developer in chat applications shows it. Names and ids have lost the signs of Markdown and
of mentions.
"""

from typing import Any

from lambdas.domain.cut_text import short
from lambdas.domain.notifications.item_text import action, item_title
from lambdas.domain.notifications.month_text import headline, sentence, totals
from lambdas.domain.notifications.reasons import Notification
from lambdas.domain.visible_text import shown
from lambdas.domain.words import counted

EVENT_TYPE = "Invoice archive"
_MOST_ITEMS = 5
_MOST_STEPS = 5
_LONGEST_STEP, _LONGEST_DESCRIPTION = 300, 2_500
"""Bytes. AWS does not say how much it takes; the page of the month has all of it."""


def chat_message(one: Notification, payments: str = "") -> dict[str, Any]:
    """The message; all messages on a month share a thread. `payments` is a line on payments."""
    period = str(one.manifest.billing_period)
    title, description = headline(one), short(_description(one, payments), _LONGEST_DESCRIPTION)
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": title,
            "description": f"{description}\n{one.page}",
            "nextSteps": _steps(one),
            "keywords": [period, one.manifest.verdict],
        },
        "metadata": {
            "threadId": f"invoice-archive-{period}",
            "summary": title,
            "eventType": EVENT_TYPE,
            "relatedResources": [one.manifest.bucket],
            "additionalContext": {"billing_period": period, "verdict": one.manifest.verdict},
        },
    }


def _description(one: Notification, payments: str) -> str:
    lines = [sentence(one)]
    if one.manifest.verdict == "ACTION_REQUIRED":
        lines += (f"- {item_title(item)}" for item in one.open.items[:_MOST_ITEMS])
        left_out = one.open.count - min(len(one.open.items), _MOST_ITEMS)
        lines += [f"- and {counted(left_out, 'more item')}"] if left_out > 0 else []
        lines += [totals(one.open.totals)] if one.open.totals else []
    lines += [payments] if payments else []
    return "\n".join(map(shown, lines))


def _steps(one: Notification) -> list[str]:
    """The different actions of the open items, which nobody has to take in a month that waits."""
    if one.manifest.verdict != "ACTION_REQUIRED":
        return []
    actions = dict.fromkeys(action(item, one) for item in one.open.items)
    return [short(text, _LONGEST_STEP) for text in list(actions)[:_MOST_STEPS]]

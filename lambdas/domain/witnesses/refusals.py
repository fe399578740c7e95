"""Questions about a payer account that AWS refuses: notified once, and again only if another
question is refused or it was answered in between.
"""

import re
from collections.abc import Mapping, Sequence

DENIED, REFUSED, UNANSWERED = "AWS denied", "AWS refused", "AWS did not answer"
"""The beginnings of sentences on why a witness could not be read. An unanswered question may be
answered tomorrow; a denied or refused one needs a person.
"""

_REFUSAL = re.compile(rf"[^.]*(?:{DENIED}|{REFUSED})[^.]*\.")


def refusals(not_read: str) -> tuple[str, ...]:
    """The sentences of a reason on what AWS denied or refused."""
    return tuple(sorted({sentence.strip() for sentence in _REFUSAL.findall(not_read)}))


def standing_reason(before: str, now: str) -> str:
    """The reason to keep for a witness that is not read: the earlier one, unless there are new
    refusals. Empty once it is read.
    """
    is_new = refusals(now) and refusals(now) != refusals(before)
    return before if before and now and not is_new else now


def refused_by_now(
    before: Mapping[str, Sequence[str]], not_read: Mapping[str, str]
) -> dict[str, list[str]]:
    """The refusals by payer account. `not_read` has the reason of each account that was asked,
    empty if everything was answered. An unanswered question keeps the earlier refusals.
    """
    now = {account_id: list(known) for account_id, known in before.items()}
    for account_id, reason in not_read.items():
        is_unanswered = bool(_REFUSAL.sub("", reason).strip())
        known = now.pop(account_id, [])
        if found := sorted({*refusals(reason), *(known if is_unanswered else ())}):
            now[account_id] = found
    return now


def newly_refused(
    before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """The refusals since the last notification, by payer account."""
    new = {
        account_id: [one for one in found if one not in before.get(account_id, ())]
        for account_id, found in sorted(now.items())
    }
    return {account_id: found for account_id, found in new.items() if found}

"""Questions about a payer account that AWS refuses: told once, and again only when another one is
refused or when it was answered in between.
"""

import re
from collections.abc import Mapping, Sequence

DENIED, REFUSED, UNANSWERED = "AWS denied", "AWS refused", "AWS did not answer"
"""How the sentences begin that say why a witness could not be read. What was not answered may be
answered tomorrow; what was denied or refused will not be by itself."""

_REFUSAL = re.compile(rf"[^.]*(?:{DENIED}|{REFUSED})[^.]*\.")


def refusals(not_read: str) -> tuple[str, ...]:
    """The sentences of a reason that say what AWS denied or refused."""
    return tuple(sorted({sentence.strip() for sentence in _REFUSAL.findall(not_read)}))


def standing_reason(before: str, now: str) -> str:
    """Why a witness is not read, as long as it is not: the same refusals, or an answer that merely
    failed to come today, say nothing new.
    """
    is_new = refusals(now) and refusals(now) != refusals(before)
    return before if before and now and not is_new else now


def refused_by_now(
    before: Mapping[str, Sequence[str]], not_read: Mapping[str, str]
) -> dict[str, list[str]]:
    """The refusals by payer account. `not_read` has the reason of each one that was asked, which is
    empty where everything was answered; what failed to come leaves open what was refused before.
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
    """What was not refused when it was told last, by payer account."""
    new = {
        account_id: [one for one in found if one not in before.get(account_id, ())]
        for account_id, found in sorted(now.items())
    }
    return {account_id: found for account_id, found in new.items() if found}

"""The readers of an e-mail beside those who get every e-mail: owners, and the escalation."""

from collections.abc import Iterable, Sequence

from lambdas.domain.notifications.escalation import Escalation
from lambdas.domain.notifications.reasons import Notification

READERS = "readers"
"""The message attribute with their addresses; the filter policy of each subscription names one."""


def same_address(email: str) -> str:
    """The form in which addresses are compared: letters count alike, large or small."""
    return email.lower()


def readers(notifications: Iterable[Notification], escalation: Escalation) -> Sequence[str]:
    """The addresses that the e-mail on these notifications concerns, in a form to compare.

    Owners with something to do, or that had it at the last notification; the escalation's
    addresses likewise.
    """
    found: set[str] = set()
    for one in notifications:
        found.update(one.open.owner_emails)
        found.update(one.before.readers if one.before else ())
        if one.is_escalated or (one.before and one.before.is_escalated):
            found.update(escalation.emails)
    return sorted(map(same_address, found))

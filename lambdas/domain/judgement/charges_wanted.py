"""The rule for asking Cost Explorer, where each request costs 0.01 USD."""

from collections.abc import Collection
from datetime import datetime, timedelta

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.runs.close_calendar import day_of_close
from lambdas.domain.runs.outcome import CHECKED

FIRST_DAY = 7
"""The day of the following month from which a month's charges may be final: bills are issued mostly
on day 2 to 7.
"""
ASKED_AGAIN_AFTER = timedelta(days=7)
_THE_NEXT_DAY = timedelta(hours=20)
"""The pause if a month waits only for a final answer after an estimate without charges. It is less
than a day, since a run may begin earlier than the one before it.
"""
_ANSWERABLE: Collection[str] = (
    "NO_INVOICES_LISTED",
    "USUAL_INVOICE_MISSING",
    "CHARGES_WITHOUT_INVOICE",
)
"""Codes of findings that may stop blocking once Cost Explorer answers."""


def charges_are_wanted(
    state: PayerState,
    period: BillingPeriod,
    *,
    as_of: datetime,
    is_overdue: bool,
    is_closed: bool,
    asks_payments: bool,
) -> bool:
    """True if Cost Explorer is asked for a payer account's charges, given the judgement without it.

    It is asked if it can change the verdict: after the deadline, whatever a person accepted, or
    before the deadline if everything else is proven.

    A final answer is never asked for again, with one exception: in an open period, an answer of the
    first release that shows nothing to pay to AWS and has no total to confirm it. An estimated
    answer is asked for again once overdue: weekly until it is final, or daily if it shows nothing
    to pay and only a final answer is missing to complete the month.

    It is not asked after the deadline if nothing blocks, AWS Payments is asked and vouches for the
    listing, and history knows the usual invoices: its answer could only name charges that are to be
    invoiced later (docs/decisions/0051).

    In an archive-closed period its findings are warnings. A complete payer account is asked there
    only to replace an estimate, or if it is complete by acknowledgement alone.
    """
    charges = state.witnesses.charges
    is_unconfirmed = charges is not None and charges.wants_total and not is_closed
    if state.outcome != CHECKED or (charges and charges.is_final and not is_unconfirmed):
        return False
    is_vouched_for = is_overdue and asks_payments and _is_vouched_for(state)
    if state.verdict == "TRANSFERRED" or is_vouched_for:
        return False
    is_estimate = charges is not None and charges.at is not None
    is_accepted = charges is None and bool(state.witnesses.acknowledged(as_of))
    if is_closed and state.is_complete and not (is_estimate or is_accepted):
        return False
    blocking = {found.code for found in state.blocking}
    if charges and charges.at and not (charges.not_read or is_unconfirmed):
        is_waited_for = bool(blocking) and not any(one.is_to_be_paid for one in charges.by_entity)
        pause = _THE_NEXT_DAY if is_waited_for else ASKED_AGAIN_AFTER
        if not is_overdue or as_of - read_instant(charges.at) < pause:
            return False
    if is_overdue:
        return blocking.issubset(_ANSWERABLE)
    return (
        state.awaits_only_the_deadline
        and bool(state.witnesses.history.usual)
        and day_of_close(period, as_of) >= FIRST_DAY
    )


def _is_vouched_for(state: PayerState) -> bool:
    """True if nothing blocks, history knows the usual invoices and misses none, not even with a
    person's consent, and every record that AWS Payments has is listed.
    """
    payments = state.witnesses.payments
    if payments is None or not payments.vouches or state.blocking:
        return False
    found = {one.code for one in state.findings}
    return bool(state.witnesses.history.usual) and found.isdisjoint(_ANSWERABLE)

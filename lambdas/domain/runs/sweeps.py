"""The last reading of each payer account of the register, so that a lost role is noticed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.runs.payer_register import Payer


def swept_by(
    before: Mapping[str, str],
    register: Iterable[Payer],
    periods: Collection[BillingPeriod],
    outcomes: Iterable[PayerOutcome],
    as_of: datetime,
) -> dict[str, str]:
    """The last instant as of which each payer account was read for all `periods` of a daily run in
    which it is active; accounts active in none are left out.

    An account that was never read counts from the first run that knew of it.
    """
    read_for = {outcome.payer_account_id: outcome.periods_read for outcome in outcomes}
    swept = {}
    for payer in register:
        wanted = {period for period in periods if payer.is_active_in(period)}
        account_id = payer.account_id
        if not wanted:
            continue
        is_read = wanted <= read_for.get(account_id, frozenset())
        known = before.get(account_id)
        if known is None or (is_read and read_instant(known) < as_of):
            known = instant_text(as_of)
        swept[account_id] = known
    return swept


def hours_since_last(swept: Mapping[str, str], as_of: datetime) -> float:
    """The age of the oldest reading in hours; 0 if there is no payer account to read."""
    ages = [(as_of - read_instant(at)).total_seconds() / 3600 for at in swept.values()]
    return max([0.0, *ages])

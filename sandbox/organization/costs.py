"""The charges of a bill as Cost Explorer shows them: by linked account and day, in USD, and equal
to the bill up to rounding on both sides.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sandbox.invoicing.catalogue import CostLine
from sandbox.invoicing.costs import BILLING_ENTITIES
from sandbox.organization.bills import BASE_CURRENCY, Bill, Charge, rounded

_MOST_ACCOUNTS = 3
_DUST = 15
"""Largest difference of a metered charge from the billed cents, in hundredths of a cent."""
_TINIEST = Decimal("0.0000000001")


@dataclass(frozen=True)
class Usage:
    """An account's part of a charge, in whole cents."""

    account_id: str
    charge: Charge
    amount: Decimal


def usage_by_account(bill: Bill, accounts: Sequence[str], seed: str) -> list[Usage]:
    """All charges of a bill by the accounts in which they arose; they add up to the charges."""
    randomness = random.Random(f"{seed} {bill.invoice_id} accounts")
    return [
        Usage(account, charge, amount)
        for charge in bill.charges
        for account, amount in _shares(charge, accounts, randomness)
    ]


def cost_lines(bill: Bill, accounts: Sequence[str], seed: str) -> list[CostLine]:
    """The lines of a bill whose charges arose in `accounts`, with or without the bill's own
    account. Empty for a receipt or for a tax office's copy, which bill nothing again.
    """
    if bill.invoice_type == "PAYMENT_RECEIPT" or bill.commercial_invoice_id:
        return []
    randomness = random.Random(f"{seed} {bill.invoice_id} fractions")
    lines, by_account = [], dict.fromkeys(accounts, Decimal(0))
    for usage in usage_by_account(bill, accounts, seed):
        by_account[usage.account_id] += usage.amount
        dust = Decimal(randomness.randint(-_DUST, _DUST)) / 10_000
        metered = usage.amount + dust if usage.charge.record_type == "Usage" else usage.amount
        lines.append(_line(bill, usage.charge, usage.account_id, metered))
    positive = {account: amount for account, amount in by_account.items() if amount > 0}
    bearers = positive or {accounts[0]: Decimal(1)}
    whole = sum(bearers.values())
    for charge in (
        Charge(
            bill.charges[0].description, bill.base.discount, "Enterprise Discount Program Discount"
        ),
        Charge("Tax", bill.base.tax, "Tax"),
    ):
        if charge.amount:
            for account, share in bearers.items():
                part = (charge.amount * share / whole).quantize(_TINIEST)
                lines.append(_line(bill, charge, account, part))
    return lines


def _shares(
    charge: Charge, accounts: Sequence[str], randomness: random.Random
) -> list[tuple[str, Decimal]]:
    """The accounts that bear a charge, with their parts. All but usage goes to the paying account,
    the first.
    """
    if charge.record_type != "Usage":
        return [(accounts[0], charge.amount)]
    bearers = randomness.sample(accounts, min(len(accounts), randomness.randint(1, _MOST_ACCOUNTS)))
    parts = [randomness.randint(1, 9) for _ in bearers]
    amounts = [rounded(charge.amount * part / sum(parts), BASE_CURRENCY) for part in parts[1:]]
    return list(zip(bearers, (charge.amount - sum(amounts), *amounts), strict=True))


def _line(bill: Bill, charge: Charge, account: str, amount: Decimal) -> CostLine:
    first_day, days = _span(bill, charge)
    following = bill.period.first_day_after
    known = {
        # Taxes and the fee of the support plan are computed after the end of the month.
        "Tax": _midnight(following + timedelta(days=1)),
        "Support": _midnight(following + timedelta(days=2)),
    }.get(charge.record_type)
    if bill.is_late:
        known = bill.issued
    return CostLine(
        amount=amount,
        first_day=first_day,
        days=days,
        linked_account_id=account,
        service=charge.description,
        record_type=charge.record_type,
        billing_entity=BILLING_ENTITIES.get(bill.billing_entity, bill.billing_entity),
        legal_entity=bill.vendor or bill.seller.name,
        invoicing_entity=bill.seller.name,
        known_from=known,
    )


def _span(bill: Bill, charge: Charge) -> tuple[date, int]:
    """The first day of a charge, and the number of days over which it is spread."""
    if bill.usage_day is not None:
        return bill.usage_day, 1
    if charge.record_type == "Tax" or bill.frequency == "ONE_TIME":
        issued = bill.issued.date()
        return (issued if issued < bill.period.first_day_after else bill.period.first_day), 1
    return bill.period.first_day, (bill.period.first_day_after - bill.period.first_day).days


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

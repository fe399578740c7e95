"""The payment status of a payer account in words, from `payment_status.json`."""

from collections.abc import Iterator
from datetime import date

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.day_names import instant_name
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import payment_status_key, period_prefix
from lambdas.domain.json_form import checked
from lambdas.domain.money import sums
from lambdas.domain.payments.financial_record import FinancialRecord, outstanding_totals
from lambdas.domain.payments.payment_status import PayerPayments, PaymentStatus
from lambdas.domain.payments.payment_words import PAST_DUE, amounts_text, by_state, payment_text
from lambdas.domain.stored_form import read_json
from lambdas.domain.words import counted
from ops.check.limits import LARGEST_READ_WHOLE
from ops.errors import CannotRead
from ops.explanation import Statement
from ops.places import Place, read

_MOST_NAMED = 20


def payment_statement(
    place: Place, period: BillingPeriod, payer_account_id: str, day: date
) -> Statement | None:
    """State what is paid, due and past due on a day; None if AWS Payments was never asked. A file
    that cannot be read is said so: it is no evidence, and the next run makes it anew.
    """
    key = payment_status_key(period)
    if not any(one.key == key and not one.is_hidden for one in place.files(period_prefix(period))):
        return None
    try:
        status = checked(
            PaymentStatus.from_data(read_json(read(place, key, most=LARGEST_READ_WHOLE)))
        )
    except (CannotRead, *NOT_UNDERSTOOD) as error:
        lines: tuple[str, ...] = (f"{key} cannot be read ({type(error).__name__}).",)
    else:
        parts = {one.payer_account_id: one for one in status.payers}
        if payer_account_id not in parts:
            return None
        lines = tuple(_lines(parts[payer_account_id], day))
    return Statement("payment status", lines)


def _lines(part: PayerPayments, day: date) -> Iterator[str]:
    if part.at:
        yield f"As AWS Payments shows it; last changed on {instant_name(part.at)}."
        if not part.records:
            yield "AWS Payments has no record."
    states = by_state((one for one in part.records if one.is_invoice), day)
    for state, held in states.items():
        left = outstanding_totals(one for one in held if one.outstanding.value)
        totals = left or sums(one.amount for one in held)
        yield f"{state}: {counted(len(held), 'invoice')}, {amounts_text(totals)}."
    yield from _named(states.get(PAST_DUE, ()), day)
    if memos := [one for one in part.records if not one.is_invoice and one.is_outstanding]:
        totals = outstanding_totals(memos)
        yield f"Not applied yet: {counted(len(memos), 'credit memo')}, {amounts_text(totals)}."
    if part.not_read:
        yield f"The last attempt to read failed: {part.not_read}"


def _named(past_due: list[FinancialRecord] | tuple[()], day: date) -> Iterator[str]:
    """The first past due invoices, those due first come first."""
    by_due_date = sorted(past_due, key=lambda one: one.due_date or date.max)
    for one in by_due_date[:_MOST_NAMED]:
        left = amounts_text([one.outstanding])
        yield f"Invoice {one.invoice_id}, {left}: {payment_text(one, day)}."
    if len(by_due_date) > _MOST_NAMED:
        yield f"And {len(by_due_date) - _MOST_NAMED:,} more."

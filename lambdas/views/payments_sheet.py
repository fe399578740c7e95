"""The sheet `payments` of the workbook: the financial records of a period, as AWS Payments showed
them.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from lambdas.domain.json_text import read_instant
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.payments.payment_words import payment_text
from lambdas.views.cells import Cell, Kind
from lambdas.views.sheets import Heading
from lambdas.views.wording import code_name

PAYMENT_HEADINGS = (
    Heading("Invoice", Kind.ID, 20),
    Heading("Payer account", Kind.ID, 15),
    Heading("Payer name", Kind.TEXT, 34),
    Heading("Type", Kind.TEXT, 14),
    Heading("Payment", Kind.TEXT, 34),
    Heading("Due", Kind.DAY, 11),
    Heading("Past due", Kind.TEXT, 9),
    Heading("Paid or applied on", Kind.DAY, 12),
    Heading("Currency", Kind.TEXT, 11),
    Heading("Amount", Kind.NUMBER, 17),
    Heading("Outstanding", Kind.NUMBER, 17),
    Heading("In process", Kind.NUMBER, 17),
    Heading("Paid or applied", Kind.NUMBER, 17),
    Heading("Canceled", Kind.NUMBER, 17),
    Heading("Terms", Kind.TEXT, 10),
    Heading("Issued", Kind.DAY, 11),
    Heading("Seller", Kind.TEXT, 34),
    Heading("In the archive", Kind.TEXT, 10),
    Heading("Financial record", Kind.ID, 26),
    Heading("Status by AWS (changed UTC)", Kind.INSTANT, 19),
)


def payment_rows(
    status: PaymentStatus, day: date, names: Mapping[str, str], archived: Collection[str]
) -> Iterator[list[Cell]]:
    """A row for each record, past due ones first. `names` are by payer account, `archived` the
    invoice ids that the period's archive has.
    """
    held = [(payer, record) for payer in status.payers for record in payer.records]
    for payer, record in sorted(held, key=lambda one: not one[1].is_past_due_on(day)):
        is_past_due = record.is_past_due_on(day)
        balances = record.balances
        yield [
            record.invoice_id,
            payer.payer_account_id,
            names.get(payer.payer_account_id, ""),
            code_name(record.record_type),
            payment_text(record, day),
            record.due_date,
            "yes" if is_past_due else "no",
            record.closed_on if record.is_paid else None,
            record.amount.currency,
            record.amount.value,
            balances.outstanding,
            balances.processing,
            balances.paid,
            balances.canceled,
            record.payment_terms,
            record.issued_on,
            record.seller,
            "yes" if record.invoice_id in archived else "no",
            record.record_id,
            read_instant(payer.at) if payer.at else None,
        ]

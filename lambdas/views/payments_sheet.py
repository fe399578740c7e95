"""The sheet `payments` of the workbook: the financial records of a period, as AWS Payments showed
them.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from lambdas.domain.json_text import read_instant
from lambdas.domain.payments.financial_record import FinancialRecord
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
    status: PaymentStatus,
    day: date,
    names: Mapping[str, str],
    *,
    archived: Collection[str],
    absent: Collection[str],
) -> Iterator[list[Cell]]:
    """A row for each record, past due ones first.

    `names` are by payer account. `archived` are the invoice ids that the period's archive has,
    `absent` those that no month's has; AWS Invoicing may list any other one under another month.
    A record that several payer accounts show is that of the one that was seen last.
    """
    once = {record.record_id: (account_id, record) for account_id, record in status.seen}
    changed_at = {payer.payer_account_id: payer.at for payer in status.payers}

    def order(one: tuple[str, FinancialRecord]) -> tuple[bool, str, str]:
        return not one[1].is_past_due_on(day), one[0], one[1].invoice_id

    for account_id, record in sorted(once.values(), key=order):
        at = changed_at[account_id]
        is_past_due = record.is_past_due_on(day)
        balances = record.balances
        yield [
            record.invoice_id,
            account_id,
            names.get(account_id, ""),
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
            _is_archived(record.invoice_id, archived, absent),
            record.record_id,
            read_instant(at) if at else None,
        ]


def _is_archived(invoice_id: str, archived: Collection[str], absent: Collection[str]) -> str:
    if invoice_id in archived:
        return "yes"
    return "no" if invoice_id in absent else "not in this month"

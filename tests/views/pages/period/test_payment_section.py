from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lambdas.domain.payments.financial_record import Balances, FinancialRecord
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.witnesses.payments import PaymentRecords, UnlistedRecord
from lambdas.domain.witnesses.statements import PayerWitnesses
from tests.domain.example_months import due, month, page_of_month, payer_state
from tests.domain.examples import ACME, OCTOBER, outstanding
from tests.domain.payments.records import answer, credit_memo, financial_record, paid
from tests.views.pages.reading import Node, read, rows, section

EARLY = date(2026, 11, 3)
STATE = payer_state(
    invoices=(due("1", "5.00"), due("2", "100.00"), due("3", "100.00"), due("9", "-10.00"))
)


NONE = "\N{EN DASH}"


def partly_paid(invoice_id: str, **members: Any) -> FinancialRecord:
    """60.00 of 100.00 are outstanding."""
    balances = Balances(Decimal(60), Decimal(0), Decimal(40), Decimal(0))
    return financial_record(invoice_id, balances=balances, **members)


def moved(invoice_id: str, **members: Any) -> FinancialRecord:
    """A record of which nothing is outstanding."""
    balances = Balances(Decimal(0), Decimal(100), Decimal(0), Decimal(0))
    return financial_record(invoice_id, balances=balances, due_status="", **members)


def status(*records: Any, **given: Any) -> PaymentStatus:
    return PaymentStatus(OCTOBER).updated({ACME: answer(*records, **given)}, {ACME})


def page(*records: Any, **given: Any) -> Node:
    return read(page_of_month(month(STATE), payments=status(*records, **given)))


def shown(*records: Any, **given: Any) -> Node:
    found = section(page(*records, **given), "Payment status")
    assert found
    return found


def test_invoices_are_summed_up_by_the_state_of_their_payment() -> None:
    found = shown(
        paid("1", value="5.00"),
        partly_paid("2", due_date=EARLY),
        financial_record("3", "7", "JPY"),
        moved("4", status="PROCESSING"),
        moved("5", status="CANCELED", settlement_status="CLOSED"),
        moved("6", status="DISPUTED"),
        credit_memo("9"),
    )

    assert rows(found, "payment-totals") == [
        ["Paid", "1", "5.00 USD", NONE],
        ["In process", "1", "100.00 USD", NONE],
        ["Not due yet", "1", "7 JPY", "7 JPY"],
        ["Past due", "1", "100.00 USD", "60.00 USD"],
        ["Canceled", "1", "100.00 USD", NONE],
        ["Other", "1", "100.00 USD", NONE],
    ]
    assert "Not applied yet: 1 credit memo, 10.00 USD." in found.text
    assert "last changed on 12 November 2026" in found.text


def test_of_an_invoice_that_is_partly_paid_both_amounts_are_shown() -> None:
    [row] = rows(shown(partly_paid("2", due_date=EARLY)), "payments")

    assert row[-1] == "60.00 USD of 100.00"


def test_what_is_past_due_is_open_and_what_is_not_due_is_folded() -> None:
    found = shown(financial_record("2", due_date=EARLY), financial_record("3", payment_terms=""))

    assert rows(found, "payments") == [
        ["2", f"Acme {ACME}", "Amazon Web Services EMEA SARL", "Net30", "3 November 2026",
         "100.00 USD"],
        ["3", f"Acme {ACME}", "Amazon Web Services EMEA SARL", "\N{EN DASH}", "3 December 2026",
         "100.00 USD"],
    ]  # fmt: skip
    [folded] = found.all("details", "folded")
    assert folded.one("summary").text == "1 invoice not due yet"
    late = [one.attributes for one in found.all("time") if "data-late" in one.attributes]
    assert late == [{"datetime": "2026-11-03", "data-late": None}]


def test_an_invoice_links_to_its_document_and_an_absent_one_is_marked() -> None:
    absent = UnlistedRecord.of(financial_record("77"))
    statement = PaymentRecords("run-2", "2026-11-12T06:00:00Z", 3, (absent,))
    state = replace(STATE, witnesses=PayerWitnesses(payments=statement))
    payments = status(financial_record("2"), financial_record("77"), financial_record("88"))
    found = section(read(page_of_month(month(state), payments=payments)), "Payment status")

    assert found
    first, second, third = (row.all("td")[0] for row in found.all("tr") if row.all("td")[5:])
    assert first.links() == [
        "../../invoices/2026-10/111122223333/2026-10_111122223333_INVOICE_2.pdf"
    ]
    assert (second.links(), second.text) == ([], "77 not in the archive")
    assert "Not in the archive: 77 (not paid yet)." in found.text
    # AWS Invoicing lists it under another month
    assert (third.links(), third.text) == ([], "88 not in this month")
    assert "Not in this month: 88 (not paid yet)." in found.text


def test_an_invoice_that_is_listed_and_not_archived_is_outstanding() -> None:
    state = payer_state(outstanding=(outstanding("2"),), verdict="PARTIAL")
    found = read(page_of_month(month(state), payments=status(financial_record("2"))))

    assert "2 PDF not archived" in found.text
    assert "not in the archive" not in found.text


def test_what_was_paid_late_is_named() -> None:
    found = shown(paid("2", "2026-12-09"), paid("3", "2026-11-09"))

    assert "Paid late: 2 (9 December 2026, due 3 December 2026)." in found.text


def applied(invoice_id: str) -> Any:
    memo = credit_memo(invoice_id)
    balances = replace(memo.balances, outstanding=Decimal(0), paid=memo.amount.value)
    given = {"status": "SETTLED", "settlement_status": "CLOSED", "balances": balances}
    return replace(memo, closed_at="2026-11-09T10:00:00Z", **given)


def test_a_month_of_credit_memos_alone_has_no_empty_table() -> None:
    found = shown(credit_memo("8"), applied("9"))

    assert not list(found.all("table"))
    assert "Not applied yet: 1 credit memo, 10.00 USD." in found.text
    assert "Applied: 1 credit memo, 10.00 USD." in found.text


def test_the_row_of_an_invoice_has_its_payment() -> None:
    found = page(paid("1", "2026-11-09"), financial_record("2", due_date=EARLY))

    assert [row[2].partition(" ")[2] for row in rows(found, "invoices")] == [
        "paid 9 November 2026", "past due since 4 November 2026", "", ""
    ]  # fmt: skip


def test_who_could_not_be_read_is_named() -> None:
    denied = PaymentsAnswer(not_read="AWS denied payments:ListFinancialRecords.")
    before = status(financial_record("2"))
    stale = before.updated({ACME: denied}, {ACME})
    found = section(read(page_of_month(month(STATE), payments=stale)), "Payment status")

    assert found
    assert f"AWS Payments was not read for Acme {ACME} : {denied.not_read}" in found.text
    never = PaymentStatus(OCTOBER).updated({ACME: denied}, {ACME})
    nothing = section(read(page_of_month(month(STATE), payments=never)), "Payment status")
    assert nothing
    assert "AWS Payments has not answered yet." in nothing.text
    assert "invoice or credit memo" not in nothing.text
    assert not list(nothing.all("table"))


def test_an_answer_without_a_record_is_said() -> None:
    assert "AWS Payments has no invoice or credit memo of this month." in shown().text


def test_many_that_could_not_be_read_do_not_fill_the_page() -> None:
    accounts = [f"{number:012d}" for number in range(1, 61)]
    denied = {one: PaymentsAnswer(not_read="AWS denied it.") for one in accounts}
    asked = PaymentStatus(OCTOBER).updated(denied, accounts)
    found = section(read(page_of_month(month(STATE), payments=asked)), "Payment status")

    assert found
    [folded] = found.all("details", "folded")
    assert folded.one("summary").text == "AWS Payments was not read for 60 payer accounts"
    assert folded.text.count("AWS denied it.") == 60


@pytest.mark.parametrize("none", [None, PaymentStatus(OCTOBER)])
def test_a_month_without_payments_has_no_section(none: PaymentStatus | None) -> None:
    without = page_of_month(month(STATE))

    assert page_of_month(month(STATE), payments=none) == without
    assert section(read(without), "Payment status") is None


def test_many_invoices_are_folded_and_texts_of_others_stay_texts() -> None:
    records = [
        financial_record(f"{number:03}", due_date=EARLY, seller="<script>alert(1)</script>\u202e")
        for number in range(25)
    ]
    page_bytes = page_of_month(month(STATE), payments=status(*records))

    assert b"<script>alert" not in page_bytes
    found = section(read(page_bytes), "Payment status")
    assert found
    assert [one.one("summary").text for one in found.all("details", "folded")] == [
        "5 more invoices"
    ]


def test_two_readings_of_a_record_are_one() -> None:
    other = "044455556666"
    both = PaymentStatus(OCTOBER).updated(
        {ACME: answer(financial_record("2")), other: answer(financial_record("2"))}, {ACME, other}
    )
    found = section(read(page_of_month(month(STATE), payments=both)), "Payment status")

    assert found
    assert rows(found, "payment-totals") == [["Not due yet", "1", "100.00 USD", "100.00 USD"]]


def test_thousands_of_invoices_are_not_all_listed_twice() -> None:
    records = [
        financial_record(f"{number:04}", record_id=f"INV-0000-0000-0001-{number:04}")
        for number in range(1_000)
    ]
    found = shown(*records)

    assert len(rows(found, "payments")) == 200
    assert "800 more invoices in the lists of the payer accounts below." in found.text
    assert rows(found, "payment-totals") == [["Not due yet", "1,000", *2 * ["100,000.00 USD"]]]

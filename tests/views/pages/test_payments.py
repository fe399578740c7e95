"""Payments of all months on the first page."""

from dataclasses import replace
from datetime import date
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.views.pages.archive_page import archive_page
from tests.domain.example_months import digest, due, payer_state
from tests.domain.examples import ACME, OCTOBER
from tests.domain.payments.records import answer, credit_memo, financial_record, paid
from tests.views.pages.reading import Node, headings, read, rows, section

DAY = date(2026, 12, 10)
SEPTEMBER, MARCH = OCTOBER.shifted(-1), OCTOBER.shifted(-7)
KNOWN = [digest(payer_state(invoices=(due("1", "5.00"),)), period=OCTOBER)]


def status(*records: Any, period: BillingPeriod = OCTOBER) -> PaymentStatus:
    held = [replace(one, billing_period=period) for one in records]
    return PaymentStatus(period).updated(
        {ACME: answer(*held, issued_from=period.first_day)}, {ACME}
    )


def page(*statuses: PaymentStatus, day: date = DAY) -> Node:
    payments = OpenPayments.of(statuses)
    return read(archive_page("archive", "eu-west-1", KNOWN, payments=payments, day=day))


def shown(*statuses: PaymentStatus, day: date = DAY) -> Node:
    found = section(page(*statuses, day=day), "Payments")
    assert found
    return found


OLD = financial_record("7", "12350.10", "EUR", due_date=date(2026, 4, 30))
LATE = [financial_record("1", "100.00", "EUR"), financial_record("2", "9", "JPY")]


def test_the_first_page_answers_whether_anything_is_late() -> None:
    every = [status(*LATE, paid("3")), status(OLD, period=MARCH)]
    found = shown(*every)

    late = "3 invoices are past due: 12,450.10 EUR and 9 JPY."
    assert late in found.text
    [fact] = [
        (term.text, value.text)
        for term, value in zip(page(*every).all("dt"), page(*every).all("dd"), strict=True)
        if term.text == "Past due"
    ]
    assert fact == ("Past due", "3 12,450.10 EUR and 9 JPY")


def hero(*statuses: PaymentStatus, day: date = DAY) -> Node:
    return page(*statuses, day=day).one("section", "hero")


def test_the_first_sentences_say_that_something_is_past_due() -> None:
    lead = hero(status(*LATE), status(OLD, period=MARCH)).one("p", "lead")

    assert lead.text == "Every month is complete. 3 invoices are past due."
    assert lead.links() == ["#payments"]
    one = hero(status(OLD, period=MARCH)).one("p", "lead")
    assert one.text == "Every month is complete. 1 invoice is past due."
    in_time = hero(status(*LATE), day=date(2026, 12, 3)).one("p", "lead")
    assert in_time.text == "Every month is complete. No action is needed."


def test_many_currencies_fill_no_figure() -> None:
    every = [
        financial_record(str(number), currency=code)
        for number, code in enumerate(("EUR", "USD", "GBP"))
    ]
    values = {
        term.text: value.text
        for term, value in zip(
            hero(status(*every)).all("dt"), hero(status(*every)).all("dd"), strict=True
        )
    }
    assert values["Past due"] == "3 in 3 currencies"


def test_nothing_past_due_is_no_all_clear_where_aws_payments_was_not_read() -> None:
    denied = PaymentsAnswer(not_read="AWS denied it.")
    stale = status(paid("3")).updated({ACME: denied}, {ACME})

    assert "Nothing is past due, as far as is known." in shown(stale).text
    assert "0 as far as is known" in [one.text for one in hero(stale).all("dd")]
    known = shown(status(paid("3")))
    assert "Nothing is past due." in known.text


def test_it_lists_them_by_age_and_says_which_month_the_archive_does_not_have() -> None:
    found = shown(status(*LATE), status(OLD, period=MARCH))

    assert rows(found, "ages") == [
        ["1\u201330 days past due", "2", "100.00 EUR 9 JPY"],
        ["More than 90 days past due", "1", "12,350.10 EUR"],
    ]
    assert not list(found.all("span", "none")), "no place is kept for currencies of other ages"
    table = rows(found, "payments")
    assert [row[0] for row in table] == ["7", "1", "2"]
    assert table[0][1:4] == [f"Acme {ACME}", "March 2026 not in the archive", "30 April 2026"]
    assert table[1][2] == "October 2026"
    assert found.one("table", "payments").links() == 2 * ["periods/2026-10/index.html"]


def test_the_ages_add_up_where_an_invoice_has_no_due_date() -> None:
    undated = financial_record("5", "8.00", due_date=None, due_status="PAST_DUE")
    assert rows(shown(status(LATE[0], undated)), "ages") == [
        ["1\u201330 days past due", "1", "100.00 EUR"],
        ["Past due, without a due date", "1", "8.00 USD"],
    ]


def test_nothing_is_late_is_said_and_what_comes_next_is_folded() -> None:
    found = shown(status(*LATE, credit_memo("9")), day=date(2026, 12, 3))

    assert "Nothing is past due. The next invoice is due on 3 December 2026." in found.text
    [folded] = found.all("details", "folded")
    assert folded.one("summary").text == "2 invoices not due yet: 100.00 EUR and 9 JPY"
    assert "Not applied yet: 1 credit memo, 10.00 USD." in found.text


def test_a_page_is_the_same_on_every_day_on_which_nothing_becomes_past_due() -> None:
    def content(day: date, *records: Any) -> bytes:
        payments = OpenPayments.of([status(*records)])
        return archive_page("archive", "eu-west-1", KNOWN, payments=payments, day=day)

    for records in ([paid("3")], LATE):
        assert content(date(2026, 12, 1), *records) == content(date(2026, 12, 3), *records)
        assert content(date(2026, 12, 9), *records) == content(DAY, *records)
    assert "Nothing is past due. " not in shown(status(paid("3"))).text
    assert "Nothing is past due." in shown(status(paid("3"))).text


def test_ages_are_counted_in_days_since_the_due_date() -> None:
    dues = ("2027-01-02", "2026-12-10", "2026-12-09", "2026-11-10", "2026-11-09", "2026-10-11",
            "2026-10-10", "2026-09-11", "2026-09-10", "2020-01-01")  # fmt: skip
    records = [
        financial_record(str(at), "0.10", "EUR", due_date=date.fromisoformat(due))
        for at, due in enumerate(dues)
    ]
    early = financial_record("a", "7.00", due_date=date(2027, 1, 2), due_status="PAST_DUE")
    undated = financial_record("b", "8.00", due_date=None)

    assert rows(shown(status(*records, early, undated)), "ages") == [
        ["Not due yet", "3", "0.20 EUR 8.00 USD"],
        ["1\u201330 days past due", "3", "0.20 EUR 7.00 USD"],
        ["31\u201360 days past due", "2", "0.20 EUR"],
        ["61\u201390 days past due", "2", "0.20 EUR"],
        ["More than 90 days past due", "2", "0.20 EUR"],
    ]


def test_payments_under_way_are_counted() -> None:
    moving = financial_record("4", status="PROCESSING", due_status="")
    assert "In process: 1 payment." in shown(status(moving)).text


def test_who_could_not_be_read_is_named() -> None:
    denied = PaymentStatus(OCTOBER).updated(
        {ACME: PaymentsAnswer(not_read="AWS denied it.")}, {ACME}
    )
    found = shown(denied)

    assert "AWS Payments has not answered yet." in found.text
    assert f"AWS Payments could not be read for {ACME}" in found.text
    assert "Newest month" in page(denied).text


def test_an_archive_that_never_asked_has_nothing_of_it() -> None:
    without = archive_page("archive", "eu-west-1", KNOWN)

    assert "Payments" not in headings(read(without))
    asked_nobody = OpenPayments.of([])
    assert archive_page("archive", "eu-west-1", KNOWN, payments=asked_nobody, day=DAY) == without


def test_thousands_of_invoices_do_not_fill_the_first_page() -> None:
    records = [
        financial_record(f"{number:04}", record_id=f"INV-0000-0000-0001-{number:04}")
        for number in range(2_000)
    ]
    late, early = shown(status(*records)), shown(status(*records), day=date(2026, 11, 30))

    for found in (late, early):
        assert len(rows(found, "payments")) == 200
        assert "1,800 more invoices on the pages of the months." in found.text
    assert "2,000 invoices are past due: 200,000.00 USD." in late.text

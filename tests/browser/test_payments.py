"""Payments on the first page and on a month's page: ages, narrow screens, hostile texts."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.payments.financial_record import FinancialRecord
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.views.pages.archive_page import archive_page
from tests.browser.conftest import DESK, PHONE, SMALLEST, Opened, Reader
from tests.browser.test_accessibility import violations
from tests.browser.test_page_behaviour import HOSTILE_NAMES, open_all
from tests.domain.example_months import digest, due, month, page_of_month, payer_state
from tests.domain.examples import ACME, OCTOBER
from tests.domain.payments.records import answer, credit_memo, financial_record, paid

DAY = date(2026, 12, 10)
STATE = payer_state(invoices=(due("1", "5.00"), due("2", "100.00")))


def records(*given: tuple[str, str, str]) -> list[FinancialRecord]:
    """Invoices by due date, amount and currency."""
    return [
        financial_record(str(number), value, currency, due_date=date.fromisoformat(day))
        for number, (day, value, currency) in enumerate(given, 1)
    ]


ALL_AGES = records(
    ("2027-01-02", "1.00", "EUR"),
    ("2026-12-10", "0.10", "EUR"),
    ("2026-12-09", "0.20", "EUR"),
    ("2026-11-10", "12450.00", "EUR"),
    ("2026-11-09", "607", "JPY"),
    ("2026-09-11", "99999999999999999.99", "USD"),
    ("2026-09-12", "0.02", "USD"),
    ("2026-09-10", "3", "USD"),
    ("2020-01-01", "0.123456789", "EUR"),
)
MANY = records(
    *(
        (day, "12450.10", currency)
        for day in ("2026-04-30", "2026-11-03", "2027-01-02")
        for currency in ("AUD", "BRL", "EUR", "GBP", "INR", "JPY", "USD")
    )
)
CURRENCIES = ("AUD", "BRL", "CAD", "CHF", "EUR", "GBP", "INR", "JPY", "KWD", "USD")
ACCOUNTS = [f"{number:012d}" for number in range(60)]
STATES = [
    payer_state(one, HOSTILE_NAMES[number % len(HOSTILE_NAMES)])
    for number, one in enumerate(ACCOUNTS)
]
HOSTILE = [
    financial_record(
        f"{text}-{number}"[:1024],
        currency=text[:3],
        record_id=f"INV-0000-0000-0000-{number:04}",
        seller=text,
        payment_terms=text[:100],
        status=status,
        due_date=date(2026, 11, 3),
    )
    for number, (text, status) in enumerate(
        (text, status) for text in HOSTILE_NAMES for status in ("OUTSTANDING", text[:40])
    )
]


def of_many_payers() -> PaymentStatus:
    """240 past due invoices of 60 payer accounts in ten currencies."""
    answers = {
        account_id: answer(
            *(
                financial_record(
                    f"{account_id}-{number}",
                    f"{1_000_000 + at + number}.00",
                    CURRENCIES[(at + number) % len(CURRENCIES)],
                    record_id=f"INV-0000-0000-{at:04}-{number:04}",
                    due_date=date(2026, 10 + at % 2, 1 + (at + number) % 28),
                )
                for number in range(4)
            )
        )
        for at, account_id in enumerate(ACCOUNTS)
    }
    return PaymentStatus(OCTOBER).updated(answers, answers.keys())


def status(of: list[FinancialRecord]) -> PaymentStatus:
    return PaymentStatus(OCTOBER).updated({ACME: answer(*of)}, {ACME})


def first_page(reader: Reader, folder: Path, of: list[FinancialRecord], **options: Any) -> Opened:
    return page_of(reader, folder, status(of), **options)


def page_of(
    reader: Reader, folder: Path, payments: PaymentStatus, *states: PayerState, **options: Any
) -> Opened:
    content = archive_page(
        "example-archive",
        "eu-west-1",
        [digest(*states or (STATE,))],
        payments=OpenPayments.of([payments]),
        day=DAY,
    )
    path = folder / "first.html"
    path.write_bytes(content)
    return reader.open(path, **options)


def period_page(reader: Reader, folder: Path, of: list[FinancialRecord], **options: Any) -> Opened:
    path = folder / "period.html"
    path.write_bytes(page_of_month(month(STATE), payments=status(of)))
    return reader.open(path, **options)


def test_the_days_since_a_due_date_are_counted_in_both_lists(
    reader: Reader, tmp_path: Path
) -> None:
    late = records(("2026-12-03", "5.00", "EUR"))
    for opened in (first_page(reader, tmp_path, late), period_page(reader, tmp_path, late)):
        opened.page.clock.set_fixed_time("2026-12-15T12:00:00Z")
        opened.page.reload()
        marks = opened.page.locator(".payments .days-late").all_inner_texts()
        # the month's page was made while nothing was past due
        assert marks == (["12 days late"] if "first" in opened.page.url else [])


@pytest.mark.parametrize("open_page", [first_page, period_page])
@pytest.mark.parametrize("of", [MANY, HOSTILE], ids=["plain", "hostile"])
def test_no_payment_makes_a_page_too_wide_or_does_anything(
    reader: Reader, tmp_path: Path, open_page: Any, of: list[FinancialRecord]
) -> None:
    more = [*of, paid("2", "2026-12-09"), credit_memo("9")]
    opened = open_page(reader, tmp_path, more)
    open_all(opened.page)

    for size in (DESK, (1024, 768), (800, 600), PHONE, SMALLEST):
        opened.resize(size)
        assert not opened.is_too_wide(), size
    assert (opened.dialogs, opened.said) == ([], [])
    assert len(opened.requests) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("open_page", [first_page, period_page])
def test_axe_finds_nothing_in_payments(
    reader: Reader, tmp_path: Path, open_page: Any, scheme: str
) -> None:
    of = [*ALL_AGES, *HOSTILE, replace(paid("2", "2026-12-09"), seller="Seller")]
    opened = open_page(reader, tmp_path, of, color_scheme=scheme)

    for size in (DESK, PHONE):
        opened.resize(size)
        assert violations(opened) == [], size


def test_many_past_due_invoices_leave_the_first_page_its_layout(
    reader: Reader, tmp_path: Path
) -> None:
    opened = page_of(reader, tmp_path, of_many_payers(), *STATES)
    of_month = reader.open_month(month(*STATES), payments=of_many_payers())
    for one in (opened, of_month):
        open_all(one.page)
        for size in (DESK, PHONE, SMALLEST):
            one.resize(size)
            assert not one.is_too_wide(), size
    opened.resize(DESK)
    widths = opened.page.evaluate(
        "[...document.querySelectorAll('.figures > div')].map(one => one.clientWidth)"
    )
    assert max(widths) - min(widths) < 3, "figures have the same room"
    rows = opened.page.locator("table.ages tbody tr")
    assert all(rows.nth(at).evaluate("row => row.clientHeight") < 300 for at in range(2))


def test_payments_sort_across_the_folded_rest(reader: Reader, tmp_path: Path) -> None:
    page = page_of(reader, tmp_path, of_many_payers(), *STATES).page
    table = page.locator("table.payments").first
    table.get_by_role("button", name="Outstanding").click()

    first = table.locator("tbody td:last-child").first
    assert first.inner_text() == "1,000,000.00 AUD"
    table.get_by_role("button", name="Outstanding").click()
    assert first.inner_text().endswith(" USD")


def ids(page: Page) -> list[str]:
    return page.locator("table.invoices tbody td:first-child bdi").all_text_contents()


def test_due_dates_sort_as_days_whatever_the_payment(reader: Reader) -> None:
    rows = (
        due("1", "1.00", DueDate="2026-12-03T00:00:00Z"),
        due("2", "2.00", DueDate="2026-11-20T00:00:00Z"),
        due("3", "-3.00"),
        due("4", "4.00", DueDate="2027-01-04T00:00:00Z"),
    )
    asked = PaymentStatus(OCTOBER).updated(
        {ACME: answer(financial_record("1"), paid("2"), credit_memo("3"))}, {ACME}
    )
    page = reader.open_month(month(payer_state(invoices=rows)), payments=asked).page
    open_all(page)
    page.locator("table.invoices").get_by_role("button", name="Due").click()

    assert ids(page) == ["2", "1", "4", "3"], "the credit memo has no due date"

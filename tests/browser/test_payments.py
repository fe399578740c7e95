"""The payment status on pages: wide enough for many, sorted as days and amounts."""

from datetime import date
from pathlib import Path

from playwright.sync_api import Page

from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.views.pages.archive_page import archive_page
from tests.browser.conftest import DESK, PHONE, SMALLEST, Opened, Reader
from tests.browser.test_accessibility import violations
from tests.browser.test_page_behaviour import HOSTILE_NAMES, open_all
from tests.domain.example_months import digest, due, month, payer_state
from tests.domain.examples import ACME, OCTOBER
from tests.domain.payments.records import answer, credit_memo, financial_record, paid

CURRENCIES = ("AUD", "BRL", "CAD", "CHF", "EUR", "GBP", "INR", "JPY", "KWD", "USD")
ACCOUNTS = [f"{number:012d}" for number in range(60)]
STATES = [
    payer_state(one, HOSTILE_NAMES[number % len(HOSTILE_NAMES)])
    for number, one in enumerate(ACCOUNTS)
]


def status() -> PaymentStatus:
    """240 past due invoices of 60 payer accounts in ten currencies, with others' texts."""
    answers = {
        account_id: answer(
            *(
                financial_record(
                    "W" * 1024 if number == 7 else f"{account_id}-{number}",
                    f"{1_000_000 + at + number}.00",
                    CURRENCIES[(at + number) % len(CURRENCIES)],
                    record_id=f"INV-0000-0000-{at:04}-{number:04}",
                    seller=HOSTILE_NAMES[at % len(HOSTILE_NAMES)],
                    due_date=date(2026, 10 + at % 2, 1 + (at + number) % 28),
                )
                for number in range(4)
            )
        )
        for at, account_id in enumerate(ACCOUNTS)
    }
    return PaymentStatus(OCTOBER).updated(answers, answers.keys())


def first_page(reader: Reader, tmp_path: Path, payments: PaymentStatus) -> Opened:
    path = tmp_path / "first.html"
    content = archive_page(
        "example-archive",
        "eu-west-1",
        [digest(*STATES, period=OCTOBER)],
        payments=OpenPayments.of([payments]),
        day=date(2026, 12, 12),
    )
    path.write_bytes(content)
    return reader.open(path)


def test_many_past_due_invoices_are_no_wider_than_the_window(
    reader: Reader, tmp_path: Path
) -> None:
    opened = first_page(reader, tmp_path, status())
    of_month = reader.open_month(month(*STATES), payments=status())
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
    months = opened.page.locator("table.ages tbody tr")
    assert all(months.nth(at).evaluate("row => row.clientHeight") < 300 for at in range(2))


def test_axe_finds_nothing_in_payments(reader: Reader, tmp_path: Path) -> None:
    for one in (
        first_page(reader, tmp_path, status()),
        reader.open_month(month(*STATES), payments=status()),
    ):
        assert violations(one) == []
        assert one.dialogs == []


def test_payments_sort_across_the_folded_rest(reader: Reader, tmp_path: Path) -> None:
    page = first_page(reader, tmp_path, status()).page
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

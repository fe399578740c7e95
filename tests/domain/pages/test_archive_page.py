import pytest

from lambdas.domain.pages.archive_page import archive_page
from lambdas.domain.period_digest import PeriodDigest
from lambdas.domain.verdicts import PeriodVerdict
from tests.domain.example_months import digest, due, payer_state
from tests.domain.examples import BOREAL, OCTOBER, outstanding
from tests.domain.pages.reading import headings, read, section


def one(months: int = 0, verdict: PeriodVerdict = "COMPLETE") -> PeriodDigest:
    return digest(
        payer_state(invoices=(due("1", "10.00"), due("2", "5", "JPY"))),
        verdict=verdict,
        period=OCTOBER.shifted(months),
    )


@pytest.mark.parametrize(
    ("periods", "verdict", "sentence"),
    [
        ([], "Action required", "No billing period was judged yet."),
        ([one(), one(-1)], "Complete", "Every billing period is complete."),
        (
            [one(0, "AWAITING"), one(1, "AWAITING"), one(-1)],
            "Awaiting invoices",
            "October 2026 and November 2026: the deadline is not over; nobody has to do anything",
        ),
        (
            [one(0, "AWAITING"), one(-1, "ACTION_REQUIRED"), one(-2)],
            "Action required",
            "1 billing period needs attention. October 2026: the deadline is not over",
        ),
    ],
)
def test_the_verdict_is_that_of_the_period_that_is_worst(
    periods: list[PeriodDigest], verdict: str, sentence: str
) -> None:
    hero = read(archive_page("example-archive", periods)).one("section", "hero")
    assert hero.one("span", "verdict").text == verdict
    assert hero.one("p", "lead").text.startswith(sentence)


def test_exceptions_come_first_with_what_lacks() -> None:
    bad = digest(
        payer_state(invoices=(due("1", "10.00"),), outstanding=(outstanding(),), verdict="PARTIAL"),
        payer_state(BOREAL),
        verdict="ACTION_REQUIRED",
    )
    page = read(archive_page("example-archive", [one(), bad]))
    assert headings(page) == ["What needs attention", "2026"]
    shown = section(page, "What needs attention")
    assert shown
    assert shown.one("article").text == (
        "September 2026 S3 1 of 2 payer accounts settled, 1 of 2 invoices archived. "
        "What lacks: 1 \N{MULTIPLICATION SIGN} PDF not ready."
    )


def test_every_period_is_listed_by_year_latest_first_with_both_links() -> None:
    page = read(archive_page("example-archive", [one(-12), one(0), one(-9)]))
    assert headings(page) == ["2026", "2025"]
    for period in (OCTOBER, OCTOBER.shifted(-12)):
        shown = section(page, str(period.year))
        assert shown
        assert f"periods/{period}/index.html" in shown.links()
        console = "https://s3.console.aws.amazon.com/s3/object/example-archive?prefix="
        assert f"{console}periods/{period}/index.html" in shown.links()
    rows = [row.all("td")[0].text for row in page.all("tr") if row.all("td")]
    assert rows == ["October 2026 S3", "January 2026 S3", "October 2025 S3"]


def test_totals_stand_per_currency() -> None:
    page = read(archive_page("example-archive", [one()]))
    (row,) = [row for row in page.all("tr") if row.all("td")]
    assert row.all("td")[-1].text == "5 JPY 10.00 USD"


def test_it_says_which_manifests_it_was_made_from() -> None:
    footer = read(archive_page("example-archive", [one(), one(-1)])).one("footer")
    assert "periods/2026-10/manifests/manifest-0003.json" in footer.links()
    assert "periods/2026-09/manifests/manifest-0003.json" in footer.links()
    assert "README.txt" in footer.links()


def test_the_order_in_which_periods_are_read_does_not_matter() -> None:
    periods = [one(), one(-1), one(-13)]
    assert archive_page("b", periods) == archive_page("b", periods[::-1])

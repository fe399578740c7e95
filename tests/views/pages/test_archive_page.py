from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from lambdas.domain.close.owners import Owners
from lambdas.domain.findings import KINDS, finding
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.verdict_words import PeriodVerdict
from lambdas.domain.words import lower_first
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.archive_page import archive_page
from tests.domain.example_months import digest, due, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, outstanding
from tests.views.pages.reading import Node, headings, read, section


def one(months: int = 0, verdict: PeriodVerdict = "COMPLETE") -> PeriodDigest:
    return digest(
        payer_state(invoices=(due("1", "10.00"), due("2", "5", "JPY"))),
        verdict=verdict,
        period=OCTOBER.shifted(months),
    )


@pytest.mark.parametrize(
    ("periods", "verdict", "sentence"),
    [
        ([], "Action required", "No billing period has been evaluated yet."),
        ([one(), one(-1)], "Complete", "Every month is complete. No action is needed."),
        (
            [one(0, "AWAITING"), one(1, "AWAITING"), one(-1)],
            "Awaiting invoices",
            "The close of November 2026 is in progress: no action. "
            "The close of October 2026 is in progress: no action.",
        ),
        (
            [one(0, "AWAITING"), one(-1, "ACTION_REQUIRED"), one(-2)],
            "Action required",
            "September 2026: the archive itself needs attention. The close of October 2026 is in",
        ),
    ],
)
def test_the_verdict_is_that_of_the_period_that_is_worst(
    periods: list[PeriodDigest], verdict: str, sentence: str
) -> None:
    hero = read(archive_page("example-archive", "eu-west-1", periods)).one("section", "hero")
    assert hero.one("span", "verdict").text == verdict
    assert hero.one("p", "lead").text.startswith(sentence)


BAD = (
    payer_state(invoices=(due("1", "10.00"),), outstanding=(outstanding(),), verdict="PARTIAL"),
    payer_state(BOREAL, "Boreal"),
)
OWNERS = Owners([Payer(ACME, "Acme", owner="Haruka <Nishida>")])


def lead_of(*periods: PeriodDigest) -> str:
    page = read(archive_page("b", "eu-west-1", periods, owners=OWNERS))
    return page.one("section", "hero").one("p", "lead").text


def test_the_lead_names_the_month_that_needs_work_the_person_and_the_action() -> None:
    bad = digest(*BAD, verdict="ACTION_REQUIRED")
    early = replace(bad, last_day=date(2026, 11, 12))
    assert lead_of(one(), early) == (
        "September 2026: 1 of 2 invoices is outstanding. Haruka <Nishida> (Acme): no action until "
        "13 November 2026; we retry daily. After that: Open an AWS Billing case."
    )
    late = replace(bad, last_day=date(2026, 11, 10))
    assert lead_of(one(), late) == (
        "September 2026: 1 of 2 invoices is outstanding. Haruka <Nishida> (Acme): "
        "open an AWS Billing case."
    )


def test_the_lead_names_the_other_months_that_need_work_or_are_in_progress() -> None:
    bad = [
        replace(digest(*BAD, verdict="ACTION_REQUIRED"), billing_period=OCTOBER.shifted(-n))
        for n in range(1, 7)
    ]
    denied = digest(
        payer_state(
            verdict="NO_ACCESS",
            findings=(
                finding("INVOICE_WITHOUT_ID", ACME, "One."),
                finding("NO_ACCESS", ACME, "Denied."),
            ),
        ),
        verdict="ACTION_REQUIRED",
        period=OCTOBER,
    )
    waiting = replace(one(1, "AWAITING"), last_day=date(2026, 12, 10))
    assert lead_of(*bad, denied, waiting) == (
        "October 2026: 1 of 1 payer account is not complete. Haruka <Nishida> (Acme): "
        f"{lower_first(KINDS['INVOICE_WITHOUT_ID'].step)} 1 more item is open. "
        "Also open: September 2026, August 2026, July 2026 and 3 more. "
        "The close of November 2026 is in progress: no action until 11 December 2026."
    )


def test_a_cloud_admin_acts_for_the_owner() -> None:
    denied = payer_state(verdict="NO_ACCESS", findings=(finding("NO_ACCESS", ACME, "Denied."),))
    assert lead_of(digest(denied, verdict="ACTION_REQUIRED")) == (
        "September 2026: 1 of 1 payer account is not complete. Cloud admin, for "
        f"Haruka <Nishida> (Acme): {lower_first(KINDS['NO_ACCESS'].step)}"
    )


def test_open_items_come_first_with_their_owner_and_what_to_do() -> None:
    bad = replace(digest(*BAD, verdict="ACTION_REQUIRED"), last_day=date(2026, 11, 10))
    page = read(archive_page("example-archive", "eu-west-1", [one(), bad], owners=OWNERS))
    assert headings(page) == ["What needs attention", "2026"]
    shown = section(page, "What needs attention")
    assert shown
    assert shown.one("article").text.startswith("September 2026 1 of 2 invoices is outstanding.")
    assert rows_of(shown) == [
        [
            "Haruka <Nishida>",
            f"Acme {ACME}",
            "PDF not ready AWAITED-1",
            "Open an AWS Billing case. Deadline: 10 November 2026.",
        ]
    ]


def test_a_month_shows_its_first_open_items_and_counts_the_others() -> None:
    gaps = tuple(outstanding(f"AWAITED-{n:02d}") for n in range(13))
    bad = digest(payer_state(outstanding=gaps, verdict="PARTIAL"), verdict="ACTION_REQUIRED")
    shown = read(archive_page("b", "eu-west-1", [bad])).one("article")
    assert [row[2][-2:] for row in rows_of(shown)] == [f"{n:02d}" for n in range(10)]
    assert "3 more items on the month's page." in shown.text


def test_a_period_that_cannot_be_read_needs_somebody_beside_complete_ones() -> None:
    page = read(archive_page("example-archive", "eu-west-1", [one()], [OCTOBER.shifted(1)]))
    hero = page.one("section", "hero")
    assert hero.one("span", "verdict").text == "Action required"
    assert hero.one("p", "lead").text == "The status of November 2026 cannot be read."
    assert "Months complete 1 of 2" in hero.text
    assert "Newest month November 2026" in hero.text
    assert page.one("article").text == (
        "November 2026 Its folder exists, but its completeness.json is missing or unreadable. "
        "Next step Start a run of 2026-11. It writes the file again."
    )
    assert rows_of(page)[0][:3] == ["November 2026", "Cannot be read", "\N{EN DASH}"]
    alone = read(archive_page("example-archive", "eu-west-1", [], [OCTOBER]))
    assert alone.one("p", "lead").text == "The status of October 2026 cannot be read."


def rows_of(page: Node) -> list[list[str]]:
    return [[cell.text for cell in row.all("td")] for row in page.all("tr") if row.all("td")]


def test_every_period_is_listed_by_year_latest_first_with_its_links() -> None:
    periods = [one(-12), one(0), one(-9)]
    page = read(archive_page("example-archive", "eu-west-1", periods))
    assert headings(page) == ["2026", "2025"]
    for period in (OCTOBER, OCTOBER.shifted(-12)):
        shown = section(page, str(period.year))
        assert shown
        for name in ("index.html", "ledger.xlsx"):
            assert f"periods/{period}/{name}" in shown.links()


def test_months_without_a_folder_between_two_others_are_seen() -> None:
    page = read(archive_page("example-archive", "eu-west-1", [one(-12), one(0), one(-9)]))
    assert [row[:2] for row in rows_of(page)] == [
        ["October 2026", "Complete"],
        ["February to September 2026", "No folder"],
        ["January 2026", "Complete"],
        ["November to December 2025", "No folder"],
        ["October 2025", "Complete"],
    ]
    page = read(archive_page("example-archive", "eu-west-1", [one(), one(-2)]))
    assert [row[0] for row in rows_of(page)] == [
        "October 2026",
        "September 2026",
        "August 2026",
    ]
    assert page.one("section", "hero").one("span", "verdict").text == "Complete"


def test_it_says_of_which_instant_it_speaks_and_how_many_invoices_there_should_be() -> None:
    hero = read(archive_page("b", "eu-west-1", [one(), one(-1)])).one("section", "hero")
    assert hero.one("p", "as-of").text == "As of 12 November 2026, 06:00 UTC"
    assert "Invoices archived 4 of 4" in hero.text


def test_a_month_shows_only_its_own_currencies() -> None:
    yen = digest(payer_state(invoices=(due("1", "5", "JPY"),)))
    page = read(archive_page("b", "eu-west-1", [one(), yen]))
    amounts = [[slot.text for slot in row.all("span")] for row in page.all("div", "amounts")]
    assert amounts == [["5 JPY", "10.00 USD"], ["5 JPY"]]


def test_a_total_that_is_not_whole_says_so() -> None:
    bad = digest(
        payer_state(invoices=(due("1", "1.00"),), outstanding=(outstanding(),), verdict="PARTIAL"),
        verdict="ACTION_REQUIRED",
    )
    (*_, row) = rows_of(read(archive_page("b", "eu-west-1", [bad])))
    assert row[3:5] == ["1 of 2", "1"]
    assert row[-1] == "1.00 USD provisional: 1 invoice is outstanding"


def test_one_sentence_says_where_the_files_are_in_the_console() -> None:
    footer = read(archive_page("b", "eu-west-1", [one()])).one("footer")
    assert "Links on this page open the files of this copy." in footer.text
    console = "https://console.aws.amazon.com/s3"
    assert f"{console}/buckets/b?region=eu-west-1" in footer.links()
    bases = [one.attributes.get("data-console") for one in footer.all("p")]
    assert f"{console}/object/b?region=eu-west-1&prefix=" in bases


def test_totals_stand_per_currency() -> None:
    page = read(archive_page("example-archive", "eu-west-1", [one()]))
    (row,) = [row for row in page.all("tr") if row.all("td")]
    assert row.all("td")[-1].text == "5 JPY 10.00 USD"


def test_it_says_which_manifests_it_was_made_from() -> None:
    footer = read(archive_page("example-archive", "eu-west-1", [one(), one(-1)])).one("footer")
    assert "periods/2026-10/manifests/manifest-0003.json" in footer.links()
    assert "periods/2026-09/manifests/manifest-0003.json" in footer.links()
    assert "README.txt" in footer.links()


def test_the_order_in_which_periods_are_read_does_not_matter() -> None:
    periods = [one(), one(-1), one(-13)]
    assert archive_page("b", "eu-west-1", periods) == archive_page("b", "eu-west-1", periods[::-1])


def test_a_month_whose_deadline_passed_without_a_run_is_not_in_progress() -> None:
    waiting = replace(one(0, "AWAITING"), last_day=date(2026, 11, 10))
    late = waiting.read_as_of(datetime(2026, 11, 15, 6, tzinfo=UTC))
    assert lead_of(late) == (
        "The deadline of October 2026 has passed: the next daily run evaluates it."
    )


def test_an_account_outside_the_register_has_the_owner_of_the_payer_that_lists_it() -> None:
    child = payer_state(
        BOREAL, name="", outstanding=(outstanding(payer=BOREAL),), verdict="PARTIAL"
    )
    bad = digest(payer_state(name="Acme"), child, verdict="ACTION_REQUIRED")
    page = archive_page("b", "eu-west-1", [bad], owners=OWNERS, parents={BOREAL: ACME})
    assert [row[:2] for row in rows_of(read(page).one("article"))] == [
        ["Haruka <Nishida>", f"Listed under Acme {BOREAL}"]
    ]
    assert f"Haruka <Nishida> ({BOREAL}): " in read(page).one("p", "lead").text

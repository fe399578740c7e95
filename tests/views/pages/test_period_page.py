import re
from dataclasses import replace

import pytest

from lambdas.domain.findings import finding
from lambdas.views.wording import NET_INVOICED
from tests.domain.example_months import digest, invoice, month, page_of_month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, outstanding
from tests.views.pages.reading import headings, read, section

CARDINAL = "999900001111"


def test_the_status_comes_first_then_work_totals_payers_changes_and_history() -> None:
    manifest = month(
        payer_state(ACME, outstanding=(outstanding(),), verdict="PARTIAL"),
        payer_state(CARDINAL, "Cardinal", findings=(NO_ACCESS,), verdict="NO_ACCESS"),
        payer_state(
            BOREAL,
            "Boreal",
            findings=(
                finding("INVOICE_CHANGED", "1", "Changed."),
                finding("PDF_ENCRYPTED", "invoices/x.pdf", "Encrypted."),
            ),
        ),
        verdict="ACTION_REQUIRED",
    )
    page = read(page_of_month(replace(manifest, last_day="2026-11-12"), [digest(payer_state())]))
    first = page.one("main").all("section")[0]
    assert (first.one("h1").text, first.one("span", "verdict").text) == (
        "October 2026",
        "Action required",
    )
    assert headings(page) == [
        "Action required",
        "Waiting for AWS",
        NET_INVOICED,
        "Payer accounts",
        "Changed after archiving",
        "Worth a look",
        "Earlier periods",
    ]


NO_ACCESS = finding("NO_ACCESS", CARDINAL, "The role cannot be assumed.")


def test_a_complete_month_asks_for_nothing() -> None:
    manifest = month(payer_state(invoices=(invoice(),)), closed_at="2026-11-12T06:00:00Z")
    page = read(page_of_month(manifest))
    assert headings(page) == [NET_INVOICED, "Payer accounts", "Arrived after the close"]
    figures = page.one("dl", "figures")
    assert (figures.all("dt")[-1].text, figures.all("dd")[-1].text) == (
        "Archive closed",
        "12 November 2026",
    )


@pytest.mark.parametrize(
    ("last_day", "label"),
    [("2026-11-12", "Deadline"), ("2026-11-11", "Deadline (passed)"), ("", "Deadline")],
)
def test_it_says_of_which_instant_it_speaks_and_whether_the_deadline_has_passed(
    last_day: str, label: str
) -> None:
    manifest = replace(month(payer_state(), verdict="AWAITING"), last_day=last_day)
    hero = read(page_of_month(manifest)).one("section", "hero")
    assert hero.one("p", "as-of").text == "As of 12 November 2026, 06:00 UTC"
    assert hero.all("dt")[-1].text == label


def test_the_history_has_the_twelve_periods_before_latest_first() -> None:
    others = [digest(payer_state(), period=OCTOBER.shifted(n)) for n in range(-14, 3) if n]
    page = read(page_of_month(month(payer_state()), others))
    history = section(page, "Earlier periods")
    assert history
    assert history.links() == [
        f"../../periods/{OCTOBER.shifted(-n)}/{name}"
        for n in range(1, 13)
        for name in ("index.html", "ledger.xlsx")
    ]


def test_the_page_says_which_manifest_it_was_made_from() -> None:
    manifest = month(payer_state())
    footer = read(page_of_month(manifest)).one("footer")
    assert "Made from manifest-0003.json" in footer.text
    assert f"../../{manifest.key}" in footer.links()
    assert "../../README.txt" in footer.links()


def test_a_period_without_a_readable_manifest_names_none() -> None:
    manifest = month(payer_state(), verdict="ACTION_REQUIRED", sequence=0)
    page = read(page_of_month(manifest))
    assert "no manifest that can be read" in page.one("footer").text
    assert manifest.key not in " ".join(page.links())


def test_the_page_loads_and_runs_nothing_from_outside() -> None:
    content = page_of_month(month(payer_state(invoices=(invoice(),)))).decode()
    page = read(content.encode())
    policy = next(
        m.attributes["content"]
        for m in page.all("meta")
        if m.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not re.findall(
        r" (?:src|srcset|action|style|on\w+)=",
        re.sub(
            r"<script>.*?</script>|<style>.*?</style>|content=\"[^\"]*\"",
            "",
            content,
            flags=re.DOTALL,
        ),
    )
    outside = {link.split("?")[0] for link in page.links() if "://" in link}
    assert outside == {"https://console.aws.amazon.com/s3/buckets/example-archive"}


def test_the_same_content_gives_the_same_bytes() -> None:
    manifest = month(payer_state(invoices=(invoice(),)))
    before = digest(payer_state())
    assert page_of_month(manifest, [before]) == page_of_month(manifest, [before])

from dataclasses import replace

from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import PayerState
from tests.domain.example_months import digest, due, month, page_of_month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, outstanding
from tests.views.pages.reading import Node, headings, read, section

CARDINAL = "999900001111"
NONE = "\N{EN DASH}"


def rows(part: Node) -> list[list[str]]:
    return [[cell.text for cell in row.all("td")] for row in part.all("tr") if row.all("td")]


def since(page: Node) -> Node:
    shown = section(page, "Changes since September 2026")
    assert shown
    return shown


def test_new_and_missing_accounts_then_invoices_then_the_largest_in_per_cent() -> None:
    manifest = month(
        payer_state("000000000001", "Small", invoices=(due("1", "101.00"),)),
        payer_state("000000000002", "Large", invoices=(due("2", "150.00"),)),
        payer_state("000000000003", "Fewer", invoices=(due("3", "99.00"),)),
        payer_state(BOREAL, "Boreal", invoices=(due("4", "1.00"),)),
    )
    before = digest(
        payer_state("000000000001", "Small", invoices=(due("01", "100.00"),)),
        payer_state("000000000002", "Large", invoices=(due("02", "100.00"),)),
        payer_state("000000000003", "Fewer", invoices=(due("03", "50.00"), due("04", "50.00"))),
        payer_state(CARDINAL, "Cardinal"),
    )
    page = read(page_of_month(manifest, [before]))
    assert rows(since(page)) == [
        [f"Boreal {BOREAL}", "New", NONE, "1.00 USD", "+1.00 USD", NONE],
        [f"Cardinal {CARDINAL}", "Not in this month", NONE, NONE, NONE, NONE],
        ["Fewer 000000000003", "Changed 1 invoice fewer", "100.00 USD", "99.00 USD",
         "\N{MINUS SIGN}1.00 USD", "\N{MINUS SIGN}1.0 %"],
        ["Large 000000000002", "Changed", "100.00 USD", "150.00 USD", "+50.00 USD", "+50.0 %"],
        ["Small 000000000001", "Changed", "100.00 USD", "101.00 USD", "+1.00 USD", "+1.0 %"],
    ]  # fmt: skip
    assert since(page).one("p", "note").text == (
        "New: 1 payer account. Not in this month: 1 payer account. "
        "New and missing accounts and invoices come first, then the largest changes in per cent."
    )
    assert f"#payer-{CARDINAL}" not in page.links()


def test_a_total_that_an_outstanding_invoice_may_change_is_provisional() -> None:
    partial = payer_state(
        invoices=(due("1", "12.50", "USD"),), outstanding=(outstanding(),), verdict="PARTIAL"
    )
    manifest = replace(month(partial, verdict="ACTION_REQUIRED"), last_day="2026-11-10")
    before = digest(payer_state(invoices=(due("0", "10.00", "USD"),)))
    assert rows(since(read(page_of_month(manifest, [before])))) == [
        [f"Acme {ACME}", "Provisional 1 invoice more", "10.00 USD", "12.50 USD provisional",
         NONE, NONE],
    ]  # fmt: skip


def test_nothing_is_compared_with_the_totals_of_a_month_that_is_not_whole() -> None:
    partial = payer_state(
        invoices=(due("0", "10.00"),), outstanding=(outstanding(),), verdict="PARTIAL"
    )
    before = digest(partial, verdict="ACTION_REQUIRED")
    page = read(page_of_month(month(payer_state(invoices=(due("1", "12.50"),))), [before]))
    assert since(page).one("p", "note").text == "September 2026 is not complete."
    ((_, _, earlier, now, change, percent),) = rows(since(page))
    assert (earlier, now) == ("10.00 USD provisional", "12.50 USD")
    assert (change, percent) == (NONE, NONE)


def test_a_month_in_progress_is_compared_with_nothing() -> None:
    state = payer_state(invoices=(due("1", "1.00"),), verdict="AWAITING")
    before = digest(payer_state(), payer_state(CARDINAL, "Cardinal"))
    page = read(page_of_month(month(state, verdict="AWAITING"), [before]))
    assert [h for h in headings(page) if "since" in h] == []
    assert "Cardinal" not in page.text


def test_without_a_month_before_nothing_is_compared() -> None:
    august = digest(payer_state(), period=OCTOBER.shifted(-2))
    page = read(page_of_month(month(payer_state(invoices=(due("1", "1.00"),))), [august]))
    assert not page.all("dd", "since")
    assert [h for h in headings(page) if "since" in h] == []


def test_ten_changes_are_shown_the_largest_in_per_cent_first() -> None:
    def states(factor: int) -> list[PayerState]:
        return [
            payer_state(
                f"{n:012d}",
                f"P{n}",
                invoices=(due(f"{n}-{factor}", str(1000 + factor * n), "USD" if n % 2 else "JPY"),),
            )
            for n in range(30)
        ]

    shown = since(read(page_of_month(month(*states(2)), [digest(*states(1))])))
    assert [row[0].split()[0] for row in rows(shown)] == [f"P{n}" for n in range(29, 0, -1)]
    folded = shown.one("details", "folded")
    assert folded.one("summary").text == "19 more changes"
    assert len(rows(folded)) == 19


def test_changes_of_archived_invoices_are_folded() -> None:
    found = finding("INVOICE_CANCELLED", "1", "TaxAuthorityStatus: ISSUED → CANCELLED")
    page = read(page_of_month(month(payer_state(findings=(found,)))))
    shown = section(page, "Changed after archiving")
    assert shown
    assert shown.one("summary").text == "1 change"
    assert rows(shown) == [
        [f"Acme {ACME}", "Invoice cancelled", "1", "TaxAuthorityStatus: ISSUED → CANCELLED"]
    ]

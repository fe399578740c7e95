"""The search's part of the archive's page, and the data in it."""

import json
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.runs.payer_register import Payer
from lambdas.views.digest import PeriodDigest
from lambdas.views.find import find_file
from lambdas.views.pages.archive_page import archive_page
from lambdas.views.pages.search import Search
from tests.domain.example_months import SEPTEMBER, due, month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, outstanding
from tests.views.pages.reading import Node, read, section

OWNERS = Owners([Payer(ACME, "Acme", owner="Dana Whitlock")])


def page(*manifests: Manifest, most: int = 1 << 20) -> Node:
    return read(page_bytes(*manifests, most=most))


def page_bytes(*manifests: Manifest, most: int = 1 << 20) -> bytes:
    search = Search.of(map(find_file, manifests), OWNERS, most)
    digests = [PeriodDigest.of(one) for one in manifests]
    return archive_page("b", "eu-west-1", digests, search=search, owners=OWNERS)


def data_of(shown: Node) -> dict[str, Any]:
    (block,) = [one for one in shown.all("script") if one.attributes.get("id") == "find-data"]
    assert block.attributes["type"] == "application/json"
    data: dict[str, Any] = json.loads("".join(map(str, block.children)))
    return data


def of(period: BillingPeriod, *invoices: Any) -> Manifest:
    return month(payer_state(invoices=invoices), period=period)


def test_the_data_has_every_month_with_its_owners_and_amounts_as_pages_write_them() -> None:
    data = data_of(page(of(OCTOBER, due("1", "-1234.5")), of(SEPTEMBER)))
    assert [one["name"] for one in data["months"]] == ["October 2026", "September 2026"]
    (october, _) = data["months"]
    assert october["payers"] == [[ACME, "Acme", "Acme Ltd.", "Dana Whitlock"]]
    assert october["invoices"][0][7:] == ["\N{MINUS SIGN}1,234.50", 0]
    assert october["statuses"] == ["Archived"]
    assert october["document"] == "invoices/2026-10/*/2026-10_*_"
    assert data["page"] == "periods/*/index.html"


def test_an_account_outside_the_register_has_the_owner_of_the_account_that_showed_it() -> None:
    nameless = payer_state(BOREAL, "", outstanding=(outstanding(payer=BOREAL, seen_by=ACME),))
    (october,) = data_of(page(month(payer_state(), nameless)))["months"]
    assert october["payers"] == [[BOREAL, "Acme", "Acme Ltd.", "Dana Whitlock"]]


def test_no_text_ends_the_block_of_data_or_hides_a_character() -> None:
    hostile = "</script><!--<script>&\u2028\ud800\x00\u202e"
    content = page_bytes(
        month(
            payer_state(
                name=hostile,
                legal_entity=hostile,
                invoices=(archived("1", PurchaseOrderNumber=hostile),),
            )
        )
    )
    shown = read(content)
    (october,) = data_of(shown)["months"]
    seen = "</script><!--<script>& \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}\\u202e"
    assert october["payers"][0][1] == october["orders"][0] == seen
    block = content.partition(b'id="find-data">')[2].partition(b"</script>")[0]
    assert block.isascii()
    assert not set(b"<>&") & set(block)


def test_the_page_says_which_months_are_searched() -> None:
    shown = page(of(OCTOBER), of(SEPTEMBER), of(SEPTEMBER.shifted(-1)))
    assert "Searches 3 months, August 2026 to October 2026. More words narrow" in shown.text
    assert "Not searched" not in shown.text
    assert "Searches 1 month, October 2026." in page(of(OCTOBER)).text


def test_the_oldest_months_are_left_out_where_the_page_would_be_too_large() -> None:
    months = [of(OCTOBER.shifted(-n), due("1", "1.00")) for n in range(3)]
    taken = []

    def files() -> Any:
        for one in months:
            taken.append(one)
            yield find_file(one)

    (only,) = Search.of(files(), OWNERS, 500).months
    assert only[0] == OCTOBER
    assert len(taken) == 2  # nothing after the first that does not fit is read
    shown = page(*months, most=500)
    assert "Searches 1 month, October 2026. More words narrow the search. Not searched: " in (
        shown.text
    )
    assert (
        "Not searched: September 2026, August 2026. If a month is linked below, open it and search "
        "there."
    ) in shown.text


def test_a_newest_month_that_is_too_large_is_named_in_place_of_the_search() -> None:
    shown = page(of(OCTOBER, due("1", "1.00")), of(SEPTEMBER), most=100)
    part = section(shown, "Find an invoice")
    assert part
    assert part.text == (
        "Find an invoice Not searched: October 2026, September 2026. If a month is linked below, "
        "open it and search there."
    )
    assert not part.all("input")
    assert len(shown.all("script")) == 1  # there is no data to search


def test_a_month_that_cannot_be_read_is_not_searched_and_has_no_link() -> None:
    search = Search.of([find_file(of(OCTOBER))], OWNERS)
    shown = read(
        archive_page("b", "eu-west-1", [PeriodDigest.of(of(OCTOBER))], [SEPTEMBER], search=search)
    )
    assert "Not searched: September 2026. If a month is linked below, open it" in shown.text
    assert "periods/2026-09/index.html" not in shown.links()
    assert "periods/2026-10/index.html" in shown.links()


def test_an_archive_without_a_month_has_no_search() -> None:
    search = Search.of([], OWNERS)
    shown = read(archive_page("b", "eu-west-1", [], search=search))
    assert "Find an invoice" not in shown.text


def test_without_data_there_is_no_search() -> None:
    shown = read(archive_page("b", "eu-west-1", [PeriodDigest.of(of(OCTOBER))]))
    assert "Find an invoice" not in shown.text
    assert len(shown.all("script")) == 1

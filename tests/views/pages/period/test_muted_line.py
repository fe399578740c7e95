"""Remarks that a setting mutes: gone from the page, and counted on it."""

from typing import Any

from lambdas.domain.close.muted_remarks import MutedRemark, MutedRemarks
from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import Manifest
from tests.domain.close.test_muted_remarks import BRAZIL, CODE, JAPAN, key_of, of
from tests.domain.example_months import month, page_of_month, payer_state
from tests.views.pages.reading import Node, read, section

HOSTILE = "<b>Serviços</b> \u202eadtL"
DETAIL = "The text of the PDF does not contain the invoice id."


def page_with(manifest: Manifest, *muted: MutedRemark) -> Node:
    return read(page_of_month(manifest, muted=MutedRemarks(muted)))


def manifest(*sellers: str, **state: Any) -> Manifest:
    """A month with one such invoice of each seller."""
    invoices = tuple(of(seller, f"{number}") for number, seller in enumerate(sellers))
    found = tuple(finding(CODE, key_of(one), DETAIL) for one in invoices)
    return month(payer_state(invoices=invoices, findings=found, **state))


def test_a_muted_remark_is_counted_in_one_line_and_nowhere_else() -> None:
    page = page_with(manifest(BRAZIL, BRAZIL), MutedRemark(BRAZIL, CODE))
    remarks = section(page, "Worth a look")
    assert remarks
    line = f"2 remarks muted by a setting: Invoice ID not in text, {BRAZIL}"
    assert [one.text for one in remarks.all("p") if "muted" in one.text] == [line]
    assert DETAIL not in page.text
    assert remarks.all("article") == []


def test_the_other_remarks_stay() -> None:
    page = page_with(manifest(BRAZIL, JAPAN), MutedRemark(BRAZIL, CODE))
    remarks = section(page, "Worth a look")
    assert remarks
    assert "1 remark muted by a setting: Invoice ID not in text, " in remarks.text
    assert len(remarks.one("article").one("tbody").all("tr")) == 1
    assert len(page.one("ul", "findings").all("li")) == 1


def test_several_kinds_have_a_count_each() -> None:
    muted = (MutedRemark(BRAZIL, CODE), MutedRemark(JAPAN, CODE))
    page = page_with(manifest(BRAZIL, BRAZIL, JAPAN), *muted)
    assert (
        f"3 remarks muted by a setting: Invoice ID not in text, {BRAZIL} (2); "
        f"Invoice ID not in text, {JAPAN} (1)"
    ) in page.text


def test_a_setting_that_mutes_nothing_this_month_is_not_named() -> None:
    page = page_with(manifest(JAPAN), MutedRemark(BRAZIL, CODE))
    assert "muted" not in page.one("main").text
    assert DETAIL in page.text


def test_the_name_of_a_seller_is_nothing_but_text() -> None:
    shown = page_with(manifest(HOSTILE), MutedRemark(HOSTILE, CODE))
    assert shown.all("b") == []
    assert "<b>Serviços</b>" in shown.text
    assert "\u202e" not in shown.text

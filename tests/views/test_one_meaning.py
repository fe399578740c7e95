"""Complete and comparable mean one thing wherever people and programs read of a month."""

import ast
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, get_args

import openpyxl
import pytest

from lambdas.domain.close.open_items import open_items
from lambdas.domain.close.owners import Owners
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.judgement.verdicts import period_verdict
from lambdas.domain.notifications.email import email_text
from lambdas.domain.notifications.event import period_event
from lambdas.domain.notifications.reasons import Notification
from lambdas.domain.notifications.report import report
from lambdas.domain.runs.asked_today import PeriodSeen
from lambdas.domain.verdict_words import COMPLETE_VERDICTS, PayerVerdict
from lambdas.views.digest import PeriodDigest
from lambdas.views.readme import CHECK_MANIFESTS
from lambdas.views.workbook import ledger_workbook
from tests.domain.example_months import (
    OWNERS,
    digest,
    due,
    invoice,
    month,
    page_of_month,
    payer_state,
)
from tests.domain.examples import ACME, BOREAL, OCTOBER, outstanding, summary_row
from tests.sources import modules, text_of, tree_of
from tests.views.pages.reading import Node, read

DAY = "business day 3"
BEFORE_DEADLINE = "2026-11-03T06:00:00Z"
DEFINITION = "lambdas/domain/verdict_words.py"


def sheets(manifest: Manifest, before: PeriodDigest | None = None) -> Any:
    return openpyxl.load_workbook(io.BytesIO(ledger_workbook(manifest, before, OWNERS)))


def rows(sheet: Any) -> list[dict[str, Any]]:
    headings, *found = ([cell.value for cell in row] for row in sheet.iter_rows())
    return [dict(zip(headings, row, strict=True)) for row in found]


def figure(page: Node, label: str) -> str:
    figures = page.one("dl", "figures")
    terms = [term.text for term in figures.all("dt")]
    return figures.all("dd")[terms.index(label)].text


def judged(*verdicts: str, **members: Any) -> Manifest:
    """A month of payer accounts with these verdicts, each with an invoice of another currency."""
    payers = [
        replace(
            payer_state(
                f"{n:012}", f"Payer {n}", invoices=(due(f"{n}", f"{n}.00", "USD"),), verdict=verdict
            ),
            settled_at=BEFORE_DEADLINE if verdict == "AWAITING" else None,
        )
        for n, verdict in enumerate(verdicts, 1)
    ]
    manifest = month(*payers, verdict=period_verdict(one.verdict for one in payers), **members)
    return replace(manifest, close_day=DAY, last_day="2026-11-10")


def notification(manifest: Manifest) -> Notification:
    return Notification(
        manifest=manifest,
        run_id="run-2",
        as_of=datetime(2026, 11, 3, 6, tzinfo=UTC),
        is_overdue=False,
        close_day=DAY,
        before=None,
        reason="changed",
        manifest_sha256="a" * 64,
        open=open_items(manifest, Owners([])),
        last_day=date(2026, 11, 10),
        page="https://console.aws.amazon.com/",
    )


@pytest.mark.parametrize("verdict", get_args(PayerVerdict))
def test_a_payer_account_is_complete_everywhere_or_nowhere(verdict: PayerVerdict) -> None:
    manifest = judged("COMPLETE", verdict)
    complete = 2 if verdict in COMPLETE_VERDICTS else 1
    said = f"{complete} of 2 complete on {DAY}"
    completeness = manifest.completeness()
    assert completeness["progress"]["complete"] == complete
    assert completeness["progress"]["text"].startswith(said)
    page = read(page_of_month(manifest))
    assert figure(page, "Payer accounts complete") == f"{complete} of 2"
    summary = {row[0].value: row[1].value for row in sheets(manifest)["summary"].iter_rows()}
    assert summary["Payer accounts complete"] == complete
    of_period = said if complete < 2 else "October 2026 is complete: "
    assert of_period in email_text([notification(manifest)])[1]
    assert said in report("run-2", [manifest], DAY)
    assert len(period_event(notification(manifest))["open_payers"]) == 2 - complete
    assert PeriodDigest.of(manifest).payers_complete == complete
    seen = PeriodSeen.of(completeness, OCTOBER).payers.values()
    assert sum(not one.is_asked_daily for one in seen) == complete


def test_who_waits_for_the_deadline_alone_is_reported_beside_those_that_are_complete() -> None:
    """ "1 of 1 complete" stood beside "settled 0 of 1" on the page."""
    manifest = judged("AWAITING")
    said = f"0 of 1 complete on {DAY}, 1 more with nothing outstanding"
    assert manifest.completeness()["progress"] == {
        "complete": 0, "payers": 1, "close_day": DAY, "text": said,
    }  # fmt: skip
    assert f"Payer accounts: {said}.\n" in email_text([notification(manifest)])[1]
    assert figure(read(page_of_month(manifest)), "Payer accounts complete") == "0 of 1"


def test_a_month_in_progress_is_compared_with_nothing() -> None:
    """The workbook compared JPY, in which Boreal has nothing yet, where the page said "so far"."""
    acme = payer_state(ACME, invoices=(due("1", "12", "JPY"),))
    boreal = payer_state(BOREAL, "Boreal", invoices=(due("2", "7.00"),), verdict="AWAITING")
    manifest = month(acme, boreal, verdict="AWAITING")
    gone = payer_state("999900001111", "Cardinal", invoices=(due("3", "5", "EUR"),))
    before = digest(payer_state(ACME, invoices=(due("0", "10", "JPY"),)), gone)

    page = read(page_of_month(manifest, [before]))
    assert [one.text for one in page.all("dd", "since")] == ["provisional"]
    assert page.all("table", "since") == []
    book = sheets(manifest, before)
    summary = {row[0].value: [one.value for one in row[1:]] for row in book["summary"].iter_rows()}
    assert (summary["JPY"], summary["USD"]) == (
        [12, None, None, None, None],
        [7, None, None, None, "provisional"],
    )
    assert "EUR" not in summary
    assert [row["Difference"] for row in rows(book["payers"])] == [None, None]
    assert rows(book["changes"]) == []


def open_month(*, currency: str) -> Manifest:
    """A month after its deadline that misses one invoice of Boreal in this currency."""
    acme = payer_state(ACME, invoices=(due("1", "12", "JPY"),))
    row = summary_row("2", PaymentCurrencyAmount={"TotalAmount": "7", "CurrencyCode": currency})
    gap = replace(outstanding("2", payer=BOREAL), summary=InvoiceSummary(row))
    boreal = payer_state(BOREAL, "Boreal", outstanding=(gap,), verdict="PARTIAL")
    return month(acme, boreal, verdict="ACTION_REQUIRED")


@pytest.mark.parametrize(("currency", "difference"), [("USD", 2), ("JPY", None)])
def test_only_the_currency_that_is_open_is_provisional(
    currency: str, difference: int | None
) -> None:
    manifest = open_month(currency=currency)
    before = digest(payer_state(ACME, invoices=(due("0", "10", "JPY"),)))
    page = read(page_of_month(manifest, [before]))
    said = "+2 since September" if difference else "provisional"
    assert [one.text for one in page.all("dd", "since")] == [said]
    summary = {
        row[0].value: row[3].value for row in sheets(manifest, before)["summary"].iter_rows()
    }
    assert summary["JPY"] == difference


def test_a_payer_account_that_is_complete_in_both_months_is_compared_whoever_else_is_not() -> None:
    manifest = open_month(currency="JPY")
    before = digest(payer_state(ACME, invoices=(due("0", "10", "JPY"),)))

    (table,) = read(page_of_month(manifest, [before])).all("table", "since")
    shown = {
        row.all("td")[0].text: row.all("td")[4].text for row in table.all("tr") if row.all("td")
    }
    assert shown == {f"Acme {ACME}": "+2 JPY", f"Boreal {BOREAL}": "\N{EN DASH}"}
    book = sheets(manifest, before)
    for sheet in ("payers", "changes"):
        found = {row["Payer account"]: row["Difference"] for row in rows(book[sheet])}
        assert found == {ACME: 2, BOREAL: None}, sheet


@pytest.mark.parametrize(
    ("now", "then", "reasons"),
    [
        ("AWAITING", "COMPLETE", ["Provisional."]),
        ("COMPLETE", "AWAITING", ["September 2026 is not complete."]),
        ("PARTIAL", "MISSING", ["Provisional.", "September 2026 is not complete."]),
        ("COMPLETE", "COMPLETE", []),
    ],
)
def test_the_workbook_says_why_its_totals_are_not_compared_and_which_others_are(
    now: PayerVerdict, then: PayerVerdict, reasons: list[str]
) -> None:
    """It said "Nothing is compared" while its sheet 'payers' compared those that are complete."""
    before = digest(payer_state(verdict=then), verdict=period_verdict([then]))
    texts = [row[0].value for row in sheets(judged(now), before)["summary"].iter_rows()]
    compared = [
        "A total is compared if it is whole in both months. The sheet 'payers' compares the payer "
        "accounts that are complete in both."
    ]
    at = texts.index("USD") + 2
    assert texts[at : at + len(reasons) + bool(reasons)] == reasons + compared * bool(reasons)
    assert texts[at + len(reasons) + bool(reasons)].startswith("One total per currency")


def test_who_is_absent_from_a_month_that_is_over_had_nothing_in_it() -> None:
    manifest = month(payer_state(ACME, invoices=(due("1", "12.50"),)))
    before = digest(payer_state(BOREAL, "Boreal", verdict="NO_ACCESS"), verdict="ACTION_REQUIRED")
    new = [row for row in rows(sheets(manifest, before)["changes"]) if row["Code"] == "PAYER_NEW"]
    assert [row["Difference"] for row in new] == [12.5]


def test_what_is_not_complete_is_called_provisional_with_what_is_outstanding() -> None:
    state = payer_state(invoices=(invoice(),), outstanding=(outstanding(),), verdict="PARTIAL")
    manifest = month(state, verdict="ACTION_REQUIRED")
    said = "Provisional: 1 invoice is outstanding."
    page = read(page_of_month(manifest))
    assert page.one("p", "lead").text.startswith("1 of 2 invoices is outstanding")
    assert page.one("details", "payer").one("span", "money").text.endswith("provisional")
    summary = [str(row[0].value) for row in sheets(manifest)["summary"].iter_rows()]
    assert any(text.startswith(said) for text in summary)


def program_of_the_readme() -> dict[str, Any]:
    """Its functions, as a person's Python has them."""
    names: dict[str, Any] = {}
    exec(CHECK_MANIFESTS.partition("\nproblems, found")[0], names)  # noqa: S102 - our own text
    return names


@pytest.mark.parametrize(
    ("progress", "is_right"),
    [
        ({}, True),
        ({"complete": 2, "text": f"2 of 3 complete on {DAY}"}, True),  # as v1 counted
        ({"complete": 1, "text": f"1 of 3 complete on {DAY}"}, False),
        ({"complete": 3, "text": f"3 of 3 complete on {DAY}"}, False),
        ({"text": f"1 of 3 complete on {DAY}, 2 more with nothing outstanding"}, False),
        ({"payers": 2}, False),
    ],
)
def test_the_program_of_the_readme_counts_as_this_release_does_or_as_v1_did(
    progress: dict[str, Any], is_right: bool
) -> None:
    manifest = judged("COMPLETE", "AWAITING", "MISSING")
    newest = json.loads(to_json(manifest.to_data()))
    view = json.loads(to_json(manifest.completeness()))
    view["progress"] |= progress
    program = program_of_the_readme()
    assert program["check_completeness"](view, newest, to_json(view)) == is_right
    assert program["COMPLETE"] == COMPLETE_VERDICTS


def by_hand(source: str) -> list[str]:
    """Where a file names the complete verdicts, or compares with them one by one."""
    found = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Name | ast.alias | ast.Attribute):
            name = getattr(node, "id", None) or getattr(node, "name", None)
            found += [ast.unparse(node)] if (name or node.attr) == "COMPLETE_VERDICTS" else []
        if isinstance(node, ast.Compare | ast.BoolOp | ast.MatchOr):
            words = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
            found += [ast.unparse(node)] if len(words & {*COMPLETE_VERDICTS}) > 2 else []
    return found


def test_nothing_but_its_definition_knows_which_verdicts_are_complete() -> None:
    found = {
        place: by_hand(text_of(place))
        for place in modules("lambdas", "ops", "infra", "sandbox", "bench")
    }
    assert found.pop(DEFINITION)
    assert not any(found.values()), found


@pytest.mark.parametrize(
    "snippet",
    [
        "from lambdas.domain.verdict_words import COMPLETE_VERDICTS",
        "x = verdict_words.COMPLETE_VERDICTS",
        'x = verdict in ("COMPLETE", "NO_CHARGES", "TRANSFERRED")',
        'x = verdict not in {"TRANSFERRED", "NO_CHARGES", "COMPLETE"}',
        'x = v == "COMPLETE" or v == "NO_CHARGES" or v == "TRANSFERRED"',
    ],
)
def test_a_verdict_that_is_compared_by_hand_is_seen(snippet: str) -> None:
    assert by_hand(snippet)

"""The program of README.txt, function by function; tests/test_readme.py starts it whole."""

import re
from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.close.owners import Owners
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.views.invoices_csv import invoices_csv
from lambdas.views.readme import CHECK_MANIFESTS, readme_text
from tests.domain.example_months import due, month, payer_state


def functions() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(CHECK_MANIFESTS.partition("problems, found")[0], names)  # noqa: S102 - our own text
    return names


@pytest.mark.parametrize(("unarchived", "must"), [(None, False), (0, True)])
def test_the_program_warns_of_a_view_that_is_missing_if_that_release_makes_it(
    unarchived: int | None, must: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    state = replace(payer_state(), unarchived=unarchived)
    newest = month(state).to_data()
    names = functions()
    names |= {"found": set(), "problems": []}
    names["check_views"]("2026-10", newest, {})
    warned = re.findall(r"WARNING periods/2026-10/(\S+): is missing", capsys.readouterr().out)
    made = ["SHA256SUMS", "completeness.json", "ledger.csv"]
    assert warned == made + ["invoices.csv"] * must


def test_the_program_passes_over_no_part_of_a_views_name() -> None:
    names = functions()
    assert [one for one in names["VIEWS"] if one in names["MADE_LATER"]] == ["invoices.csv"]
    assert not any(part in names["MADE_LATER"] for part in ("csv", "invoices", ""))


def test_the_program_says_that_of_invoices_only_files_and_gross_are_checked() -> None:
    one = due("1", "41.50", "EUR")
    member = one.summary.row["PaymentCurrencyAmount"] | {"TotalAmountBeforeTax": "31.50"}
    one = replace(one, summary=InvoiceSummary({**one.summary.row, "PaymentCurrencyAmount": member}))
    manifest = month(payer_state(invoices=(one,)))
    text = invoices_csv(manifest, Owners(())).decode()
    assert ",31.50,10.00,41.50," in text
    forged = text.replace(",31.50,10.00,41.50,", ",41.50,0.00,41.50,")
    assert functions()["check_invoices"](forged, manifest.to_data())
    assert '"invoices.csv but for its files and its sums of gross"' in CHECK_MANIFESTS
    readme = " ".join(readme_text("bucket").decode().split())
    assert "the gross sums of invoices.csv" in readme

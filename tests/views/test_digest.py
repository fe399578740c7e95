import json
from decimal import Decimal
from typing import Any

import pytest

from lambdas.domain.findings import finding
from lambdas.domain.json_text import to_json
from lambdas.views.digest import PeriodDigest
from tests.domain.example_months import due, month, payer_state
from tests.domain.examples import ACME, BOREAL, outstanding

GONE = finding("MANIFEST_DAMAGED", "periods/2026-10/manifests/manifest-0003.json", "It is gone.")


def test_a_digest_reads_what_completeness_json_says() -> None:
    acme = payer_state(
        invoices=(due("1", "10.50"), due("2", "3", "JPY")),
        outstanding=(outstanding(),),
        verdict="PARTIAL",
    )
    boreal = payer_state(BOREAL, "Boreal", invoices=(due("3", "1.00", payer=BOREAL),))
    manifest = month(acme, boreal, verdict="ACTION_REQUIRED", findings=(GONE,))

    one = PeriodDigest.from_data(json.loads(to_json(manifest.completeness())))

    assert one == PeriodDigest.of(manifest)
    assert (one.verdict, one.manifest, one.closed_at) == ("ACTION_REQUIRED", manifest.key, None)
    assert (one.payers_complete, one.expected, one.archived, one.documents) == (1, 4, 3, 3)
    assert one.totals == {"USD": Decimal("11.50"), "JPY": Decimal(3)}
    assert one.payer_of[ACME].totals == {"USD": Decimal("10.50"), "JPY": Decimal(3)}
    assert one.blocking == (GONE,)
    assert one.payer_of[ACME].blocking == outstanding().findings
    assert one.payer_of[BOREAL].blocking == ()
    assert one.outstanding_totals == {"USD": Decimal("100.00")}
    assert (one.outstanding, one.is_complete, one.generated_at) == (1, False, manifest.generated_at)


def test_a_code_that_this_release_does_not_know_and_a_warning_are_no_open_items() -> None:
    unknown = {"code": "NEW", "severity": "blocking", "subject": "", "detail": "", "next_step": ""}
    warning = finding("LATE_INVOICE", "1", "Late.").to_data()
    data = month(payer_state()).completeness() | {"findings": [unknown, warning]}
    assert PeriodDigest.from_data(data).blocking == ()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("verdict", "FINE"),
        ("generated_at", "yesterday"),
        ("manifest", 5),
        ("totals", [{"currency": "USD", "amount": "NaN"}]),
        ("totals", [{"currency": 5, "amount": "1"}]),
        ("payers", [{}]),
        ("findings", [GONE.to_data() | {"detail": 5}]),
    ],
)
def test_what_a_page_could_not_show_is_refused(member: str, value: Any) -> None:
    data = month(payer_state()).completeness()
    PeriodDigest.from_data(data)
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        PeriodDigest.from_data(data | {member: value})


@pytest.mark.parametrize(
    ("member", "value"), [("name", 5), ("archived", "1"), ("documents", True), ("totals", [5])]
)
def test_what_a_page_could_not_show_of_a_payer_account_is_refused(member: str, value: Any) -> None:
    data = month(payer_state()).completeness()
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        PeriodDigest.from_data(data | {"payers": [data["payers"][0] | {member: value}]})


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"schema": "invoice-archive/completeness/9"},
        {"schema": "invoice-archive/completeness/1"},
        {"schema": "invoice-archive/completeness/1", "findings": 5, "payers": []},
        [],
        "text",
    ],
)
def test_anything_else_is_refused(data: Any) -> None:
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        PeriodDigest.from_data(data)

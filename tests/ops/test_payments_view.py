"""payment_status.json in a check: its form, its month, and ids that the archive does not have."""

from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.evidence.archive_layout import payment_status_key
from lambdas.domain.json_text import to_json
from lambdas.domain.payments.payment_status import PaymentStatus
from tests.domain.examples import ACME, OCTOBER
from tests.domain.payments.records import answer, financial_record, paid
from tests.ops.made_archive import MEMO, SEPTEMBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

VIEW = payment_status_key(OCTOBER)
GOOD = make_archive()
KNOWN = "2609293185", "EUINAE26-11"


def status(*records: Any) -> bytes:
    one = PaymentStatus(OCTOBER).updated({ACME: answer(*records)}, {ACME})
    return to_json(one.to_data())


def findings(content: bytes, key: str = VIEW) -> list[tuple[str, str, str, str]]:
    made = MadeArchive(GOOD.kms, {**GOOD.files, key: content})
    report = check(made, MemoryPlace(made.files))
    return [(one.code, one.severity, one.object, one.found) for one in report.findings]


def test_a_status_of_invoices_that_are_archived_is_fine() -> None:
    assert findings(status(*(financial_record(one) for one in KNOWN))) == []


def test_a_payment_changes_nothing_in_a_check() -> None:
    assert findings(status(*(paid(one) for one in KNOWN))) == []


def test_an_id_that_the_manifest_does_not_have_is_a_warning() -> None:
    assert findings(status(financial_record(KNOWN[0]), financial_record("77"))) == [
        ("PAYMENT_WITHOUT_INVOICE", "warning", VIEW, "77")
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"no json",
        status(financial_record(KNOWN[0])) + b"\n",
        status(financial_record(KNOWN[0])).replace(b"100.00", b"1e2"),
        status(financial_record(KNOWN[0])).replace(b"2026-10", b"2026-11"),
        status(financial_record(KNOWN[0])).replace(b"payment_status/1", b"payment_status/2"),
    ],
)
def test_a_file_that_no_run_writes_is_red(content: bytes) -> None:
    [(code, severity, key, _)] = findings(content)

    assert (code, severity, key) == ("VIEW_DIFFERS", "blocking", VIEW)


def test_a_month_with_a_payment_status_alone_is_no_month_of_the_archive() -> None:
    march = OCTOBER.shifted(-7)
    record = replace(financial_record("7"), billing_period=march)
    one = PaymentStatus(march).updated({ACME: answer(record)}, ())

    assert findings(to_json(one.to_data()), payment_status_key(march)) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{}", "the view's schema is not"),
        (to_json(PaymentStatus(OCTOBER).to_data()), "it is of 2026-10"),
        (b" " * (17 << 20), "more than"),
    ],
)
def test_its_file_must_be_readable_all_the_same(content: bytes, why: str) -> None:
    key = payment_status_key(OCTOBER.shifted(-7))
    [(code, severity, place, found)] = findings(content, key)

    assert (severity, place) == ("blocking", key)
    assert code == ("OBJECT_UNREADABLE" if why == "more than" else "VIEW_DIFFERS")
    assert why in found


def test_an_id_that_another_month_has_is_known() -> None:
    """AWS Invoicing and AWS Payments may file an invoice under different months."""
    records = [
        financial_record(one, billing_period=SEPTEMBER, record_id=f"INV-0000-0000-0000-000{number}")
        for number, one in enumerate((KNOWN[0], MEMO, "77"))
    ]
    given = {ACME: answer(*records, issued_from=SEPTEMBER.first_day)}
    one = PaymentStatus(SEPTEMBER).updated(given, {ACME})
    key = payment_status_key(SEPTEMBER)

    assert findings(to_json(one.to_data()), key) == [
        ("PAYMENT_WITHOUT_INVOICE", "warning", key, "77")
    ]


def test_with_anything_else_it_is() -> None:
    march = OCTOBER.shifted(-7)
    files = {
        **GOOD.files,
        payment_status_key(march): to_json(PaymentStatus(march).to_data()),
        "periods/2026-03/ledger.csv": b"",
    }
    report = check(MadeArchive(GOOD.kms, files), MemoryPlace(files))

    assert "MANIFESTS_ABSENT" in {one.code for one in report.findings}

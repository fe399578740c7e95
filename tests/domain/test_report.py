from dataclasses import replace

import pytest

from lambdas.domain.findings import finding
from lambdas.domain.manifests import Manifest, PayerState
from lambdas.domain.report import report
from tests.domain.examples import ACME, OCTOBER, archived

WAITING = finding("PDF_NOT_READY", "1", "Not yet.")
REFUSED = finding("DOCUMENT_URL_REFUSED", "1", "Not opened: the port is 80, not 443.")
NOTED = finding("LATE_DOCUMENT", "1", "Added.")


def payer(account_id: str = ACME, verdict: str = "COMPLETE", name: str = "Acme") -> PayerState:
    invoices = (
        archived("1", PaymentCurrencyAmount={"TotalAmount": "987.65", "CurrencyCode": "USD"}),
    )
    findings = () if verdict == "COMPLETE" else (WAITING, replace(WAITING, subject="2"), REFUSED)
    return PayerState(
        account_id,
        name,
        "Acme Ltd.",
        "CHECKED",
        verdict,  # type: ignore[arg-type]
        "run-1",
        None,
        3,
        invoices,
        (),
        (),
        (*findings, NOTED),
    )


def manifest(verdict: str, *payers: PayerState) -> Manifest:
    return Manifest("archive", OCTOBER, 2, None, "run-1", "x", verdict, None, payers)  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", ["COMPLETE", "AWAITING", "ACTION_REQUIRED"])
def test_the_subject_is_what_the_notification_service_takes(verdict: str) -> None:
    subject, _ = report("run-1", verdict, [manifest(verdict, payer(name="Ärmel 株"))])  # type: ignore[arg-type]
    assert subject.isascii()
    assert 0 < len(subject) <= 100
    assert "\n" not in subject
    assert "2026-10" in subject


def test_a_complete_period_is_told_in_one_sentence_and_where_to_look() -> None:
    subject, message = report("run-1", "COMPLETE", [manifest("COMPLETE", payer())])
    assert subject == "Invoice archive 2026-10: complete"
    assert message.splitlines() == [
        "2026-10: complete. 1 of 1 payer accounts are complete.",
        "Details: periods/2026-10/manifests/manifest-0002.json and runs/run-1/ in the archive.",
    ]


def test_each_open_payer_is_told_with_what_blocks_it() -> None:
    _, message = report(
        "run-1",
        "ACTION_REQUIRED",
        [manifest("ACTION_REQUIRED", payer(), payer("999988887777", "PARTIAL", "Boreal"))],
    )
    assert "1 of 2 payer accounts are complete." in message
    assert (
        "- 999988887777 Boreal: PARTIAL, 1 of 3 invoices archived "
        "(1 x DOCUMENT_URL_REFUSED, 2 x PDF_NOT_READY)" in message.splitlines()
    )
    assert ACME not in message
    assert "LATE_DOCUMENT" not in message


def test_other_periods_are_told_in_a_line_each() -> None:
    september = replace(manifest("AWAITING"), billing_period=OCTOBER.shifted(-1))
    _, message = report("run-1", "COMPLETE", [manifest("COMPLETE", payer()), september])
    assert "2026-09: awaiting invoices." in message.splitlines()


def test_the_report_carries_no_amount() -> None:
    subject, message = report(
        "run-1", "ACTION_REQUIRED", [manifest("ACTION_REQUIRED", payer(verdict="PARTIAL"))]
    )
    assert "987" not in subject + message
    assert "USD" not in subject + message


def test_the_message_stays_short_and_tells_where_to_look_however_many_payers_are_open() -> None:
    many = [payer(f"{n:012}", "MISSING", "Name " * 200) for n in range(1000)]
    _, message = report("run-1", "ACTION_REQUIRED", [manifest("ACTION_REQUIRED", *many)])
    assert len(message.encode()) < 256 * 1024
    assert message.count("MISSING") <= 25
    assert "and 975 more" in message
    assert message.splitlines()[-1].startswith("Details: ")

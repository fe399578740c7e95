"""What a month end tells."""

import io
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from lambdas.domain.close.owners import Owners
from lambdas.domain.judgement.manifests import COMPLETENESS_SCHEMA
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.runs.payer_register import Payer
from sandbox import report
from sandbox.invoicing_program import RequestTotals
from sandbox.snapshot import Difference
from tests.domain.examples import ACME, OCTOBER
from tests.domain.payments.records import answer, financial_record


class Said(Console):
    """A console that remembers what was printed; narrow as a terminal that nobody widened."""

    def __init__(self, width: int = 100) -> None:
        self.output = io.StringIO()
        super().__init__(file=self.output, width=width)

    @property
    def text(self) -> str:
        return self.output.getvalue()


@pytest.fixture
def said() -> Said:
    return Said()


def payer(account_id: str, name: str, verdict: str, *findings: dict[str, str]) -> dict[str, Any]:
    return {
        "payer_account_id": account_id,
        "name": name,
        "verdict": verdict,
        "expected": 3,
        "archived": 2,
        "documents": 5,
        "totals": [
            {"currency": "USD", "amount": "1234.50"},
            {"currency": "EUR", "amount": "-0.10"},
        ],
        "findings": list(findings),
    }


def found(code: str, severity: str, subject: str) -> dict[str, str]:
    return {
        "code": code,
        "severity": severity,
        "subject": subject,
        "detail": f"Detail of {code}.",
        "next_step": f"Cure {code}.",
    }


OWNERS = Owners([Payer("111122223333", "Acme", owner="Dana Whitlock")])
JUDGED = {
    "schema": COMPLETENESS_SCHEMA,
    "generated_at": "2026-11-12T06:00:00Z",
    "last_day": "2026-11-10",
    "closed_at": None,
    "manifest": None,
    "totals": [],
    "findings": [],
    "billing_period": "2026-10",
    "verdict": "ACTION_REQUIRED",
    "payers": [
        payer("044455556666", "Boreal [Nord]", "COMPLETE", found("LATE_INVOICE", "info", "1")),
        payer(
            "111122223333",
            "Acme",
            "PARTIAL",
            found("PDF_NOT_READY", "blocking", "2609293185"),
            found("INVOICE_CHANGED", "warning", "2609293186"),
        ),
        payer("777788889999", "Far", "NO_ACCESS", found("NO_ACCESS", "blocking", "777788889999")),
    ],
}


def test_each_payer_has_a_row_with_its_whole_account_id(said: Said) -> None:
    report.print_verdict(said, JUDGED, OWNERS)
    rows = [" ".join(line.split()) for line in said.text.splitlines()]
    assert rows[1] == "Billing period 2026-10: ACTION_REQUIRED"
    assert "111122223333 Acme PARTIAL 2 of 3 5 1234.50 USD" in rows
    assert "044455556666 Boreal [Nord] COMPLETE 2 of 3 5 1234.50 USD" in rows
    assert "-0.10 EUR" in rows


def test_a_narrow_terminal_folds_names_and_cuts_no_id_verdict_or_amount() -> None:
    said = Said(width=80)
    report.print_verdict(said, JUDGED, OWNERS)
    for text in ("111122223333", "COMPLETE", "NO_ACCESS", "2 of 3", "1234.50 USD"):
        assert text in said.text
    assert "…" not in said.text


def test_outstanding_invoices_are_counted_with_the_amounts_that_aws_lists(said: Said) -> None:
    gap = {"unarchived": 1, "outstanding_totals": [{"currency": "JPY", "amount": "3303781"}]}
    acme = JUDGED["payers"][1] | gap
    report.print_verdict(said, {**JUDGED, "payers": [acme]}, OWNERS)
    line = "1 invoice is outstanding: JPY 3,303,781 (listed by AWS, PDF outstanding)."
    assert line in said.text
    none = {**JUDGED, "payers": [acme | {"unarchived": 0}]}
    report.print_verdict(complete := Said(), none, OWNERS)
    assert "outstanding" not in complete.text


def test_what_blocks_comes_first_with_who_does_what_and_infos_stay_in_the_archive(
    said: Said,
) -> None:
    report.print_verdict(said, JUDGED, OWNERS)
    told = [line.strip() for line in said.text.partition("Action required")[2].splitlines()[1:]]
    assert told == [
        "PDF_NOT_READY · 111122223333 · Acme · 2609293185",
        "Detail of PDF_NOT_READY.",
        "Dana Whitlock: Open an AWS Billing case.",
        "NO_ACCESS · 777788889999 · Far",
        "Detail of NO_ACCESS.",
        "Cloud admin: Cure NO_ACCESS.",
        "",
        "For review",
        "INVOICE_CHANGED · 111122223333 · Acme · 2609293186",
        "Detail of INVOICE_CHANGED.",
        "Next step: Cure INVOICE_CHANGED.",
    ]


def test_before_the_deadline_it_says_until_when_nobody_acts(said: Said) -> None:
    early = {**JUDGED, "generated_at": "2026-11-05T06:00:00Z", "payers": JUDGED["payers"][:2]}
    report.print_verdict(said, early, OWNERS)
    text = " ".join(said.text.split())
    assert "Action required" not in text
    assert "Waiting for AWS" in text
    assert "AWS: No action until 11 November 2026; we retry daily." in text


def test_a_complete_period_has_no_list_of_what_is_missing(said: Said) -> None:
    complete = {**JUDGED, "verdict": "COMPLETE", "payers": JUDGED["payers"][:1]}
    report.print_verdict(said, complete, OWNERS)
    assert "Action required" not in said.text
    assert "For review" not in said.text


def test_every_other_period_is_one_line(said: Said) -> None:
    report.print_others(
        said,
        [
            {
                "billing_period": "2026-09",
                "verdict": "COMPLETE",
                "findings": [],
                "payers": JUDGED["payers"][:1],
            },
            JUDGED,
        ],
    )
    assert said.text.strip().splitlines() == [
        "Billing period 2026-09: COMPLETE, 1 payer",
        "Billing period 2026-10: ACTION_REQUIRED, 3 payers: 1 NO_ACCESS, 1 PDF_NOT_READY",
    ]


def test_a_run_without_effect_says_so(said: Said) -> None:
    only_its_own_notes = Difference(new=("runs/r/request.json",), changed=(), gone=())
    report.print_effect(said, RequestTotals({"ListInvoiceSummaries": 1}, 0), only_its_own_notes)
    assert said.text.strip().splitlines() == [
        "This run called AWS 1 time (1 ListInvoiceSummaries) and downloaded 0 documents.",
        "It fetched nothing and changed nothing: every byte of the archive is unchanged.",
    ]


def test_a_run_shows_what_it_added_and_made_again(said: Said) -> None:
    changed = Difference(
        new=(
            "invoices/2026-10/1/a.pdf",
            "invoices/2026-10/1/b.xml",
            "records/2026-10/1/a/0001.json",
            "periods/2026-10/manifests/manifest-0001.json",
            "README.txt",
            "runs/r/request.json",
        ),
        changed=("periods/2026-10/completeness.json", "index.html"),
        gone=(),
    )
    report.print_effect(
        said, RequestTotals({"GetInvoicePDF": 1, "ListInvoiceSummaries": 4}, 2), changed
    )
    assert said.text.strip().splitlines()[-2:] == [
        "New in the archive: 2 documents, 1 manifest, 1 record, 1 view.",
        "Made again: 2 views.",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        Difference(new=(), changed=("invoices/2026-10/1/a.pdf",), gone=()),
        Difference(new=(), changed=(), gone=("invoices/2026-10/1/a.pdf",)),
    ],
)
def test_evidence_that_changed_or_went_is_named(said: Said, changed: Difference) -> None:
    report.print_effect(said, RequestTotals({}, 0), changed)
    assert "Changed or hidden, which must never happen: invoices/2026-10/1/a.pdf" in said.text
    assert "changed nothing" not in said.text


def test_what_is_past_due_over_all_months_is_said_in_a_line(said: Said) -> None:
    status = PaymentStatus(OCTOBER).updated({ACME: answer(financial_record("1", "7.50"))}, {ACME})
    payments = OpenPayments.of([status])
    report.print_payments(said, payments, date(2026, 12, 4))
    report.print_payments(said, payments, date(2026, 12, 3))
    report.print_payments(said, OpenPayments(), date(2026, 12, 4))
    assert said.text == (
        "\nAs AWS Payments shows it on 4 December 2026, 1 invoice is past due: 7.50 USD.\n"
        "\nAs AWS Payments shows it on 3 December 2026, nothing is past due.\n"
    )

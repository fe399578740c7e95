"""The Invoicing emulator, asked by the AWS CLI: a client that nobody here wrote."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.invoicing import FixedCatalogue, InvoicingEmulator
from tests.sandbox.invoicing_calls import NOW, OTHER, PAYER, an_invoice, opened

ROWS = [str(5_000_000_000 + number) for number in range(45)]
SEPTEMBER = ("--filter", "BillingPeriod={Month=9,Year=2026}")


@pytest.fixture
def emulator(loopback: None) -> Iterator[InvoicingEmulator]:
    invoices = [an_invoice(row, content=b"%PDF-cli") for row in ROWS]
    with InvoicingEmulator(FixedCatalogue({PAYER: invoices}), now=NOW) as running:
        yield running


def aws(
    emulator: InvoicingEmulator, *arguments: str, key: str = PAYER
) -> subprocess.CompletedProcess[str]:
    """`aws invoicing …` with the credentials of an account and no configuration of this machine."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    credentials = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "secret"}
    common = ("--endpoint-url", emulator.url, "--region", "us-east-1", "--output", "json")
    return subprocess.run(
        [sys.executable, "-m", "awscli", "invoicing", *arguments, *common],
        env={**kept, **nothing, **credentials, "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def selector(account_id: str = PAYER) -> tuple[str, str]:
    return "--selector", f"ResourceType=ACCOUNT_ID,Value={account_id}"


def answered(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def test_the_aws_cli_pages_through_all_rows(emulator: InvoicingEmulator) -> None:
    done = aws(emulator, "list-invoice-summaries", *selector(), *SEPTEMBER, "--page-size", "10")
    assert [row["InvoiceId"] for row in answered(done)["InvoiceSummaries"]] == ROWS
    assert emulator.requests.snapshot()["calls"][PAYER]["ListInvoiceSummaries"] == 5


def test_the_aws_cli_can_stop_and_go_on(emulator: InvoicingEmulator) -> None:
    arguments = ("list-invoice-summaries", *selector(), *SEPTEMBER, "--max-items", "30")
    first = answered(aws(emulator, *arguments))
    rest = answered(aws(emulator, *arguments, "--starting-token", first["NextToken"]))
    rows = [row["InvoiceId"] for page in (first, rest) for row in page["InvoiceSummaries"]]
    assert rows == ROWS


def test_the_aws_cli_gets_a_document_url_that_opens(emulator: InvoicingEmulator) -> None:
    paper = answered(aws(emulator, "get-invoice-pdf", "--invoice-id", ROWS[0]))["InvoicePDF"]
    assert paper["InvoiceId"] == ROWS[0]
    assert paper["DocumentUrlExpirationDate"]
    assert opened(emulator, paper["DocumentUrl"])[2] == b"%PDF-cli"


def test_the_aws_cli_reads_the_errors(emulator: InvoicingEmulator) -> None:
    asked = {
        "BillingPeriod and TimePeriod cannot both be null": aws(
            emulator, "list-invoice-summaries", *selector()
        ),
        "(ResourceNotFoundException) when calling the GetInvoicePDF operation": aws(
            emulator, "get-invoice-pdf", "--invoice-id", "none"
        ),
        "(AccessDeniedException) when calling the ListInvoiceSummaries operation": aws(
            emulator, "list-invoice-summaries", *selector(), *SEPTEMBER, key=OTHER
        ),
    }
    for complaint, done in asked.items():
        assert (done.returncode, done.stdout) == (255, ""), complaint
        assert complaint in done.stderr

"""The emulator, asked by the AWS CLI: a client that nobody here wrote."""

import io
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from sandbox.invoicing import BillingTransfer, FixedCatalogue, InvoiceUnit, InvoicingEmulator
from tests.sandbox.invoicing_calls import NOW, OTHER, PAYER, an_invoice, day, opened

ROWS = [str(5_000_000_000 + number) for number in range(45)]
RECEIVER, SOURCE = "111122223334", "555566667777"
UNITS = [InvoiceUnit(f"Unit {n}", RECEIVER, (RECEIVER,), day("2026-01-01")) for n in range(45)]
TRANSFERS = [
    BillingTransfer(
        f"rt-{number:08d}",
        "Bills",
        SOURCE,
        PAYER,
        day("2026-02-01"),
        day("2026-08-31T23:59:59"),
        ((day("2026-01-10"), "ACCEPTED"), (day("2026-08-02"), "WITHDRAWN")),
    )
    for number in range(7)
]
SEPTEMBER = ("--filter", "BillingPeriod={Month=9,Year=2026}")


@pytest.fixture
def emulator(loopback: None) -> Iterator[InvoicingEmulator]:
    amount = {"TotalAmount": "10.00", "CurrencyCode": "USD"}
    amounts = {"BaseCurrencyAmount": amount, "PaymentCurrencyAmount": amount}
    invoices = [an_invoice(row, content=b"%PDF-cli", **amounts) for row in ROWS]
    catalogue = FixedCatalogue(
        {PAYER: invoices, OTHER: []},
        {PAYER: [RECEIVER]},
        invoice_units={PAYER: UNITS},
        standalone=[OTHER],
        transfers=TRANSFERS,
    )
    with InvoicingEmulator(catalogue, now=NOW) as running:
        yield running


def aws(
    emulator: InvoicingEmulator, *arguments: str, key: str = PAYER, service: str = "invoicing"
) -> subprocess.CompletedProcess[str]:
    """`aws SERVICE …` with the credentials of an account and no configuration of this machine.

    It runs in this process, because a start of the program takes most of a second.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    credentials = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "secret"}
    common = ("--endpoint-url", emulator.url, "--region", "us-east-1", "--output", "json")
    environment = {**kept, **nothing, **credentials, "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": ""}
    command, out, err = [service, *arguments, *common], io.StringIO(), io.StringIO()
    with patch.dict(os.environ, environment, clear=True):
        from awscli import clidriver  # noqa: PLC0415 - its import changes the environment

        os.environ["AWS_DATA_PATH"] = str(Path(clidriver.__file__).parent / "data")
        with redirect_stdout(out), redirect_stderr(err):
            code = clidriver.create_clidriver().main(command)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


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


def test_the_aws_cli_lists_all_invoice_units(emulator: InvoicingEmulator) -> None:
    arguments = ("--filters", f"InvoiceReceivers={RECEIVER}", "--as-of", "2026-09-01T00:00:00Z")
    done = aws(emulator, "list-invoice-units", *arguments)
    units = answered(done)["InvoiceUnits"]
    assert [unit["Name"] for unit in units] == [unit.name for unit in UNITS]
    assert units[0]["Rule"] == {"LinkedAccounts": [RECEIVER]}


COSTS = (
    *("get-cost-and-usage", "--time-period", "Start=2026-09-01,End=2026-10-01"),
    *("--granularity", "MONTHLY", "--metrics", "UNBLENDED_COST"),
    *("--group-by", "Type=DIMENSION,Key=LINKED_ACCOUNT", "Type=DIMENSION,Key=BILLING_ENTITY"),
)


def test_the_aws_cli_asks_cost_explorer(emulator: InvoicingEmulator) -> None:
    expression = {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Usage"]}}
    done = aws(emulator, *COSTS, "--filter", json.dumps(expression), service="ce")
    (result,) = answered(done)["ResultsByTime"]
    assert result["Estimated"] is False
    cost = {"UnblendedCost": {"Amount": "450", "Unit": "USD"}}
    assert result["Groups"] == [{"Keys": [PAYER, "AWS"], "Metrics": cost}]


def test_the_aws_cli_lists_billing_transfers(emulator: InvoicingEmulator) -> None:
    arguments = ("list-inbound-responsibility-transfers", "--type", "BILLING")
    first = answered(aws(emulator, *arguments, service="organizations"))
    token = ("--next-token", first["NextToken"])
    rest = answered(aws(emulator, *arguments, *token, service="organizations"))
    found = first["ResponsibilityTransfers"] + rest["ResponsibilityTransfers"]
    assert [one["Id"] for one in found] == [one.transfer_id for one in TRANSFERS]
    assert found[0]["Status"] == "WITHDRAWN"
    assert found[0]["EndTimestamp"]


def test_the_aws_cli_reads_the_errors_of_the_other_services(emulator: InvoicingEmulator) -> None:
    asked = {
        "(AWSOrganizationsNotInUseException) when calling": aws(
            emulator,
            *("list-outbound-responsibility-transfers", "--type", "BILLING"),
            key=OTHER,
            service="organizations",
        ),
        "(DataUnavailableException) when calling the GetCostAndUsage": aws(
            emulator, *COSTS, key=SOURCE, service="ce"
        ),
        "(AccessDeniedException) when calling the ListInvoiceUnits": aws(
            emulator, "list-invoice-units", key=RECEIVER
        ),
    }
    for complaint, done in asked.items():
        assert (done.returncode, done.stdout) == (255, ""), complaint
        assert complaint in done.stderr


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


def test_it_lists_financial_records_and_reads_them_by_the_hundred(
    emulator: InvoicingEmulator,
) -> None:
    listing = ("list-financial-records", "--types", "INVOICE", "CREDIT_MEMO", "--page-size", "20")
    listed = answered(aws(emulator, *listing, service="payments"))["financialRecordSummaries"]
    assert len(listed) == 45
    keys = json.dumps([{"identifier": one["id"]} for one in listed])
    read = answered(aws(emulator, "batch-get-financial-record", "--keys", keys, service="payments"))
    details = [one["details"]["invoiceDetails"] for one in read["financialRecords"]]
    assert sorted(one["invoiceId"] for one in details) == ROWS
    assert read["errors"] == []


def test_a_financial_record_that_is_not_there_is_named(emulator: InvoicingEmulator) -> None:
    done = aws(
        emulator,
        *("get-financial-record", "--identifier", "INV-0000-0000-0000-0000"),
        service="payments",
    )
    assert done.returncode == 255
    assert "(ResourceNotFoundException)" in done.stderr

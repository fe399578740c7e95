"""Time and memory of making a month's views: 1,000 payer accounts with 20 invoices each, against a
tenth of that.

    python -m bench.views

The real code makes each size in a process of its own, from a manifest as read from the archive.
Seconds are processor time, so a busy machine gives the same result. The ratio compares the time for
one invoice and shows whether more invoices cost more than their share.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.fetch_memory import peak_kib
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import (
    invoice_document_stem,
    record_key,
    supplemental_document_stem,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.records import ArchivedDocument, StoredObject
from lambdas.domain.findings import finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import sha256_hex, to_canonical_json, to_json
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.views.digest import PeriodDigest
from lambdas.views.find import find_file
from lambdas.views.invoices_csv import invoices_csv
from lambdas.views.ledger import ledger_csv
from lambdas.views.pages.archive_page import archive_page
from lambdas.views.pages.period_page import period_page
from lambdas.views.sha256_sums import sha256_sums
from lambdas.views.workbook import ledger_workbook

INVOICES = 20
PAYERS = {"a tenth": 100, "a month": 1000}
MOST_SECONDS = 60
MOST_MIB = 2048
"""Memory of the function ValidateCompleteness (infra/functions.py)."""
MOST_RATIO = 1.5
_PERIOD = BillingPeriod(2026, 10)
_CURRENCIES = ("USD", "EUR", "GBP", "JPY", "BRL", "INR")
_RETRIEVED = "2026-11-05T06:00:07Z"


def manifest_of(payers: int) -> Manifest:
    """A month with a supplemental document for every tenth invoice, and a gap in every 50th payer
    account.
    """
    return Manifest(
        "example-corp-invoice-archive",
        _PERIOD,
        7,
        64 * "a",
        "scheduled-20261112T060000Z",
        "2026-11-12T06:00:00Z",
        "ACTION_REQUIRED",
        None,
        tuple(_payer(number) for number in range(payers)),
    )


def _payer(number: int) -> PayerState:
    account_id = f"{100_000_000_000 + number * 7_919}"
    gaps = (finding("PDF_NOT_READY", f"{number}", "AWS has no document yet."),)
    findings = gaps if number % 50 == 0 else ()
    return PayerState(
        account_id,
        f"Payer account number {number} of a large organization",
        f"Legal entity {number % 40} Ltd.",
        "CHECKED",
        "PARTIAL" if findings else "COMPLETE",
        "scheduled-20261112T060000Z",
        "2026-11-12T06:00:00Z",
        INVOICES,
        tuple(_invoice(account_id, number, index) for index in range(INVOICES)),
        (),
        (),
        findings,
    )


def _invoice(account_id: str, payer: int, index: int) -> ArchivedInvoice:
    invoice_id = f"EUINDE26-{payer * INVOICES + index:07d}"
    stem = invoice_document_stem(_PERIOD, account_id, "INVOICE", invoice_id)
    documents = [_document(f"{stem}.pdf", None)]
    if index % 10 == 0:
        key = supplemental_document_stem(stem, "TAX_E_INVOICE", f"T{index}", 1)
        documents.append(_document(f"{key}.xml", "TAX_E_INVOICE"))
    return ArchivedInvoice(
        invoice_id,
        _PERIOD,
        account_id,
        (_stored(record_key(_PERIOD, account_id, invoice_id, 1)),),
        tuple(documents),
        InvoiceSummary(_row(invoice_id, account_id, _CURRENCIES[payer % 6])),
        "2026-11-05T06:00:00Z",
        (account_id,),
        (),
    )


def _row(invoice_id: str, account_id: str, currency: str) -> dict[str, Any]:
    amount = {
        "TotalAmount": "1234.56",
        "TotalAmountBeforeTax": "1037.45",
        "CurrencyCode": currency,
        "AmountBreakdown": {
            "SubTotalAmount": "1092.05",
            "Discounts": {
                "Breakdown": [
                    {"Description": "Enterprise Discount Program", "Amount": "-54.60", "Rate": "5"}
                ],
                "TotalAmount": "-54.60",
            },
            "Taxes": {
                "Breakdown": [{"Description": "VAT", "Amount": "197.11", "Rate": "19"}],
                "TotalAmount": "197.11",
            },
        },
        "CurrencyExchangeDetails": {
            "SourceCurrencyCode": "USD",
            "TargetCurrencyCode": currency,
            "Rate": "0.91870",
        },
    }
    return {
        "AccountId": account_id,
        "InvoiceId": invoice_id,
        "IssuedDate": "2026-11-03T00:00:00Z",
        "DueDate": "2026-12-03T00:00:00Z",
        "Entity": {
            "InvoicingEntity": "Amazon Web Services EMEA SARL, Niederlassung Deutschland",
            "BillingEntity": "AWS",
        },
        "BillingPeriod": {"Month": 10, "Year": 2026},
        "InvoiceFrequency": "RECURRING",
        "BillType": "ANNIVERSARY",
        "InvoiceType": "INVOICE",
        "PurchaseOrderNumber": "PO-2026-118",
        "BaseCurrencyAmount": amount,
        "TaxCurrencyAmount": amount,
        "PaymentCurrencyAmount": amount,
    }


def _document(key: str, document_type: str | None) -> ArchivedDocument:
    return ArchivedDocument(
        _stored(key), document_type is None, document_type, "D1", 1, "run", _RETRIEVED
    )


def _stored(key: str) -> StoredObject:
    return StoredObject(key, "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY", sha256_hex(key.encode()), 98_304)


def make(payers: int) -> dict[str, Any]:
    """Make every view of such a month; return time and size of each, and the peak memory."""
    content = to_canonical_json(manifest_of(payers).to_data())
    before = PeriodDigest.of(manifest_of(payers))
    manifest, owners = Manifest.from_data(json.loads(content)), Owners(())
    views: dict[str, Callable[[], bytes]] = {
        "SHA256SUMS": lambda: sha256_sums(manifest, 64 * "b"),
        "ledger.csv": lambda: ledger_csv(manifest),
        "invoices.csv": lambda: invoices_csv(manifest, owners),
        "completeness.json": lambda: to_json(manifest.completeness()),
        "find.json": lambda: find_file(manifest).to_json(),
        "index.html": lambda: period_page(manifest, [before], region="eu-west-1", owners=owners),
        "ledger.xlsx": lambda: ledger_workbook(manifest, before, owners),
        "root index.html": lambda: archive_page(manifest.bucket, "eu-west-1", 24 * [before]),
    }
    took = {}
    for name, view in views.items():
        began = time.process_time()
        size = len(view())
        took[name] = {"seconds": time.process_time() - began, "bytes": size}
    return {"views": took, "peak_kib": peak_kib()}


def measure(payers: int) -> dict[str, Any]:
    """Make them in a process of its own, so that the peak is of this size alone."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.views", str(payers)],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


def main() -> int:
    """Print the measurements; 1 if they are too slow, too large or not proportional."""
    seconds, peak_mib = {}, 0.0
    for name, payers in PAYERS.items():
        result = measure(payers)
        seconds[name] = sum(view["seconds"] for view in result["views"].values())
        peak_mib = result["peak_kib"] / 1024
        print(f"{name}: {payers:,} payer accounts, {payers * INVOICES:,} invoices")
        for view, cost in result["views"].items():
            print(f"  {view:<18} {cost['seconds']:7.2f} s {cost['bytes'] / 1e6:8.2f} MB")
        print(f"  {'all':<18} {seconds[name]:7.2f} s, peak {peak_mib:,.0f} MiB")
    small, large = seconds.values()
    ratio = large / small / (PAYERS["a month"] / PAYERS["a tenth"])
    print(f"seconds for one invoice, a month against a tenth: {ratio:.2f} (at most {MOST_RATIO})")
    print(f"at most {MOST_SECONDS} s and {MOST_MIB:,} MiB")
    return int(large > MOST_SECONDS or peak_mib > MOST_MIB or ratio > MOST_RATIO)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(make(int(sys.argv[1]))))
    else:
        sys.exit(main())

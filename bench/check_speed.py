"""Speed of checking every byte of an archive on disk as a ratio to `sha256sum` over the same
documents, and growth of its memory.

    python -m bench.check_speed [--documents N]

20,000 documents of 150 KB need 3 GB of disk below the system's temporary folder during the
measurement.
"""

import argparse
import base64
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import (
    PUBLIC_KEY_KEY,
    completeness_key,
    invoice_document_stem,
    invoices_csv_key,
    ledger_csv_key,
    sha256_sums_key,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.record_chain import Learnt, first_record
from lambdas.domain.evidence.records import ArchivedDocument, Sighting, StoredObject
from lambdas.domain.evidence.signatures import ALGORITHM, Signature, signed_file, signed_part
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import instant_text, sha256_hex, to_json
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.runs.close_calendar import CloseCalendar, CloseDeadline
from lambdas.views.invoices_csv import invoices_csv
from lambdas.views.ledger import ledger_csv
from lambdas.views.sha256_sums import sha256_sums

PERIOD = BillingPeriod(2026, 10)
DOCUMENTS = 20_000
"""Number of documents for the limits; with fewer, a process's start counts more than their bytes.
"""
SIZE = 150_000
INVOICES_A_PAYER = 20
MOST = 1.5
FLAT = 2
"""Growth of memory by the names, figures and compressed text of ten times the invoices."""
ROUNDS = 3
_CHECK = """
import sys
from ops.cli import main
ended = main()
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(ended)
"""
"""Runs the tool, then prints its own peak memory: getrusage would count its parent's."""
_AS_OF = datetime(2026, 11, 12, 6, tzinfo=UTC)
_CLOSE = CloseCalendar(CloseDeadline("day", 10))
_RATE = "1.0864917265"


def row(invoice_id: str, payer: str) -> dict[str, Any]:
    """A row with about as many members as AWS gives, for manifests of a real size."""
    amount = {
        "TotalAmount": "1234.56",
        "TotalAmountBeforeTax": "1000.00",
        "CurrencyCode": "USD",
        "AmountBreakdown": {
            "SubTotalAmount": "1000.00",
            "Discounts": {"Breakdown": [], "TotalAmount": "0.00"},
            "Taxes": {
                "Breakdown": [{"Description": "VAT", "Amount": "234.56", "Rate": "23.456"}],
                "TotalAmount": "234.56",
            },
            "Fees": {"Breakdown": [], "TotalAmount": "0.00"},
        },
        "CurrencyExchangeDetails": {
            "SourceCurrencyCode": "USD",
            "TargetCurrencyCode": "EUR",
            "Rate": _RATE,
        },
    }
    return {
        "AccountId": payer,
        "InvoiceId": invoice_id,
        "IssuedDate": "2026-11-03T00:00:00Z",
        "DueDate": "2026-12-03T00:00:00Z",
        "BillingPeriod": {"Month": 10, "Year": 2026},
        "InvoiceType": "INVOICE",
        "Entity": {"InvoicingEntity": "Amazon Web Services EMEA SARL", "BillingEntity": "AWS"},
        "BaseCurrencyAmount": amount,
        "TaxCurrencyAmount": amount,
        "PaymentCurrencyAmount": amount,
    }


class ArchiveOnDisk:
    """Writes one billing period of many documents, one for each invoice."""

    def __init__(self, folder: Path, documents: int) -> None:
        self.folder = folder
        self.documents: list[str] = []
        self._filling = os.urandom(SIZE)
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self._store(PUBLIC_KEY_KEY, pem)
        manifest = Manifest(
            "bucket",
            PERIOD,
            1,
            None,
            "run-1",
            instant_text(_AS_OF),
            "COMPLETE",
            instant_text(_AS_OF),
            tuple(self._payers(documents)),
            last_day=_CLOSE.last_day(PERIOD).isoformat(),
            close_day=_CLOSE.close_day(PERIOD, _AS_OF),
        )
        content = manifest.to_data()
        value = key.sign(signed_part(content, "key"), ec.ECDSA(SHA256()))
        file = signed_file(content, Signature("key", ALGORITHM, _base64(value)))
        self._store(manifest.key, file)
        self._store(completeness_key(PERIOD), to_json(manifest.completeness()))
        self._store(sha256_sums_key(PERIOD), sha256_sums(manifest, sha256_hex(file)))
        self._store(ledger_csv_key(PERIOD), ledger_csv(manifest))
        self._store(invoices_csv_key(PERIOD), invoices_csv(manifest, Owners(())))

    def _payers(self, documents: int) -> Iterator[PayerState]:
        for first in range(0, documents, INVOICES_A_PAYER):
            payer = f"{first:012}"
            numbers = range(first, min(first + INVOICES_A_PAYER, documents))
            invoices = tuple(self._invoice(f"{number:010}", payer) for number in numbers)
            at = instant_text(_AS_OF)
            count = len(invoices)
            yield PayerState(
                payer, "", "", "CHECKED", "COMPLETE", "run-1", at, count, invoices, (), (), ()
            )

    def _invoice(self, invoice_id: str, payer: str) -> ArchivedInvoice:
        key = invoice_document_stem(PERIOD, payer, "INVOICE", invoice_id) + ".pdf"
        document = self._store(key, invoice_id.encode() + self._filling[10:])
        self.documents.append(key)
        summary = row(invoice_id, payer)
        seen = Sighting(payer, InvoiceSummary(summary).fingerprint(), ("billing_period",))
        archived = ArchivedDocument(document, True, None, None, 1, "run-1", instant_text(_AS_OF))
        learnt = Learnt("run-1", _AS_OF, seen, summary, (archived,), (), documents_were_asked=True)
        record = first_record(invoice_id, PERIOD, payer, learnt)
        return ArchivedInvoice.of(record, self._store(record.key, record.to_bytes()))

    def _store(self, key: str, content: bytes) -> StoredObject:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return StoredObject(key, "version", sha256_hex(content), len(content))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def sha256sum_seconds(archive: ArchiveOnDisk) -> float:
    """Seconds of `sha256sum` for all documents, in one process."""
    names = "\0".join(archive.documents).encode()
    began = time.perf_counter()
    subprocess.run(
        ["xargs", "-0", "sha256sum"],
        input=names,
        stdout=subprocess.DEVNULL,
        cwd=archive.folder,
        check=True,
    )
    return time.perf_counter() - began


def check(folder: Path) -> tuple[float, int]:
    """Seconds and peak KiB of the tool in a process of its own, from its start to its end."""
    began = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", _CHECK, "check", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - began, int(ran.stderr)


def main() -> int:
    """Print the times, peaks and ratios; 1 if one is above its limit at full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="check-speed-") as folder:
        small = ArchiveOnDisk(Path(folder, "small"), max(1, arguments.documents // 10))
        large = ArchiveOnDisk(Path(folder, "large"), arguments.documents)
        _, small_peak = check(small.folder)
        theirs, ours, peaks = [], [], []
        for _ in range(ROUNDS):  # in turns, for the same disk cache and load
            theirs.append(sha256sum_seconds(large))
            seconds, peak = check(large.folder)
            ours.append(seconds)
            peaks.append(peak)
    ratio, growth = min(ours) / min(theirs), max(peaks) / small_peak
    print(f"{arguments.documents} documents of {SIZE // 1000} KB")
    print(f"  sha256sum: {min(theirs):.2f} s")
    print(f"  check:     {min(ours):.2f} s, records and manifest included")
    print(f"  ratio:     {ratio:.2f} (at most {MOST})")
    print(f"  peak:      {max(peaks) / 1024:.1f} MiB; {small_peak / 1024:.1f} MiB for a tenth")
    print(f"  ratio:     {growth:.2f} (at most {FLAT})")
    return int(arguments.documents >= DOCUMENTS and (ratio > MOST or growth > FLAT))


if __name__ == "__main__":
    sys.exit(main())

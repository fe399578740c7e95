"""Time and peak memory of judging one period of many payer accounts, by the real handler.

    python -m bench.judge_period [PAYERS [INVOICES]]

S3 and DynamoDB are dictionaries of this process: reading, judging and writing are measured without
the network. The first run archived everything and is judged after the deadline; the second is
judged on the day after and reads the earlier manifest. Each is a process of its own and reports its
peak. 1 if one takes more than a minute or more memory than the function has.
"""

import base64
import bisect
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from bench.fetch_memory import peak_kib
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    fetch_pass_key,
    invoice_document_stem,
    listing_key,
    manifest_sequence,
    run_payers_key,
    run_request_key,
    run_result_key,
    supplemental_document_stem,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.record_chain import Learnt, first_record
from lambdas.domain.evidence.records import ArchivedDocument, Record, Sighting, StoredObject
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import instant_text, sha256_hex, to_json
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.runs.payer_run import (
    BY_BILLING_PERIOD,
    BY_ISSUED_DATE,
    ListedInvoice,
    Listing,
    PayerRun,
)
from lambdas.domain.runs.stored_request import StoredRequest
from lambdas.handlers import validate_completeness

PAYERS, INVOICES = 1000, 20
MOST_SECONDS = 60
MOST_MIB = 2048
"""Memory of ValidateCompleteness."""
OCTOBER = BillingPeriod(2026, 10)
VERSION_ID = "1" * 32
"""Version id of every object: each has one version."""
AFTER_DEADLINE = datetime(2026, 11, 12, 6, tzinfo=UTC)
SETTINGS = {
    "ARCHIVE_BUCKET": "archive",
    "PAYER_ROLE_NAME": "Reader",
    "EXTERNAL_ID": "bench",
    "CLOSE_DEADLINE": "day 10",
    "LOOKBACK_PERIODS": "0",
    "RETENTION_YEARS": "10",
    "RETENTION_MODE": "GOVERNANCE",
    "FISCAL_YEAR_END_MONTH": "12",
    "DOCUMENT_HOSTS": "*.amazonaws.com",
    "FETCH_THREADS": "8",
    "MAX_DOCUMENT_BYTES": "1000000",
    "MANIFEST_SIGNING_KEY": "key",
    "MANIFEST_HEADS_TABLE": "heads",
    "NOTIFICATION_TOPIC": "topic",
    "HOLIDAYS": "",
    "COST_EXPLORER": "false",
    "BILLING_TRANSFERS": "true",
    "INVOICE_UNITS": "true",
    "PAYMENTS": "false",
}


class Bucket:
    """The part of S3 that judging needs; documents are their sizes alone."""

    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.sizes: dict[str, int] = {}
        self._keys: list[str] = []

    def put(self, key: str, content: bytes) -> None:
        if key not in self.sizes:
            bisect.insort(self._keys, key)
        self.objects[key], self.sizes[key] = content, len(content)

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return sum(map(len, self.objects.values()))

    def put_document(self, key: str, size: int) -> None:
        if key not in self.sizes:
            bisect.insort(self._keys, key)
        self.sizes[key] = size

    def put_object(self, **request: Any) -> dict[str, str]:
        key, body = request["Key"], request["Body"]
        if request.get("IfNoneMatch") and key in self.objects:
            raise _answer(412)
        self.put(key, body if isinstance(body, bytes) else body.read())
        return {"VersionId": VERSION_ID}

    def get_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] not in self.objects:
            raise no_object()
        content = self.objects[request["Key"]]
        body = SimpleNamespace(read=lambda: content)
        size = len(content)
        return {"Body": body, "ContentLength": size, "VersionId": VERSION_ID, "ETag": "1"}

    def head_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] not in self.objects:
            raise no_object()
        digest = hashlib.sha256(self.objects[request["Key"]]).digest()
        return {
            "ChecksumSHA256": base64.b64encode(digest).decode(),
            "ETag": "1",
            "Metadata": {"manifest": "1"},
        }

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        prefix = request["Prefix"]
        begin = bisect.bisect_left(self._keys, prefix)
        end = bisect.bisect_left(self._keys, prefix + "\uffff")
        for start in range(begin, end, 1000):
            keys = self._keys[start : min(end, start + 1000)]
            found = [{"Key": key, "Size": self.sizes[key]} for key in keys]
            only = {"VersionId": VERSION_ID, "IsLatest": True}
            yield {"Contents": found, "Versions": [one | only for one in found]}


def no_object() -> ClientError:
    return _answer(404)


def _answer(status: int) -> ClientError:
    answer: Any = {"Error": {"Code": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "")


class Heads:
    """The part of DynamoDB that latest-manifest records and notifications need."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        item = self.items.get(request["Key"]["billing_period"]["S"])
        return {"Item": item} if item else {}

    def update_item(self, **request: Any) -> None:
        item = self.items.setdefault(request["Key"]["billing_period"]["S"], {})
        item |= request["Key"]
        names = request["ExpressionAttributeNames"]
        for part in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = part.split(" = ")
            item[names[name]] = request["ExpressionAttributeValues"][value]


class Signer:
    """KMS whose signatures nobody verifies here."""

    def sign(self, **_: Any) -> dict[str, Any]:
        return {"KeyId": "key", "Signature": b"signature"}

    def get_public_key(self, **_: Any) -> dict[str, Any]:
        return {"PublicKey": b"key"}


def row(payer: str, number: int, period: BillingPeriod = OCTOBER) -> dict[str, Any]:
    """A row as large as AWS's: 2.2 KB."""
    tax = {"Description": "VAT", "Amount": "19.00", "Rate": "19"}
    amount = {
        "TotalAmount": "119.00",
        "TotalAmountBeforeTax": "100.00",
        "CurrencyCode": "USD",
        "AmountBreakdown": {
            "SubTotalAmount": "100.00",
            "Taxes": {"Breakdown": [tax], "TotalAmount": "19.00"},
        },
        "CurrencyExchangeDetails": {
            "SourceCurrencyCode": "USD",
            "TargetCurrencyCode": "EUR",
            "Rate": "0.91870",
        },
    }
    return {
        "AccountId": payer,
        "InvoiceId": f"EUINAE{period}-{payer}{number:04}",
        "IssuedDate": "2026-11-03T00:00:00Z",
        "DueDate": "2026-12-03T00:00:00Z",
        "BillingPeriod": {"Month": period.month, "Year": period.year},
        "InvoiceType": "INVOICE",
        "BillType": "ANNIVERSARY",
        "InvoiceFrequency": "RECURRING",
        "Entity": {"InvoicingEntity": "Amazon Web Services EMEA SARL", "BillingEntity": "AWS"},
        "PurchaseOrderNumber": "PO-" + "4" * 600,
        "BaseCurrencyAmount": amount,
        "TaxCurrencyAmount": amount,
        "PaymentCurrencyAmount": amount,
    }


def archived(bucket: Bucket, run: PayerRun, one: dict[str, Any]) -> ArchivedInvoice:
    """The invoice with its record and two documents in the bucket."""
    summary = InvoiceSummary(one)
    period = summary.billing_period(None) or OCTOBER
    stem = invoice_document_stem(period, run.payer_account_id, "INVOICE", one["InvoiceId"])
    of_tax = supplemental_document_stem(stem, "TAX_E_INVOICE", "TAX_E_INVOICE", 1)
    documents = []
    for name, main in ((f"{stem}.pdf", True), (f"{of_tax}.xml", False)):
        bucket.put_document(name, 100_000)
        stored = StoredObject(name, VERSION_ID, sha256_hex(name.encode()), 100_000)
        kind = None if main else "TAX_E_INVOICE"
        documents.append(
            ArchivedDocument(stored, main, kind, kind, 1, run.run_id, instant_text(run.as_of))
        )
    listings = (BY_BILLING_PERIOD, BY_ISSUED_DATE)
    sighting = Sighting(run.payer_account_id, summary.fingerprint(), listings)
    learnt = Learnt(run.run_id, run.as_of, sighting, one, documents, (), True)
    record = first_record(one["InvoiceId"], period, run.payer_account_id, learnt)
    if record.key in bucket.objects:  # of the first run
        record = Record.from_data(json.loads(bucket.objects[record.key]))
    content = record.to_bytes()
    bucket.put(record.key, content)
    stored = StoredObject(record.key, VERSION_ID, sha256_hex(content), len(content))
    return ArchivedInvoice.of(record, stored)


@dataclass(frozen=True)
class Size:
    payers: int
    invoices: int
    """Invoices of each payer account in each billing period."""
    months: int = 1


def prepare(bucket: Bucket, run_id: str, as_of: datetime, size: Size) -> None:
    """Store the output of the run's earlier steps: its list, each payer account's listing and fetch
    pass.
    """
    items = []
    periods = tuple(OCTOBER.with_earlier(size.months - 1))
    for number in range(size.payers):
        payer = f"{100_000_000_000 + number}"
        run = PayerRun(
            run_id,
            as_of,
            False,
            payer,
            f"Payer {number}",
            "role",
            periods,
            as_of.date(),
            as_of.date(),
        )
        rows = [row(payer, index, period) for period in periods for index in range(size.invoices)]
        listed = tuple(
            ListedInvoice(
                one["InvoiceId"],
                InvoiceSummary(one).billing_period(None) or OCTOBER,
                payer,
                (BY_BILLING_PERIOD, BY_ISSUED_DATE),
                InvoiceSummary(one),
            )
            for one in rows
        )
        listing = Listing(payer, CHECKED, "", periods, listed)
        fetched = FetchPass(CHECKED, "", tuple(archived(bucket, run, one) for one in rows))
        bucket.put(listing_key(run_id, payer), to_json(listing.to_data()))
        bucket.put(fetch_pass_key(run_id, payer, 1), to_json(fetched.to_data()))
        items.append(run)
    bucket.put(run_payers_key(run_id), to_json([item.to_data() for item in items]))
    register = tuple(Payer(item.payer_account_id, item.name) for item in items)
    request = StoredRequest(run_id, as_of, OCTOBER, False, {}, register, (), ())
    bucket.put(run_request_key(run_id), to_json(request.to_data()))


def connect(bucket: Bucket, heads: Heads) -> None:
    """Let the handler work on these stores."""
    os.environ |= SETTINGS
    fakes = {
        "s3_client": bucket,
        "dynamodb_client": heads,
        "kms_client": Signer(),
        "sns_client": SimpleNamespace(publish=lambda **_: None),
        "events_client": SimpleNamespace(put_events=lambda **_: {"FailedEntryCount": 0}),
    }
    for name, fake in fakes.items():
        mock.patch.object(validate_completeness, name, lambda fake=fake: fake).start()


def validate(bucket: Bucket, run_id: str, as_of: datetime) -> None:
    """Call the handler as the workflow does."""
    validate_completeness.handler(
        {
            "run_id": run_id,
            "dry_run": False,
            "billing_period": str(OCTOBER),
            "as_of": instant_text(as_of),
            "payers": len(json.loads(bucket.objects[run_payers_key(run_id)])),
        },
        LambdaContext(),
    )


def judge(run_id: str, as_of: datetime, state: Path) -> None:
    """Judge one run of the state and print its time and memory."""
    bucket, heads = pickle.loads(state.read_bytes())  # noqa: S301 - this program wrote them
    connect(bucket, heads)
    before = peak_kib()
    began, processor = time.monotonic(), time.process_time()
    validate(bucket, run_id, as_of)
    seconds, processor = time.monotonic() - began, time.process_time() - processor
    state.write_bytes(pickle.dumps((bucket, heads)))
    manifests = [len(bucket.objects[key]) for key in bucket.objects if manifest_sequence(key)]
    result = json.loads(bucket.objects[run_result_key(run_id)])
    print(
        json.dumps(
            {
                "seconds": round(seconds, 1),
                "processor_seconds": round(processor, 1),
                "peak_mib": peak_kib() // 1024,
                "of_it_the_stores_mib": before // 1024,
                "manifest_mb": max(manifests) // 1_000_000,
                "verdict": result["verdict"],
                "changed": result["periods"][0]["changed"],
            }
        )
    )


def main(payers: int, invoices: int) -> int:
    """Print both measurements; 1 if one is above its limit."""
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        bucket, heads = Bucket(), Heads()
        for name, as_of in (("first", AFTER_DEADLINE), ("second", AFTER_DEADLINE + timedelta(1))):
            if state.exists():
                bucket, heads = pickle.loads(state.read_bytes())  # noqa: S301 - as above
            prepare(bucket, name, as_of, Size(payers, invoices))
            state.write_bytes(pickle.dumps((bucket, heads)))
            bucket, heads = Bucket(), Heads()
            command = [sys.executable, "-m", "bench.judge_period", "--judge", name]
            output = subprocess.run(
                [*command, as_of.isoformat(), str(state)],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
            found = json.loads(output.splitlines()[-1])
            own = found["peak_mib"] - found["of_it_the_stores_mib"]
            print(f"{payers} payer accounts, {invoices} invoices each, {name} run: {found}")
            print(f"  judging took {found['seconds']} s and {own} MiB beside the stores")
            if found["seconds"] > MOST_SECONDS or own > MOST_MIB:
                worst = 1
    return worst


if __name__ == "__main__":
    if sys.argv[1:2] == ["--judge"]:
        judge(sys.argv[2], datetime.fromisoformat(sys.argv[3]), Path(sys.argv[4]))
    else:
        numbers = [int(argument) for argument in sys.argv[1:]]
        sys.exit(main(*(numbers + [PAYERS, INVOICES][len(numbers) :])))

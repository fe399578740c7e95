"""Time and peak memory of a payer account with 20,000 invoices: listing them all with their
financial records, and the last pass that fetches the rest after earlier passes.

    python -m bench.large_payer [INVOICES]

The real handlers query the Invoicing emulator of this machine; S3 is a folder. Each step is a
process of its own and reports its peak. 1 if one takes more memory than its function has, or if its
output to the next state grows with the number of invoices.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from bench.fetch_memory import peak_kib
from bench.judge_period import AFTER_DEADLINE, OCTOBER, SETTINGS, Bucket, archived, no_object, row
from lambdas.aws import payer_role
from lambdas.aws.clients import RoleCredentials
from lambdas.domain.evidence.archive_layout import fetch_pass_key, listing_key, run_payers_key
from lambdas.domain.json_text import to_json
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.domain.runs.payer_run import Listing, PayerRun
from lambdas.handlers import fetch_invoice_documents, list_invoice_summaries
from sandbox.invoicing.catalogue import CatalogueInvoice, Document, FixedCatalogue
from sandbox.invoicing.server import InvoicingEmulator

INVOICES = 20_000
LEFT = 20
"""Invoices left for the last pass."""
MOST_MIB = {"list": 1536, "fetch": 2048}
"""Memory of the functions (infra/functions.py)."""
MOST_ANSWER = 10_000
"""Bytes; Step Functions takes 256 KiB."""
PAYER = "111122223333"
RUN = PayerRun(
    "run-1",
    AFTER_DEADLINE,
    False,
    PAYER,
    "A large payer account",
    "role",
    (OCTOBER,),
    datetime(2026, 11, 1, tzinfo=UTC).date(),
    AFTER_DEADLINE.date(),
)
_THEN = datetime(2026, 11, 3, tzinfo=UTC)


class BucketFolder:
    """The part of S3 that listing and fetching need, in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, key: str) -> Path:
        return self._folder / key.replace("/", "!")

    def put_object(self, **request: Any) -> dict[str, str]:
        path, body = self._path(request["Key"]), request["Body"]
        path.write_bytes(body if isinstance(body, bytes) else body.read())
        return {"VersionId": "1"}

    def get_object(self, **request: Any) -> dict[str, Any]:
        path = self._path(request["Key"])
        if not path.exists():
            raise no_object()
        body, size = SimpleNamespace(read=path.read_bytes), path.stat().st_size
        return {"Body": body, "ContentLength": size, "VersionId": "1", "ETag": "1"}

    def get_paginator(self, _: str) -> "BucketFolder":
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        start = self._path(request["Prefix"]).name
        found = (path for path in self._folder.iterdir() if path.name.startswith(start))
        keys = [{"Key": path.name.replace("!", "/"), "Size": path.stat().st_size} for path in found]
        only = {"VersionId": "1", "IsLatest": True}
        yield {"Contents": keys, "Versions": [key | only for key in keys]}


def catalogue(invoices: int) -> FixedCatalogue:
    dates = {"IssuedDate": _THEN, "DueDate": _THEN}
    rows = (row(PAYER, number) | dates for number in range(invoices))
    paper = Document(b"%PDF-1.4", _THEN)
    return FixedCatalogue({PAYER: [CatalogueInvoice(one, _THEN, paper) for one in rows]})


def prepare_last_pass(folder: Path) -> None:
    """Store the output of earlier passes: all invoices but the last are archived."""
    archive, bucket = BucketFolder(folder), Bucket()
    read = archive.get_object(Key=listing_key(RUN.run_id, PAYER))["Body"].read()
    listing = Listing.from_data(json.loads(read))
    done = [archived(bucket, RUN, dict(one.summary.row)) for one in listing.invoices[:-LEFT]]
    for key, content in bucket.objects.items():
        archive.put_object(Key=key, Body=content)
    half = len(done) // 2
    for number, part in enumerate((done[:half], done[half:]), 1):
        content = to_json(FetchPass(None, "", tuple(part)).to_data())
        archive.put_object(Key=fetch_pass_key(RUN.run_id, PAYER, number), Body=content)
    archive.put_object(Key=run_payers_key(RUN.run_id), Body=to_json([RUN.to_data()]))


def run_step(step: str, folder: Path) -> None:
    """Run one step's handler and print its time and memory."""
    handlers = {"list": list_invoice_summaries, "fetch": fetch_invoice_documents}
    module: Any = handlers[step]
    witnesses = {"BILLING_TRANSFERS": "false", "INVOICE_UNITS": "false", "PAYMENTS": "true"}
    os.environ |= SETTINGS | witnesses
    context: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
    credentials = RoleCredentials(PAYER, "secret", "token")
    with (
        mock.patch.object(module, "s3_client", return_value=BucketFolder(folder)),
        mock.patch.object(payer_role, "assume_payer_role", return_value=credentials),
    ):
        before, began = peak_kib(), time.monotonic()
        answer = module.handler(RUN.to_data(), context)
    print(
        json.dumps(
            {
                "seconds": round(time.monotonic() - began, 1),
                "peak_mib": peak_kib() // 1024,
                "of_it_before_mib": before // 1024,
                "answer_bytes": len(json.dumps(answer)),
                "more_to_fetch": answer["more_to_fetch"],
            }
        )
    )


def measure(step: str, folder: Path, endpoint: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.large_payer", "--step", step, str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "AWS_ENDPOINT_URL_INVOICING": endpoint,
            "AWS_ENDPOINT_URL_PAYMENTS": endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
        },
    )
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return result


def main(invoices: int) -> int:
    """Print both measurements; 1 if one is above its limit."""
    worst = 0
    with (
        tempfile.TemporaryDirectory() as name,
        InvoicingEmulator(catalogue(invoices), now=AFTER_DEADLINE) as emulator,
    ):
        folder = Path(name)
        for step, most in MOST_MIB.items():
            if step == "fetch":
                prepare_last_pass(folder)
            result = measure(step, folder, emulator.url)
            print(f"{invoices} invoices, {step}: {result} (at most {most} MiB)")
            if result["peak_mib"] > most or result["answer_bytes"] > MOST_ANSWER:
                worst = 1
    return worst


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        run_step(sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else INVOICES))

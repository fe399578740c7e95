"""The deployed workflow on an embedded AWS. Every test of this folder is `whole_path`."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lambdas.domain.billing_period import BillingPeriod
from sandbox import snapshot
from sandbox.execution import Execution
from sandbox.invoicing.catalogue import Catalogue
from sandbox.invoicing.server import InvoicingEmulator
from sandbox.invoicing_program import RequestTotals
from sandbox.month_end import run_month_end
from sandbox.organization import MADE_UP_PAYERS
from sandbox.request import MonthEndRequest
from sandbox.snapshot import Snapshot
from sandbox.started import Sandbox
from tests.workflow.kept_deployment import deployed_sandbox

SIGNATURE_MARKER = "canary5ignature"
PERIOD = BillingPeriod(2026, 3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.whole_path)
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
            item.add_marker(pytest.mark.timeout(900))


@dataclass(frozen=True)
class MonthEnd:
    """One month end: what it said and asked, and the archive's objects before and after it."""

    execution: Execution
    said: str
    asked: RequestTotals
    before: Snapshot
    after: Snapshot

    @property
    def changed(self) -> snapshot.Difference:
        """What changed but for what each run notes of itself."""
        return snapshot.difference(self.before, self.after).but("runs/")


class EmbeddedAws:
    """A started sandbox with what tests ask of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.bucket = sandbox.deployed.archive_bucket
        self.s3 = sandbox.client("s3")

    def month_end(self, at: str) -> MonthEnd:
        """Run as the schedule of that instant would; the target is the month before it."""
        moment = datetime.fromisoformat(at).astimezone(UTC)
        request = MonthEndRequest(BillingPeriod.containing(moment).shifted(-1), moment)
        said = io.StringIO()
        before, asked_before = self.objects(), self.sandbox.invoicing.request_totals()
        execution = run_month_end(self.sandbox, request, Console(file=said, width=200))
        asked = self.sandbox.invoicing.request_totals().since(asked_before)
        return MonthEnd(execution, said.getvalue(), asked, before, self.objects())

    @contextmanager
    def invoicing_of(self, catalogue: Catalogue) -> Iterator[InvoicingEmulator]:
        """The catalogue in place of the made-up organization, at the address that is deployed."""
        regular = self.sandbox.invoicing
        regular.__exit__(None, None, None)
        try:
            with pytest.MonkeyPatch.context() as environment:
                # the emulator asks STS, here in the process of the tests
                certificate = self.sandbox.places.certificate
                environment.setenv("AWS_CA_BUNDLE", str(certificate))
                with InvoicingEmulator(
                    catalogue,
                    port=regular.port,
                    signature_marker=SIGNATURE_MARKER,
                    sts_endpoint=self.sandbox.aws.endpoint,
                ) as emulator:
                    yield emulator
        finally:
            regular.__enter__()

    def objects(self) -> Snapshot:
        return snapshot.take(self.s3, self.bucket)

    def versions(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """Every version and delete marker by key and version id."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        return {
            (version["Key"], version["VersionId"]): version
            for page in pages
            for kind in ("Versions", "DeleteMarkers")
            for version in page.get(kind, [])
        }

    def content(self, key: str, version_id: str | None = None) -> bytes:
        named = {"VersionId": version_id} if version_id else {}
        body = self.s3.get_object(Bucket=self.bucket, Key=key, **named)["Body"]
        return bytes(body.read())


COMPLETABLE = (
    "020417736915",
    "236481957204",
    "357902468813",
    "481516234277",
    "817263540912",
)
"""Payer accounts whose month can become complete by invoices alone: the usual ones, one with a late
invoice, one with a late document, one with tax e-invoices and one with a Marketplace invoice.
"""


@pytest.fixture(scope="session")
def start_embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Sandbox]:
    """Makes a sandbox of a register, with a folder of its own; the caller enters it."""

    def make(register: str, signature_marker: str = "") -> Sandbox:
        folder = tmp_path_factory.mktemp("embedded-aws")
        return deployed_sandbox(register, folder, signature_marker)

    return make


@pytest.fixture(scope="session")
def embedded_aws(start_embedded_aws: Callable[..., Sandbox]) -> Iterator[EmbeddedAws]:
    """The app as it is, with the COMPLETABLE; document URLs carry SIGNATURE_MARKER."""
    names = {payer.account_id: payer.name for payer in MADE_UP_PAYERS}
    rows = [f"{account_id},{names[account_id]}\n" for account_id in COMPLETABLE]
    with start_embedded_aws("account_id,name\n" + "".join(rows), SIGNATURE_MARKER) as sandbox:
        yield EmbeddedAws(sandbox)


@dataclass(frozen=True)
class MonthEnds:
    """The month ends of one billing period, in the order in which they ran."""

    first: MonthEnd
    """After the deadline; one PDF is not ready yet."""
    again: MonthEnd
    """An hour later; nothing is new."""
    late: MonthEnd
    """A week later; late invoices and documents have come."""
    settled: MonthEnd
    """An hour after that; all is complete."""
    quiet: MonthEnd
    """Two days later, a Wednesday: nobody is asked."""


@pytest.fixture(scope="session")
def month_ends(embedded_aws: EmbeddedAws) -> MonthEnds:
    """PERIOD from its first month end until it is settled."""
    return MonthEnds(
        first=embedded_aws.month_end("2026-04-12T06:00:00Z"),
        again=embedded_aws.month_end("2026-04-12T07:00:00Z"),
        late=embedded_aws.month_end("2026-04-20T06:00:00Z"),
        settled=embedded_aws.month_end("2026-04-20T07:00:00Z"),
        quiet=embedded_aws.month_end("2026-04-22T06:00:00Z"),
    )

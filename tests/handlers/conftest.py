"""The workflow in one process: the real handlers, stores in memory, Invoicing by the emulator."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fpdf import FPDF

from lambdas.aws import clients, payer_role
from lambdas.aws.clients import RoleCredentials
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.evidence.archive_layout import is_evidence
from lambdas.domain.evidence.retention import RetentionPolicy
from lambdas.domain.json_text import instant_text
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.runs.close_calendar import CloseDeadline
from lambdas.handlers import (
    enumerate_payer_accounts,
    fetch_invoice_documents,
    list_invoice_summaries,
    validate_completeness,
)
from lambdas.settings import FunctionSettings, Witnesses
from lambdas.steps import update_views
from lambdas.steps.judging import ask_charges
from lambdas.views import workbook
from lambdas.views.digest import PeriodDigest
from lambdas.views.workbook import ledger_workbook
from sandbox.invoicing import catalogue as emulated
from sandbox.invoicing.catalogue import (
    PAID_IN_TIME,
    BillingTransfer,
    CatalogueInvoice,
    CostLine,
    Document,
    InvoiceUnit,
    Payment,
    SupplementalDocument,
)
from sandbox.invoicing.server import InvoicingEmulator
from tests.fake_kms import FakeKms
from tests.handlers.channels import Bus, Topic
from tests.handlers.kept_service import SERVICES, KeptEmulator, kept
from tests.handlers.moments import begin
from tests.stores.client import client_of
from tests.stores.dynamodb import MemoryDynamoDB
from tests.stores.s3 import MemoryS3

BUCKET = "archive-under-test"
HEADS = "heads-under-test"
ACME, BOREAL = "111122223333", "044455556666"
TARGET = "2026-10"
BEFORE_DEADLINE = datetime(2026, 11, 5, 6, tzinfo=UTC)
AFTER_DEADLINE = datetime(2026, 11, 12, 6, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@cache
def pdf(*lines: str, rendered_at: datetime = LONG_AGO) -> bytes:
    """A small PDF with these lines of text."""
    page = FPDF()
    page.set_creation_date(rendered_at)
    page.add_page()
    page.set_font("helvetica", size=11)
    for line in lines:
        page.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def invoice(
    invoice_id: str,
    payer: str = ACME,
    *,
    period: str = TARGET,
    issued: str | None = None,
    document: bytes | Callable[[], bytes] | None = None,
    ready_from: datetime = LONG_AGO,
    visible_from: datetime = LONG_AGO,
    supplements: tuple[SupplementalDocument, ...] = (),
    amount: str = "100.00",
    currency: str = "USD",
    more_rows: tuple[Mapping[str, Any], ...] = (),
    only_as: str | None = None,
    payment: Payment | None = PAID_IN_TIME,
    **members: Any,
) -> CatalogueInvoice:
    """An invoice of the catalogue; a member given as None is left out of its row.
    `more_rows` are what differs in further rows of its id.
    """
    year, month = map(int, period.split("-"))
    following = datetime(year + month // 12, month % 12 + 1, 3, tzinfo=UTC)
    summary = {
        "AccountId": payer,
        "InvoiceId": invoice_id,
        "IssuedDate": datetime.fromisoformat(issued).replace(tzinfo=UTC) if issued else following,
        "BillingPeriod": {"Month": month, "Year": year},
        "InvoiceType": "INVOICE",
        "Entity": {"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS"},
        "PaymentCurrencyAmount": {"TotalAmount": amount, "CurrencyCode": currency},
    } | members
    row = {name: value for name, value in summary.items() if value is not None}
    return CatalogueInvoice(
        row,
        visible_from,
        Document(
            document or pdf(f"Invoice Number: {invoice_id}", f"Account number: {payer}"), ready_from
        ),
        supplements,
        more_rows=tuple(row | one for one in more_rows),
        only_as=only_as,
        payment=payment,
    )


def supplement(
    document_id: str,
    content: bytes,
    *,
    kind: str = "TAX_E_INVOICE",
    ready_from: datetime = LONG_AGO,
) -> SupplementalDocument:
    return SupplementalDocument(
        content, ready_from, "application/xml", document_type=kind, document_id=document_id
    )


def charge(
    payer: str = ACME,
    billing_entity: str = "AWS",
    amount: str = "100.00",
    *,
    period: str = TARGET,
    account: str = "",
    known_from: datetime | None = None,
    record_type: str = "Usage",
) -> CostLine:
    """What Cost Explorer shows of a payer account although no invoice bills it."""
    seller = "Amazon Web Services, Inc."
    return CostLine(
        amount=Decimal(amount),
        first_day=BillingPeriod.parse(period).first_day,
        linked_account_id=account or payer,
        service="Amazon Elastic Compute Cloud - Compute",
        billing_entity=billing_entity,
        legal_entity=seller,
        invoicing_entity=seller,
        known_from=known_from,
        record_type=record_type,
    )


def transfer(
    source: str, target: str, start: datetime, end: datetime | None = None
) -> BillingTransfer:
    """An accepted billing transfer, withdrawn where it has an end."""
    history = ((LONG_AGO, "ACCEPTED"), (LONG_AGO, "WITHDRAWN"))[: 2 if end else 1]
    number = f"{source}{target}{start:%Y%m%d}"
    return BillingTransfer(f"rt-{number}", "Group", source, target, start, end, history)


def unit(receiver: str, until: datetime | None = None) -> InvoiceUnit:
    return InvoiceUnit(f"Unit {receiver}", receiver, (receiver,), LONG_AGO, until)


class Catalogue(emulated.Catalogue):
    """What AWS has; tests change it between runs."""

    def __init__(self) -> None:
        self.payers: dict[str, list[CatalogueInvoice]] = {ACME: [], BOREAL: []}
        self.linked: dict[str, tuple[str, ...]] = {}
        self.charges: dict[str, list[CostLine]] = {}
        self.units: dict[str, list[InvoiceUnit]] = {}
        self.moves: list[BillingTransfer] = []
        self.debts: dict[str, list[CatalogueInvoice]] = {}
        self.standalone: set[str] = set()

    def payer_account_ids(self) -> list[str]:
        return list(self.payers)

    def invoices(self, payer_account_id: str, until: datetime) -> Mapping[str, CatalogueInvoice]:
        assert until.tzinfo
        return {one.invoice_id: one for one in self.payers.get(payer_account_id, [])}

    def linked_accounts(self, payer_account_id: str) -> tuple[str, ...]:
        return self.linked.get(payer_account_id, ())

    def costs_without_invoice(self, payer_account_id: str, until: datetime) -> list[CostLine]:
        assert until.tzinfo
        return self.charges.get(payer_account_id, [])

    def unlisted_invoices(self, payer_account_id: str) -> list[CatalogueInvoice]:
        return self.debts.get(payer_account_id, [])

    def invoice_units(self, payer_account_id: str) -> list[InvoiceUnit]:
        return self.units.get(payer_account_id, [])

    def transfers(self) -> list[BillingTransfer]:
        return self.moves

    def is_standalone(self, payer_account_id: str) -> bool:
        return payer_account_id in self.standalone


class RoleDirectory:
    """STS: the key of each role's session is its account's id, which the emulator reads."""

    def __init__(self) -> None:
        self.denied: set[str] = set()
        self.leads_to: dict[str, str] = {}
        self.external_ids: dict[str, str] = {}
        self.key = ""

    def client(self, credentials: RoleCredentials | None = None) -> "RoleDirectory":
        bound = RoleDirectory()
        bound.denied, bound.leads_to = self.denied, self.leads_to
        bound.external_ids = self.external_ids
        bound.key = credentials.access_key_id if credentials else ""
        return bound

    def assume_role(self, **arguments: str) -> dict[str, Any]:
        account = arguments["RoleArn"].split(":")[4]
        trusted = self.external_ids.get(account, "test-external-id")
        if account in self.denied or arguments.get("ExternalId") != trusted:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "AssumeRole")
        key = self.leads_to.get(account, account)
        return {"Credentials": {"AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t"}}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self.key}


@dataclass
class Context:
    """What Lambda hands to a handler."""

    remaining_seconds: float = 900

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining_seconds * 1000)


@dataclass
class World:
    """The archive, the service and the workflow that a test plays with."""

    s3: Any
    kms: FakeKms
    dynamodb: Any
    emulator: InvoicingEmulator
    catalogue: Catalogue
    roles: RoleDirectory
    settings: FunctionSettings
    topic: Topic
    bus: Bus
    dead_payers: set[str] = field(default_factory=set)
    fetch_seconds: float = 900
    attempts: int = 1
    """How often the workflow starts a payer's step that raises ServiceUnavailable."""
    errors: list[Exception] = field(default_factory=list)
    runs: int = 0

    def run(
        self, given: dict[str, Any] | None = None, at: datetime = AFTER_DEADLINE
    ) -> dict[str, Any]:
        """One execution with the input `given`; a payer that fails ends only its own item."""
        self.runs += 1
        self.emulator.now = at
        execution = {
            "id": f"arn:aws:states:us-east-1:111111111111:execution:m:{self.runs}",
            "name": f"run-{self.runs}",
            "start_time": at.isoformat(),
        }
        started = enumerate_payer_accounts.handler(
            {"input": given or {}, "execution": execution}, Context()
        )
        if started["already_claimed"]:
            return started
        self.errors = []
        for item in self.read(started["payers_key"]):
            if item["payer_account_id"] in self.dead_payers:
                continue
            for _ in range(self.attempts):
                try:
                    self.run_payer(item)
                except ServiceUnavailable as error:
                    self.errors.append(error)
                except Exception as error:  # noqa: BLE001 - the map tolerates a failed child
                    self.errors.append(error)
                    break
                else:
                    break
        return validate_completeness.handler(started, Context())

    def run_payer(self, item: dict[str, Any]) -> None:
        state = list_invoice_summaries.handler(item, Context())
        while state["more_to_fetch"]:
            state = fetch_invoice_documents.handler(state, Context(self.fetch_seconds))

    def validate_again(self, run_id: str) -> dict[str, Any]:
        """The last step of a run, tried again although it had ended."""
        return validate_completeness.handler(self.read(f"runs/{run_id}/request.json"), Context())

    def read(self, key: str) -> Any:
        return json.loads(self.content(key))

    def content(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def evidence(self) -> dict[str, str]:
        """SHA-256 of everything outside runs/, and of nothing that changes by itself."""
        return {
            key: hashlib.sha256(self.content(key)).hexdigest()
            for key in self.keys()
            if not key.startswith("runs/")
        }

    def versions(self) -> dict[str, str]:
        """Version and hash of what is current outside runs/."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET)
        return {
            one["Key"]: f"{one['VersionId']} {one['ETag']}"
            for page in pages
            for one in page.get("Versions", ())
            if one["IsLatest"] and one["Key"].startswith(("invoices/", "records/", "periods/"))
        }

    def payer(self, account_id: str = ACME, period: str = TARGET) -> dict[str, Any]:
        """The payer's block of the period's completeness.json."""
        payers = self.read(f"periods/{period}/completeness.json")["payers"]
        return next(payer for payer in payers if payer["payer_account_id"] == account_id)

    def findings(self, account_id: str = ACME, period: str = TARGET) -> dict[str, str]:
        """Code to severity of the payer's findings."""
        return {f["code"]: f["severity"] for f in self.payer(account_id, period)["findings"]}

    def requests(self) -> dict[str, Any]:
        return self.emulator.requests.snapshot()

    def asked(self, operation: str) -> dict[str, int]:
        """How often each payer account was asked for an operation, those that were."""
        calls = self.requests()["calls"].items()
        return {payer: count[operation] for payer, count in calls if count.get(operation)}

    def put_like_the_archive(self, key: str, body: bytes) -> None:
        """Store an object as a run that crashed right after would have left it."""
        self.s3.put_object(
            Bucket=BUCKET,
            Key=key,
            Body=body,
            Metadata={"flags": "[]", "run-id": "run-0", "retrieved-at": "2026-11-04T06:00:00Z"},
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
        )


def two_invoices(world: "World") -> None:
    """An invoice of October for each payer account."""
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}


@dataclass
class Month:
    """A month end that meets a fault, and what no fault may do.

    Before it, both payer accounts have an invoice in the archive; of Boreal one more is to come. A
    test programs its fault and calls `suffers`; `recovers` takes programmed faults away and is what
    every test of a `month` must reach.
    """

    world: World
    at: datetime = AFTER_DEADLINE
    is_scheduled: bool = False

    @property
    def period(self) -> str:
        return str(BillingPeriod.containing(self.at).shifted(-1))

    def lists(self, *invoices: CatalogueInvoice) -> None:
        """What AWS has of Acme beside the invoice that is archived already."""
        self.world.catalogue.payers[ACME] = [*self.world.catalogue.payers[ACME][:1], *invoices]

    def suffers(self, verdict: str, findings: Mapping[str, str], other: str = "COMPLETE") -> None:
        """A run under the fault: what is told of Acme, and that Boreal's part is done."""
        self._run()
        payer = self.world.payer(ACME, self.period)
        told = {one["code"]: one["severity"] for one in payer["findings"]}
        assert (payer["verdict"], told) == (verdict, findings)
        assert all(one["subject"] and one["next_step"] for one in payer["findings"])
        assert self.world.payer(BOREAL, self.period)["verdict"] == other

    def recovers(
        self,
        verdict: str = "COMPLETE",
        findings: Mapping[str, str] | None = None,
        other: str = "COMPLETE",
    ) -> None:
        """The next day's run, without the fault, and one more that has nothing left to do."""
        self.world.emulator.faults.clear()
        self.at += timedelta(days=1)
        self.suffers(verdict, findings or {}, other)
        assert not self.world.errors
        settled = self.world.versions()
        self.at += timedelta(hours=1)
        self._run()
        assert self.world.versions() == settled

    def _run(self) -> None:
        before = self.world.versions()
        scheduled = {"scheduled_time": instant_text(self.at)} if self.is_scheduled else {}
        self.world.run(scheduled, at=self.at)
        after = self.world.versions()
        evidence = {key: version for key, version in before.items() if is_evidence(key)}
        assert evidence.items() <= after.items(), "the archive lost or changed evidence"


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> Month:
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    boreals = [invoice("B1", BOREAL, issued="2026-10-02"), invoice("B2", BOREAL)]
    world.catalogue.payers = {
        ACME: [invoice("A1", issued="2026-10-02")],
        BOREAL: boreals[:1],
    }
    begin(world, "month", lambda: world.run(at=BEFORE_DEADLINE))
    world.catalogue.payers[BOREAL] = boreals
    return Month(world)


@pytest.fixture
def world(loopback: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[World]:
    # the meanings of the columns are half of the cells, and the same in every workbook
    monkeypatch.setattr(workbook, "_column_rows", tuple)
    yield from prepared_world(monkeypatch, tmp_path)


@dataclass
class Stores:
    """What the archive is kept in."""

    s3: Any
    kms: Any
    signing_key: str
    dynamodb: Any


def stores_in_memory() -> Stores:
    kms = FakeKms()
    s3 = client_of(MemoryS3(), _client("s3"))
    return Stores(s3, kms, kms.key_arn, client_of(MemoryDynamoDB(), _client("dynamodb")))


_WORKBOOKS: dict[bytes, bytes] = {}


def _ledger_workbook(
    manifest: Manifest,
    before: PeriodDigest | None,
    owners: Owners,
    as_of: datetime,
    payments: PaymentStatus | None,
) -> bytes:
    """The workbook, made once for runs that have nothing new; of their instants it shows whether
    the deadlines, and the due dates of payments, have passed.
    """
    day = f"{as_of:%Y-%m-%d}"
    shown_of_day = day if payments else day > manifest.last_day
    earlier = before and before.read_as_of(None)
    is_overdue = before and before.is_overdue
    content = repr((manifest, earlier, is_overdue, vars(owners), shown_of_day, payments))
    of = hashlib.sha256(content.encode(errors="surrogatepass")).digest()
    if of not in _WORKBOOKS:
        _WORKBOOKS[of] = ledger_workbook(manifest, before, owners, as_of, payments)
    return _WORKBOOKS[of]


_OF_PAYERS = {
    (list_invoice_summaries, "invoicing_client"): kept(clients.invoicing_client),
    (list_invoice_summaries, "payments_client"): kept(clients.payments_client),
    (list_invoice_summaries, "organizations_client"): kept(clients.organizations_client),
    (fetch_invoice_documents, "invoicing_client"): kept(clients.invoicing_client),
    (ask_charges, "cost_explorer_client"): kept(clients.cost_explorer_client),
}
"""The makers of payer accounts' clients, by the modules that have them."""


@cache
def _client(service: str) -> Any:
    """The functions' client of a store, made once: that takes longer than a run."""
    client = getattr(clients, f"{service}_client")
    return client()


def prepared_world(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    open_stores: Callable[[], Stores] = stores_in_memory,
    *,
    of: emulated.Catalogue | None = None,
) -> Iterator[World]:
    """The world whose environment and clients are in place; the stores are opened within it, and
    `of` is what AWS has instead of what tests put there.
    """
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "InvoiceArchive")
    stores = open_stores()
    s3, kms, dynamodb = stores.s3, stores.kms, stores.dynamodb
    dynamodb.create_table(
        TableName=HEADS,
        KeySchema=[{"AttributeName": "billing_period", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "billing_period", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    settings = FunctionSettings(
        archive_bucket=BUCKET,
        payer_role_name="Reader",
        external_id="test-external-id",
        close_deadline=CloseDeadline("day", 10),
        lookback_periods=1,
        retention=RetentionPolicy(10, "GOVERNANCE", 12),
        document_hosts=("127.0.0.1",),
        fetch_threads=4,
        max_document_bytes=1_000_000,
        manifest_signing_key=stores.signing_key,
        manifest_heads_table=HEADS,
        notification_topic="arn:aws:sns:us-east-1:123456789012:topic",
        holidays=(),
        witnesses=Witnesses(
            cost_explorer=False, billing_transfers=False, invoice_units=False, payments=False
        ),
        csv_format="international",
    )
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)
    register = tmp_path / "payers.csv"
    register.write_text(f"account_id,name\n{ACME},Acme\n{BOREAL},Boreal\n")
    monkeypatch.setattr(enumerate_payer_accounts, "REGISTER", register)
    for step in (
        enumerate_payer_accounts,
        list_invoice_summaries,
        fetch_invoice_documents,
        validate_completeness,
    ):
        monkeypatch.setattr(step, "s3_client", lambda: s3)
    monkeypatch.setattr(validate_completeness, "kms_client", lambda: kms)
    monkeypatch.setattr(validate_completeness, "dynamodb_client", lambda: dynamodb)
    monkeypatch.setattr(update_views, "ledger_workbook", _ledger_workbook)
    topic, bus = Topic(), Bus()
    monkeypatch.setattr(validate_completeness, "sns_client", lambda: topic)
    monkeypatch.setattr(validate_completeness, "events_client", lambda: bus)
    roles = RoleDirectory()
    monkeypatch.setattr(payer_role, "sts_client", roles.client)
    catalogue = Catalogue()
    for (step, name), client in _OF_PAYERS.items():
        monkeypatch.setattr(step, name, client)
    with KeptEmulator(of or catalogue, now=AFTER_DEADLINE) as emulator:
        for service in SERVICES:
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", emulator.url)
        s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield World(s3, kms, dynamodb, emulator, catalogue, roles, settings, topic, bus)

"""Faults of running and storing: whatever breaks off wherever, and whoever runs beside, the archive
ends up the same.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from lambdas.aws import clients
from lambdas.domain.errors import ArchiveUnusable, ServiceUnavailable
from lambdas.domain.evidence.archive_layout import is_evidence
from lambdas.handlers import (
    enumerate_payer_accounts,
    fetch_invoice_documents,
    list_invoice_summaries,
    validate_completeness,
)
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    BUCKET,
    HEADS,
    TARGET,
    Context,
    World,
    invoice,
    supplement,
)
from tests.sizes import examples, sample

STEPS: tuple[Any, ...] = (
    enumerate_payer_accounts,
    list_invoice_summaries,
    fetch_invoice_documents,
    validate_completeness,
)
ONE_HOUR = timedelta(hours=1)
TIMES = {"run_id", "recorded_at", "first_archived_at", "documents_asked_at", "retrieved_at"}
TIMES |= {"generated_at", "checked_at", "closed_at", "settled_at", "at"}
HASHES = {"sha256", "previous_sha256", "version_id", "signature", "size_bytes"}
MANIFESTS = f"periods/{TARGET}/manifests/"


_SPREAD = pytest.param(examples(11, 5), marks=pytest.mark.sized, id="a spread")
every_call = pytest.mark.parametrize(
    "step", [pytest.param(1, marks=pytest.mark.slow, id="every"), _SPREAD]
)
"""Which calls of a run something happens after; all of them take a minute."""


class Crash(BaseException):
    """The function is gone. Nothing that is written to catch exceptions catches it."""


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two payer accounts whose month is to be archived: three invoices, four documents."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    monkeypatch.setenv("FETCH_THREADS", "1")  # the same calls in the same order each time
    world.catalogue.payers = {
        ACME: [invoice("A1"), invoice("A2", supplements=(supplement("TAX-1", b"<tax/>"),))],
        BOREAL: [invoice("B1", BOREAL)],
    }
    return world


class Calls:
    """The calls that sign or write to a store, in their order; a test acts at one of them."""

    def __init__(self, world: World) -> None:
        self.seen: list[str] = []
        self._act: Callable[[], None] | None = None
        self._at = -1
        self._kms = world.kms
        self._stores = ((world.s3, "s3.PutObject"), (world.dynamodb, "dynamodb.UpdateItem"))

    def act_after(self, number: int, act: Callable[[], None]) -> None:
        """Act when the call of this number (from 0) has been served and not yet been answered."""
        self.seen, self._at, self._act = [], number, act

    def _after(self, model: Any, **_: Any) -> None:
        self.seen.append(model.name)
        if len(self.seen) - 1 == self._at and self._act:
            act, self._act = self._act, None
            act()

    @contextmanager
    def watched(self) -> Iterator["Calls"]:
        for client, event in self._stores:
            client.meta.events.register(f"after-call.{event}", self._after)
        sign = self._kms.sign

        def sign_and_act(**request: Any) -> dict[str, Any]:
            answer = sign(**request)
            self._after(SimpleNamespace(name="Sign"))
            return answer

        self._kms.sign = sign_and_act  # type: ignore[method-assign]
        try:
            yield self
        finally:
            self._kms.sign = sign  # type: ignore[method-assign]
            for client, event in self._stores:
                client.meta.events.unregister(f"after-call.{event}", self._after)


def state(world: World) -> dict[str, Any]:
    """What lies outside runs/, without the times and hashes that another run gives other values."""
    return {
        key: _timeless(json.loads(world.content(key)))
        if key.endswith(".json")
        else _keys_of_sums(world.content(key))
        if key.endswith("SHA256SUMS")
        else _timeless_view(world.content(key))
        if key.endswith((".csv", ".html", ".xlsx"))
        else world.content(key)
        for key in world.keys("")
        if not key.startswith("runs/")
    }


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in TIMES | HASHES}
    if isinstance(value, str):
        return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "an instant", value)
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def _keys_of_sums(content: bytes) -> list[str]:
    return [line.split("  ")[1] for line in content.decode().splitlines()[1:]]


def _timeless_view(content: bytes) -> str:
    """A page or ledger as text, a workbook as its sheets' texts."""
    text = content.decode(errors="replace")
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as workbook:
            text = "".join(workbook.read(name).decode() for name in sorted(workbook.namelist()))
    for form in (
        r"[a-z]+-\d{8}T\d{6}Z-run-\d+",  # a run
        r"\d{4}-\d\d-\d\d[T ][\d:]+",
        r"\d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d",
        r"<v>\d{5}\.\d+</v>",  # an instant of a workbook
        r"\b[0-9a-f]{64}\b",
    ):
        text = re.sub(form, "another", text)
    return text


def one_chain(world: World) -> list[str]:
    """Each manifest follows the one before it, the head is the last; the chain's verdicts."""
    previous, verdicts = None, []
    for key in world.keys(MANIFESTS):
        manifest = world.read(key)
        assert manifest["previous_sha256"] == previous
        previous = world.evidence()[key]
        verdicts.append(manifest["verdict"])
    item = world.dynamodb.get_item(TableName=HEADS, Key={"billing_period": {"S": TARGET}})["Item"]
    assert (item["sequence"]["N"], item["sha256"]["S"]) == (str(len(verdicts)), previous)
    return verdicts


def nothing_is_twice(world: World) -> None:
    """No object outside runs/ has a second version but the views, and each invoice one chain."""
    versions = world.s3.list_object_versions(Bucket=BUCKET)["Versions"]
    evidence = [v["Key"] for v in versions if v["Key"].startswith(("invoices/", "records/"))]
    assert len(evidence) == len(set(evidence))
    chains = {key.rpartition("/")[0] for key in evidence if key.startswith("records/")}
    assert len(chains) == 3


def settled(world: World, at: datetime) -> None:
    """One more run writes nothing outside runs/."""
    before = world.versions()
    world.run(at=at)
    assert world.versions() == before


def undisturbed(world: World) -> tuple[dict[str, Any], list[str]]:
    """The archive after a run that nothing disturbed, and the calls that it made; emptied again."""
    with Calls(world).watched() as calls:
        assert world.run()["verdict"] == "COMPLETE"
    expected = state(world)
    start_anew(world)
    return expected, calls.seen


def start_anew(world: World) -> None:
    for version in world.s3.list_object_versions(Bucket=BUCKET).get("Versions", ()):
        world.s3.delete_object(
            Bucket=BUCKET,
            Key=version["Key"],
            VersionId=version["VersionId"],
            BypassGovernanceRetention=True,
        )
    for item in world.dynamodb.scan(TableName=HEADS)["Items"]:
        key = {"billing_period": item["billing_period"]}
        world.dynamodb.delete_item(TableName=HEADS, Key=key)
    assert not world.keys("")


def crash() -> None:
    raise Crash


@every_call
def test_r01_a_crash_after_any_single_storage_call_ends_in_the_same_archive(
    month: World, step: int
) -> None:
    expected, calls = undisturbed(month)
    assert len(calls) >= 16
    for number in range(0, len(calls), step):
        with Calls(month).watched() as watched:
            watched.act_after(number, crash)
            with pytest.raises(Crash):
                month.run()
        assert month.run(at=AFTER_DEADLINE + ONE_HOUR)["verdict"] == "COMPLETE"
        assert state(month) == expected, f"after call {number}, {calls[number]}"
        assert one_chain(month) == ["COMPLETE"]
        nothing_is_twice(month)
        settled(month, AFTER_DEADLINE + 2 * ONE_HOUR)
        start_anew(month)


@every_call
def test_r01_a_crash_in_a_later_run_loses_nothing_of_what_the_earlier_ones_stored(
    month: World, step: int
) -> None:
    def prepare() -> None:
        month.catalogue.payers[ACME] = [invoice("A1"), invoice("A2")]
        month.run(at=BEFORE_DEADLINE)
        late = invoice("A2", supplements=(supplement("TAX-1", b"<tax/>"),), PurchaseOrderNumber="7")
        month.catalogue.payers[ACME] = [invoice("A1"), late]

    prepare()
    with Calls(month).watched() as undisturbed_calls:
        assert month.run()["verdict"] == "COMPLETE"
    calls, expected = undisturbed_calls.seen, state(month)
    start_anew(month)
    for number in range(0, len(calls), step):
        prepare()
        before = month.evidence()
        with Calls(month).watched() as watched:
            watched.act_after(number, crash)
            with pytest.raises(Crash):
                month.run()
        month.run(at=AFTER_DEADLINE + ONE_HOUR)
        assert state(month) == expected, f"after call {number}, {calls[number]}"
        evidence = {key: sha256 for key, sha256 in before.items() if is_evidence(key)}
        assert evidence.items() <= month.evidence().items()
        assert one_chain(month) == ["AWAITING", "COMPLETE"]
        start_anew(month)


def test_r01_documents_that_a_crash_left_are_adopted_although_aws_has_corrected_the_type(
    month: World,
) -> None:
    _crash_before_the_first_record(month)
    left = month.keys("invoices/")
    assert [key.rpartition("_INVOICE_")[2] for key in left] == ["A2.pdf", "TAX-1.xml"]
    tax = (supplement("TAX-1", b"<tax/>"), supplement("TAX-2", b"<tax/>"))
    corrected = invoice("A2", InvoiceType="CREDIT_MEMO", supplements=tax)
    month.catalogue.payers[ACME] = [corrected, invoice("A3")]
    assert month.run(at=AFTER_DEADLINE + ONE_HOUR)["verdict"] == "COMPLETE"
    record = month.read(f"records/{TARGET}/{ACME}/A2/0001.json")
    stem = f"invoices/{TARGET}/{ACME}/{TARGET}_{ACME}_INVOICE_A2"
    assert record["document_stem"] == stem
    names = [f"{stem}{name}" for name in (".pdf", "_TAX_E_INVOICE_TAX-1.xml")]
    names.append(f"{stem}_TAX_E_INVOICE_TAX-2.xml")
    assert [one["key"] for one in record["documents"]] == names
    of_a3 = f"invoices/{TARGET}/{ACME}/{TARGET}_{ACME}_INVOICE_A3.pdf"
    assert month.keys(f"invoices/{TARGET}/{ACME}/") == [*names, of_a3]


def _crash_before_the_first_record(world: World) -> None:
    world.catalogue.payers[ACME] = world.catalogue.payers[ACME][1:]
    put = world.s3.put_object

    def put_or_crash(**request: Any) -> dict[str, Any]:
        if request["Key"].startswith("records/"):
            raise Crash
        return put(**request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.s3, "put_object", put_or_crash)
        with pytest.raises(Crash):
            world.run()
    assert not world.keys("records/")


def test_r02_a_function_out_of_time_goes_on_where_it_was(month: World) -> None:
    expected, _ = undisturbed(month)
    month.fetch_seconds = 0.01  # each pass has time for what it began
    assert month.run()["verdict"] == "COMPLETE"
    assert state(month) == expected
    passes = [key for key in month.keys("runs/") if f"{ACME}/fetch-" in key]
    assert len(passes) > 1


@every_call
def test_r03_another_run_in_the_middle_of_a_run_leaves_one_chain_and_the_same_totals(
    month: World, step: int
) -> None:
    expected, calls = undisturbed(month)
    for number in range(0, len(calls), step):
        with Calls(month).watched() as watched:
            watched.act_after(number, lambda: _run_beside(month))
            month.run()
        same = state_of_invoices(state(month)) == state_of_invoices(expected)
        assert same, f"after call {number}, {calls[number]}"
        assert set(one_chain(month)) == {"COMPLETE"}
        nothing_is_twice(month)
        settled(month, AFTER_DEADLINE + 2 * ONE_HOUR)
        start_anew(month)


def _run_beside(world: World) -> None:
    assert world.run(at=AFTER_DEADLINE + ONE_HOUR)["run_id"]


def state_of_invoices(everything: dict[str, Any]) -> dict[str, Any]:
    """Documents, records and what the verdict says, however many manifests it took."""
    kept = {k: v for k, v in everything.items() if k.startswith(("invoices/", "records/"))}
    completeness = everything[f"periods/{TARGET}/completeness.json"]
    return kept | {"payers": completeness["payers"], "verdict": completeness["verdict"]}


@every_call
@pytest.mark.parametrize("function", ["fetch", "validate"])
def test_r03_a_retry_beside_a_zombie_of_the_same_function_leaves_one_chain(
    month: World, function: str, step: int
) -> None:
    expected, _ = undisturbed(month)
    calls = _zombie(month, function, -1)
    assert state(month) == expected
    start_anew(month)
    for number in range(0, len(calls), step):
        _zombie(month, function, number)
        assert state(month) == expected, f"after call {number}, {calls[number]}"
        assert one_chain(month) == ["COMPLETE"]
        nothing_is_twice(month)
        settled(month, AFTER_DEADLINE + 2 * ONE_HOUR)
        start_anew(month)


def _zombie(world: World, function: str, number: int) -> list[str]:
    """A run in which, at a call of one function, the same one with the same input runs as well."""
    started = _started(world)
    items = world.read(started["payers_key"])

    def run_payers() -> None:
        for item in items:
            world.run_payer(item)

    def validate() -> None:
        validate_completeness.handler(started, Context())

    watched_function = run_payers if function == "fetch" else validate
    if function == "validate":
        run_payers()
    with Calls(world).watched() as watched:
        watched.act_after(number, watched_function)
        watched_function()
    if function == "fetch":
        validate()
    return watched.seen


def test_r03_an_older_run_that_ends_late_unsays_nothing_of_the_newer_one(month: World) -> None:
    month.roles.denied = {ACME}
    older = _started(month, BEFORE_DEADLINE)
    for item in month.read(older["payers_key"]):
        month.run_payer(item)
    month.roles.denied = set()
    month.catalogue.payers[ACME].append(
        invoice("A3", ready_from=AFTER_DEADLINE + timedelta(days=9))
    )
    month.run()
    before, evidence = month.payer(), month.versions()
    assert (before["verdict"], month.findings()) == ("PARTIAL", {"PDF_NOT_READY": "blocking"})
    validate_completeness.handler(older, Context())
    assert (month.payer(), month.versions()) == (before, evidence)


def test_r03_what_an_older_run_that_ends_late_adds_is_reported_as_of_the_newer_one(
    month: World,
) -> None:
    older = _started(month, BEFORE_DEADLINE)
    month.run({"payer_account_ids": [BOREAL]}, at=AFTER_DEADLINE)
    assert month.payer()["verdict"] == "NOT_CHECKED"
    for item in month.read(older["payers_key"]):
        month.run_payer(item)
    assert validate_completeness.handler(older, Context())["verdict"] == "COMPLETE"
    view = month.read(f"periods/{TARGET}/completeness.json")
    assert (view["verdict"], view["generated_at"]) == ("COMPLETE", "2026-11-12T06:00:00Z")
    assert month.payer()["checked_at"] == "2026-11-05T06:00:00Z"
    assert one_chain(month) == ["ACTION_REQUIRED", "COMPLETE"]


def _started(world: World, at: datetime = AFTER_DEADLINE) -> dict[str, Any]:
    world.runs += 1
    execution = {
        "id": f"arn:aws:states:us-east-1:111111111111:execution:m:{world.runs}",
        "name": f"run-{world.runs}",
        "start_time": at.isoformat(),
    }
    return enumerate_payer_accounts.handler({"input": {}, "execution": execution}, Context())


def test_r04_a_bucket_that_cannot_hold_evidence_is_reported_before_any_work(month: World) -> None:
    month.s3.create_bucket(Bucket="plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHIVE_BUCKET", "plain")
        with pytest.raises(ArchiveUnusable) as unusable:
            month.run()
    assert len(unusable.value.problems) == 2
    assert "Contents" not in month.s3.list_objects_v2(Bucket="plain")
    assert not month.requests()["calls"]


def test_r05_what_the_states_hand_on_grows_neither_with_payer_accounts_nor_with_invoices(
    month: World,
) -> None:
    def handed_on() -> dict[str, int]:
        """The most bytes that each function answers to the workflow."""
        sizes: dict[str, int] = {}

        def measured(answer: dict[str, Any], name: str) -> dict[str, Any]:
            sizes[name] = max(sizes.get(name, 0), len(json.dumps(answer)))
            return answer

        with pytest.MonkeyPatch.context() as patch:
            for module in STEPS:
                name, handler = module.__name__, module.handler
                patch.setattr(
                    module, "handler", lambda *given, h=handler, n=name: measured(h(*given), n)
                )
            month.run()
        return sizes

    few = handed_on()
    month.dead_payers = {f"9{number:011}" for number in range(300)}
    with enumerate_payer_accounts.REGISTER.open("a") as register:
        register.writelines(f"{payer},A payer account\n" for payer in sorted(month.dead_payers))
    month.catalogue.payers[ACME] += [invoice(f"N{number}") for number in range(40)]
    many = handed_on()
    message = many.pop("lambdas.handlers.validate_completeness")
    del few["lambdas.handlers.validate_completeness"]
    assert len(few) == 3
    assert all(size - few[name] < 5 for name, size in many.items()), "more than a digit or two"
    assert message < 32 * 1024  # a failed execution's cause


def test_r06_a_schedule_that_fires_twice_has_no_second_effect(month: World) -> None:
    given = {"scheduled_time": "2026-11-12T06:00:00Z"}
    month.run(given)
    before, asked = month.versions(), month.requests()
    assert month.run(given)["already_claimed"]
    assert (month.versions(), month.requests()) == (before, asked)


def test_r08_a_backfill_of_24_months_leaves_closed_months_untouched(month: World) -> None:
    periods = [f"{2024 + n // 12}-{n % 12 + 1:02}" for n in range(10, 34)]
    month.catalogue.payers = {
        payer: [invoice(f"{payer}-{period}", payer, period=period) for period in periods]
        for payer in (ACME, BOREAL)
    }
    assert periods[-1] == TARGET
    at = AFTER_DEADLINE
    for period in periods:
        at += ONE_HOUR
        assert month.run({"billing_period": period}, at=at)["verdict"] == "COMPLETE"
    closed = month.versions()
    for period in (*periods[:3], TARGET):
        at += ONE_HOUR
        assert month.run({"billing_period": period}, at=at)["verdict"] == "COMPLETE"
    assert month.versions() == closed
    assert len(month.keys("invoices/")) == 48


def test_r09_views_that_a_crash_left_behind_their_manifest_are_made_by_the_next_run(
    month: World,
) -> None:
    month.run()
    expected = month.evidence()
    views = [key for key in month.keys(f"periods/{TARGET}/") if not key.startswith(MANIFESTS)]
    assert f"periods/{TARGET}/SHA256SUMS" in views
    for view in views:
        month.s3.delete_object(Bucket=BUCKET, Key=view)
        month.run(at=AFTER_DEADLINE + ONE_HOUR)
        assert month.evidence() == expected


def test_r10_a_payer_that_leaves_the_register_keeps_its_earlier_periods_and_verdict(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.run()
    before = month.payer(BOREAL)
    register = enumerate_payer_accounts.REGISTER
    register.write_text(f"account_id,name\n{ACME},Acme\n")
    assert month.run(at=AFTER_DEADLINE + ONE_HOUR)["verdict"] == "COMPLETE"
    assert month.payer(BOREAL) == before
    monkeypatch.setenv("LOOKBACK_PERIODS", "1")
    month.catalogue.payers[ACME].append(invoice("A-11", period="2026-11"))
    november = month.run(at=AFTER_DEADLINE + timedelta(days=30))
    assert (november["billing_period"], november["verdict"]) == ("2026-11", "COMPLETE")
    assert month.payer(BOREAL) == before
    payers = month.read("periods/2026-11/completeness.json")["payers"]
    assert [payer["payer_account_id"] for payer in payers] == [ACME]


def test_r11_the_lock_of_a_backfilled_old_period_is_not_in_the_past(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_YEARS", "1")
    month.catalogue.payers = {
        ACME: [invoice("OLD", period="2019-03")],
        BOREAL: [invoice("OLD-B", BOREAL, period="2019-03")],
    }
    assert month.run({"billing_period": "2019-03"})["verdict"] == "COMPLETE"
    evidence = [key for key in month.keys("") if key.startswith(("invoices/", "records/"))]
    evidence += month.keys("periods/2019-03/manifests/")
    assert len(evidence) == 5
    for key in evidence:
        head = month.s3.head_object(Bucket=BUCKET, Key=key)
        assert head["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=29)


def test_r12_a_key_store_that_denies_ends_the_run_without_a_manifest_and_the_next_one_mends_it(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = undisturbed(month)
    with monkeypatch.context() as patch:
        patch.setenv("MANIFEST_SIGNING_KEY", "arn:aws:kms:us-east-1:123456789012:key/other")
        with pytest.raises(ClientError, match="NotFound"):
            month.run()
    assert not month.keys("periods/")
    assert month.run(at=AFTER_DEADLINE + ONE_HOUR)["verdict"] == "COMPLETE"
    assert state(month) == expected


def test_r13_heads_that_cannot_be_read_end_the_run_and_leave_the_manifests_alone(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.run()
    before = month.versions()
    with monkeypatch.context() as patch:
        patch.setenv("MANIFEST_HEADS_TABLE", "another")
        with pytest.raises(ClientError, match="ResourceNotFound"):
            month.run(at=AFTER_DEADLINE + ONE_HOUR)
    assert month.versions() == before
    settled(month, AFTER_DEADLINE + 2 * ONE_HOUR)


# R20 and R21: what stores answer while they cannot serve, and answers without end

BUSY = [
    ("dynamodb.GetItem", "ProvisionedThroughputExceededException", 400),
    ("dynamodb.GetItem", "RequestLimitExceeded", 400),
    ("dynamodb.UpdateItem", "TransactionInProgressException", 400),
    ("dynamodb.UpdateItem", "ThrottlingException", 400),
    ("dynamodb.UpdateItem", "TransactionConflictException", 400),
    ("dynamodb.UpdateItem", "InternalServerError", 500),
    ("s3.PutObject", "RequestTimeout", 400),
    ("s3.PutObject", "KMS.ThrottlingException", 400),
    ("s3.PutObject", "SlowDown", 503),
    ("s3.GetObject", "InternalError", 500),
    ("s3.GetBucketVersioning", "SlowDown", 503),
    ("s3.GetObjectLockConfiguration", "RequestTimeout", 400),
    ("s3.ListObjectsV2", "SlowDown", 503),
    ("s3.ListObjectVersions", "RequestTimeTooSkewed", 403),
]


def answers(world: World, event: str, status: int, body: bytes) -> Callable[[], None]:
    """The service answers so, each time, until the returned function is called; a client with
    botocore's retries and parsing reads it.
    """
    service, operation = event.split(".")
    client = getattr(world, service)
    through_botocore = getattr(clients, f"{service}_client")()

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, status, {}, RawBody(body))

    through_botocore.meta.events.register_first(f"before-send.{event}", answer)
    method = xform_name(operation)
    setattr(client, method, getattr(through_botocore, method))
    return lambda: delattr(client, method)


class RawBody(io.BytesIO):
    """As urllib3 gives a body."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


def error_of(event: str, code: str, message: str = "") -> bytes:
    if event.startswith("s3."):
        return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return json.dumps({"__type": code, "message": message}).encode()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore tries again at once."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


@pytest.mark.sized
@pytest.mark.parametrize(("event", "code", "status"), sample(BUSY, 5, itemgetter(0)))
@pytest.mark.usefixtures("no_waiting")
def test_r20_a_store_that_is_busy_for_all_of_botocores_tries_is_left_to_the_workflow(
    month: World, event: str, code: str, status: int
) -> None:
    is_well_again = answers(month, event, status, error_of(event, code))
    with pytest.raises(ServiceUnavailable, match=code):
        month.run()
    is_well_again()
    assert month.run()["verdict"] == "COMPLETE"
    assert one_chain(month) == ["COMPLETE"]


DEEP = b"<Error>" + b"<e>" * 100_000 + b"</e>" * 100_000 + b"</Error>"
DEEP_JSON = b'{"message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("event", "status", "body"),
    [
        ("s3.PutObject", 403, DEEP),
        ("s3.ListObjectsV2", 403, DEEP),
        ("dynamodb.GetItem", 400, DEEP_JSON),
        ("dynamodb.GetItem", 200, DEEP_JSON),
    ],
)
@pytest.mark.usefixtures("no_waiting")
def test_r21_an_answer_that_is_nested_a_hundred_thousand_deep_is_left_to_the_workflow(
    month: World, event: str, status: int, body: bytes
) -> None:
    is_well_again = answers(month, event, status, body)
    with pytest.raises(ServiceUnavailable):
        month.run()
    is_well_again()
    assert month.run()["verdict"] == "COMPLETE"
    assert one_chain(month) == ["COMPLETE"]


@pytest.mark.parametrize("event", ["s3.PutObject", "dynamodb.GetItem"])
@pytest.mark.usefixtures("no_waiting")
def test_r21_an_error_message_of_a_mebibyte_fits_into_a_state(month: World, event: str) -> None:
    long = error_of(event, "AccessDenied" + "X" * 1_000, "\u202e" + "x" * (1 << 20))
    is_well_again = answers(month, event, 403, long)
    with pytest.raises(ClientError) as raised:
        month.run()
    assert len(str(raised.value)) < 2_000
    assert "\u202e" not in str(raised.value)
    is_well_again()
    assert month.run()["verdict"] == "COMPLETE"

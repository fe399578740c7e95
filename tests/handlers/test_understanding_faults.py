"""Faults of understanding: an object, a row or a run's file that is none of what it should be costs
the payer account or the billing period that it is of. Every other verdict is given.
"""

import gc
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.judgement import payer_case
from lambdas.handlers import validate_completeness
from lambdas.steps import judge_run, update_views
from lambdas.steps.judging import judge_period
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BOREAL,
    BUCKET,
    Context,
    World,
    invoice,
    two_invoices,
)
from tests.handlers.test_notifying import COMPLETE, OVERDUE, subjects
from tests.handlers.test_running_faults import fetched

ONE_DAY = timedelta(days=1)
DAMAGED = "AWS invoices October 2026: archive damaged, overdue"
SEPTEMBER, OCTOBER = "2026-09", "2026-10"
NO_FORM = (b"", b"[]", b"null", b"5", b'"x"', b"{}", b"{", b"\xff\xfe", b"[NaN]", b"[" * 100_000)
NO_AMOUNTS = ("0E-60", "1E+59", "1E-60", "0E+60", "1E+60", "-0", "9" * 60, "0." + "9" * 59)


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """October alone, an invoice for each payer account."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    two_invoices(world)
    return world


@pytest.fixture
def two_months(world: World) -> World:
    """September and October, an invoice for each payer account in both."""
    world.catalogue.payers = {
        ACME: [invoice("A0", period=SEPTEMBER), invoice("A1")],
        BOREAL: [invoice("B0", BOREAL, period=SEPTEMBER), invoice("B1", BOREAL)],
    }
    return world


def put(world: World, key: str, content: bytes) -> None:
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=content)


def take_away(world: World, keys: list[str]) -> None:
    """Remove every version, as nobody can of what a run has locked."""
    for key in keys:
        for version in world.s3.list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"]:
            world.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version["VersionId"])


def odd_records(record: dict[str, Any]) -> list[bytes]:
    """Records of invoices `P0`, `P1` and so on that are like a right one but for a member."""
    row, total = record["summary"], record["summary"]["PaymentCurrencyAmount"]
    odd: list[dict[str, Any]] = [
        {"summary": row | {"BillSourceAccounts": [None]}},
        {"summary": row | {"BillingPeriod": []}},
        {"summary": row | {"PaymentCurrencyAmount": total | {"TotalAmount": 5}}},
        {"summary": row | {"PaymentCurrencyAmount": total | {"CurrencyCode": ["USD"]}}},
        {"summary": row | {"more": json.loads("[" * 500 + "]" * 500)}},
        {"recorded_at": "9999-12-31T23:59:59-14:00"},
        {"documents_asked_at": "soon"},
        {"sightings": []} | {"lacks": [{"code": "NO_CODE", "subject": "", "detail": ""}]},
        {"documents": {}},
        {"sequence": 7},
        {"schema": []},
        {"run_id": None},
    ]
    return [
        json.dumps(record | one | {"invoice_id": f"P{number}"}).encode()
        for number, one in enumerate(odd)
    ]


def test_r16_objects_that_are_no_records_are_damage_of_their_payer_account_alone(
    month: World,
) -> None:
    month.run()
    place = f"records/{OCTOBER}/{ACME}"
    contents = odd_records(month.read(f"{place}/A1/0001.json"))
    poisoned = {f"{place}/P{number}/0001.json": one for number, one in enumerate(contents)}
    poisoned |= {f"{place}/Z{number}/0001.json": one for number, one in enumerate(NO_FORM)}
    poisoned |= {f"{place}/A1/0002.json": b"[]"}
    for key, content in poisoned.items():
        put(month, key, content)
    assert month.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "ACTION_REQUIRED"
    found = [one for one in month.payer(ACME)["findings"] if one["code"] == "ARCHIVE_DAMAGED"]
    assert sorted(one["subject"] for one in found) == sorted(poisoned)
    assert month.payer(BOREAL)["verdict"] == "COMPLETE"
    assert subjects(month) == [COMPLETE, OVERDUE]
    take_away(month, list(poisoned))
    assert month.run(at=AFTER_DEADLINE + 2 * ONE_DAY)["verdict"] == "COMPLETE"


def test_r16_a_record_larger_than_any_is_not_read(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.steps.stored_records._LARGEST", 10_000)
    month.run()
    record = month.read(f"records/{OCTOBER}/{ACME}/A1/0001.json") | {"invoice_id": "P0"}
    key = f"records/{OCTOBER}/{ACME}/P0/0001.json"
    put(month, key, json.dumps(record).encode() + b" " * 10_000)
    assert month.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "ACTION_REQUIRED"
    assert [one["subject"] for one in month.payer(ACME)["findings"]] == [key]


def test_r16_row_amounts_at_the_edge_of_arithmetic_cost_no_verdict(month: World) -> None:
    month.catalogue.payers[ACME] += [
        invoice(f"E{number}", amount=amount) for number, amount in enumerate(NO_AMOUNTS)
    ]
    month.run()
    assert not month.errors
    assert month.payer(BOREAL)["verdict"] == month.payer(ACME)["verdict"] == "COMPLETE"
    assert month.findings() == {}
    assert {f"periods/{OCTOBER}/{name}" for name in ("index.html", "ledger.xlsx")} <= set(
        month.keys("periods/")
    )
    assert subjects(month) == [COMPLETE]


@pytest.mark.parametrize("name", ["listing.json", "fetch-0001.json"])
@pytest.mark.parametrize("content", [b"[]", b"{", b"[" * 100_000], ids=["a list", "cut", "deep"])
def test_r16_a_file_of_a_run_that_cannot_be_understood_costs_its_payer_account_alone(
    month: World, name: str, content: bytes
) -> None:
    started = fetched(month)
    put(month, f"runs/{started['run_id']}/payers/{ACME}/{name}", content)
    assert validate_completeness.handler(started, Context())["verdict"] == "ACTION_REQUIRED"
    (found,) = month.payer(ACME)["findings"]
    assert found["code"] == "NOT_CHECKED"
    assert found["detail"].startswith(f"A file of run {started['run_id']} cannot be understood: ")
    assert "execution and its log" in found["next_step"]
    assert month.payer(BOREAL)["verdict"] == "COMPLETE"
    assert subjects(month) == [OVERDUE]
    assert month.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "COMPLETE"


def lies_of(world: World, started: dict[str, Any], lie: Callable[[dict[str, Any]], None]) -> None:
    """Let Acme's fetch pass say of Boreal's invoice what `lie` makes of the truth."""
    folder = f"runs/{started['run_id']}/payers"
    of_boreal = world.read(f"{folder}/{BOREAL}/fetch-0001.json")["archived"][0]
    lie(of_boreal)
    of_acme = world.read(f"{folder}/{ACME}/fetch-0001.json")
    of_acme["archived"].append(of_boreal)
    put(world, f"{folder}/{ACME}/fetch-0001.json", json.dumps(of_acme).encode())


@pytest.mark.parametrize(
    ("verdict", "lie"),
    [
        pytest.param("COMPLETE", lambda one: one["documents"].clear(), id="no document"),
        pytest.param("NOT_CHECKED", lambda one: one["records"].clear(), id="no record"),
        pytest.param("NOT_CHECKED", lambda one: one.update(invoice_id="A1"), id="under its name"),
    ],
)
def test_r16_what_one_payer_accounts_file_says_of_anothers_invoice_is_not_believed(
    month: World, verdict: str, lie: Callable[[dict[str, Any]], None]
) -> None:
    started = fetched(month)
    lies_of(month, started, lie)
    validate_completeness.handler(started, Context())
    assert month.payer(BOREAL)["verdict"] == "COMPLETE"
    assert month.payer(ACME)["verdict"] == verdict


@pytest.mark.parametrize(
    "content",
    [b"[]", b"[" * 100_000, b'{"schema": "invoice-archive/manifest/2", "payers": {"a": 1.5}}'],
    ids=["a list", "deep", "a float"],
)
def test_r16_a_manifest_that_cannot_be_understood_costs_its_period_alone(
    two_months: World, content: bytes
) -> None:
    two_months.run()
    put(two_months, f"periods/{SEPTEMBER}/manifests/manifest-0002.json", content)
    two_months.catalogue.payers[ACME].append(invoice("A2"))
    ended = two_months.run(at=AFTER_DEADLINE + ONE_DAY)
    october, september = two_months.read(f"runs/{ended['run_id']}/result.json")["periods"]
    assert (september["verdict"], october["verdict"]) == ("ACTION_REQUIRED", "COMPLETE")
    assert october["changed"]
    (found,) = two_months.read(f"periods/{SEPTEMBER}/completeness.json")["findings"]
    assert found["code"] == "MANIFEST_DAMAGED"


def test_r16_a_payer_account_that_cannot_be_judged_leaves_the_others_their_verdicts(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = payer_case.Expectations

    def beyond_arithmetic(account_id: str, *more: Any) -> Any:
        if account_id == ACME:
            raise OverflowError
        return real(account_id, *more)

    with monkeypatch.context() as broken:
        broken.setattr(payer_case, "Expectations", beyond_arithmetic)
        month.run()
        assert month.payer(BOREAL)["verdict"] == "COMPLETE"
        assert (month.payer()["verdict"], month.findings()) == (
            "NOT_CHECKED",
            {"ARCHIVE_DAMAGED": "blocking"},
        )
        settled = month.versions()
        month.run(at=AFTER_DEADLINE + ONE_DAY)
        assert month.versions() == settled
    assert subjects(month) == [OVERDUE]
    assert month.run(at=AFTER_DEADLINE + 2 * ONE_DAY)["verdict"] == "COMPLETE"


def test_r16_in_a_closed_period_nothing_is_signed_of_what_cannot_be_judged(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.run()

    def beyond_arithmetic(*_: Any) -> Any:
        raise OverflowError

    manifests = month.keys(f"periods/{OCTOBER}/manifests/")
    with monkeypatch.context() as broken:
        broken.setattr(payer_case, "Expectations", beyond_arithmetic)
        assert month.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "ACTION_REQUIRED"
    assert month.run(at=AFTER_DEADLINE + 2 * ONE_DAY)["verdict"] == "COMPLETE"
    assert month.keys(f"periods/{OCTOBER}/manifests/") == manifests
    assert subjects(month) == [COMPLETE, DAMAGED, COMPLETE]


def test_r16_a_period_that_cannot_be_judged_leaves_the_others_their_verdicts(
    two_months: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = judge_period.read_evidence

    def beyond_depth(archive: Any, period: BillingPeriod, *more: Any) -> Any:
        if str(period) == SEPTEMBER:
            raise RecursionError
        return real(archive, period, *more)

    with monkeypatch.context() as broken:
        broken.setattr(judge_period, "read_evidence", beyond_depth)
        ended = two_months.run()
    october, september = two_months.read(f"runs/{ended['run_id']}/result.json")["periods"]
    assert (september["verdict"], october["verdict"]) == ("ACTION_REQUIRED", "COMPLETE")
    (found,) = two_months.read(f"periods/{SEPTEMBER}/completeness.json")["findings"]
    assert (found["code"], found["severity"]) == ("ARCHIVE_DAMAGED", "blocking")
    assert subjects(two_months)[0] == (
        "AWS invoices September 2026: archive damaged, overdue, and 1 more month"
    )
    assert two_months.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "COMPLETE"


def test_r16_a_page_that_cannot_be_made_leaves_the_others_and_the_email(
    two_months: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = update_views.period_page

    def no_page(manifest: Any, *more: Any, **options: Any) -> bytes:
        if str(manifest.billing_period) == OCTOBER:
            raise ArithmeticError
        return real(manifest, *more, **options)

    monkeypatch.setattr(update_views, "period_page", no_page)
    assert two_months.run()["verdict"] == "COMPLETE"
    pages = [key for key in two_months.keys("periods/") if key.endswith(".html")]
    assert pages == [f"periods/{SEPTEMBER}/index.html"]
    assert subjects(two_months) == [f"{COMPLETE}, and 1 more month"]


def test_r16_notes_of_what_was_sent_that_cannot_be_understood_are_reported_anew(
    month: World,
) -> None:
    month.run()
    for name, text in (("told_mail", "[]"), ("told_event", '{"verdict": 5}')):
        month.dynamodb.update_item(
            TableName="heads-under-test",
            Key={"billing_period": {"S": OCTOBER}},
            UpdateExpression=f"SET {name} = :text",
            ExpressionAttributeValues={":text": {"S": text}},
        )
    assert month.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "COMPLETE"
    assert subjects(month) == [COMPLETE, COMPLETE]


def test_r18_a_run_holds_the_invoices_of_one_period_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    periods = ["2026-06", "2026-07", "2026-08", SEPTEMBER, OCTOBER]
    monkeypatch.setenv("LOOKBACK_PERIODS", "4")
    world.catalogue.payers = {
        ACME: [invoice(f"A{one}{n}", period=one) for one in periods for n in range(2)],
        BOREAL: [invoice(f"B{one}", BOREAL, period=one) for one in periods],
    }
    held: dict[str, list[int]] = {}

    def invoices_held() -> int:
        gc.collect()
        return sum(isinstance(one, ArchivedInvoice) for one in gc.get_objects())

    gc.collect()
    gc.freeze()  # what other tests hold is neither looked through nor counted
    for module, name in (
        (judge_run, "judge_period"),
        (judge_period, "judge_payers"),
        (update_views, "period_page"),
    ):
        real = getattr(module, name)

        def counting(*given: Any, real: Any = real, name: str = name, **more: Any) -> Any:
            held.setdefault(name, []).append(invoices_held())
            return real(*given, **more)

        monkeypatch.setattr(module, name, counting)
    try:
        assert world.run()["verdict"] == "COMPLETE"
    finally:
        gc.unfreeze()
    assert {name: len(counts) for name, counts in held.items()} == dict.fromkeys(held, 5)
    assert held["judge_period"] == [0] * 5
    assert max(held["judge_payers"] + held["period_page"]) == 3

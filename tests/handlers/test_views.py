"""The views through the real ValidateCompleteness: made, made again, and left alone."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from lambdas.aws.archive import Archive, ReadObject
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.day_names import period_name
from lambdas.domain.evidence.archive_layout import (
    VIEW_TAG,
    completeness_key,
    find_key,
    is_evidence,
    manifest_key,
    period_prefix,
)
from lambdas.domain.json_text import to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.handlers import enumerate_payer_accounts
from lambdas.steps.find_files import MOST_MADE
from lambdas.views.cells import EUROPEAN
from lambdas.views.invoices_csv import invoices_csv
from lambdas.views.ledger import ledger_csv
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    BUCKET,
    TARGET,
    World,
    invoice,
    pdf,
)
from tests.handlers.moments import begin
from tests.sizes import sample
from tests.views.pages.reading import Node, read

PAGE = f"periods/{TARGET}/index.html"
WORKBOOK = f"periods/{TARGET}/ledger.xlsx"
LEDGER = f"periods/{TARGET}/ledger.csv"
INVOICES = f"periods/{TARGET}/invoices.csv"
FIND = f"periods/{TARGET}/find.json"
OF_A_PERIOD = (
    *("SHA256SUMS", "completeness.json", "find.json", "index.html", "invoices.csv", "ledger.csv"),
    "ledger.xlsx",
)
OF_THE_ROOT = ("README.txt", "index.html", "manifest-signing-key.pem")
NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)


@pytest.fixture
def archive(world: World) -> World:
    """Two complete months of two payer accounts; the target is the later one."""
    world.catalogue.payers = {
        ACME: [invoice("A1"), invoice("A0", period="2026-09", amount="90.00")],
        BOREAL: [invoice("B1", BOREAL), invoice("B0", BOREAL, period="2026-09")],
    }

    def run() -> None:
        assert world.run()["verdict"] == "COMPLETE"

    begin(world, "two complete months", run)
    return world


def page(world: World, key: str = PAGE) -> Node:
    return read(world.content(key))


def verdict(world: World, key: str = PAGE) -> str:
    return page(world, key).one("section", "hero").one("span", "verdict").text


def views(world: World) -> list[str]:
    return [key for key in world.keys("") if not is_evidence(key) and not key.startswith("runs/")]


def test_every_period_and_the_root_have_their_views(archive: World) -> None:
    assert views(archive) == sorted(
        [
            *OF_THE_ROOT,
            *(f"periods/{period}/{name}" for period in ("2026-09", TARGET) for name in OF_A_PERIOD),
        ]
    )


def test_views_expire_and_say_how_they_are_to_be_opened(archive: World) -> None:
    types = {}
    for key in views(archive):
        tags = archive.s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == VIEW_TAG, key
        head = archive.s3.head_object(Bucket=BUCKET, Key=key)
        assert "ObjectLockMode" not in head, key
        types[key] = head["ContentType"]
    assert types["index.html"] == types[PAGE] == "text/html; charset=utf-8"
    assert types["README.txt"] == "text/plain; charset=utf-8"
    assert types[LEDGER] == "text/csv; charset=utf-8"
    assert types[WORKBOOK].endswith(".spreadsheetml.sheet")


def test_the_ledger_is_made_from_the_manifest_alone(archive: World) -> None:
    manifest = Manifest.from_data(archive.read(f"periods/{TARGET}/manifests/manifest-0001.json"))
    assert archive.content(LEDGER) == ledger_csv(manifest)


def test_the_invoices_are_made_from_the_manifest_and_the_register(archive: World) -> None:
    manifest = Manifest.from_data(archive.read(f"periods/{TARGET}/manifests/manifest-0001.json"))
    assert archive.content(INVOICES) == invoices_csv(manifest, Owners(()))


def test_another_owner_changes_the_invoices_and_no_evidence(
    archive: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    register = tmp_path / "owners.csv"
    register.write_text(f"account_id,name,owner\n{ACME},Acme,Dana Whitlock\n{BOREAL},Boreal,\n")
    monkeypatch.setattr(enumerate_payer_accounts, "REGISTER", register)
    manifests = archive.keys(f"periods/{TARGET}/manifests/")
    archive.run(at=NEXT_DAY)
    assert archive.keys(f"periods/{TARGET}/manifests/") == manifests
    found = csv.DictReader(io.StringIO(archive.content(INVOICES).decode(), newline=""))
    owners = {row["payer_account_id"]: row["owner"] for row in found}
    assert owners == {ACME: "Dana Whitlock", BOREAL: "Finance"}
    sheet = openpyxl.load_workbook(io.BytesIO(archive.content(WORKBOOK)))["invoices"]
    assert "Dana Whitlock" in [one.value for row in sheet.iter_rows() for one in row]


def test_the_ledger_has_the_form_of_the_setting(
    archive: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSV_FORMAT", "european")
    archive.run(at=NEXT_DAY)
    manifest = Manifest.from_data(archive.read(f"periods/{TARGET}/manifests/manifest-0001.json"))
    assert archive.content(LEDGER) == ledger_csv(manifest, EUROPEAN)
    assert b"100,00" in archive.content(LEDGER)
    assert b"100.00" in archive.content(INVOICES), "it is for programs"


def test_a_rerun_without_news_writes_no_view(archive: World) -> None:
    before = archive.versions() | root_versions(archive)
    archive.run(at=NEXT_DAY)
    assert archive.versions() | root_versions(archive) == before


def root_versions(world: World) -> dict[str, str]:
    return {key: world.s3.head_object(Bucket=BUCKET, Key=key)["VersionId"] for key in OF_THE_ROOT}


@pytest.mark.parametrize("key", [PAGE, WORKBOOK, LEDGER, INVOICES, FIND, *OF_THE_ROOT])
def test_a_view_that_a_crash_left_out_or_somebody_replaced_is_made_again(
    archive: World, key: str
) -> None:
    good = archive.content(key)
    archive.s3.delete_object(Bucket=BUCKET, Key=key)
    archive.run(at=NEXT_DAY)
    assert archive.content(key) == good
    archive.s3.put_object(Bucket=BUCKET, Key=key, Body=b"something else")
    archive.run(at=NEXT_DAY + timedelta(days=1))
    assert archive.content(key) == good


def test_pages_and_ledgers_follow_the_manifest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    world.catalogue.payers[ACME] = [invoice("A1")]
    world.run(at=BEFORE_DEADLINE)
    assert (verdict(world), verdict(world, "index.html")) == 2 * ("Awaiting invoices",)
    world.run()
    assert verdict(world) == verdict(world, "index.html") == "Action required"
    assert "No invoices listed" in page(world).text
    assert "manifest-0002.json" in page(world).one("footer").text
    assert b"manifest-0002.json" in world.content(LEDGER)
    summary = openpyxl.load_workbook(io.BytesIO(world.content(WORKBOOK)))["summary"]
    assert f"periods/{TARGET}/manifests/manifest-0002.json" in [row[1].value for row in summary]


def test_a_page_names_the_owner_that_the_register_of_the_run_has(world: World) -> None:
    enumerate_payer_accounts.REGISTER.write_text(
        f"account_id,name,owner\n{ACME},Acme,Dana Whitlock\n{BOREAL},Boreal,\n"
    )
    world.run()
    lead = page(world).one("p", "lead").text
    assert (
        "Dana Whitlock and Finance: ask the payer account's owner whether there were charges."
        in lead
    )
    assert "Finance" in page(world).one("table", "open-items").text


def test_a_page_shows_the_month_before_as_this_run_leaves_it(archive: World) -> None:
    september = invoice("A9", period="2026-09", amount="4.00", issued="2026-11-10")
    archive.catalogue.payers[ACME].append(september)
    archive.run(at=NEXT_DAY)
    rows = [row.text for row in page(archive).one("table", "since").all("tr")]
    assert f"Acme {ACME} Changed 1 invoice fewer 94.00 USD 100.00 USD +6.00 USD +6.4 %" in rows
    before = archive.versions() | root_versions(archive)
    archive.run(at=NEXT_DAY + timedelta(hours=1))
    assert archive.versions() | root_versions(archive) == before


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"not JSON",
        b"[" * 100_000,
        json.dumps({"schema": "another"}).encode(),
        "of September",
        "an amount that is none",
        "a count that is none",
        "a verdict that is none",
    ],
)
def test_a_period_whose_verdict_cannot_be_read_is_shown_and_needs_somebody(
    archive: World, content: bytes | str | None
) -> None:
    key = "periods/2026-07/completeness.json"
    if content is None:
        archive.s3.put_object(Bucket=BUCKET, Key="periods/2026-07/SHA256SUMS", Body=b"")
        archive.s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
        archive.s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        body = content if isinstance(content, bytes) else nearly_a_verdict(archive, content)
        archive.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    archive.run(at=NEXT_DAY)
    root = page(archive, "index.html")
    assert verdict(archive, "index.html") == "Action required"
    assert "Start a run of 2026-07" in root.one("article").text
    row = next(one.text for one in root.all("tr") if one.text.startswith("July 2026"))
    assert "Cannot be read" in row


def nearly_a_verdict(world: World, what: str) -> bytes:
    """September's verdict at July's place, as it is or with one thing wrong."""
    data = world.read("periods/2026-09/completeness.json")
    if what != "of September":
        data["billing_period"] = "2026-07"
    if what == "an amount that is none":
        data["totals"][0]["amount"] = "much"
    if what == "a count that is none":
        data["payers"][0]["archived"] = "1"
    if what == "a verdict that is none":
        data["verdict"] = "FINE"
    return json.dumps(data).encode()


def test_a_folder_that_is_no_periods_is_left_out(archive: World) -> None:
    assert "2 of 2" in page(archive, "index.html").one("dl", "figures").text
    good = archive.content("index.html")
    archive.s3.put_object(Bucket=BUCKET, Key="periods/notes/completeness.json", Body=b"{}")
    archive.run(at=NEXT_DAY)
    assert archive.content("index.html") == good


NUMBERS = [
    *((key, number) for key in (PAGE, "index.html") for number in ("many", "", "-1", "9" * 1500)),
    *((key, "999") for key in (PAGE, WORKBOOK, LEDGER, *OF_THE_ROOT)),
]


@pytest.mark.sized
@pytest.mark.parametrize(("key", "number"), sample(NUMBERS, 6))
def test_no_number_that_somebody_gave_a_forged_view_keeps_it_in_place(
    archive: World, key: str, number: str
) -> None:
    good = archive.content(key)
    archive.s3.put_object(Bucket=BUCKET, Key=key, Body=b"forged", Metadata={"manifest": number})
    archive.run(at=NEXT_DAY)
    assert archive.content(key) == good


def hide_the_manifest(world: World, key: str) -> None:
    world.s3.delete_object(Bucket=BUCKET, Key=key)


def replace_the_manifest(world: World, key: str) -> None:
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")


@pytest.mark.parametrize("harm", [hide_the_manifest, replace_the_manifest])
def test_pages_say_that_the_manifests_cannot_be_trusted_and_recover_with_them(
    archive: World, harm: Callable[[World, str], None]
) -> None:
    key = f"periods/{TARGET}/manifests/manifest-0001.json"
    good = {view: archive.content(view) for view in (PAGE, "index.html", LEDGER, WORKBOOK)}
    harm(archive, key)
    archive.run(at=NEXT_DAY)
    assert verdict(archive) == verdict(archive, "index.html") == "Action required"
    assert "The archive itself is damaged." in page(archive).one("p", "lead").text
    assert archive.content(LEDGER) == good[LEDGER]
    assert archive.content(WORKBOOK) == good[WORKBOOK]

    newest = archive.s3.list_object_versions(Bucket=BUCKET, Prefix=key)
    for one in [*newest.get("DeleteMarkers", ()), *newest["Versions"]]:
        if one["IsLatest"]:
            archive.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=one["VersionId"])
    archive.run(at=NEXT_DAY + timedelta(days=1))
    assert {view: archive.content(view) for view in good} == good


def test_a_dry_run_makes_no_view(archive: World) -> None:
    before = archive.versions() | root_versions(archive)
    archive.catalogue.payers[ACME].append(invoice("A2"))
    archive.run({"dry_run": True}, at=NEXT_DAY)
    assert archive.versions() | root_versions(archive) == before


def test_a_muted_remark_is_left_off_the_page_and_kept_in_the_evidence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nota = pdf("Nota Fiscal 000.123.456", "Valor total R$ 100,00")
    world.catalogue.payers = {ACME: [invoice("A1", document=nota)], BOREAL: [invoice("B1", BOREAL)]}
    seller, code = "Amazon Web Services, Inc.", "INVOICE_ID_NOT_IN_TEXT"
    monkeypatch.setenv("MUTED_REMARKS", json.dumps([{"seller": seller, "finding": code}]))
    assert world.run()["verdict"] == "COMPLETE"
    text = page(world).one("main").text
    assert f"1 remark muted by a setting: Invoice ID not in text, {seller}" in text
    assert "does not contain the invoice id" not in text
    assert code in {found["code"] for found in world.payer()["findings"]}
    manifest = Manifest.from_data(world.read(f"periods/{TARGET}/manifests/manifest-0001.json"))
    assert code in {found.code for payer in manifest.payers for found in payer.findings}
    assert code in world.content(LEDGER).decode()


def older_month(world: World, period: BillingPeriod) -> None:
    """A complete month as a release before `find.json` left it: September's at another place."""
    september = Manifest.from_data(world.read("periods/2026-09/manifests/manifest-0001.json"))
    manifest = replace(september, billing_period=period)
    files = {
        manifest.key: to_json(manifest.to_data()),
        completeness_key(period): to_json(manifest.completeness()),
    }
    for key, content in files.items():
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=content)


def locked(world: World) -> dict[str, str]:
    return {key: version for key, version in world.versions().items() if is_evidence(key)}


@pytest.fixture
def keys_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of every object that a run reads."""
    keys: list[str] = []
    read = Archive.read

    def noted(self: Archive, key: str, *limit: int) -> ReadObject | None:
        keys.append(key)
        return read(self, key, *limit)

    monkeypatch.setattr(Archive, "read", noted)
    return keys


def test_a_month_without_its_find_file_gets_one_from_its_newest_manifest_once(
    archive: World, keys_read: list[str]
) -> None:
    may = BillingPeriod(2026, 5)
    older_month(archive, may)
    evidence = locked(archive)
    archive.run(at=NEXT_DAY)
    made = archive.read(find_key(may))
    assert made["manifest"] == manifest_key(may, 1)
    assert sorted(row[0] for row in made["invoices"]) == ["A0", "B0"]
    assert locked(archive) == evidence
    assert '"May 2026"' in archive.content("index.html").decode()
    version = archive.s3.head_object(Bucket=BUCKET, Key=find_key(may))["VersionId"]
    keys_read.clear()
    archive.run(at=NEXT_DAY + timedelta(days=1))
    assert archive.s3.head_object(Bucket=BUCKET, Key=find_key(may))["VersionId"] == version
    of_may = [key for key in keys_read if key.startswith(period_prefix(may))]
    assert set(of_may) == {completeness_key(may), find_key(may)}
    assert of_may.count(find_key(may)) == 1


@pytest.mark.parametrize("content", [b"no JSON", b"{}", b'{"schema": "invoice-archive/find/1"}'])
def test_a_find_file_that_is_none_or_of_another_month_is_made_again(
    archive: World, content: bytes
) -> None:
    may, june = BillingPeriod(2026, 5), BillingPeriod(2026, 6)
    for period in (may, june):
        older_month(archive, period)
    archive.run(at=NEXT_DAY)
    good = archive.content(find_key(may))
    of_june = archive.content(find_key(june))
    for number, bad in enumerate((content, of_june), 1):
        archive.s3.put_object(Bucket=BUCKET, Key=find_key(may), Body=bad)
        archive.run(at=NEXT_DAY + timedelta(days=number))
        assert archive.content(find_key(may)) == good


def test_a_run_makes_a_dozen_missing_find_files_at_most_newest_first(archive: World) -> None:
    months = [BillingPeriod(2026, 5).shifted(-n) for n in range(MOST_MADE + 2)]
    for one in months:
        older_month(archive, one)
    archive.run(at=NEXT_DAY)
    with_file = {key for key in archive.keys("periods/") if key.endswith("find.json")}
    assert {find_key(one) for one in months[:MOST_MADE]} <= with_file
    assert not {find_key(one) for one in months[MOST_MADE:]} & with_file
    missing = ", ".join(period_name(one) for one in months[MOST_MADE:])
    assert f"Not searched: {missing}." in page(archive, "index.html").text
    archive.run(at=NEXT_DAY + timedelta(days=1))
    with_file = {key for key in archive.keys("periods/") if key.endswith("find.json")}
    assert {find_key(one) for one in months} <= with_file


def test_a_month_whose_manifest_cannot_be_read_is_not_searched(archive: World) -> None:
    may = BillingPeriod(2026, 5)
    older_month(archive, may)
    archive.s3.put_object(Bucket=BUCKET, Key=manifest_key(may, 1), Body=b"damaged")
    archive.run(at=NEXT_DAY)
    assert find_key(may) not in archive.keys("periods/")
    assert "Not searched: May 2026." in page(archive, "index.html").text

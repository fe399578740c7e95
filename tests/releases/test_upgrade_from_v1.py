"""An archive that v1 made goes on under the code as it is: see tests/releases/README.md."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lambdas.domain import findings
from lambdas.domain.evidence.retention import RetentionPolicy
from ops.check.archive import check_archive
from ops.check.report import CheckReport
from ops.check.scope import Scope
from ops.check.signing_keys import SigningKeys
from ops.copy_on_disk import CopyOnDisk
from ops.live.bucket import LiveBucket
from ops.live.heads import read_heads_table
from ops.places import Place
from sandbox.invoicing import Fault, Payment
from sandbox.invoicing.catalogue import CatalogueInvoice
from tests.handlers.conftest import ACME, BOREAL, BUCKET, HEADS, World, invoice
from tests.releases import kept
from tests.releases.a_close import LAST_DAY
from tests.releases.conftest import V1

CLOSED, OPEN = "2026-09", "2026-10"
AN_HOUR_LATER = LAST_DAY + timedelta(hours=1)
THE_NEXT_DAY = LAST_DAY + timedelta(days=1)


def check(world: World, place: Place, scope: Scope) -> CheckReport:
    keys = SigningKeys.read(world.kms.public_key_pem(), "key.pem", is_from_the_archive=False)
    return check_archive(place, scope, keys, lambda *_: None)


def check_bucket(world: World) -> CheckReport:
    policy = RetentionPolicy(10, "GOVERNANCE", 12)
    scope = Scope(heads=read_heads_table(HEADS), retention=policy)
    return check(world, LiveBucket(BUCKET), scope)


def run_as_scheduled(world: World, at: datetime = AN_HOUR_LATER) -> str:
    verdict: str = world.run({"scheduled_time": at.isoformat()}, at=at)["verdict"]
    assert not world.errors
    return verdict


def untouched(world: World) -> dict[str, str]:
    """Versions of all evidence of invoices, and of everything of the closed month but what people
    open, which is shown in the words of the newest release, and the views that v1 did not make.
    """
    return {
        key: version
        for key, version in world.versions().items()
        if key.startswith(("invoices/", "records/", f"periods/{CLOSED}/"))
        and not key.endswith(
            (".html", ".xlsx", "/invoices.csv", "/find.json", "/payment_status.json")
        )
    }


def with_row(one: CatalogueInvoice, **members: object) -> CatalogueInvoice:
    return replace(one, summary={**one.summary, **members})


def test_what_v1_left_behind_has_a_closed_and_an_open_month(upgraded: World) -> None:
    closed, open_ = (upgraded.read(f"periods/{one}/completeness.json") for one in (CLOSED, OPEN))
    assert (closed["verdict"], bool(closed["closed_at"])) == ("COMPLETE", True)
    assert (open_["verdict"], open_["closed_at"]) == ("ACTION_REQUIRED", None)
    assert V1.stat().st_size < 2_000_000


def test_a_copy_of_an_archive_of_v1_is_right(upgraded: World, tmp_path: Path) -> None:
    """Its pages call complete payer accounts settled."""
    folder = kept.unpack(V1, tmp_path)
    assert "settled" in (folder / f"periods/{CLOSED}/index.html").read_text("utf-8")
    copy = CopyOnDisk(folder)
    report = check(upgraded, copy, Scope(heads=read_heads_table(HEADS)))
    assert (report.result, report.findings) == ("ALL_WELL", [])
    assert [str(one.billing_period) for one in report.periods] == [CLOSED, OPEN]


def test_a_bucket_of_v1_is_right(upgraded: World) -> None:
    report = check_bucket(upgraded)
    assert (report.result, report.findings) == ("ALL_WELL", [])


def test_after_the_upgrade_no_document_is_asked_for_and_closed_months_are_untouched(
    upgraded: World,
) -> None:
    before = untouched(upgraded)
    assert run_as_scheduled(upgraded) == "ACTION_REQUIRED"
    assert upgraded.asked("ListInvoiceSummaries"), "the run asked nobody, so it proves nothing"
    assert upgraded.asked("GetInvoicePDF") == {}
    assert untouched(upgraded) == before
    assert f"periods/{CLOSED}/invoices.csv" in upgraded.keys("")
    assert check_bucket(upgraded).findings == []


def test_what_aws_shows_by_receiver_role_is_known_and_only_fixed_ages_go_on(
    upgraded: World,
) -> None:
    """Two Mondays, on which it is asked by role, and the days after them."""
    upgraded.catalogue.payers = {
        account_id: [with_row(one, ReceiverRole="BUYER") for one in invoices]
        for account_id, invoices in upgraded.catalogue.payers.items()
    }
    before = untouched(upgraded)
    for day in (0, 1):
        run_as_scheduled(upgraded, AN_HOUR_LATER + timedelta(days=day))
    assert untouched(upgraded) == before
    assert upgraded.asked("GetInvoicePDF") == {}
    for day in (7, 8):
        run_as_scheduled(upgraded, AN_HOUR_LATER + timedelta(days=day))
    after = untouched(upgraded)
    changed = {key for key, version in after.items() if before.get(key) != version}
    due = {"LATE-1", "2610293185", "EUINAE26-12", "SOURCE-2"}  # 14 or 30 days since their issue
    assert {key.split("/")[3] for key in changed if key.startswith("records/")} == due
    assert upgraded.asked("GetInvoicePDF") == {ACME: len(due)}
    manifests = f"periods/{CLOSED}/manifests/"
    assert [key for key in changed if key.startswith(manifests)] == [
        f"{manifests}manifest-0009.json"
    ]
    record = upgraded.read(f"records/{CLOSED}/{ACME}/LATE-1/0004.json")
    earlier = upgraded.read(f"records/{CLOSED}/{ACME}/LATE-1/0003.json")
    for member in ("summary", "sightings", "notes", "documents"):
        assert record[member] == earlier[member]
    assert json.loads(record["row_received"])["InvoiceId"] == "LATE-1"
    assert check_bucket(upgraded).findings == []


def test_rows_of_one_id_of_which_v1_kept_the_first_are_reported_in_the_open_month_alone(
    upgraded: World,
) -> None:
    before = untouched(upgraded)
    other = {"PaymentCurrencyAmount": {"TotalAmount": "3.50", "CurrencyCode": "USD"}}
    upgraded.catalogue.payers[ACME] = [
        replace(one, more_rows=(with_row(one, **other).summary,))
        if one.invoice_id in ("SLOW-1", "SOURCE-2")
        else one
        for one in upgraded.catalogue.payers[ACME]
    ]
    run_as_scheduled(upgraded)
    after = untouched(upgraded)
    assert {key for key, version in after.items() if before.get(key) != version} == {
        f"records/{OPEN}/{ACME}/SOURCE-2/0005.json"
    }
    assert upgraded.findings(period=OPEN)["ROWS_DIFFER"] == "blocking"
    assert upgraded.asked("GetInvoicePDF") == {}


def test_a_release_that_words_findings_otherwise_leaves_closed_months_untouched(
    upgraded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = untouched(upgraded)
    kinds = {code: replace(kind, step="Another") for code, kind in findings.KINDS.items()}
    monkeypatch.setattr(findings, "KINDS", kinds)
    run_as_scheduled(upgraded)
    assert untouched(upgraded) == before


def test_after_the_upgrade_the_open_month_goes_on_to_its_end(upgraded: World) -> None:
    upgraded.catalogue.payers[BOREAL].append(
        invoice("B-10", BOREAL, period=OPEN, issued="2026-11-16", amount="77.70")
    )
    upgraded.catalogue.charges = {}
    answer = upgraded.run({"billing_period": OPEN}, at=THE_NEXT_DAY)
    assert (answer["verdict"], upgraded.errors) == ("COMPLETE", [])
    assert upgraded.payer(BOREAL, OPEN)["verdict"] == "COMPLETE"
    assert check_bucket(upgraded).findings == []


@pytest.mark.parametrize("access", ["granted", "denied"])
def test_an_archive_that_had_no_aws_payments_gains_it_and_no_closed_month_turns_red(
    upgraded: World, monkeypatch: pytest.MonkeyPatch, access: str
) -> None:
    """AWS has a debt of the closed month that nobody ever listed, and one of the open month."""
    monkeypatch.setenv("PAYMENTS", "true")
    never = Payment(paid_after=None)
    upgraded.catalogue.debts[ACME] = [
        invoice("OWED-9", period=CLOSED, issued="2026-10-03", payment=never),
        invoice("OWED-10", period=OPEN, issued="2026-11-03", payment=never),
    ]
    if access == "denied":
        for payer in upgraded.catalogue.payers:
            upgraded.emulator.faults.add(
                Fault(payer, "AccessDeniedException", None, operation="ListFinancialRecords")
            )
    before = untouched(upgraded)
    for hours in (0, 1):
        run_as_scheduled(upgraded, AN_HOUR_LATER + timedelta(hours=hours))
        assert untouched(upgraded) == before
    assert upgraded.read(f"periods/{CLOSED}/completeness.json")["verdict"] == "COMPLETE"

    blocking = upgraded.findings(ACME, OPEN)
    codes = {one.code: one.severity for one in check_bucket(upgraded).findings}
    if access == "denied":
        assert "WITNESS_NOT_READ" in blocking
        assert "FINANCIAL_RECORD_WITHOUT_INVOICE" not in blocking
        assert codes == {}
    else:
        assert "FINANCIAL_RECORD_WITHOUT_INVOICE" in blocking
        # the debt of the closed month is on its page, and the check names it
        assert "OWED-9" in upgraded.content(f"periods/{CLOSED}/index.html").decode()
        assert codes == {"PAYMENT_WITHOUT_INVOICE": "warning"}


def test_switching_aws_payments_on_and_off_and_on_leaves_closed_months_untouched(
    upgraded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded.catalogue.debts[ACME] = [invoice("OWED-9", period=CLOSED, issued="2026-10-03")]
    before = untouched(upgraded)
    for hour, is_on in enumerate(("false", "true", "false", "true")):
        monkeypatch.setenv("PAYMENTS", is_on)
        run_as_scheduled(upgraded, AN_HOUR_LATER + timedelta(hours=hour))
        assert untouched(upgraded) == before
        page = upgraded.content(f"periods/{CLOSED}/index.html").decode()
        assert ("OWED-9" in page) == (is_on == "true")
    assert upgraded.asked("GetInvoicePDF") == {}

"""An archive that v1 made goes on under the code as it is: see tests/releases/README.md."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lambdas.domain import findings
from lambdas.domain.retention import RetentionPolicy
from ops.check.archive import check_archive
from ops.check.report import CheckReport
from ops.check.scope import Scope
from ops.check.signing_keys import SigningKeys
from ops.copy_on_disk import CopyOnDisk
from ops.live.bucket import LiveBucket
from ops.live.heads import read_heads_table
from ops.places import Place
from tests.handlers.conftest import BOREAL, BUCKET, HEADS, World, invoice
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


def run_as_scheduled(world: World) -> str:
    scheduled = {"scheduled_time": AN_HOUR_LATER.isoformat()}
    verdict: str = world.run(scheduled, at=AN_HOUR_LATER)["verdict"]
    assert not world.errors
    return verdict


def untouched(world: World) -> dict[str, str]:
    """Versions of all evidence of invoices, and of everything of the closed month but what people
    open: that is shown in the words of the newest release.
    """
    return {
        key: version
        for key, version in world.versions().items()
        if key.startswith(("invoices/", "records/", f"periods/{CLOSED}/"))
        and not key.endswith((".html", ".xlsx"))
    }


def test_what_v1_left_behind_has_a_closed_and_an_open_month(upgraded: World) -> None:
    closed, open_ = (upgraded.read(f"periods/{one}/completeness.json") for one in (CLOSED, OPEN))
    assert (closed["verdict"], bool(closed["closed_at"])) == ("COMPLETE", True)
    assert (open_["verdict"], open_["closed_at"]) == ("ACTION_REQUIRED", None)
    assert V1.stat().st_size < 2_000_000


def test_a_copy_of_an_archive_of_v1_is_right(upgraded: World, tmp_path: Path) -> None:
    copy = CopyOnDisk(kept.unpack(V1, tmp_path))
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
    assert check_bucket(upgraded).findings == []


def test_a_release_that_words_findings_otherwise_leaves_closed_months_untouched(
    upgraded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = untouched(upgraded)
    kinds = {code: replace(kind, next_step="Another") for code, kind in findings.KINDS.items()}
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

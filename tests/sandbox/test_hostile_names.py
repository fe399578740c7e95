"""HOSTILE=1: the same organization, under names that try to be more than text."""

import csv
import io
import re
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from lambdas.domain.runs.payer_register import parse_register
from sandbox import close, invoicing_emulator, invoicing_program, month_end
from sandbox.errors import SandboxError
from sandbox.invoicing.server import PortInUse
from sandbox.invoicing_program import InvoicingProgram
from sandbox.organization import HOSTILE_PAYERS, MADE_UP_PAYERS, Organization, register_csv
from sandbox.organization.kept_papers import KeptPapers
from sandbox.places import Places
from tests.sandbox.test_organization import COTE, ORCHARD, VEREINIGUNG, WATTLEBIRD

UNTIL = datetime(2025, 3, 20, tzinfo=UTC)
PLAIN_TEXT = re.compile(r"[\w .,&'/+-]*")
ORDERS = {"PurchaseOrderNumber"}


def organizations() -> tuple[Organization, Organization]:
    names = {payer.account_id: payer.name for payer in MADE_UP_PAYERS}
    return Organization(names), Organization(names, made_up=HOSTILE_PAYERS)


def test_names_try_to_be_formulas_markup_and_more_and_stay_valid_csv() -> None:
    names = {payer.account_id: payer.name for payer in HOSTILE_PAYERS}
    assert names[WATTLEBIRD].startswith("=HYPERLINK(")
    assert "<script>" in names[ORCHARD]
    assert any(ord(letter) > 0xFFFF for letter in names[ORCHARD])
    assert any("\u05d0" <= letter <= "\u05ea" for letter in names[ORCHARD])
    assert {",", '"'} <= set(names[COTE])
    assert len(names[VEREINIGUNG]) > 180
    rows = list(csv.DictReader(io.StringIO(register_csv(HOSTILE_PAYERS).decode()), strict=True))
    assert {row["account_id"]: row["name"] for row in rows} == names
    assert "\u202e" in "".join(row["owner"] for row in rows)


def test_the_usual_names_are_plain_text_and_short() -> None:
    for payer in MADE_UP_PAYERS:
        for text in (payer.name, payer.legal_entity, payer.owner, payer.purchase_order):
            assert PLAIN_TEXT.fullmatch(text), text
        assert payer.name[0].isalpha()
        assert len(payer.name) <= 30
        assert len(payer.legal_entity) <= 110


def test_the_register_has_every_payer_with_its_legal_entity_and_owner() -> None:
    register = parse_register(register_csv(HOSTILE_PAYERS), "hostile-payers.csv")
    assert [(p.account_id, p.name, p.legal_entity, p.owner) for p in register.payers] == [
        (p.account_id, p.name, p.legal_entity, p.owner) for p in HOSTILE_PAYERS
    ]


def test_the_rows_of_both_organizations_differ_in_purchase_orders_alone() -> None:
    differing: dict[str, set[str]] = {}
    usual, hostile = organizations()
    for payer in MADE_UP_PAYERS:
        plain = usual.invoices(payer.account_id, UNTIL)
        other = hostile.invoices(payer.account_id, UNTIL)
        assert list(plain) == list(other)
        for invoice_id, invoice in plain.items():
            again = other[invoice_id]
            assert again.visible_from == invoice.visible_from
            assert again.document.ready_from == invoice.document.ready_from
            assert len(again.supplements) == len(invoice.supplements)
            differing.setdefault(payer.account_id, set()).update(
                name for name in invoice.summary if invoice.summary[name] != again.summary[name]
            )
    assert {payer for payer, members in differing.items() if members} == {COTE, WATTLEBIRD, ORCHARD}
    assert all(members in (set(), ORDERS) for members in differing.values())
    rows = (one.summary for one in hostile.invoices(ORCHARD, UNTIL).values())
    assert any(row["PurchaseOrderNumber"].startswith("<img") for row in rows)


def test_kept_papers_of_the_one_are_not_served_for_the_other(tmp_path: Path) -> None:
    names = {ORCHARD: "Orchard"}
    for made_up in (MADE_UP_PAYERS, HOSTILE_PAYERS):
        kept = Organization(names, made_up=made_up, kept_papers=KeptPapers(tmp_path))
        printed = Organization(names, made_up=made_up)
        (one, *_), (expected, *_) = (
            list(each.invoices(ORCHARD, UNTIL).values()) for each in (kept, printed)
        )
        assert one.document.read() == expected.document.read()
    assert len(list(tmp_path.glob("*/*"))) == 2


Started = list[dict[str, Any]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The embedded AWSs that are started; none of them starts."""
    asked: Started = []

    def start(places: Places, **options: Any) -> NoReturn:
        asked.append({"places": places, **options})
        raise SandboxError("not here")

    for module in (month_end, close):
        monkeypatch.setattr(module, "Sandbox", start)
    return asked


def test_a_month_end_with_hostile_names_has_an_archive_of_its_own(
    started: Started, tmp_path: Path
) -> None:
    for hostile in ("1", "", "0"):
        month_end.main(["--period=2026-03", f"--hostile={hostile}", "--folder", str(tmp_path)])
    first, *others = started
    assert first["hostile"]
    assert first["places"].archive == tmp_path / "hostile" / "archive"
    assert Path(first["payers_file"]).read_bytes() == register_csv(HOSTILE_PAYERS)
    for usual in others:
        assert (usual["hostile"], usual["payers_file"]) == (False, "")
        assert usual["places"].archive == tmp_path / "archive"


def test_a_close_with_hostile_names_leaves_out_the_payer_account_billed_daily(
    started: Started, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    close.main(["--hostile=1", "--folder", str(tmp_path)])
    assert started[0]["hostile"]
    few = [payer for payer in HOSTILE_PAYERS if "daily_invoices" not in payer.customs]
    assert len(few) == len(HOSTILE_PAYERS) - 1
    assert Path(started[0]["payers_file"]).read_bytes() == register_csv(few)
    said = capsys.readouterr().out.splitlines()[0]
    assert said == "Without Polderhaven Logistics (693174820559), which is billed daily."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--hostile=yes"], "HOSTILE=yes is neither 1 nor 0"),
        (
            ["--hostile=1", "--payers=mine.csv"],
            "HOSTILE=1 has a payer register of its own, so PAYERS=mine.csv would not be read; "
            "leave one of the two out",
        ),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(
    started: Started, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    for program, stopped in ((month_end, "Month end"), (close, "The close")):
        assert program.main(arguments) == 1
        assert capsys.readouterr().out == f"{stopped} stopped: {sentence}\n"
    assert not started


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """The program sets handlers of its own, which end with the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize("hostile", [True, False])
def test_the_program_of_the_billing_services_has_the_organization_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: bool
) -> None:
    commands: list[list[str]] = []
    served: list[Organization] = []

    def program(_: str, command: list[str | Path], **__: Any) -> None:
        commands.append([str(part) for part in command])

    def emulator(organization: Organization, **_: Any) -> NoReturn:
        served.append(organization)
        raise PortInUse(1)

    register = tmp_path / "register.csv"
    register.write_bytes(register_csv(MADE_UP_PAYERS))
    monkeypatch.setattr(invoicing_program, "Program", program)
    monkeypatch.setattr(invoicing_emulator, "InvoicingEmulator", emulator)
    InvoicingProgram(
        Places.under(tmp_path, tmp_path),
        1,
        register=register,
        sts_endpoint="http://127.0.0.1:1",
        signature_marker="",
        hostile=hostile,
        held=0,
    )
    ((_, _, *arguments),) = (command[1:] for command in commands)
    monkeypatch.setattr(sys, "argv", ["invoicing_emulator", *arguments])
    assert invoicing_emulator.main() == 1
    (row, *_) = (one.summary for one in served[0].invoices(ORCHARD, UNTIL).values())
    assert row["PurchaseOrderNumber"].startswith("<img") == hostile

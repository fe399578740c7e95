"""What an auditor must see although it parses, is signed, or lies where nobody looks: with the
check, and with the program of README.txt.
"""

import json
import os
import tracemalloc
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.evidence.signatures import signed_file, signed_part
from lambdas.domain.json_text import sha256_hex, to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.cells import CSV_FORMS, CsvForm
from lambdas.views.find import find_file
from lambdas.views.invoices_csv import invoices_csv
from lambdas.views.ledger import ledger_csv
from lambdas.views.readme import CHECK_MANIFESTS, readme_text
from lambdas.views.sha256_sums import sha256_sums
from tests.domain.example_months import due, payer_state
from tests.domain.example_months import month as example_month
from tests.domain.examples import outstanding
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    World,
    invoice,
)
from tests.ops.archived_months import MANIFESTS, Month, archived_by, copied
from tests.programs import program
from tests.readme_program import save_program, start_program
from tests.releases import kept
from tests.releases.conftest import V1

OCTOBER = BillingPeriod(2026, 10)
NEVER = BEFORE_DEADLINE.replace(year=2030)
LEDGER, INVOICES, COMPLETENESS, SUMS, FIND = (
    f"periods/2026-10/{name}"
    for name in ("ledger.csv", "invoices.csv", "completeness.json", "SHA256SUMS", "find.json")
)


def two_runs(world: World) -> None:
    """A month that is overdue, for the document of one invoice never comes."""
    world.catalogue.payers = {
        ACME: [invoice("A1", amount="1433.81"), invoice("A2", ready_from=NEVER)],
        BOREAL: [invoice("B1", BOREAL)],
    }
    for at in (BEFORE_DEADLINE, AFTER_DEADLINE):
        world.run(at=at)


@pytest.fixture
def month(tmp_path: Path) -> Month:
    month = copied(archived_by(two_runs), tmp_path / "copy")
    assert len(month.keys(MANIFESTS)) == 2
    assert month.check().result == "ALL_WELL"
    assert [one["verdict"] for one in newest(month)["payers"]] == ["COMPLETE", "PARTIAL"]
    return month


def newest(month: Month) -> Any:
    return json.loads(month.copy(month.keys(MANIFESTS)[-1]).read_bytes())


def sign(month: Month, edit: Callable[[Any], object]) -> None:
    """Edit the newest manifest, sign it and make the views of it: all that a stolen session can."""
    said = newest(month)
    edit(said)
    manifest = Manifest.from_data(said)
    content = manifest.to_data()
    file = signed_file(content, month.signer.sign(signed_part(content, month.signer.key_id)))
    month.copy(manifest.key).write_bytes(file)
    month.copy(COMPLETENESS).write_bytes(to_json(manifest.completeness()))
    month.copy(LEDGER).write_bytes(ledger_csv(manifest))
    month.copy(INVOICES).write_bytes(invoices_csv(manifest, Owners(())))
    month.copy(FIND).write_bytes(find_file(manifest).to_json())
    month.copy(SUMS).write_bytes(sha256_sums(manifest, sha256_hex(file)))


def is_contradicted(month: Month, edit: Callable[[Any], object]) -> None:
    sign(month, lambda _: None)
    assert month.check(heads=None).result == "ALL_WELL"
    sign(month, edit)
    month.finds("MANIFEST_CONTRADICTED", heads=None)


def test_t11_an_amount_that_parses_alike_and_opens_as_text(month: Month) -> None:
    content = month.copy(LEDGER).read_bytes()
    month.copy(LEDGER).write_bytes(content.replace(b",1433.81,", b',"1433".81,', 1))
    assert month.copy(LEDGER).read_bytes() != content
    month.finds("VIEW_DIFFERS")


def test_t11_a_verdict_that_is_written_in_another_form(month: Month) -> None:
    content = month.copy(COMPLETENESS).read_bytes()
    month.copy(COMPLETENESS).write_bytes(content.replace(b"COMPLETE", rb"\u0043OMPLETE", 1))
    month.finds("VIEW_DIFFERS")


def test_t11_a_number_that_is_another_kind_of_value(month: Month) -> None:
    content = month.copy(COMPLETENESS).read_bytes()
    month.copy(COMPLETENESS).write_bytes(content.replace(b'"archived": 1', b'"archived": true', 1))
    assert month.copy(COMPLETENESS).read_bytes() != content
    month.finds("VIEW_DIFFERS")


@pytest.mark.parametrize("line", ["# all of it is right\n", None])
def test_t11_sums_with_a_comment_or_a_line_twice(month: Month, line: str | None) -> None:
    text = month.copy(SUMS).read_text()
    month.copy(SUMS).write_text(text + (line or text.splitlines(keepends=True)[-1]))
    month.finds("VIEW_DIFFERS")


def test_t12_heads_that_do_not_know_a_month(month: Month) -> None:
    heads = {BillingPeriod(2026, 7): next(iter(read_heads(month).values()))}
    said = [one.what for one in month.check(heads=heads, periods=(OCTOBER,)).not_checked]
    assert "whether newer manifests of 2026-10 were removed" in said


def test_t12_heads_that_end_before_months_that_were_removed(month: Month) -> None:
    said = [one.what for one in month.check().not_checked]
    assert "whether whole billing periods before 2026-10 or after 2026-10 were removed" in said


def test_t12_months_between_others_that_no_head_knows(month: Month) -> None:
    month.copy("records/2026-07/x").parent.mkdir(parents=True)
    month.copy("records/2026-07/x").write_bytes(b"")
    found = {finding.code: finding.object for finding in month.check().findings}
    assert found["PERIOD_ABSENT"] == "2026-08 to 2026-09"


def test_t12_a_month_that_is_red_for_a_document_keeps_its_head(month: Month) -> None:
    month.copy(month.document("A1")).unlink()
    report = month.check(heads=None).to_data()
    assert report["result"] == "ACTION_REQUIRED"
    assert report["heads"] == [head.to_data() for head in read_heads(month).values()]


def test_t12_a_month_whose_chain_is_broken_is_left_out_by_name(month: Month) -> None:
    month.copy(month.keys(MANIFESTS)[0]).unlink()
    report = month.check(heads=None).to_data()
    assert (report["heads"], report["heads_left_out"]) == ([], ["2026-10"])


def read_heads(month: Month) -> Mapping[BillingPeriod, ManifestHead]:
    heads = month.check().scope.heads
    assert heads
    return heads


def test_t14_complete_with_what_blocks_left_in(month: Month) -> None:
    def edit(said: Any) -> None:
        said |= {"verdict": "COMPLETE", "closed_at": said["generated_at"]}
        for payer in said["payers"]:
            payer["verdict"] = "COMPLETE"

    is_contradicted(month, edit)


def test_t14_complete_with_what_blocks_made_a_warning(month: Month) -> None:
    def edit(said: Any) -> None:
        said |= {"verdict": "COMPLETE", "closed_at": said["generated_at"]}
        for payer in said["payers"]:
            payer |= {"verdict": "COMPLETE", "settled_at": said["generated_at"]}
            for found in payer["findings"]:
                found["severity"] = "warning"

    is_contradicted(month, edit)


def test_t14_complete_with_what_blocks_taken_away(month: Month) -> None:
    def edit(said: Any) -> None:
        said |= {"verdict": "COMPLETE", "closed_at": said["generated_at"]}
        for payer in said["payers"]:
            payer |= {"verdict": "COMPLETE", "findings": [], "settled_at": said["generated_at"]}

    is_contradicted(month, edit)


def test_t14_fewer_invoices_expected_than_are_known(month: Month) -> None:
    is_contradicted(month, lambda said: said["payers"][1].update(expected=1))


@pytest.mark.parametrize("year", [1999, 2099])
def test_t14_generated_in_another_year(month: Month, year: int) -> None:
    is_contradicted(month, lambda said: said.update(generated_at=f"{year}-11-12T06:00:00Z"))


@pytest.mark.parametrize("name", ["settled_at", "checked_at"])
def test_t14_an_instant_of_no_run(month: Month, name: str) -> None:
    is_contradicted(month, lambda said: said["payers"][1].update({name: "2099-01-01T00:00:00Z"}))


def test_t14_closed_and_not_complete(month: Month) -> None:
    is_contradicted(month, lambda said: said.update(closed_at=said["generated_at"]))


def test_t14_something_new_as_of_a_run_that_did_not_write_it(month: Month) -> None:
    is_contradicted(month, lambda said: said["payers"][0].update(run_id="scheduled-x"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the archive that v1 made, with the program of README.txt."""
    program("openssl")
    folder = kept.unpack(V1, tmp_path)
    save_program(readme_text("bucket").decode(), folder)
    return folder


def said_of(folder: Path) -> list[str]:
    """What the program says of a copy that is not right."""
    done = start_program(folder)
    assert (done.returncode, done.stderr.replace("Verified OK", "").strip()) == (1, "")
    return [line for line in done.stdout.splitlines() if line.startswith(("PROBLEM", "WARNING"))]


def functions_of_the_program() -> dict[str, Any]:
    functions, _, _ = CHECK_MANIFESTS.partition("problems, found")
    names: dict[str, Any] = {}
    exec(functions, names)  # noqa: S102 - a person starts it as it is
    return names


@pytest.mark.parametrize("form", CSV_FORMS.values())
def test_t15_the_readmes_program_reads_a_ledger_in_either_form(form: CsvForm) -> None:
    cents = due("1", "41.50", "EUR", Entity={"InvoicingEntity": "A; B, C", "BillingEntity": "AWS"})
    manifest = example_month(payer_state(invoices=(cents, due("2", "-3", "JPY"))))
    text = ledger_csv(manifest, form).decode()
    check = functions_of_the_program()["check_ledger"]
    assert check(text, manifest.to_data())
    amount = f"41{form.point}50"
    for forged in (f"14{form.point}50", f'"{amount}"', "41:50"):
        assert amount in text
        with suppress(ValueError):
            assert not check(text.replace(amount, forged), manifest.to_data())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",41.50,", ",14.50,"),
        (",41.50,", ",,"),
        ('"EUR"', '"USD"'),
        ('"ARCHIVED"', '"ACCEPTED"'),
        ("_INVOICE_1.pdf", "_INVOICE_2.pdf"),
    ],
)
def test_t15_the_readmes_program_shows_invoices_that_were_edited(old: str, new: str) -> None:
    cents = due("1", "41.50", "EUR", Entity={"InvoicingEntity": "=A; B, C"})
    copy = due("3", "41.50", "EUR", CommercialInvoiceId="1")
    state = payer_state(invoices=(cents, copy), outstanding=(outstanding(),))
    manifest = example_month(state)
    text = invoices_csv(manifest, Owners(())).decode()
    check = functions_of_the_program()["check_invoices"]
    assert check(text, manifest.to_data())
    assert old in text
    assert not check(text.replace(old, new, 1), manifest.to_data())


def test_t15_the_readmes_program_reads_a_ledger_in_little_more_memory_than_it_has() -> None:
    names = functions_of_the_program()
    text = "\ufeff" + ('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",' * 50 + "1.00\r\n") * 200
    newest: dict[str, Any] = {"totals": [], "payers": []}
    tracemalloc.start()
    with suppress(LookupError):
        names["check_ledger"](text, newest)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * len(text)


@pytest.mark.programs
@pytest.mark.parametrize(
    "key",
    [
        "invoices/2026-09/111122223333/extra.pdf",
        "records/2026-09/extra.json",
        "periods/2026-10/manifests/x.json",
        "periods/2026-10/notes.txt",
        "paid.txt",
        "elsewhere/paid.txt",
        "elsewhere/2026-10/paid.txt",
        "elsewhere/2026-11/paid.txt",
    ],
)
def test_t15_the_readmes_program_shows_what_is_extra(copy: Path, key: str) -> None:
    (copy / key).parent.mkdir(parents=True, exist_ok=True)
    (copy / key).write_bytes(b"x")
    assert said_of(copy) == [f"PROBLEM {key}: no manifest names it"]


@pytest.mark.programs
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("completeness.json", b'"expected": 3', b'"expected": 2'),
        ("completeness.json", b'"name"', b'"name": "Other", "name"'),
        ("completeness.json", b'"name"', rb'"\u006eame"'),
        ("completeness.json", b"{", b"["),
        ("completeness.json", b"{", b"[" * 100_000),
        ("completeness.json", b'"verdict": "ACTION_REQUIRED"', b'"verdict": "COMPLETE"'),
        ("SHA256SUMS", b"\n", b"\n#\n"),
        ("SHA256SUMS", b"  invoices", b" *invoices"),
        ("ledger.csv", b",41.50,", b',"41".50,'),
        ("ledger.csv", b",41.50,", b',"41.50",'),
        ("ledger.csv", b",41.50,", b",4.15,"),
        ("ledger.csv", b",41.50,", b",41.50,1,"),
        ("ledger.csv", b"\xef\xbb\xbf", b""),
        ("ledger.csv", b"\r\n", b"\n"),
    ],
)
def test_t15_the_readmes_program_shows_views_that_were_edited(
    copy: Path, name: str, old: bytes, new: bytes
) -> None:
    path = copy / "periods/2026-10" / name
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    (found,) = said_of(copy)
    assert found.startswith(f"PROBLEM periods/2026-10/{name}: ")


@pytest.mark.programs
def test_t15_the_readmes_program_shows_months_that_were_removed(copy: Path) -> None:
    for folder in ("invoices/2026-06", "periods/2026-10/manifests"):
        for path in (copy / folder).glob("*"):
            path.unlink()
        (copy / folder).mkdir(parents=True, exist_ok=True)
    (copy / "invoices/2026-06/x.pdf").write_bytes(b"x")
    assert said_of(copy) == [
        "PROBLEM periods/2026-06/manifests/: has no manifest",
        "PROBLEM periods/2026-10/manifests/: has no manifest",
        "WARNING 2026-07: there is nothing of this month",
        "WARNING 2026-08: there is nothing of this month",
    ]


@pytest.mark.programs
def test_t15_the_readmes_program_shows_a_member_of_a_manifest_that_comes_twice(copy: Path) -> None:
    path = sorted((copy / "periods/2026-10/manifests").glob("*"))[-1]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"verdict"', '"verdict":"COMPLETE","verdict"', 1), "utf-8")
    (found,) = said_of(copy)
    assert found.startswith("PROBLEM 2026-10: cannot be checked: ValueError('a member comes twice'")


@pytest.mark.programs
@pytest.mark.parametrize(
    "key",
    [
        "README.txt",
        "manifest-signing-key.pem",
        "periods/2026-10/ledger.csv",
        "periods/2026-10/completeness.json",
        "periods/2026-10/manifests/manifest-0002.json",
    ],
)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_t15_the_readmes_program_opens_no_pipe_and_follows_no_link(
    copy: Path, key: str, make: Callable[[Path], None]
) -> None:
    (copy / key).unlink()
    make(copy / key)
    assert f"PROBLEM {key}: is a link, a pipe or a device" in said_of(copy)


@pytest.mark.programs
@pytest.mark.parametrize("folder", ["invoices", "records", "periods", "periods/2026-10"])
def test_t15_the_readmes_program_follows_no_folder_out_of_the_copy(copy: Path, folder: str) -> None:
    (copy / folder).rename(copy.parent / "outside")
    (copy / folder).symlink_to(copy.parent / "outside")
    assert said_of(copy)[0] == f"PROBLEM {folder}: is a link, a pipe or a device"


@pytest.mark.programs
def test_t15_the_readmes_program_goes_on_after_a_folder_that_cannot_be_listed(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy / "invoices/2026-10")
    for _ in range(20):  # beyond the length that a path may have
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    (found,) = said_of(copy)
    assert found.startswith("PROBLEM invoices/2026-10/ddd")
    assert found.endswith("d/: cannot be listed: File name too long")


@pytest.mark.programs
@pytest.mark.parametrize("form", [b"[]", b"5", b"null", b"{}", b"\xff", b"[" * 100_000, b""])
def test_t15_the_readmes_program_ends_bad_form_as_a_problem(copy: Path, form: bytes) -> None:
    path = sorted((copy / "periods/2026-09/manifests").glob("*"))[-1]
    path.write_bytes(form)
    (found,) = said_of(copy)
    assert found.startswith("PROBLEM 2026-09: cannot be checked: ")


@pytest.mark.programs
def test_t15_the_readmes_program_says_what_it_cannot_show(copy: Path) -> None:
    done = start_program(copy)
    last = done.stdout.splitlines()[2:]
    assert (done.returncode, len(last)) == (0, 6)
    assert all(line.startswith("NOT CHECKED ") for line in last)
    assert "NOT CHECKED payment_status.json, which changes daily and is no evidence" in last

"""README.md's examples, and README.txt's program as it stands, on an exported archive."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lambdas.domain.findings import KINDS
from lambdas.views.readme import POWERSHELL, readme_text
from lambdas.views.wording import PAYER_VERDICTS
from tests.example_archive import PERIOD
from tests.kept import PROJECT
from tests.programs import program
from tests.readme_program import save_program, start_program

pytestmark = pytest.mark.programs
EXAMPLE_KEY = re.compile(r"\b(?:invoices|records|periods|runs)/[^\s\"`…&]*")
"""A key of the archive, up to where a sentence goes on."""
NEWEST = "periods/2026-09/manifests/manifest-0003.json"


@pytest.fixture
def copy(exported_archive: Path, tmp_path: Path) -> Path:
    """A copy of the archive, with the program saved as the README says."""
    program("openssl")
    folder = tmp_path / "copy"
    shutil.copytree(exported_archive, folder)
    save_program((folder / "README.txt").read_text(encoding="ascii"), folder)
    return folder


def checked(folder: Path) -> tuple[int, list[str]]:
    """How the program ends and what it prints."""
    done = start_program(folder)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.splitlines()


def problems(folder: Path) -> list[str]:
    status, lines = checked(folder)
    found = [line.removeprefix("PROBLEM ") for line in lines if line.startswith("PROBLEM ")]
    assert (status == 0) == (not found)
    return found


def test_an_untouched_archive_is_confirmed(copy: Path) -> None:
    status, lines = checked(copy)
    assert status == 0
    assert all(line.startswith("NOT CHECKED ") for line in lines[3:])
    assert [line.rpartition(", newest")[0] for line in lines[:3]] == [
        "2026-08: COMPLETE, 1 manifests",
        "2026-09: COMPLETE, 3 manifests",
        "2026-10: ACTION_REQUIRED, 1 manifests",
    ]


def test_what_computers_leave_in_the_copy_is_no_problem(copy: Path) -> None:
    for name in (
        "periods/Thumbs.db",
        "periods/Icon\r",
        "periods/@eaDir/x",
        "periods/~$ledger",
        f"{NEWEST}@SynoResource",
    ):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes(b"x")
    assert problems(copy) == []
    (copy / "periods/2026-10 (1)").mkdir()
    assert len(problems(copy)) == 1


def edit(folder: Path, change: Callable[[dict[str, object]], None]) -> None:
    content = json.loads((folder / NEWEST).read_bytes())
    change(content)
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
    (folder / NEWEST).write_text(text, encoding="utf-8")


def test_a_manifest_that_was_edited_is_reported(copy: Path) -> None:
    edit(copy, lambda content: content.update(verdict="ACTION_REQUIRED"))
    assert problems(copy) == [
        f"{NEWEST}: is not signed with manifest-signing-key.pem",
        "periods/2026-09/SHA256SUMS: is not what the newest manifest says",
        "periods/2026-09/completeness.json: is not what the newest manifest says",
    ]


def test_a_manifest_in_the_middle_that_is_gone_is_reported(copy: Path) -> None:
    (copy / NEWEST.replace("0003", "0002")).unlink()
    assert problems(copy) == [
        f"{NEWEST}: is not number 2 of its period",
        f"{NEWEST}: does not follow the manifest before it",
        "periods/2026-09/SHA256SUMS: is not what the newest manifest says",
    ]


def test_a_changed_and_a_missing_document_are_reported(copy: Path) -> None:
    first, second = sorted((copy / "invoices" / PERIOD).rglob("*.pdf"))[:2]
    first.write_bytes(first.read_bytes() + b" ")
    second.unlink()
    assert sorted(problems(copy)) == sorted(
        [
            f"{first.relative_to(copy).as_posix()}: was changed",
            f"{second.relative_to(copy).as_posix()}: is missing",
        ]
    )


def test_an_archive_signed_with_another_key_is_reported(copy: Path) -> None:
    other = subprocess.run(
        ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    public = subprocess.run(
        ["openssl", "ec", "-pubout"], input=other, check=True, capture_output=True
    ).stdout
    (copy / "manifest-signing-key.pem").write_bytes(public)
    assert len(problems(copy)) == len(list(copy.glob("periods/*/manifests/*.json")))


def test_a_payment_status_is_no_evidence_and_alone_it_makes_no_month(copy: Path) -> None:
    status = copy / "periods/2026-10/payment_status.json"
    old = copy / "periods/2026-01/payment_status.json"
    old.parent.mkdir()
    shutil.copy(status, old)
    status.write_text("somebody paid")
    assert problems(copy) == []
    old.with_name("completeness.json").write_text("{}")
    assert problems(copy) == ["periods/2026-01/manifests/: has no manifest"]


def test_nothing_to_check_is_no_success(tmp_path: Path) -> None:
    save_program(readme_text("bucket").decode(), tmp_path)
    assert problems(tmp_path) == ["there is nothing to check here"]
    (tmp_path / "periods" / "2026-10" / "manifests").mkdir(parents=True)
    assert problems(tmp_path) == ["periods/2026-10/manifests/: has no manifest"]


def test_the_lists_of_hashes_are_those_that_sha256sum_reads(copy: Path) -> None:
    for sums in copy.glob("periods/*/SHA256SUMS"):
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", str(sums)],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_readme_has_every_verdict_and_every_finding_with_its_next_step() -> None:
    text = " ".join(readme_text("b").decode("ascii").split())
    for word, (_, meaning) in PAYER_VERDICTS.items():
        assert f"{word} {meaning}" in text
    for code, kind in KINDS.items():
        mark = " !" if kind.severity == "blocking" else ""
        assert f" {code}{mark} {kind.next_step}" in text


def test_the_readme_can_be_followed_on_windows() -> None:
    text = readme_text("b").decode("ascii")
    assert POWERSHELL in text
    assert POWERSHELL.count("{") == POWERSHELL.count("}")
    assert "Get-FileHash -Algorithm SHA256 -LiteralPath" in POWERSHELL


def test_the_readme_names_the_bucket_and_fits_a_screen() -> None:
    lines = readme_text("example-corp-invoice-archive").decode("ascii").splitlines()
    assert any("s3://example-corp-invoice-archive" in line for line in lines)
    assert max(map(len, lines)) <= 100


def test_every_key_of_readme_md_is_in_the_archive_of_the_made_up_month(
    exported_archive: Path,
) -> None:
    keys = EXAMPLE_KEY.findall((PROJECT / "README.md").read_text(encoding="utf-8"))
    assert {key.partition("/")[0] for key in keys} == {"invoices", "records", "periods", "runs"}
    assert sum(PERIOD in key for key in keys) > 8
    for key in keys:
        pattern = re.sub("<[^>]*>?", "*", key).rstrip("/")
        assert any(exported_archive.glob(pattern)), key


def test_the_payer_accounts_of_readme_mds_commands_have_that_month(
    exported_archive: Path,
) -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"bin/invoices (\w+) (\d{4}-\d\d) (\d{12})", text)
    assert {command for command, _, _ in commands} == {"explain", "acknowledge"}
    for _, period, account_id in commands:
        completeness = exported_archive / "periods" / period / "completeness.json"
        payers = json.loads(completeness.read_bytes())["payers"]
        assert account_id in {payer["payer_account_id"] for payer in payers}

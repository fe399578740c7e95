"""docs/auditors.md: what it tells to type works, and without the tool proves what it says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops.cli import main
from tests.ops import bad_copies
from tests.ops.made_archive import MadeArchive, make_archive

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "auditors.md").read_text()
WITHOUT = GUIDE.partition("## How to verify this archive without our software")[2]
GOOD = make_archive()
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", WITHOUT, re.MULTILINE | re.DOTALL)
COMMANDS = [line.split() for kind, text in BLOCKS if not kind for line in text.splitlines()]
PROGRAMS = [text for kind, text in BLOCKS if kind == "python"]


def ends(copy: Path) -> list[int]:
    """How each command of the guide ends in the folder of the copy."""
    (copy / "cut.py").write_text(PROGRAMS[0])
    return [
        subprocess.run(
            [sys.executable if word == "python3" else word for word in command],
            cwd=copy,
            capture_output=True,
            check=False,
        ).returncode
        for command in COMMANDS
    ]


def test_the_guide_has_one_program_and_what_to_type() -> None:
    assert len(PROGRAMS) == 1
    assert [command[0] for command in COMMANDS] == ["sha256sum", "python3", "openssl"]


@needs_openssl
def test_a_good_copy_is_found_right_without_the_tool(tmp_path: Path) -> None:
    assert ends(GOOD.write(tmp_path)) == [0, 0, 0]


@needs_openssl
def test_an_edit_with_every_hash_recomputed_is_seen_without_the_tool(tmp_path: Path) -> None:
    made = MadeArchive(GOOD.kms, dict(GOOD.files))
    bad_copies.signature_invalid(made)
    assert ends(made.write(tmp_path)) == [0, 0, 1]


def test_a_changed_document_is_seen_without_the_tool(tmp_path: Path) -> None:
    made = MadeArchive(GOOD.kms, dict(GOOD.files))
    bad_copies.document_changed(made)
    assert ends(made.write(tmp_path))[0] == 1


def test_every_option_and_exit_code_that_the_guide_names_exists(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    shown = capsys.readouterr().out
    named = set(re.findall(r"--[a-z][a-z-]+", GUIDE.partition("## With the tool")[2]))
    assert {name for name in named if name not in shown} == {"--exclude"}  # of `aws s3 sync`
    for code in re.findall(r"(?:\*\*: |· )(\d) ", GUIDE):
        assert re.search(rf"^ +{code}  ", shown, re.MULTILINE)

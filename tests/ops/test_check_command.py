"""`invoices check` as people and programs use it."""

import json
import os
import pty
import shutil
import stat
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ops.check.heads_file import heads_file
from ops.cli import main
from ops.verbs import VERBS
from tests.domain.examples import BOREAL
from tests.ops import bad_copies
from tests.ops.made_archive import KEY_FILE, OCTOBER, MadeArchive, make_archive

PROJECT = Path(__file__).parent.parent.parent
GOOD = make_archive()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return GOOD.write(tmp_path / "copy")


@pytest.fixture
def outside(tmp_path: Path) -> list[str]:
    """What an auditor has beside the copy: the key and the heads."""
    (tmp_path / "key.pem").write_bytes(GOOD.public_key)
    (tmp_path / "heads.json").write_bytes(heads_file(GOOD.heads.values()))
    return ["--key", str(tmp_path / "key.pem"), "--heads", str(tmp_path / "heads.json")]


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_good_copy_ends_0_and_says_what_was_left_out(
    copy: Path, outside: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(copy)
    assert main(["check", str(copy), *outside]) == 0
    out, err = capsys.readouterr()
    assert "2026-10   verified   3 manifests, 3 invoices, 5 documents, 4 records" in out
    assert "  whether whole billing periods before 2026-09 or after 2026-10 were removed\n" in out
    assert "  versions, delete markers and locks\n" in out
    assert out.endswith("All well: everything checked is as it must be.\n")
    assert "\x1b" not in out, "no colour but on a terminal"
    assert err == ""
    assert tree(copy) == before, "the check only reads"


def test_a_bad_copy_ends_3_and_says_object_expected_found_and_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = MadeArchive(GOOD.kms, dict(GOOD.files))
    bad_copies.document_changed(made)
    assert main(["check", str(made.write(tmp_path))]) == 3
    out = capsys.readouterr().out
    key = bad_copies.a_document(made)
    lines = iter(out.splitlines())
    assert "DOCUMENT_CHANGED   blocking" in lines
    assert f"  {key}" in lines
    assert next(lines).startswith("      expected  20 bytes, SHA-256 ")
    assert next(lines).startswith("      found     SHA-256 ")
    assert next(lines).startswith("  next step: ")
    assert out.endswith("Action required: 1 finding. docs/runbook.md explains each code.\n")


def test_nothing_to_check_ends_5(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some/file.txt").write_text("no archive at all")
    assert main(["check", str(tmp_path)]) == 5
    assert "Nothing to check: that proves nothing" in capsys.readouterr().out
    assert main(["check", str(GOOD.write(tmp_path)), "--period", "2026-11"]) == 5


def test_the_key_in_the_archive_proves_less_and_that_is_said(
    copy: Path, outside: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(copy)]) == 0
    out = capsys.readouterr().out
    assert "Key       manifest-signing-key.pem of the archive itself, SHA-256 " in out
    assert "  whether the signing key is the right one\n" in out
    main(["check", str(copy), *outside])
    out = capsys.readouterr().out
    assert f"Key       {outside[1]}, SHA-256 " in out
    assert "whether the signing key is the right one" not in out


def test_without_any_key_no_check_is_green(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / KEY_FILE).unlink()
    assert main(["check", str(copy)]) == 3
    out = capsys.readouterr().out
    assert "\nSIGNING_KEY_ABSENT   blocking\n" in out
    assert "  the signatures of the manifests\n      there is no public key" in out


def test_a_key_that_is_missing_in_the_archive_is_a_warning_where_one_was_given(
    copy: Path, outside: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / KEY_FILE).unlink()
    assert main(["check", str(copy), *outside, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["code"], found["object"]) == ("VIEW_ABSENT", KEY_FILE)


def test_the_right_key_with_a_foreign_one_beside_it_is_wrong(
    copy: Path, outside: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / KEY_FILE).write_bytes(GOOD.public_key + make_archive().public_key)
    assert main(["check", str(copy), *outside, "--json"]) == 3
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["code"] == "SIGNING_KEY_WRONG"


def test_a_key_of_another_curve_is_refused(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "other.pem").write_bytes(pem)
    assert main(["check", str(copy), "--key", str(tmp_path / "other.pem")]) == 2
    assert "holds a public key that is none of the curve P-256" in capsys.readouterr().err


def test_a_key_file_with_all_keys_that_the_archive_had_serves_them_all(
    copy: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.pem"
    keys.write_bytes(make_archive().public_key + GOOD.public_key)
    assert main(["check", str(copy), "--key", str(keys)]) == 0
    keys.write_bytes(make_archive().public_key)
    assert main(["check", str(copy), "--key", str(keys)]) == 3


def test_json_says_the_same_and_can_be_the_heads_of_the_next_check(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(copy), "--json"]) == 0
    report = capsys.readouterr().out
    told: dict[str, Any] = json.loads(report)
    assert (told["schema"], told["result"]) == ("invoice-archive/check/1", "ALL_WELL")
    assert told["signing_key"]["is_from_the_archive"] is True
    (tmp_path / "report.json").write_text(report)
    (copy / "periods/2026-10/manifests/manifest-0003.json").unlink()
    last_year = ["--heads", str(tmp_path / "report.json"), "--period", str(OCTOBER), "--json"]
    assert main(["check", str(copy), *last_year]) == 3
    found = json.loads(capsys.readouterr().out)["findings"]
    assert "MANIFESTS_ROLLED_BACK" in [finding["code"] for finding in found]
    assert found[0].keys() == {
        "code",
        "severity",
        "billing_period",
        "object",
        "expected",
        "found",
        "next_step",
    }


def test_everything_that_is_wrong_with_a_command_is_reported_at_once(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no-heads.json").write_text("{}")
    (tmp_path / "no-key.pem").write_text("no key")
    wrong = [
        *("--period", "2026-13", "--period", "10-2026", "--subset", "3/2", "--level", "presence"),
        *("--heads", str(tmp_path / "no-heads.json"), "--heads-table", "t"),
        *("--key", str(tmp_path / "no-key.pem"), "--retention", "ten"),
    ]
    assert main(["check", str(copy), *wrong]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    for part in (
        "'2026-13' is not a billing period",
        "'10-2026' is not a billing period",
        "'3/2' is not a subset",
        "--subset is of bytes, which --level presence leaves",
        "no-heads.json is not a file of latest-manifest records",
        "give either --heads or --heads-table",
        "no-key.pem holds no public key in PEM form",
        "'ten' is no retention policy; write it as 10,GOVERNANCE,12",
        "--retention is about locks, which only a live bucket has",
    ):
        assert part in line


@pytest.mark.parametrize(
    "command", [["check"], ["check", "x", "--level", "all"], ["no-verb"], ["check", "x", "--lev"]]
)
def test_a_command_that_cannot_be_understood_is_a_sentence_and_json_where_that_was_asked_for(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("invoices: ")
    assert line.endswith("--help' shows help for it")
    assert main([*command, "--json"]) == 2
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (f"invoices: {told['error']}", told["exit_code"], err) == (line, 2, "")


def head(**members: object) -> bytes:
    right = {"billing_period": "2026-10", "sequence": 3, "sha256": "a" * 64, "run_id": "run-3"}
    return json.dumps({"heads": [right | members]}).encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            head(sequence=float("inf")),
            "ValueError: it has the number Infinity; runs write whole ones",
        ),
        (head(sequence=1.0), "ValueError: it has the number 1.0; runs write whole ones"),
        (head(sequence=-1), "ValueError: -1 is no number of a manifest"),
        (head(sequence=0), "ValueError: 0 is no number of a manifest"),
        (head(sequence=True), "ValueError: True is no number of a manifest"),
        (head(sequence="3"), "ValueError: '3' is no number of a manifest"),
        (head(sha256=None), "ValueError: None is no SHA-256"),
        (head(sha256="A" * 64), "is no SHA-256"),
        (head(run_id=None), "ValueError: None is no run"),
        (head(billing_period="2026-13"), "is not a billing period"),
        (head(billing_period=7), "is not a file of latest-manifest records (ValueError"),
        (b'{"heads":' + b"[" * 100_000, "is not a file of latest-manifest records (RecursionError"),
        (b'{"heads":{}}', "names no manifest"),
        (b'{"heads":[]}', "names no manifest, so nothing can be compared with it"),
        (b'{"heads":[1]}', "is not a file of latest-manifest records (TypeError"),
        (b"[]", "is not a file of latest-manifest records (TypeError"),
        (b"\xff", "is not a file of latest-manifest records (UnicodeDecodeError"),
    ],
)
def test_a_file_of_heads_that_is_none_is_a_sentence(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, sentence: str
) -> None:
    (tmp_path / "heads.json").write_bytes(content)
    assert main(["check", str(copy), "--heads", str(tmp_path / "heads.json")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line


@pytest.mark.parametrize("text", ["0", "10,SOFT", "10,GOVERNANCE,13", "10,GOVERNANCE,12,x", ",,"])
def test_a_retention_policy_that_is_none_is_refused(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "s3://bucket", "--retention", text]) == 2
    assert f"'{text}' is no retention policy" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--heads", "--key"])
def test_a_file_that_cannot_be_read_is_named(
    copy: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(copy), option, "/no/such/file"]) == 2
    assert "/no/such/file cannot be read: no such file or directory" in capsys.readouterr().err


def test_a_place_that_is_no_folder_ends_6(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(copy / "nowhere")]) == 6
    assert "nowhere does not exist; name the folder" in capsys.readouterr().err
    assert main(["check", str(copy / "README.txt"), "--json"]) == 6
    told = json.loads(capsys.readouterr().out)
    assert "README.txt is a file; name the folder" in told["error"]


def test_names_that_could_steer_a_terminal_are_shown_escaped(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "invoices/2026-10/\x1b[2Jevil\u202e.pdf").write_bytes(b"x")
    (copy / "invoices/2026-10/[bold]x.pdf").write_bytes(b"x")
    (copy / "invoices/2026-10/a\u3164b\ufe0f.pdf").write_bytes(b"x")
    (Path(os.fsdecode(os.fsencode(copy) + b"/invoices/2026-10/\xff.pdf"))).write_bytes(b"x")
    assert main(["check", str(copy)]) == 3
    out = capsys.readouterr().out
    assert "  invoices/2026-10/\\x1b[2Jevil\\u202e.pdf\n" in out
    assert "  invoices/2026-10/[bold]x.pdf\n" in out
    assert "  invoices/2026-10/a\\u3164b\\ufe0f.pdf\n" in out
    assert "  invoices/2026-10/\\udcff.pdf\n" in out
    assert main(["check", str(copy), "--json"]) == 3


def test_what_computers_leave_in_a_folder_is_no_finding_and_is_counted(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(copy)]) == 0
    assert "Passed over" not in capsys.readouterr().out
    for name in ("invoices/2026-10/.DS_Store", "records/.ds_store", "Icon\r", "@eaDir/a/x.png"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(b"x")
    (copy / "@eaDir/empty").mkdir()
    assert main(["check", str(copy)]) == 0
    assert (
        "Passed over   4 files that computers leave in folders, by name\n"
        "  .DS_Store   2 files, such as invoices/2026-10/.DS_Store\n"
        "  @eaDir   1 file, such as @eaDir\n"
        "  Icon\\r   1 file, such as Icon\\r\n"
    ) in capsys.readouterr().out


def unreadable(
    copy: Path, capsys: pytest.CaptureFixture[str], *options: str
) -> list[tuple[str, str]]:
    """What and why, of a check that finds nothing else."""
    assert main(["check", str(copy), *options, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {one["code"] for one in found} == {"OBJECT_UNREADABLE"}
    return [(one["object"], one["found"].rpartition(": ")[2]) for one in found]


@pytest.mark.parametrize("target", ["nowhere", "elsewhere.pdf"])
def test_a_link_is_not_followed_wherever_it_leads(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    key = bad_copies.a_document(GOOD)
    (tmp_path / "elsewhere.pdf").write_bytes(GOOD.files[key])
    (copy / key).unlink()
    (copy / key).symlink_to(tmp_path / target)
    assert unreadable(copy, capsys) == [(key, "it is a link, which is not followed")]


def test_the_folder_that_is_named_may_itself_be_a_link(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "named").symlink_to(copy)
    assert main(["check", str(tmp_path / "named"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []


@pytest.mark.parametrize("key", [bad_copies.a_document(GOOD), GOOD.keys("records/")[0], KEY_FILE])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(
    copy: Path, outside: list[str], capsys: pytest.CaptureFixture[str], key: str
) -> None:
    (copy / key).unlink()
    os.mkfifo(copy / key)
    assert unreadable(copy, capsys, *outside) == [(key, "it is no file")]


def test_a_folder_that_may_not_be_listed_is_reported_and_the_check_goes_on(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "lost+found").mkdir()
    refused = {f"{copy}/lost+found/", f"{copy}/invoices/2026-10/{BOREAL}/"}
    scandir = os.scandir

    def list_unless_refused(path: Any) -> Any:
        if str(path) in refused:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", list_unless_refused)
    assert unreadable(copy, capsys) == [
        (f"invoices/2026-10/{BOREAL}/", "permission denied"),
        ("lost+found/", "permission denied"),
    ]


def test_where_manifests_may_not_be_listed_nobody_is_said_to_have_removed_them(
    copy: Path, outside: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    scandir = os.scandir

    def list_unless_refused(path: Any) -> Any:
        if str(path).endswith("2026-10/manifests/"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", list_unless_refused)
    told = [("periods/2026-10/manifests/", "permission denied")]
    assert unreadable(copy, capsys, *outside) == told
    main(["check", str(copy), *outside])
    assert "  everything of 2026-10\n" in capsys.readouterr().out


def test_a_file_where_a_folder_must_be_is_reported(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(copy / "records")
    (copy / "records").write_text("x")
    assert main(["check", str(copy), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(one["code"], one["object"]) for one in found] == [
        ("OBJECT_EXTRA", "records"),
        ("OBJECT_UNREADABLE", "records/"),
    ]


def test_folders_within_folders_without_end_do_not_end_the_check(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = os.open(copy, os.O_RDONLY)
    for _ in range(2500):
        os.mkdir("d", dir_fd=at)
        below = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    ((place, why),) = unreadable(copy, capsys)
    assert (place[:6], why) == ("d/d/d/", "file name too long")
    subprocess.run(["rm", "-rf", str(copy / "d")], check=True)


def test_a_record_that_grew_is_not_read_into_memory(copy: Path) -> None:
    key = GOOD.keys("records/")[0]
    with (copy / key).open("r+b") as record:
        record.truncate(200 << 20)
    tracemalloc.start()
    assert main(["check", str(copy)]) == 3
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50 << 20


def test_a_key_file_that_grew_is_not_read_into_memory(
    copy: Path, outside: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with (copy / KEY_FILE).open("r+b") as key:
        key.truncate(2 << 20)
    told = [(KEY_FILE, "it has more than 1048576 bytes")]
    assert unreadable(copy, capsys, *outside) == told


def test_many_findings_of_one_code_are_counted_and_json_has_them_all(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(25):
        (copy / f"invoices/2026-10/{number}.pdf").write_bytes(b"x")
    main(["check", str(copy)])
    assert "  and 15 more, which --json names\n" in capsys.readouterr().out
    main(["check", str(copy), "--json"])
    assert len(json.loads(capsys.readouterr().out)["findings"]) == 25


def test_a_fault_of_the_tool_is_a_sentence_and_ends_1(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("what nobody thought of")

    monkeypatch.setattr("ops.verbs.check.check_archive", fail)
    assert main(["check", str(copy)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("invoices: a fault of the tool itself: KeyError ('what nobody")
    assert "in test_check_command.py, line " in line


def test_an_interruption_ends_130_without_a_traceback(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ops.verbs.check.check_archive", interrupt)
    assert main(["check", str(copy)]) == 130
    assert capsys.readouterr().err == "invoices: interrupted\n"


def run(arguments: list[str], **options: Any) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments], cwd=PROJECT, check=False, **options
    )


def test_a_copy_is_checked_without_boto3(copy: Path) -> None:
    program = (
        "import sys; from ops.cli import main; main(['check', sys.argv[1]]); "
        "sys.exit(any(name in sys.modules for name in ('boto3', 'botocore', 'requests')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(copy)], cwd=PROJECT, capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_live_bucket_without_boto3_is_a_sentence() -> None:
    program = (
        "import sys; sys.modules['boto3'] = None; from ops.cli import main; "
        "sys.exit(main(['check', 's3://bucket']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, check=False
    )
    assert ran.returncode == 6
    assert ran.stderr == (
        b"invoices: boto3 is not installed, and this needs it: pip install boto3\n"
    )


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_whoever_stops_reading_the_output_gets_no_complaint(copy: Path, form: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = run(["check", str(copy), *form], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert ran.stderr == b""
    assert ran.returncode == 130


def test_on_a_terminal_there_are_colour_and_progress(copy: Path) -> None:
    terminal, end = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    assert run(["check", str(copy)], stdout=end, stderr=end, env=environment).returncode == 0
    os.close(end)
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    os.close(terminal)
    assert b"\x1b[1;32mAll well" in shown
    assert b"2026-10" in shown.partition(b"Checked")[0], "progress comes before the report"


def test_output_that_the_terminal_has_no_letters_for_is_shown_all_the_same(copy: Path) -> None:
    (copy / "invoices/2026-10/é.pdf").write_bytes(b"x")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = run(["check", str(copy)], capture_output=True, env=environment)
    assert (ran.returncode, ran.stderr) == (3, b"")
    assert b"invoices/2026-10/\\xe9.pdf" in ran.stdout


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_shows_examples_and_names_how_it_ends(
    verb: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb.name, "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert f"examples:\n  invoices {verb.name} " in out
    assert "    3  a finding needs a person\n" in out


def test_a_copy_that_nobody_may_write_to_is_checked(copy: Path) -> None:
    for path in (copy, *copy.rglob("*")):
        path.chmod(stat.S_IRUSR | (stat.S_IXUSR if path.is_dir() else 0))
    try:
        assert main(["check", str(copy)]) == 0
    finally:
        for path in (copy, *copy.rglob("*")):
            path.chmod(stat.S_IRWXU)

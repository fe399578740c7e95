import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.sha256_sums import sha256_sums
from tests.domain.examples import ACME, archived, stored
from tests.domain.judgement.test_manifests import manifest, payer_state

OWN = hashlib.sha256(b"content").hexdigest()


def period() -> Manifest:
    invoices = (archived("1"), archived("2"))
    one = manifest(
        payer_state(ACME, *(replace(i, records=(stored(i.record.key),)) for i in invoices))
    )
    return replace(one, previous_sha256=OWN)


def export(folder: Path) -> None:
    """Every object of the period, each with the content that the examples' hashes are of."""
    keys = [line.split("  ")[1] for line in sha256_sums(period(), OWN).decode().splitlines()[1:]]
    for key in keys:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")
    (folder / "SHA256SUMS").write_bytes(sha256_sums(period(), OWN))


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_lists_records_documents_and_the_last_two_manifests() -> None:
    lines = sha256_sums(period(), OWN).decode().splitlines()
    keys = [line.split("  ")[1] for line in lines[1:]]
    assert keys == sorted(
        {at.key for at in period().evidence}
        | {
            "periods/2026-10/manifests/manifest-0002.json",
            "periods/2026-10/manifests/manifest-0003.json",
        }
    )
    assert lines[0].startswith("# made from periods/2026-10/manifests/manifest-0003.json")


def test_the_first_manifest_has_none_before_it() -> None:
    first = replace(period(), sequence=1, previous_sha256=None)
    assert sha256_sums(first, OWN).decode().count("manifest-") == 2


def test_sha256sum_takes_it(tmp_path: Path) -> None:
    export(tmp_path)
    result = checked(tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count(": OK") == 6


def test_sha256sum_finds_a_changed_and_a_missing_object(tmp_path: Path) -> None:
    export(tmp_path)
    changed, gone = (at.key for at in list(period().evidence)[:2])
    (tmp_path / changed).write_bytes(b"c0ntent")
    (tmp_path / gone).unlink()
    result = checked(tmp_path)
    assert result.returncode == 1
    assert f"{changed}: FAILED" in result.stdout
    assert f"{gone}: FAILED open or read" in result.stdout

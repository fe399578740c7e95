"""Time and memory of a check are bounded by what names an object, or by a stated limit, whatever
size an object has or pretends to have.
"""

import os
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    find_key,
    ledger_csv_key,
    manifest_key,
    sha256_sums_key,
)
from lambdas.domain.json_text import sha256_hex
from ops.check import manifest, manifest_reader
from ops.check.chain import ChainCheck
from ops.check.findings import KINDS, check_finding
from ops.check.limits import LARGEST_HEADS_FILE, LARGEST_KEY_FILE, MOST_KEYS
from ops.check.manifest_reader import ManifestReader, NotAManifest
from ops.check.period_checked import PeriodChecked
from ops.check.signing_keys import SigningKeys
from ops.check.statement import InvoiceStatement
from ops.cli import main
from ops.places import PlacedObject
from tests.ops.bad_copies import a_document
from tests.ops.made_archive import KEY_FILE, NEWEST, OCTOBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

GOOD = make_archive()
RECORD, DOCUMENT = GOOD.keys("records/")[0], a_document(GOOD)
EVIDENCE = (RECORD, DOCUMENT)
MANIFESTS = (NEWEST, manifest_key(OCTOBER, 1))
VIEWS = tuple(
    key_of(OCTOBER) for key_of in (completeness_key, find_key, ledger_csv_key, sha256_sums_key)
)
_TIB = 1 << 40
_BLOCK = 1 << 16
_NOBODY_READS_ON = 16 << 20


class Endless(MemoryPlace):
    """One object has a TiB, or has no end though it is listed with its right size."""

    def __init__(self, key: str, *, is_listed_so: bool, files: dict[str, bytes]) -> None:
        super().__init__(files, _BLOCK)
        self._key = key
        self._is_listed_so = is_listed_so
        self.bytes_read: Counter[str] = Counter()

    def objects(self, prefix: str) -> Iterator[PlacedObject]:
        for placed in super().objects(prefix):
            is_it = placed.key == self._key and self._is_listed_so
            yield PlacedObject(placed.key, _TIB) if is_it else placed

    def blocks(self, key: str, version_id: str) -> Iterator[bytes]:
        for block in super().blocks(key, version_id):
            self.bytes_read[key] += len(block)
            yield block
        while key == self._key:
            self.bytes_read[key] += _BLOCK
            assert self.bytes_read[key] < _NOBODY_READS_ON, f"{key} is read on and on"
            yield bytes(_BLOCK)


def found(place: Endless) -> set[tuple[str, str]]:
    """Codes and objects of what is found; something else is wrong as well, and told."""
    made = MadeArchive(GOOD.kms)
    findings = {(one.code, one.object) for one in check(made, place, heads=GOOD.heads).findings}
    assert ("OBJECT_EXTRA", "notes.txt") in findings
    return findings - {("OBJECT_EXTRA", "notes.txt")}


def endless(key: str, *, is_listed_so: bool) -> Endless:
    files = {**GOOD.files, "notes.txt": b"x"}
    return Endless(key, is_listed_so=is_listed_so, files=files)


@pytest.mark.parametrize("key", EVIDENCE)
def test_t13_evidence_that_its_size_condemns_is_not_read(key: str) -> None:
    place = endless(key, is_listed_so=True)
    assert found(place) == {("SIZE_CHANGED", key)}
    assert place.bytes_read[key] == 0


@pytest.mark.parametrize("key", VIEWS)
def test_t13_a_view_that_no_manifest_makes_so_large_is_not_read(key: str) -> None:
    place = endless(key, is_listed_so=True)
    assert found(place) == {("VIEW_DIFFERS", key)}
    assert place.bytes_read[key] == 0


@pytest.mark.parametrize("key", MANIFESTS)
def test_t13_a_manifest_that_no_run_can_write_is_not_read(key: str) -> None:
    place = endless(key, is_listed_so=True)
    assert ("MANIFEST_DAMAGED", key) in found(place)
    assert place.bytes_read[key] == 0


@pytest.mark.parametrize("key", [*EVIDENCE, *VIEWS, *MANIFESTS])
def test_t13_nothing_is_read_further_than_it_was_listed(key: str) -> None:
    place = endless(key, is_listed_so=False)
    assert ("OBJECT_UNREADABLE", key) in found(place)
    # a reading, and another one before it is told
    assert place.bytes_read[key] <= 2 * (len(GOOD.files[key]) + _BLOCK)


def test_t13_a_key_in_the_archive_is_read_up_to_its_limit() -> None:
    place = endless(KEY_FILE, is_listed_so=True)
    assert found(place) == {("OBJECT_UNREADABLE", KEY_FILE)}
    assert place.bytes_read[KEY_FILE] <= LARGEST_KEY_FILE + 2 * _BLOCK


def test_t13_a_record_that_a_manifest_says_to_be_larger_than_any_is_not_read() -> None:
    said = GOOD.data(NEWEST)
    named = said["payers"][0]["invoices"][0]["records"][-1]
    named["size_bytes"] = _TIB
    place = endless(named["key"], is_listed_so=True)
    place.contents[NEWEST] = GOOD.sign(said)
    assert ("RECORD_CONTRADICTED", named["key"]) in found(place)
    assert place.bytes_read[named["key"]] == 0


def test_t13_a_manifest_without_a_brace_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_reader, "_LONGEST_PIECE", 1 << 18)
    blocks = (b'{"payers":[],"name":"' if at == 0 else b"x" * _BLOCK for at in range(400))
    tracemalloc.start()
    with pytest.raises(NotAManifest, match="a piece of it is longer than"):
        list(ManifestReader(blocks).parts())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize(
    "form", ['{{"payers":[{{{}}}]}}', '{{"payers":[],{}}}', '{{{},"payers":[]}}']
)
def test_t13_what_a_manifest_says_beside_its_invoices_is_held_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(manifest_reader, "_MOST_HELD", 10_000)
    long, many = f'"a":"{"x" * 20_000}"', ",".join(f'"{n}":1' for n in range(1001))
    wide = f'"a":[{",".join(["{}"] * 100)}]'
    for members in (long, many, wide):
        with pytest.raises(NotAManifest, match=r"too much beside its invoices|more than 1000 mem"):
            list(ManifestReader([form.format(members).encode()]).parts())


def test_t13_of_a_manifest_with_more_payer_accounts_than_fit_no_more_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(manifest_reader, "_MOST_HELD", 1 << 20)
    reader = ManifestReader([b'{"payers":[' + b'{"a":1},' * 100_000 + b'{"a":1}]}'])
    read: list[object] = []
    with pytest.raises(NotAManifest, match="too much beside its invoices"):
        read.extend(reader.parts())
    assert 100 < len(read) < 1000


def test_t13_a_manifest_of_parts_that_nobody_understands_is_not_read_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(manifest, "_MOST_DAMAGED", 10)
    file = b'{"payers":[{"invoices":[' + b"{}," * 100_000 + b"{}]}]}"
    parsed = 0
    of = InvoiceStatement.of

    def counted(data: object) -> InvoiceStatement:
        nonlocal parsed
        parsed += 1
        return of(data)

    monkeypatch.setattr(InvoiceStatement, "of", counted)
    key = manifest_key(OCTOBER, 1)
    link = ChainCheck(MemoryPlace({key: file}), None, PeriodChecked(OCTOBER)).read(
        PlacedObject(key, len(file)), 1
    )
    assert link is not None
    assert (parsed, link.is_whole, link.sha256) == (11, False, sha256_hex(file))


class Watched(bytes):
    """Notes how often it is looked through."""

    looked = 0

    def find(self, *given: object) -> int:
        Watched.looked += 1
        return super().find(*given)  # type: ignore[arg-type]


def test_t13_a_key_file_of_beginnings_is_looked_through_once() -> None:
    with pytest.raises(ValueError, match="holds no public key"):
        SigningKeys.read(
            Watched(b"-----BEGIN PUBLIC KEY-----" * 2000), "key.pem", is_from_the_archive=False
        )
    assert Watched.looked == 2


def test_t13_a_key_file_of_more_keys_than_any_archive_had_is_refused() -> None:
    pem = GOOD.public_key * (MOST_KEYS + 1)
    with pytest.raises(ValueError, match="more than 100 public keys"):
        SigningKeys.read(pem, "key.pem", is_from_the_archive=False)
    keys = SigningKeys.read(pem[: len(GOOD.public_key) * 3], "k", is_from_the_archive=False)
    assert len(keys.fingerprints) == 3


@pytest.mark.parametrize(("option", "most"), [
    ("--key", LARGEST_KEY_FILE), ("--heads", LARGEST_HEADS_FILE),
])  # fmt: skip
def test_t13_a_given_file_is_a_file_and_not_longer_than_its_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, most: int
) -> None:
    copy, pipe, large = GOOD.write(tmp_path / "copy"), tmp_path / "pipe", tmp_path / "large"
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(_TIB)
    for path, why in (
        (pipe, "it is no file"),
        ("/dev/full", "it is no file"),
        (copy, "it is no file"),
        (large, f"it has more than {most} bytes"),
    ):
        assert main(["check", str(copy), option, str(path)]) == 2
        assert f"{path} cannot be read: {why}" in capsys.readouterr().err


def test_t13_what_is_reported_of_a_finding_has_a_length() -> None:
    for code in KINDS:
        one = check_finding(code, "key", "x" * 10_000_000, "x" * 10_000_000)
        assert len(one.expected + one.found) < 5000

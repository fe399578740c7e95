"""One odd value in one stored form: the check ends with a report that tells of it, and of whatever
else is wrong. So do the other verbs that read stored forms.
"""

import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path as FilePath
from typing import Any

import pytest

from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    ledger_csv_key,
    manifests_prefix,
    sha256_sums_key,
)
from lambdas.domain.json_text import sha256_hex
from ops.check.heads_file import heads_file, read_heads_file
from ops.errors import CannotRead
from ops.explanation import explain
from ops.newest_manifest import newest_manifest, payer_state, understood
from ops.places import Digest
from tests.ops.made_archive import KEY_FILE, NEWEST, OCTOBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.odd_values import (
    MANIFEST,
    NO_KEYS,
    ODD,
    Path,
    at_path,
    every_member,
    paths,
    twice,
    with_odd,
    without,
)
from tests.ops.test_check_findings import check
from tests.sizes import sample

GOOD = every_member()
RECORD = GOOD.keys("records/2026-10/")[0]
ELSEWHERE = "periods/2026-10/notes.txt"
"""Something extra in the same period, to be told whatever else is odd."""
Edited = Iterator[tuple[Path, str, bytes]]


def edits(form: Any) -> Edited:
    """The form with an odd value at each of its places in turn: always what can be no key, and some
    others, another one at the next place; and without the member, or with it twice.
    """
    for number, at in enumerate(paths(form)):
        others = [ODD[(number * 5 + n * 11) % len(ODD)] for n in range(2)]
        for odd in dict.fromkeys([*NO_KEYS, *others]):
            if not _is_same(at_path(form, at), odd):
                yield at, odd[:40], with_odd(form, at, odd)
        if at:
            yield at, "nothing", without(form, at)
            yield at, "both", twice(form, at)


def sampled(form: Any, at_most: int) -> list[tuple[Path, str, bytes]]:
    """Some of the edits, with each odd value among them."""
    return sample([*edits(form)], at_most, lambda edit: edit[1])


def _is_same(value: Any, odd: str) -> bool:
    """Whether no reader can tell the two apart."""
    try:
        return bool(json.loads(odd) == value)
    except (ValueError, RecursionError):
        return False


def found_at(files: dict[str, bytes], key: str) -> set[str]:
    """The codes that the check of October finds at this key, once it told of the other damage."""
    made = MadeArchive(GOOD.kms, {**GOOD.files, **files, ELSEWHERE: b"x"})
    report = check(made, MemoryPlace(made.files, 1 << 20), periods=(OCTOBER,))
    json.dumps(report.to_data()).encode("ascii")
    told = {(finding.code, finding.object) for finding in report.findings}
    assert ("OBJECT_EXTRA", ELSEWHERE) in told
    return {code for code, at in told if at == key}


@pytest.mark.sized
def test_t13_an_odd_value_at_any_member_of_a_manifest_is_reported_and_the_rest_is_checked() -> None:
    assert check(GOOD, MemoryPlace(GOOD.files)).result == "ALL_WELL"
    for at, odd, content in sampled(GOOD.data(MANIFEST), 200):
        assert found_at({MANIFEST: content}, MANIFEST), (at, odd)


@pytest.mark.sized
def test_t13_an_odd_value_that_is_signed_costs_nothing_else_its_check() -> None:
    said = GOOD.data(MANIFEST)
    signed = paths({n: said[n] for n in said if n != "signature"})
    for number, at in sample([*enumerate(signed)], 50):
        for odd in ("[]", "5", ODD[number % 16]):
            try:
                edited = json.loads(with_odd(said, at, odd))
                content = GOOD.sign(edited)
            except (ValueError, TypeError, AttributeError):  # not even its signer can write that
                continue
            assert not found_at({MANIFEST: content}, manifests_prefix(OCTOBER)), (at, odd)


@pytest.mark.parametrize("odd", ["[]", "{}", "5", "true", "[null]", '"x"'])
def test_t13_a_schema_that_is_none_is_an_unknown_one(odd: str) -> None:
    said = json.loads(with_odd(GOOD.data(MANIFEST), ("schema",), odd))
    assert found_at({MANIFEST: GOOD.sign(said)}, MANIFEST) == {"SCHEMA_UNKNOWN"}


@pytest.mark.parametrize("odd", [5, True, {}, [5], [None], [[]], [5, "x"]])
@pytest.mark.parametrize(
    ("member", "told"),
    [("CurrencyCode", "MANIFEST_CONTRADICTED"), ("BillSourceAccounts", "RECORD_CONTRADICTED")],
)
def test_t13_what_cannot_be_counted_contradicts_and_evidence_is_checked(
    member: str, told: str, odd: object
) -> None:
    made = make_archive()
    said = made.data(NEWEST)
    row = said["payers"][1]["invoices"][0]["summary"]
    (row["PaymentCurrencyAmount"] if member == "CurrencyCode" else row)[member] = odd or [odd]
    made.files[NEWEST] = made.sign(said)
    extra = made.keys("invoices/2026-10/")[0].replace(".pdf", "_copy.pdf")
    made.files[extra] = b"x"
    findings = check(made, MemoryPlace(made.files)).findings
    assert ("OBJECT_EXTRA", extra) in {(one.code, one.object) for one in findings}
    assert told in {one.code for one in findings}


class Overflowing(MemoryPlace):
    """A document of October cannot be read for a reason that nobody thought of."""

    def digest(self, key: str, version_id: str, *, most: int) -> Digest:
        raise OverflowError(key, version_id, most)


def test_t13_whatever_a_period_does_to_the_check_the_others_are_checked() -> None:
    made = MadeArchive(GOOD.kms, {**GOOD.files, "periods/2026-09/notes.txt": b"x"})
    made.files["periods/2026-11/notes.txt"] = b"x"
    report = check(made, Overflowing(made.files, 1 << 20))
    told = {(finding.code, finding.object) for finding in report.findings}
    assert ("MANIFEST_DAMAGED", manifests_prefix(OCTOBER)) in told
    assert {("OBJECT_EXTRA", f"periods/2026-{month}/notes.txt") for month in ("09", "11")} <= told


@pytest.mark.sized
@pytest.mark.parametrize("key", [RECORD, completeness_key(OCTOBER)])
def test_t13_an_odd_value_at_any_member_of_a_record_or_view_is_reported(key: str) -> None:
    for at, odd, content in sampled(GOOD.data(key), 70):
        assert found_at({key: content}, key), (at, odd)


FACTS = {
    "schema", "invoice_id", "billing_period", "payer_account_id", "sequence", "previous_sha256",
    "previous_records", "summary", "documents", "first_archived_at", "sightings",
}  # fmt: skip
"""What of a record is compared; of sightings only who saw it."""


@pytest.mark.sized
def test_t13_an_odd_value_in_a_record_that_its_manifest_names_so_is_reported_if_it_is_a_fact() -> (
    None
):
    for at, odd, content in sampled(GOOD.data(RECORD), 70):
        said = GOOD.data(MANIFEST)
        (named,) = said["payers"][0]["invoices"][0]["records"]
        named |= {"sha256": sha256_hex(content), "size_bytes": len(content)}
        found = found_at({RECORD: content, MANIFEST: GOOD.sign(said)}, RECORD)
        is_fact = not at or at[0] in FACTS
        is_fact &= at[:1] != ("sightings",) or at[-1] == "payer_account_id"
        # the last of two members of one name counts, and the bytes are what the manifest names
        assert found or not is_fact or odd == "both", (at, odd)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"[]", b"-" * 5000, b"a,b\n" * 9, b"\n" * 9],
)
@pytest.mark.parametrize(
    "key",
    [sha256_sums_key(OCTOBER), ledger_csv_key(OCTOBER), completeness_key(OCTOBER), KEY_FILE],
)
def test_t13_an_odd_file_is_reported_and_the_rest_is_checked(key: str, content: bytes) -> None:
    assert found_at({key: content}, key)


def test_t13_an_odd_value_in_heads_is_a_sentence(tmp_path: FilePath) -> None:
    file = tmp_path / "heads.json"
    for _, _, content in edits(json.loads(heads_file(GOOD.heads.values()))):
        file.write_bytes(content)
        why = sentence_of(lambda: read_heads_file(file), ValueError)
        assert why == "" or (str(file) in why and len(why) < 1000)


@pytest.mark.sized
def test_t13_an_odd_value_in_a_manifest_is_explained_or_a_sentence() -> None:
    form = GOOD.data(MANIFEST)
    for at, odd in sample([*product(paths(form), ODD)], 700):
        place = MemoryPlace({MANIFEST: with_odd(form, at, odd)}, 1 << 20)
        why = sentence_of(lambda place=place: explained(place), CannotRead)  # type: ignore[misc]
        assert why == "" or why.startswith(f"{MANIFEST} cannot be read ("), (at, odd)


def explained(place: MemoryPlace) -> None:
    manifest = newest_manifest(place, OCTOBER)
    for payer in manifest.payers:
        state = payer_state(manifest, payer.payer_account_id)
        with understood(manifest.key):
            json.dumps([statement.lines for statement in explain(manifest, state)])


def sentence_of(read: Callable[[], object], refusal: type[Exception]) -> str:
    """What is said of what cannot be read, and of nothing else that goes wrong; empty if it can."""
    try:
        read()
    except refusal as error:
        return str(error)
    return ""

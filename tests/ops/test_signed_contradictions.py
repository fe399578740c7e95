"""What only the signer could write is red too where it does not fit: places, names, records, and
manifests of another form.
"""

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.domain.evidence.archive_layout import manifest_key
from lambdas.domain.json_text import sha256_hex, to_json
from lambdas.domain.judgement.manifests import SCHEMA
from ops.check import chain
from tests.ops.bad_copies import make_views, sign_newest
from tests.ops.made_archive import OCTOBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

GOOD = make_archive()
OLDER = "invoice-archive/manifest/1"
Edit = Callable[[dict[str, Any]], object]


def made_of_good() -> MadeArchive:
    return MadeArchive(GOOD.kms, dict(GOOD.files), dict(GOOD.heads))


def found(made: MadeArchive) -> list[tuple[str, str]]:
    findings = check(made, MemoryPlace(made.files)).findings
    return [(finding.code, finding.found) for finding in findings]


def signed(edit: Edit) -> list[tuple[str, str]]:
    made = made_of_good()
    sign_newest(made, edit)
    return found(made)


def test_a_manifest_of_another_bucket_is_misplaced() -> None:
    """Signed with the same key, for a bucket beside this one."""
    (one,) = signed(lambda said: said.update(bucket="another-bucket"))
    assert one == ("MANIFEST_MISPLACED", "bucket another-bucket")


def test_an_object_that_is_named_twice_is_reported() -> None:
    def edit(said: dict[str, Any]) -> None:
        documents = said["payers"][0]["invoices"][0]["documents"]
        documents.append(documents[0])

    ((code, what),) = signed(edit)
    assert code == "MANIFEST_DAMAGED"
    assert what.startswith("it names invoices/2026-10/")
    assert what.endswith(" twice")


def test_an_invoice_of_another_period_is_reported() -> None:
    def edit(said: dict[str, Any]) -> None:
        said["payers"][0]["invoices"][0]["billing_period"] = "2026-09"

    assert signed(edit) == [("MANIFEST_DAMAGED", "it has an invoice of 2026-09")]


def record_says(edit: Edit, number: str) -> list[tuple[str, str]]:
    """A record that its writer made say something else, named so by a signed manifest."""
    made = made_of_good()
    key = next(key for key in made.keys("records/") if key.endswith(f"{number}.json"))
    said = made.data(key)
    edit(said)
    made.files[key] = to_json(said)

    def name(manifest: dict[str, Any]) -> None:
        for payer in manifest["payers"]:
            for record in (r for invoice in payer["invoices"] for r in invoice["records"]):
                if record["key"] == key:
                    content = made.files[key]
                    record |= {"sha256": sha256_hex(content), "size_bytes": len(content)}

    sign_newest(made, name)
    return [one for one in found(made) if one[0] == "RECORD_CONTRADICTED"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("previous_records", []),
        ("previous_sha256", None),
        ("documents", []),
        ("first_archived_at", "2020-01-01T00:00:00Z"),
        ("sequence", 7),
        ("invoice_id", "other"),
        ("summary", {}),
    ],
)
def test_a_record_that_says_otherwise_than_the_manifest_is_reported(
    member: str, value: object
) -> None:
    told = record_says(lambda said: said.update({member: value}), "0002")
    assert told == [("RECORD_CONTRADICTED", f"the record says otherwise of {member}")]


def test_a_record_that_was_shown_to_others_than_the_manifest_says_is_reported() -> None:
    def edit(said: dict[str, Any]) -> None:
        said["sightings"][0]["payer_account_id"] = "999999999999"

    told = record_says(edit, "0002")
    assert told == [("RECORD_CONTRADICTED", "the record says otherwise of sightings")]


def of_older_schema(made: MadeArchive, last: int) -> None:
    """Manifests up to the `last` as an earlier version wrote them, and the chain that follows."""
    before = None
    for sequence in (1, 2, 3):
        key = manifest_key(OCTOBER, sequence)
        schema = OLDER if sequence <= last else SCHEMA
        said = made.data(key) | {"previous_sha256": before, "schema": schema}
        made.files[key] = made.sign(said)
        before = sha256_hex(made.files[key])
    if last < 3:
        make_views(made, 3)


def test_a_chain_goes_on_over_a_change_of_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_of_good()
    of_older_schema(made, 1)
    assert "SCHEMA_UNKNOWN" in {code for code, _ in found(made)}
    monkeypatch.setattr(chain, "SCHEMAS", frozenset({SCHEMA, OLDER}))
    assert found(made) == []
    for key in made.keys("periods/2026-10/manifests/")[:1]:
        made.files[key] = made.files[key].replace(b"run-1", b"run-x")
    assert {code for code, _ in found(made)} == {"SIGNATURE_INVALID", "CHAIN_BROKEN"}


def test_of_a_newest_manifest_of_an_earlier_form_all_but_views_and_counts_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chain, "SCHEMAS", frozenset({SCHEMA, OLDER}))
    made = made_of_good()
    of_older_schema(made, 3)
    report = check(made, MemoryPlace(made.files))
    assert (report.result, report.findings) == ("ALL_WELL", [])
    assert [one.because for one in report.not_checked if "views of 2026-10" in one.what] == [
        f"that manifest has the form {OLDER}"
    ]
    del made.files[next(key for key in made.keys("invoices/"))]
    assert [code for code, _ in found(made)] == ["OBJECT_GONE"]


def test_a_manifest_that_was_signed_anew_and_edited_nowhere_is_right() -> None:
    assert signed(lambda said: said) == []

"""find.json against the manifest: any row or text that says otherwise is found; none is fine."""

import json
from typing import Any

import pytest

from lambdas.domain.evidence.archive_layout import find_key
from lambdas.domain.evidence.signatures import Signature, signed_file
from lambdas.domain.json_text import to_compact_json
from lambdas.views.find import find_file
from ops.check.find import find_differences
from ops.check.manifest import WholeManifest
from tests.domain.example_months import due, month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, outstanding
from tests.ops.made_archive import MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

VIEW = find_key(OCTOBER)
GOOD = make_archive()
DIFFERS = "its invoices are not those of the manifest, or not in the form that runs write"


def found(content: bytes | None) -> list[str]:
    files = {key: file for key, file in GOOD.files.items() if key != VIEW}
    made = MadeArchive(GOOD.kms, files if content is None else {**files, VIEW: content})
    findings = check(made, MemoryPlace(made.files)).findings
    assert {(finding.code, finding.object) for finding in findings} <= {("VIEW_DIFFERS", VIEW)}
    return [finding.found for finding in findings]


def test_the_file_of_a_run_and_of_a_release_before_it_are_fine() -> None:
    assert found(GOOD.files[VIEW]) == found(None) == []


def edited(**members: Any) -> bytes:
    return to_compact_json(json.loads(GOOD.files[VIEW]) | members)


@pytest.mark.parametrize(
    "content",
    [
        edited(invoices=[]),
        edited(payers=[[ACME, "Another", "A company", ""]]),
        edited(statuses=["OUTSTANDING"]),
        edited(note="paid"),
        GOOD.files[VIEW] + b"\n",
        GOOD.files[VIEW].replace(b"100.00", b"1.00"),
    ],
)
def test_any_other_file_is_found(content: bytes) -> None:
    assert content != GOOD.files[VIEW]
    assert found(content) == [DIFFERS]


def test_an_account_outside_the_register_has_the_name_of_the_one_that_showed_it() -> None:
    invoices = (archived("1", payer=BOREAL), archived("2", payer=BOREAL))
    nameless = payer_state(BOREAL, "", invoices=invoices, outstanding=(outstanding(seen_by=ACME),))
    manifest = month(payer_state(ACME, "Acme", invoices=(due("3", "1.00"),)), nameless)
    view = find_file(manifest)
    assert view.payers[1] == (BOREAL, "Acme", "Acme Ltd.", ACME)
    whole = WholeManifest([signed_file(manifest.to_data(), Signature("k", "x", ""))], OCTOBER)
    assert list(find_differences(view.to_json(), whole)) == []

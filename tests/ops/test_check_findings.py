"""Each code of a check: it is found where it should be, alone, and the runbook explains it."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

from lambdas.domain import findings
from ops.check.archive import check_archive
from ops.check.findings import KINDS
from ops.check.report import CheckReport
from ops.check.scope import Level, Scope
from ops.check.signing_keys import SigningKeys
from tests.ops import bad_buckets, bad_copies, bad_readings
from tests.ops.made_archive import MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace

RUNBOOK = (Path(__file__).parent.parent.parent / "docs" / "runbook.md").read_text()


def builders(module: object) -> dict[str, FunctionType]:
    """The functions of a module that are named after a code."""
    return {
        name.upper(): value
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and name.upper() in KINDS
    }


COPIES, READINGS, BUCKETS = map(builders, (bad_copies, bad_readings, bad_buckets))


WITHOUT_KEY = {"SIGNING_KEY_ABSENT"}
"""What is found only where no key is given."""


def check(
    made: MadeArchive, place: MemoryPlace, *, with_key: bool = True, **scope: object
) -> CheckReport:
    keys = SigningKeys.read(made.public_key, "key.pem", is_from_the_archive=False)
    asked = Scope(**scope)  # type: ignore[arg-type]
    return check_archive(place, asked, keys if with_key else None, lambda *_: None)


@pytest.fixture(scope="module")
def good() -> MadeArchive:
    return make_archive()


@pytest.fixture
def made(good: MadeArchive) -> Iterator[MadeArchive]:
    """A copy of the good archive, to be damaged."""
    return MadeArchive(good.kms, dict(good.files), dict(good.heads))


@pytest.mark.parametrize("level", list(Level))
def test_the_good_archive_is_right_at_every_level(made: MadeArchive, level: Level) -> None:
    report = check(made, MemoryPlace(made.files), level=level, heads=made.heads)
    assert (report.result, report.findings) == ("ALL_WELL", [])


@pytest.mark.parametrize("code", COPIES)
def test_a_copy_with_this_fault_alone_is_found_to_have_it(made: MadeArchive, code: str) -> None:
    heads = COPIES[code](made)
    report = check(made, MemoryPlace(made.files), with_key=code not in WITHOUT_KEY, heads=heads)
    assert {finding.code for finding in report.findings} == {code} | bad_copies.ALSO.get(
        code, set()
    )
    severity = KINDS[code].severity
    red = "NOTHING_TO_CHECK" if code == "NOTHING_TO_CHECK" else "ACTION_REQUIRED"
    assert report.result == (red if severity == "blocking" else "ALL_WELL")


@pytest.mark.parametrize("code", READINGS)
def test_a_reading_with_this_fault_is_found_to_have_it(made: MadeArchive, code: str) -> None:
    place = MemoryPlace(made.files)
    READINGS[code](made, place)
    assert {finding.code for finding in check(made, place).findings} == {code}


def test_each_code_has_a_bad_fixture_of_its_name_and_no_fixture_is_of_no_code() -> None:
    assert sorted([*COPIES, *READINGS, *BUCKETS]) == sorted(KINDS)


def test_each_code_has_exactly_one_heading_in_the_runbook() -> None:
    section = RUNBOOK.partition("\n## Check findings\n")[2].partition("\n## ")[0]
    headings = re.findall(r"^### (\w+)$", section, re.MULTILINE)
    assert headings == [code for code in KINDS if code not in findings.KINDS]
    for code in KINDS.keys() & findings.KINDS.keys():
        assert f"[{code}](#{code.lower()})" in section, f"{code} is explained under Findings"


def test_every_finding_says_where_what_was_expected_and_what_to_do(made: MadeArchive) -> None:
    for builder in COPIES.values():
        damaged = MadeArchive(made.kms, dict(made.files), dict(made.heads))
        heads = builder(damaged)
        for finding in check(damaged, MemoryPlace(damaged.files), heads=heads).findings:
            assert all((finding.object, finding.expected, finding.found, finding.next_step))

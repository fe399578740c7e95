"""completeness.json and SHA256SUMS against the newest manifest: nothing can be forged in them, left
out or added.
"""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lambdas.domain.evidence.archive_layout import (
    README_KEY,
    completeness_key,
    ledger_csv_key,
    manifest_key,
    sha256_sums_key,
)
from lambdas.domain.json_text import sha256_hex, to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.readme import readme_text
from lambdas.views.sha256_sums import sums_line
from ops.check.view_file import ViewFile
from ops.check.views import completeness_differences
from tests.ops.bad_copies import sign_newest
from tests.ops.made_archive import NEWEST, OCTOBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check
from tests.releases import kept
from tests.releases.conftest import V1

GOOD = make_archive()
VIEW = completeness_key(OCTOBER)
Edit = Callable[[dict[str, Any]], object]


def told(key: str, content: bytes) -> list[str]:
    """What is found, of a view with this content."""
    made = MadeArchive(GOOD.kms, {**GOOD.files, key: content})
    findings = check(made, MemoryPlace(made.files)).findings
    assert {(finding.code, finding.object) for finding in findings} <= {("VIEW_DIFFERS", key)}
    return [finding.found for finding in findings]


def edited(edit: Edit) -> bytes:
    view = copy.deepcopy(GOOD.data(VIEW))
    edit(view)
    return to_json(view)


def of_first_payer(**members: Any) -> Edit:
    return lambda view: view["payers"][0].update(members)


def name_payer_twice(view: dict[str, Any]) -> None:
    view["payers"].insert(0, view["payers"][0] | {"verdict": "MISSING"})


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (lambda view: view.update(progress={"text": "9 of 9"}), "progress"),
        (lambda view: view.update(note="paid"), "note"),
        (lambda view: view.update(schema="other"), "schema"),
        (lambda view: view["totals"][0].update(amount="1.00"), "totals"),
        (lambda view: view.pop("closed_at"), "closed_at"),
        (lambda view: view.pop("progress"), "progress"),
        (lambda view: view["payers"].pop(), "payer account 111122223333 is missing"),
        (of_first_payer(note="paid"), "of payer account 044455556666: note"),
        (of_first_payer(totals=[], archived=7), "of payer account 044455556666: archived, totals"),
        (
            of_first_payer(payer_account_id="9"),
            "it has payer account 9 too, or twice; payer account",
        ),
    ],
)
def test_any_member_that_does_not_follow_from_the_manifest_is_reported(
    edit: Edit, found: str
) -> None:
    assert [one for one in told(VIEW, edited(edit)) if one.startswith(found)]


@pytest.mark.parametrize(
    ("progress", "found"),
    [
        ({"complete": 2, "text": "2 of 2 complete on business day 3"}, []),  # as v1 counted
        ({"complete": 1, "text": "1 of 2 complete on business day 3"}, ["progress"]),
        ({"complete": 0, "text": "2 of 2 complete on business day 3"}, ["progress"]),
        ({"complete": 0, "text": "0 of 2 complete on business day 3"}, ["progress"]),
    ],
)
def test_an_open_month_is_counted_as_this_release_does_or_as_v1_did(
    progress: dict[str, Any], found: list[str]
) -> None:
    """To v1 whoever waits for the deadline alone was complete."""
    members = GOOD.data(NEWEST) | {"close_day": "business day 3", "verdict": "AWAITING"}
    for payer in members["payers"]:
        payer |= {"verdict": "AWAITING", "settled_at": "2026-11-03T06:00:00Z"}
    view = Manifest.from_data(members).completeness()
    assert view["progress"]["text"] == (
        "0 of 2 complete on business day 3, 2 more with nothing outstanding"
    )
    payers = members["payers"]
    assert list(completeness_differences(to_json(view), members, payers)) == []
    view["progress"] |= progress
    assert list(completeness_differences(to_json(view), members, payers)) == found


def test_a_payer_account_that_is_shown_twice_is_reported() -> None:
    (found,) = told(VIEW, edited(name_payer_twice))
    assert "it has payer account 044455556666 too, or twice" in found


def test_a_payer_account_that_the_manifest_does_not_have_is_reported() -> None:
    extra = GOOD.data(VIEW)["payers"][0] | {"payer_account_id": "999999999999"}
    assert told(VIEW, edited(lambda view: view["payers"].append(extra))) == [
        "it has payer account 999999999999 too, or twice"
    ]


def test_a_member_that_comes_twice_is_reported_whichever_a_reader_takes() -> None:
    text = GOOD.files[VIEW].decode()
    at = text.rindex('"verdict"')
    (found,) = told(VIEW, f'{text[:at]}"verdict": "ACTION_REQUIRED", {text[at:]}'.encode())
    assert found.endswith("(it has a member twice)")


TEXT = GOOD.files[VIEW].decode()


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(GOOD.data(VIEW)),
        json.dumps(GOOD.data(VIEW), indent=2),
        TEXT.replace('"verdict"', r'"\u0076erdict"', 1),
        TEXT.replace("COMPLETE", r"\u0043OMPLETE", 1),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("{", "{ ", 1),
        TEXT + "\n",
        TEXT + " ",
        TEXT.rstrip("\n"),
        "\n" + TEXT,
        "\ufeff" + TEXT,
    ],
)
def test_the_view_in_another_form_is_reported(content: str) -> None:
    (found,) = told(VIEW, content.encode())
    assert "form" in found


def test_half_of_a_surrogate_pair_is_no_reason_to_be_red() -> None:
    """AWS may send it in any name; v1 wrote it as it is."""
    made = MadeArchive(GOOD.kms, dict(GOOD.files))

    def edit(said: dict[str, Any]) -> None:
        said["payers"][0]["name"] = "Acme \ud800"

    sign_newest(made, edit)
    content = made.files[VIEW]
    view = json.loads(content.decode("utf-8", "surrogatepass"))
    text = json.dumps(view, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
    forms = {content, text.encode(errors="surrogatepass")}
    for form in forms:
        made.files[VIEW] = form
        assert check(made, MemoryPlace(made.files)).findings == []


@pytest.mark.parametrize("coding", ["utf-16", "utf-32-le"])
def test_the_view_in_another_coding_is_reported(coding: str) -> None:
    assert told(VIEW, TEXT.encode(coding))


@pytest.mark.parametrize("value", [True, 1.0, "1", "1\u200b", 2])
def test_a_number_that_is_none_or_another_is_reported(value: object) -> None:
    one = GOOD.data(VIEW)["payers"][0]
    assert (one["expected"], 1) == (1, True)
    edit = of_first_payer(expected=value)
    view = copy.deepcopy(GOOD.data(VIEW))
    edit(view)
    assert told(VIEW, (json.dumps(view, indent=2, sort_keys=True) + "\n").encode())


def test_payer_accounts_in_another_order_are_reported() -> None:
    assert told(VIEW, edited(lambda view: view["payers"].reverse())) == [
        "its payer accounts are in another order"
    ]


SUMS = sha256_sums_key(OCTOBER)
LINES = GOOD.files[SUMS].decode().splitlines(keepends=True)


@pytest.mark.parametrize(
    "lines",
    [
        [*LINES, "# checked and right\n"],
        [LINES[0], "#\n", *LINES[1:]],
        ["# " + LINES[0], *LINES[1:]],
        LINES[1:],
        [*LINES, LINES[-1]],
        [LINES[0], LINES[1], *LINES[1:]],
        [LINES[0], LINES[2], LINES[1], *LINES[3:]],
        [LINES[0], LINES[1].upper(), *LINES[2:]],
        [LINES[0], LINES[1].replace("  ", " *"), *LINES[2:]],
        [LINES[0], LINES[1].replace("  ", "   "), *LINES[2:]],
        [LINES[0], "\\" + LINES[1], *LINES[2:]],
        [LINES[0], LINES[1].replace("\n", "\r\n"), *LINES[2:]],
        [LINES[0], LINES[1].replace("\n", "\u200b\n"), *LINES[2:]],
        ["\ufeff" + LINES[0], *LINES[1:]],
        [*LINES, "\n"],
        [*LINES[:-1], LINES[-1].rstrip("\n")],
        [LINES[0], "0" * 64 + "  /etc/passwd\n", *LINES[1:]],
    ],
)
def test_sums_in_another_form_are_reported(lines: list[str]) -> None:
    assert "".join(lines) != "".join(LINES)
    assert told(SUMS, "".join(lines).encode())


def test_of_many_lines_that_are_wrong_the_first_are_shown_and_the_others_counted() -> None:
    wrong = [f"{number:064}  x{'y' * 10_000}\n" for number in range(100)]
    (found,) = told(SUMS, "".join([*LINES, *wrong]).encode())
    assert found.endswith("; 97 more")
    assert len(found) < 1000


@pytest.mark.parametrize(
    ("lacks", "found"),
    [
        (NEWEST, "the newest manifest is missing"),
        ("manifest-0002.json", "the manifest before it is missing"),
    ],
)
def test_sums_without_the_two_newest_manifests_are_reported(lacks: str, found: str) -> None:
    kept = [line for line in LINES[1:] if not line.endswith(f"{lacks}\n")]
    assert told(SUMS, "".join([LINES[0], *kept]).encode()) == [found]


def test_sums_of_a_manifest_before_those_are_reported() -> None:
    first = manifest_key(OCTOBER, 1)
    at = next(number for number, line in enumerate(LINES) if "manifest-0002" in line)
    line = sums_line(first, sha256_hex(GOOD.files[first]))
    assert told(SUMS, "".join([*LINES[:at], line, *LINES[at:]]).encode()) == [
        f"its line {line[:-1]!a}"
    ]


def test_the_words_of_another_releases_readme_are_accepted(tmp_path: Path) -> None:
    of_v1 = (kept.unpack(V1, tmp_path) / README_KEY).read_bytes()
    assert of_v1 != readme_text("bucket"), "the words have changed since"
    for words in (of_v1, readme_text("bucket")):
        assert told(README_KEY, words) == []


class Endless(MemoryPlace):
    """A view of 300 MB without a line end."""

    def blocks(self, key: str, version_id: str) -> Iterator[bytes]:
        if key not in {VIEW, ledger_csv_key(OCTOBER)}:
            yield from super().blocks(key, version_id)
            return
        for _ in range(300):
            yield b"x" * (1 << 20)


def test_a_view_is_read_no_further_than_it_was_listed() -> None:
    report = check(MadeArchive(GOOD.kms), Endless(GOOD.files))
    found = {finding.object: finding.found for finding in report.findings}
    assert found.keys() == {VIEW, ledger_csv_key(OCTOBER)}
    for key, why in found.items():
        assert why == f"{key}: it has more than {len(GOOD.files[key])} bytes"


def test_views_without_line_ends_are_not_read_into_memory() -> None:
    endless = Endless(GOOD.files)
    with pytest.raises(ValueError, match=f"it has more than {64 << 20} bytes"):
        ViewFile(endless, VIEW, 1 << 40).content()
    with pytest.raises(ValueError, match="it has a line of more than 1048576 bytes"):
        list(ViewFile(endless, VIEW, 1 << 40).lines())

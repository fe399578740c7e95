"""The views of a period against its newest manifest, in content and in the one form that runs
write; programs may read another form differently.

Members that came later may be missing from an older version's view.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    find_key,
    invoices_csv_key,
    ledger_csv_key,
    manifest_key,
    payment_status_key,
    sha256_sums_key,
)
from lambdas.domain.json_text import to_canonical_json, to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.verdict_words import is_complete
from lambdas.domain.words import some_of
from lambdas.views.sha256_sums import sums_comment, sums_line
from ops.check.chain import Link
from ops.check.find import find_differences
from ops.check.invoices import invoices_differences, must_have_invoices_csv
from ops.check.ledger import ledger_differences
from ops.check.limits import largest_view
from ops.check.manifest import mark_of
from ops.check.payments import ids_unknown, payment_status_of
from ops.check.period_checked import PeriodChecked
from ops.check.strict_json import read_strictly
from ops.check.view_file import ViewFile
from ops.errors import CannotRead
from ops.places import Place, PlacedObject

_PERIOD_MEMBERS = (
    "schema",
    "billing_period",
    "verdict",
    "run_id",
    "generated_at",
    "closed_at",
    "last_day",
    "progress",
    "totals",
    "findings",
)
"""Members that every version has shown, beside `manifest` and `payers`."""
_PAYER_MEMBERS = (
    "payer_account_id",
    "name",
    "legal_entity",
    "verdict",
    "run_id",
    "checked_at",
    "expected",
    "archived",
    "documents",
    "totals",
    "sources",
    "settled_at",
    "residuals",
    "findings",
)
_OF_INVOICES = ("archived", "documents", "totals", "sources")
_MOST_DIFFERENCES = 3
_MOST_IDS = 20
_LONGEST = 200
"""Characters of a line that are shown."""


class ViewsCheck:
    """All comparable views of one period."""

    def __init__(
        self, place: Place, checked: PeriodChecked, files: Mapping[str, PlacedObject]
    ) -> None:
        self._place = place
        self._checked = checked
        self._files = files
        self._most = 0
        """Most bytes of a view."""

    def compare(self, newest: Link) -> None:
        """Compare every view with the newest manifest, which was understood to its end."""
        period, manifest = newest.period, newest.manifest
        payers = [payer.data for payer in manifest.payers]
        self._most = largest_view(newest.placed.size_bytes)
        self._view(
            completeness_key(period),
            lambda file: completeness_differences(file.content(), manifest.members, payers),
        )
        self._view(sha256_sums_key(period), lambda file: sums_differences(file.lines(), newest))
        self._view(ledger_csv_key(period), lambda file: ledger_differences(file.lines(), manifest))
        invoices_key = invoices_csv_key(period)
        if invoices_key in self._files or must_have_invoices_csv(manifest):
            self._view(invoices_key, lambda file: invoices_differences(file.lines(), manifest))
        if find_key(period) in self._files:  # earlier releases made none
            self._view(find_key(period), lambda file: find_differences(file.content(), manifest))
        if payment_status_key(period) in self._files:
            self._view(payment_status_key(period), lambda file: self._payments(file, newest))

    def _payments(self, file: ViewFile, newest: Link) -> Iterator[str]:
        """Report the ids that the archive does not have; they are no difference."""
        status = payment_status_of(file.content(), newest.period)
        if ids := list(ids_unknown(self._place, status, newest.manifest)):
            key, expected = payment_status_key(newest.period), "ids of invoices of the archive"
            self._checked.find("PAYMENT_WITHOUT_INVOICE", key, expected, some_of(ids, _MOST_IDS))
        yield from ()

    def _view(self, key: str, differences: Callable[[ViewFile], Iterator[str]]) -> None:
        if key not in self._files or self._files[key].is_hidden:
            self._find("VIEW_ABSENT", key, "nothing there")
            return
        placed = self._files[key]
        if placed.obstacle:  # the period's listing reports it
            return
        if placed.size_bytes > self._most:
            too_many = f"{placed.size_bytes} bytes, more than a view of this manifest can have"
            self._find("VIEW_DIFFERS", key, too_many)
            return
        file = ViewFile(self._place, key, placed.size_bytes)
        try:
            found, count = _found(differences, file)
            sha256 = file.sha256()
        except CannotRead as error:
            self._checked.suspects[key] = ""
            self._find("OBJECT_UNREADABLE", key, str(error))
            return
        if found:
            self._checked.suspects[key] = sha256
            more = count - len(found)
            differences_shown = "; ".join(found) + (f"; {more} more" if more else "")
            self._find("VIEW_DIFFERS", key, differences_shown)

    def _find(self, code: str, key: str, found: str) -> None:
        self._checked.find(code, key, "what the newest manifest says", found)


def _found(
    differences: Callable[[ViewFile], Iterator[str]], file: ViewFile
) -> tuple[list[str], int]:
    """The first differences and their number; the file is compared only as they are taken."""
    found, count = list[str](), 0
    try:
        for count, one in enumerate(differences(file), 1):
            found += [one] if count <= _MOST_DIFFERENCES else []
    except NOT_UNDERSTOOD as error:
        why = f" ({error})" if type(error) is ValueError else ""
        found.append(f"it, or the manifest, does not have the form that a comparison needs{why}")
        count += 1
    return found, count


def completeness_differences(
    content: bytes, members: Mapping[str, Any], payers: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield differences between `completeness.json` and the manifest."""
    view = read_strictly(content.decode("utf-8", "surrogatepass"))
    if view["manifest"] != members.get("key"):
        yield f"it was made from {view['manifest']}"
        return
    right = _completeness(members, payers)
    payers_left = {payer["payer_account_id"]: payer for payer in right["payers"]}
    in_order = [payer["payer_account_id"] for payer in right["payers"]]
    is_in_form = content == to_json(view) or content == _form_of_v1(view)
    right["payers"] = view["payers"]
    if _is_same_json(view.get("progress"), _progress_of_v1(members, payers)):
        right["progress"] = view["progress"]
    yield from _differing(_PERIOD_MEMBERS, view, right)
    for payer in view["payers"]:
        account_id = payer["payer_account_id"]
        if account_id not in payers_left:
            yield f"it has payer account {account_id} too, or twice"
        elif wrong := _differing(_PAYER_MEMBERS, payer, payers_left.pop(account_id)):
            yield f"of payer account {account_id}: {', '.join(wrong)}"
    for account_id in payers_left:
        yield f"payer account {account_id} is missing"
    order = [payer["payer_account_id"] for payer in view["payers"]]
    if order != in_order and sorted(order) == sorted(in_order):
        yield "its payer accounts are in another order"
    if not is_in_form:
        yield "it is not in the form that runs write, so another program may read something else"


def _form_of_v1(view: Any) -> bytes:
    """Bytes as `to_json` makes them; half surrogate pairs, which are no UTF-8, stay as they are."""
    text = json.dumps(view, sort_keys=True, ensure_ascii=False, indent=2)
    return f"{text}\n".encode(errors="surrogatepass")


def _progress_of_v1(
    members: Mapping[str, Any], payers: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Progress as v1 counted it: an account with nothing outstanding was already complete."""
    complete = sum(one["settled_at"] is not None or is_complete(one["verdict"]) for one in payers)
    day = members["close_day"]
    text = f"{complete} of {len(payers)} complete on {day}"
    return {"complete": complete, "payers": len(payers), "close_day": day, "text": text}


def _completeness(
    members: Mapping[str, Any], payers: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The view as made from the manifest. Figures of invoices come from the manifest, where they
    were counted once more.
    """
    states = [{**payer, "invoices": []} for payer in payers]
    view = Manifest.from_data({**members, "payers": states}).completeness()
    view["totals"] = members["totals"]
    for state, payer in zip(view["payers"], payers, strict=True):
        state.update({name: payer[name] for name in _OF_INVOICES})
    return view


def _differing(
    required: Iterable[str], view: Mapping[str, Any], expected: Mapping[str, Any]
) -> list[str]:
    """Members of the view that are missing, differ, or do not follow from the manifest."""
    names = dict.fromkeys((*required, *sorted(view)))
    return [name for name in names if not _is_same(name, view, expected)]


def _is_same(name: str, view: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return name in view and name in expected and _is_same_json(view[name], expected[name])


def _is_same_json(one: object, other: object) -> bool:
    """Compare as JSON, in which `true` is not 1 as in Python."""
    return to_canonical_json(one) == to_canonical_json(other)


def sums_differences(lines: Iterator[str], newest: Link) -> Iterator[str]:
    """Yield differences between SHA256SUMS and the manifest."""
    comment = next(lines, "")
    if comment != sums_comment(newest.placed.key):
        yield f"its first line {_shown(comment)}"
    manifests = {newest.mark: "the newest manifest"}
    if before_sha256 := newest.members.get("previous_sha256"):
        before = manifest_key(newest.period, newest.sequence - 1)
        manifests[mark_of(before, str(before_sha256))] = "the manifest before it"
    seen, last_key = set[int](), ""
    for line in lines:
        sha256, _, key = line.rstrip("\n").partition("  ")
        mark = mark_of(key, sha256)
        if not (mark in newest.manifest.names or mark in manifests) or line != sums_line(
            key, sha256
        ):
            yield f"its line {_shown(line)}"
            continue
        if mark in seen:
            yield f"its line {_shown(line)}, which it has twice"
        elif key < last_key:
            yield f"its line {_shown(line)}, which stands in another place"
        seen.add(mark)
        last_key = key
    if missing := len(newest.manifest.names - seen):
        yield f"{missing} records and documents are missing"
    for mark, name in manifests.items():
        if mark not in seen:
            yield f"{name} is missing"


def _shown(line: str) -> str:
    """The line between quotation marks, with invisible characters escaped."""
    return ascii(line[:_LONGEST].rstrip("\n")) + ("…" if len(line) > _LONGEST else "")

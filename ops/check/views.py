"""The views of a period against its newest manifest, as data: a view that an older version made in
another form is right as long as it says the same.
"""

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from lambdas.domain.archive_layout import (
    completeness_key,
    ledger_csv_key,
    manifest_key,
    sha256_sums_key,
)
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.manifests import Manifest
from ops.check.chain import Link, mark_of
from ops.check.findings import CheckFinding, check_finding
from ops.check.ledger import Holders, ledger_differences
from ops.check.limits import largest_view
from ops.check.manifest_reader import InvoicePart, PayerPart
from ops.check.statement import InvoiceStatement
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
"""Those that every version has shown; with `manifest` and `payers`."""
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
_SHOWN = 3


class ViewsCheck:
    """All views of one period that can be compared.

    It is given the manifest's invoices and payer accounts as they are read, then the whole.
    """

    def __init__(
        self, place: Place, period: BillingPeriod, files: Mapping[str, PlacedObject]
    ) -> None:
        self._place = place
        self._period = period
        self._files = files
        self._payers: list[PayerPart] = []
        self._holders = Holders()
        self._most = 0
        """Bytes of a view."""
        self.findings: list[CheckFinding] = []
        self.suspects: dict[str, str] = {}
        """SHA-256 of each view that something was found about, as it was read; empty where it could
        not be.
        """

    def invoice(self, statement: InvoiceStatement) -> None:
        self._holders.add(statement.invoice_id)

    def payer(self, part: PayerPart) -> None:
        self._payers.append(part)

    def compare(
        self,
        newest: Link,
        earlier: Collection[int],
        read_again: Callable[[], Iterable[InvoicePart | PayerPart]],
    ) -> None:
        """Compare every view with the newest manifest, which was understood to its end.

        `earlier` are marks of the manifests before it; `read_again` gives its parts once more.
        """
        period, members = self._period, newest.members
        self._most = largest_view(newest.placed.size_bytes)
        self._view(
            completeness_key(period),
            lambda file: completeness_differences(file.text(), members, self._payers),
        )
        self._view(
            sha256_sums_key(period), lambda file: sums_differences(file.lines(), newest, earlier)
        )
        self._view(
            ledger_csv_key(period),
            lambda file: ledger_differences(
                file.lines(), members, self._payers, read_again(), self._holders
            ),
        )

    def _view(self, key: str, differences: Callable[[ViewFile], Iterator[str]]) -> None:
        if key not in self._files or self._files[key].is_hidden:
            self._find("VIEW_ABSENT", key, "nothing there")
            return
        placed = self._files[key]
        if placed.obstacle:  # the period's listing tells it
            return
        if placed.size_bytes > self._most:
            too_many = f"{placed.size_bytes} bytes, more than a view of this manifest can have"
            self._find("VIEW_DIFFERS", key, too_many)
            return
        file = ViewFile(self._place, key, placed.size_bytes)
        try:
            found = _found(differences, file)
            sha256 = file.sha256()
        except CannotRead as error:
            self.suspects[key] = ""
            self._find("OBJECT_UNREADABLE", key, str(error))
            return
        if found:
            self.suspects[key] = sha256
            more = len(found) - _SHOWN
            told = "; ".join(found[:_SHOWN]) + (f"; {more} more" if more > 0 else "")
            self._find("VIEW_DIFFERS", key, told)

    def _find(self, code: str, key: str, found: str) -> None:
        expected = "what the newest manifest says"
        self.findings.append(check_finding(code, key, expected, found, period=self._period))


def _found(differences: Callable[[ViewFile], Iterator[str]], file: ViewFile) -> list[str]:
    """All of them; the differences are looked for only here, as they are taken."""
    try:
        return list(differences(file))
    except (*NOT_UNDERSTOOD, csv.Error) as error:
        why = f" ({error})" if type(error) is ValueError else ""
        return [f"it, or the manifest, has not the form that is needed to compare them{why}"]


def completeness_differences(
    text: str, members: Mapping[str, Any], payers: Sequence[PayerPart]
) -> Iterator[str]:
    """In what `completeness.json` is not what the manifest says."""
    view = json.loads(text, object_pairs_hook=_members_once)
    if view["manifest"] != members.get("key"):
        yield f"it was made from {view['manifest']}"
        return
    right = _completeness(members, payers)
    stated = {payer["payer_account_id"]: payer for payer in right["payers"]}
    right["payers"] = view["payers"]
    yield from _differing(_PERIOD_MEMBERS, view, right)
    for payer in view["payers"]:
        account_id = payer["payer_account_id"]
        if account_id not in stated:
            yield f"it has payer account {account_id} too, or twice"
        elif wrong := _differing(_PAYER_MEMBERS, payer, stated.pop(account_id)):
            yield f"of payer account {account_id}: {', '.join(wrong)}"
    for account_id in stated:
        yield f"it lacks payer account {account_id}"


def _completeness(members: Mapping[str, Any], payers: Sequence[PayerPart]) -> dict[str, Any]:
    """The view as the manifest makes it. What follows from invoices is taken from the manifest,
    where it was counted once more.
    """
    states = [{**part.data, "invoices": []} for part in payers]
    view = Manifest.from_data({**members, "payers": states}).completeness()
    view["totals"] = members["totals"]
    for shown, part in zip(view["payers"], payers, strict=True):
        shown.update({name: part.data[name] for name in _OF_INVOICES})
    return view


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("it has a member twice")
    return members


def _differing(
    required: Iterable[str], shown: Mapping[str, Any], right: Mapping[str, Any]
) -> list[str]:
    """The members that the view lacks, that differ, or that do not follow from the manifest."""
    names = dict.fromkeys((*required, *sorted(shown)))
    return [name for name in names if not _is_same(name, shown, right)]


def _is_same(name: str, shown: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return name in shown and name in right and shown[name] == right[name]


def sums_differences(lines: Iterable[str], newest: Link, earlier: Collection[int]) -> Iterator[str]:
    """In what SHA256SUMS is not what the manifest says; `earlier` are marks of the manifests before
    it.
    """
    before = manifest_key(newest.period, newest.sequence - 1)
    allowed = {newest.mark, *earlier, mark_of(before, str(newest.members.get("previous_sha256")))}
    right = set()
    for line in lines:
        sha256, _, key = line.rstrip("\n").partition("  ")
        mark = mark_of(key, sha256)
        if mark in newest.names or mark in allowed:
            right.add(mark)
        elif not line.startswith("#"):
            yield f"its line '{line.rstrip()}'"
    if lacking := len(newest.names - right):
        yield f"it lacks {lacking} records and documents"
    if newest.mark not in right:
        yield "it lacks the newest manifest"

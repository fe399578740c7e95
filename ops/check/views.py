"""The views of a period against its newest manifest, as data: a view that an older version made in
another form is right as long as it says the same.
"""

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from lambdas.domain.archive_layout import (
    completeness_key,
    ledger_csv_key,
    manifest_key,
    sha256_sums_key,
)
from lambdas.domain.billing_period import BillingPeriod
from ops.check.chain import Link, mark_of
from ops.check.findings import CheckFinding, check_finding
from ops.check.ledger import Holders, ledger_differences
from ops.check.manifest_reader import InvoicePart, PayerPart
from ops.check.statement import InvoiceStatement
from ops.check.view_file import ViewFile
from ops.errors import CannotRead
from ops.places import Place, PlacedObject

_PERIOD_MEMBERS = ("billing_period", "verdict", "run_id", "generated_at", "findings")
_PAYER_MEMBERS = (
    "payer_account_id",
    "name",
    "verdict",
    "run_id",
    "checked_at",
    "expected",
    "archived",
    "documents",
    "totals",
    "findings",
)
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
        self._view(
            completeness_key(period),
            lambda lines: completeness_differences(lines, members, self._payers),
        )
        self._view(sha256_sums_key(period), lambda lines: sums_differences(lines, newest, earlier))
        self._view(
            ledger_csv_key(period),
            lambda lines: ledger_differences(
                lines, members, self._payers, read_again(), self._holders
            ),
        )

    def _view(self, key: str, differences: Callable[[Iterator[str]], Iterator[str]]) -> None:
        if key not in self._files or self._files[key].is_hidden:
            self._find("VIEW_ABSENT", key, "nothing there")
            return
        file = ViewFile(self._place, key)
        try:
            found = _found(differences(file.lines()))
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


def _found(differences: Iterator[str]) -> list[str]:
    """All of them; the differences are looked for only here, as they are taken."""
    try:
        return list(differences)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, csv.Error):
        return ["it, or the manifest, has not the form that is needed to compare them"]


def completeness_differences(
    lines: Iterable[str], members: Mapping[str, Any], payers: Iterable[PayerPart]
) -> Iterator[str]:
    """In what `completeness.json` is not what the manifest says."""
    view = json.loads("".join(lines))
    if view["manifest"] != members.get("key"):
        yield f"it was made from {view['manifest']}"
        return
    yield from _differing(_PERIOD_MEMBERS, view, members, apart=("schema",))
    shown = {payer["payer_account_id"]: payer for payer in view["payers"]}
    for part in payers:
        account_id = part.data["payer_account_id"]
        payer = shown.pop(account_id, None)
        if payer is None:
            yield f"it lacks payer account {account_id}"
        elif wrong := _differing(_PAYER_MEMBERS, payer, part.data):
            yield f"of payer account {account_id}: {', '.join(wrong)}"
    for account_id in shown:
        yield f"it has payer account {account_id} too"


def _differing(
    required: Iterable[str],
    shown: Mapping[str, Any],
    stated: Mapping[str, Any],
    apart: Collection[str] = (),
) -> list[str]:
    """The members that the view lacks, and those that both have and that differ."""
    common = sorted((shown.keys() & stated.keys()) - set(apart))
    return [
        name
        for name in dict.fromkeys((*required, *common))
        if name not in shown or shown[name] != stated.get(name)
    ]


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

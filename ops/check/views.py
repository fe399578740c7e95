"""The views of a period against its newest manifest, as data: a view that an older version made in
another form is right as long as it says the same.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lambdas.domain.archive_layout import completeness_key, manifest_key, sha256_sums_key
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_text import sha256_hex
from ops.check.chain import Link, mark_of
from ops.check.findings import CheckFinding, check_finding
from ops.check.manifest_reader import PayerPart
from ops.errors import CannotRead
from ops.places import Place, PlacedObject, read

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


class CompletenessCheck:
    """`completeness.json`; payer accounts are compared as the manifest's reading passes them."""

    def __init__(self, content: bytes) -> None:
        self._view: dict[str, Any] = {}
        self._payers: dict[Any, Any] = {}
        self._differences: list[str] = []
        try:
            view = json.loads(content)
            self._payers = {payer["payer_account_id"]: payer for payer in view["payers"]}
            self._view = view
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self._differences.append("it is not what completeness.json must be")

    def payer(self, part: PayerPart) -> None:
        account_id = part.data.get("payer_account_id")
        shown = self._payers.pop(account_id, None) if isinstance(account_id, str) else None
        if not isinstance(shown, Mapping):
            self._differences.append(f"it lacks payer account {account_id}")
            return
        wrong = _differing(_PAYER_MEMBERS, shown, part.data)
        if wrong:
            self._differences.append(f"of payer account {account_id}: {', '.join(wrong)}")

    def differences(self, members: Mapping[str, Any]) -> list[str]:
        """Everything in which the view is not what the manifest says."""
        if not self._view:
            return self._differences
        if self._view.get("manifest") != members.get("key"):
            return [f"it was made from {self._view.get('manifest')}"]
        wrong = _differing(_PERIOD_MEMBERS, self._view, members, apart=("schema", "manifest"))
        more = [f"it has payer account {account_id} too" for account_id in self._payers]
        return [*wrong, *self._differences, *more]


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


def sums_differences(content: bytes, newest: Link, earlier: Collection[int]) -> list[str]:
    """In what SHA256SUMS is not what the manifest says; `earlier` are marks of the manifests before
    it.
    """
    before = manifest_key(newest.period, newest.sequence - 1)
    allowed = {newest.mark, *earlier, mark_of(before, str(newest.members.get("previous_sha256")))}
    right, wrong = set(), []
    for line in content.decode("utf-8", "backslashreplace").splitlines():
        if line.startswith("#"):
            continue
        sha256, _, key = line.partition("  ")
        mark = mark_of(key, sha256)
        if mark in newest.names or mark in allowed:
            right.add(mark)
        else:
            wrong.append(f"its line '{line}'")
    if lacking := len(newest.names - right):
        wrong.append(f"it lacks {lacking} records and documents")
    if newest.mark not in right:
        wrong.append("it lacks the newest manifest")
    return wrong


class ViewsCheck:
    """All views of one period that can be compared."""

    def __init__(
        self, place: Place, period: BillingPeriod, files: Mapping[str, PlacedObject]
    ) -> None:
        self._period = period
        self._completeness_key = completeness_key(period)
        self._sums_key = sha256_sums_key(period)
        self.findings: list[CheckFinding] = []
        self.suspects: dict[str, str] = {}
        """SHA-256 of each view that differs, as it was read."""
        self.contents: dict[str, bytes] = {}
        for key in (self._completeness_key, self._sums_key):
            if key not in files or files[key].is_hidden:
                self._find("VIEW_ABSENT", key, "nothing there")
                continue
            try:
                self.contents[key] = read(place, key)
            except CannotRead as error:
                self.suspects[key] = ""
                self._find("OBJECT_UNREADABLE", key, str(error))
        content = self.contents.get(self._completeness_key)
        self._completeness = None if content is None else CompletenessCheck(content)

    def payer(self, part: PayerPart) -> None:
        if self._completeness:
            self._completeness.payer(part)

    def finish(self, newest: Link, earlier: Collection[int]) -> None:
        """Compare once the newest manifest was read to its end."""
        if self._completeness:
            self._tell(self._completeness_key, self._completeness.differences(newest.members))
        if self._sums_key in self.contents:
            content = self.contents[self._sums_key]
            self._tell(self._sums_key, sums_differences(content, newest, earlier))

    def _tell(self, key: str, differences: list[str]) -> None:
        if differences:
            self.suspects[key] = sha256_hex(self.contents[key])
            more = len(differences) - _SHOWN
            found = "; ".join(differences[:_SHOWN]) + (f"; {more} more" if more > 0 else "")
            self._find("VIEW_DIFFERS", key, found)

    def _find(self, code: str, key: str, found: str) -> None:
        expected = "what the newest manifest says"
        self.findings.append(check_finding(code, key, expected, found, period=self._period))

"""Stored forms with an odd value at one of their members, and an archive that has all of them."""

import json
from collections.abc import Iterator
from typing import Any

from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    find_key,
    ledger_csv_key,
    manifest_key,
    sha256_sums_key,
)
from lambdas.domain.invoices.issuers import Issuer
from lambdas.domain.json_text import sha256_hex, to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.find import find_file
from lambdas.views.ledger import ledger_csv
from lambdas.views.sha256_sums import sha256_sums
from tests.domain.examples import BOREAL
from tests.ops import bad_copies
from tests.ops.made_archive import OCTOBER, MadeArchive, make_archive

Path = tuple[str | int, ...]
MANIFEST = manifest_key(OCTOBER, 1)
_MARK = "an odd value stands here"
_REMOVED = object()

ODD: tuple[str, ...] = (
    "null",
    "[]",
    "{}",
    "5",
    '"x"',
    "true",
    "0",
    "-1",
    "1.5",
    "NaN",
    "1e999",
    "9" * 5000,
    "1" + "0" * 60,
    "[null]",
    "[[]]",
    "[{}]",
    '{"a":[{}]}',
    '""',
    '"1E+999999999"',
    '"NaN"',
    '"sNaN"',
    '"\\ud800"',
    '"\\u0000"',
    '"' + "9" * 3000 + '"',
    '"0001-01-01T00:00:00+23:59"',
    '"9999-12-31T23:59:59.999999-23:59"',
    '"2026-13"',
    "[" * 900 + "]" * 900,
    "[" * 100_000,
)
"""As they stand in a file."""
NO_KEYS = ODD[:3]


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Each place in a form, the whole included."""
    yield at
    members = value.items() if isinstance(value, dict) else ()
    for name, member in (*members, *(enumerate(value) if isinstance(value, list) else ())):
        yield from paths(member, (*at, name))


def with_odd(form: Any, at: Path, odd: str) -> bytes:
    """The form in canonical JSON, but for the odd value at this place."""
    return _canonical(_with(form, at, _MARK)).replace(f'"{_MARK}"'.encode(), odd.encode())


def without(form: Any, at: Path) -> bytes:
    return _canonical(_with(form, at, _REMOVED))


def twice(form: Any, at: Path) -> bytes:
    """With a member that comes twice, or an item that does."""
    value = _canonical(at_path(form, at)).decode().rstrip()
    name = f"{json.dumps(at[-1])}:" if isinstance(at[-1], str) else ""
    return with_odd(form, at, f"{value},{name}5")


def every_member() -> MadeArchive:
    """An archive of which the one manifest of October has every member that a manifest can have:
    the payer account has a charge, an awaited invoice and a person who accepted that.
    """
    made = make_archive()
    bad_copies.alone(made)
    said = made.data(MANIFEST)
    said["payers"] = [one for one in said["payers"] if one["payer_account_id"] == BOREAL]
    for key in (*made.keys("invoices/2026-10/111"), *made.keys("records/2026-10/111")):
        del made.files[key]
    _fill(said["payers"][0])
    said |= {"verdict": "ACTION_REQUIRED", "closed_at": None, "last_day": "2026-11-10"}
    said |= {"close_day": "business day 8", "findings": [_finding("LATE_DOCUMENT", "info")]}
    _sign(made, said)
    return made


def _sign(made: MadeArchive, said: dict[str, Any]) -> None:
    manifest = Manifest.from_data(said)
    file = made.files[MANIFEST] = made.sign(manifest.to_data())
    made.files[completeness_key(OCTOBER)] = to_json(manifest.completeness())
    made.files[sha256_sums_key(OCTOBER)] = sha256_sums(manifest, sha256_hex(file))
    made.files[ledger_csv_key(OCTOBER)] = ledger_csv(manifest)
    made.files[find_key(OCTOBER)] = find_file(manifest).to_json()


def _fill(payer: dict[str, Any]) -> None:
    (invoice,) = payer["invoices"]
    told = {"run_id": "run-1", "at": "2026-11-03T06:00:00Z"}
    money = [{"currency": "USD", "amount": "200.00"}]
    awaited = {**invoice, "invoice_id": "EUINAE26-12", "receiver_roles": ["BUYER"]}
    for name in ("records", "documents", "first_archived_at"):
        del awaited[name]
    awaited["summary"] = {**invoice["summary"], "InvoiceId": "EUINAE26-12"}
    lacks, unknown = _finding("NOT_FETCHED", "blocking"), _finding("UNKNOWN_VALUE", "info")
    refused = _finding("LISTING_REFUSED", "info")
    awaited["findings"], invoice["findings"] = [lacks], [unknown]
    payer |= {
        "verdict": "PARTIAL",
        "expected": 2,
        "outstanding": [awaited],
        "findings": [lacks, unknown, refused],
        "listing_findings": [refused],
        "residuals": [
            {"billing_entity": "AWS", "currency": "USD", "charged": "200.00", "invoiced": "100.00"}
            | {"residual": "100.00", "not_compared": 0}
        ],
        "witnesses": {
            "listings": {**told, "invoices": 2},
            "history": {"periods": ["2026-09", "2026-08"], "usual": [_USUAL]} | {"usual_day": 4},
            "cost_explorer": {**told, "is_final": True, "not_read": "", "total": money}
            | {"entities": [{"billing_entity": "AWS", "accounts": 1, "totals": money}]},
            "billing_transfers": {**told, "not_read": "", "transfers": [_TRANSFER]},
            "invoice_units": {**told, "not_read": "", "receivers": ["111122223333"]},
            "acknowledgements": [
                {**told, "reason": "known", "by": "A. Person", "until": "2026-12-31"}
                | {"covers": [{"code": "NOT_FETCHED", "subject": "EUINAE26-13"}]}
            ],
        },
    }


_USUAL = Issuer(BOREAL, "AWS EMEA SARL", "AWS", "ANNIVERSARY", False, ("444455556666",)).to_data()
_TRANSFER = {
    "transfer_id": "rt-1",
    "source": BOREAL,
    "target": "111122223333",
    "status": "ACCEPTED",
    "starts_at": "2026-11-01T00:00:00Z",
    "ends_at": None,
}


def _finding(code: str, severity: str) -> dict[str, str]:
    return {"code": code, "severity": severity, "subject": "EUINAE26-12"} | {
        "detail": "d",
        "next_step": "n",
    }


def _canonical(value: Any) -> bytes:
    form = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{form}\n".encode("utf-8", "surrogatepass")


def _with(form: Any, at: Path, value: object) -> Any:
    if not at:
        return value
    step, rest = at[0], at[1:]
    changed: Any = dict(form) if isinstance(form, dict) else list(form)
    if not rest and value is _REMOVED:
        del changed[step]
    else:
        changed[step] = _with(form[step], rest, value)
    return changed


def at_path(form: Any, at: Path) -> Any:
    for step in at:
        form = form[step]
    return form

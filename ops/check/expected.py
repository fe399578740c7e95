"""Expectations of manifests: the next one forgets no payer account and no awaited invoice."""

from collections.abc import Iterator
from typing import Any

from ops.check.manifest import WholeManifest


def forgotten(before: WholeManifest | None, manifest: WholeManifest) -> Iterator[str]:
    """Yield what only the previous manifest expected."""
    if before is None:
        return
    accounts = {payer.account_id for payer in before.payers}
    for account_id in sorted(accounts - {payer.account_id for payer in manifest.payers}):
        yield f"payer account {account_id}"
    awaited = _awaited(before) - _awaited(manifest) - _vanished(manifest)
    awaited -= {one for payer in manifest.payers for one in payer.invoice_ids}
    for invoice_id in sorted(awaited):
        yield f"invoice {invoice_id}, which was awaited"


def _awaited(manifest: WholeManifest) -> set[str]:
    return {text for row in _rows(manifest, "outstanding") for text in _texts(row, "invoice_id")}


def _vanished(manifest: WholeManifest) -> set[str]:
    found = (row for row in _rows(manifest, "findings") if row.get("code") == "INVOICE_VANISHED")
    return {text for row in found for text in _texts(row, "subject")}


def _rows(manifest: WholeManifest, member: str) -> Iterator[dict[str, Any]]:
    values = (payer.data.get(member) for payer in manifest.payers)
    lists = (value for value in values if isinstance(value, list))
    return (row for rows in lists for row in rows if isinstance(row, dict))


def _texts(row: dict[str, Any], name: str) -> Iterator[str]:
    value = row.get(name)
    if isinstance(value, str):
        yield value

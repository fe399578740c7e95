"""Expectations of manifests: the next one forgets no payer account and no awaited invoice."""

from collections.abc import Iterator
from typing import Any

from ops.check.manifest_reader import PayerPart
from ops.check.statement import InvoiceStatement

_VANISHED = "INVOICE_VANISHED"


class Expected:
    """Expectations of one manifest, and those of the manifest before it that it does not repeat."""

    def __init__(self, before: "Expected | None") -> None:
        self._accounts: set[str] = set()
        self._awaited: set[str] = set()
        self._accounts_before = set(before._accounts) if before else set()
        self._awaited_before = set(before._awaited) if before else set()

    def invoice(self, statement: InvoiceStatement) -> None:
        self._awaited_before.discard(statement.invoice_id)

    def payer(self, part: PayerPart) -> None:
        account_id = str(part.data.get("payer_account_id"))
        self._accounts.add(account_id)
        self._accounts_before.discard(account_id)
        awaited = set(_texts(part.data.get("outstanding"), "invoice_id"))
        self._awaited |= awaited
        vanished = (f for f in _rows(part.data.get("findings")) if f.get("code") == _VANISHED)
        self._awaited_before -= awaited | set(_texts(list(vanished), "subject"))

    def forgotten(self) -> Iterator[str]:
        """Yield what only the previous manifest expected; call it once the manifest was read."""
        for account_id in sorted(self._accounts_before):
            yield f"payer account {account_id}"
        for invoice_id in sorted(self._awaited_before):
            yield f"invoice {invoice_id}, which was awaited"


def _rows(value: Any) -> Iterator[dict[str, Any]]:
    return (row for row in value if isinstance(row, dict)) if isinstance(value, list) else iter(())


def _texts(value: Any, name: str) -> Iterator[str]:
    return (row[name] for row in _rows(value) if isinstance(row.get(name), str))

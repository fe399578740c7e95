"""A manifest read whole: what the checks compare as plain data, and its invoices as text.

Parsed, 20,000 invoices would take five times the memory of the rest of a check.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from sys import intern
from typing import Any, NamedTuple

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.records import StoredObject
from lambdas.domain.findings import Finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.invoice_findings import document_gaps, findings_of
from lambdas.domain.money import Amount, AmountNotRead
from ops.check.manifest_reader import ManifestReader, NotAManifest, PayerPart
from ops.check.statement import InvoiceStatement
from ops.errors import CannotRead

_MOST_DAMAGED = 1000
"""Invoices of a manifest. A file with more that cannot be understood is not read on."""
_BLOCK = 1 << 20
"""Characters of text that are parsed at once."""


class InvoiceFigures(NamedTuple):
    """The part of an invoice that is counted, in little memory."""

    invoice_id: str
    is_archived: bool
    documents: int
    currency: str
    value: Decimal | None
    """None if it adds nothing."""
    sources: tuple[str, ...]

    @property
    def amount(self) -> Amount | None:
        return None if self.value is None else Amount(self.currency, self.value)


class Invoices:
    """A payer account's invoices as compressed text; each going through them parses it again."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._texts: list[str] = []
        self._length = 0

    def add(self, text: str) -> None:
        self._texts.append(text)
        self._length += len(text)
        if self._length >= _BLOCK:
            self.close()

    def close(self) -> None:
        """Compress the texts that wait for more."""
        if self._texts:
            text = f"[{','.join(self._texts)}]".encode("utf-8", "surrogatepass")
            self._blocks.append(zlib.compress(text, 1))
            self._texts, self._length = [], 0

    def blocks(self) -> Iterator[list[Any]]:
        """The invoices in their order, as many at once as need little memory."""
        self.close()  # a manifest may end in the midst of them
        for block in self._blocks:
            yield json.loads(zlib.decompress(block).decode("utf-8", "surrogatepass"))

    def __iter__(self) -> Iterator[InvoiceStatement]:
        return (InvoiceStatement.of(data) for block in self.blocks() for data in block)


class ManifestPayer:
    """One payer account of a manifest."""

    def __init__(self) -> None:
        self.data: Mapping[str, Any] = {}
        """Its members without the invoices."""
        self.invoices = Invoices()
        self.invoice_ids: list[str] = []
        self.accounts: set[str] = set()
        """The payer accounts that the invoices name."""
        self.figures: list[InvoiceFigures] = []
        self.not_counted: list[str] = []
        """Invoices without figures."""
        self.found: list[Finding] = []
        """Findings that its invoices make."""
        self.not_judged: list[str] = []

    @property
    def account_id(self) -> str:
        return str(self.data.get("payer_account_id"))

    def add(self, statement: InvoiceStatement, text: str) -> None:
        """Take the next invoice."""
        self.invoices.add(text)
        self.invoice_ids.append(statement.invoice_id)
        self.accounts.add(statement.payer_account_id)
        try:
            self.figures.append(_figures(statement))
        except NOT_UNDERSTOOD:
            self.not_counted.append(statement.invoice_id)
        try:
            self.found += _findings(statement.data)
        except NOT_UNDERSTOOD:
            self.not_judged.append(statement.invoice_id)


class WholeManifest:
    """One reading of one manifest, as far as it could be read."""

    def __init__(self, blocks: Iterable[bytes], period: BillingPeriod) -> None:
        self.payers = [ManifestPayer()]
        self.names: set[int] = set()
        """Marks of every record and document that it names."""
        self.damage: str | None = None
        """The fault for which it is no manifest, as a part of a sentence."""
        self.unreadable: str | None = None
        """The error that ended the reading of its bytes."""
        self._period = period
        self._reader = ManifestReader(blocks)
        try:
            self._read()
        except NotAManifest as error:
            self.damage = str(error)
        except CannotRead as error:
            self.unreadable = str(error)
        if not self.payers[-1].invoice_ids:  # else the reading ended in the midst of it
            self.payers.pop()
        self.members = self._reader.members
        """Its members without the payer accounts and the signature."""
        self.signature = self._reader.signature
        self.sha256 = self._reader.sha256
        self.has_ended = self._reader.has_ended
        self.is_canonical = self._reader.is_canonical
        self.signed_digest = self._reader.signed_digest

    @property
    def statements(self) -> Iterator[InvoiceStatement]:
        """Every invoice that can be understood."""
        return (statement for payer in self.payers for statement in payer.invoices)

    @property
    def evidence(self) -> Iterator[StoredObject]:
        """Every record and document that these invoices name."""
        for statement in self.statements:
            yield from (*statement.records, *statement.documents)

    def _read(self) -> None:
        damaged = 0
        for part in self._reader.parts():
            payer = self.payers[-1]
            if isinstance(part, PayerPart):
                payer.data = part.data
                payer.invoices.close()
                self.payers.append(ManifestPayer())
                continue
            try:
                payer.add(self._statement(part.data), part.text)
            except NotAManifest as error:
                self.damage = str(error)
                damaged += 1
                if damaged > _MOST_DAMAGED:
                    self._reader.drain()
                    break

    def _statement(self, data: Any) -> InvoiceStatement:
        """Read an invoice. Raises NotAManifest."""
        statement = InvoiceStatement.of(data)
        if statement.billing_period != str(self._period):
            raise NotAManifest(f"it has an invoice of {statement.billing_period}")
        for stored in (*statement.records, *statement.documents):
            mark = mark_of(stored.key, stored.sha256)
            if mark in self.names:
                raise NotAManifest(f"it names {stored.key} twice")
            self.names.add(mark)
        return statement


def mark_of(key: str, sha256: str) -> int:
    """Integer that stands for `this key has this content`, to hold many in little memory."""
    return hash((key, sha256))


def _figures(statement: InvoiceStatement) -> InvoiceFigures:
    data = statement.data
    summary = InvoiceSummary(data["summary"])
    try:
        amount = summary.amount_due()
    except AmountNotRead:
        amount = None
    return InvoiceFigures(
        statement.invoice_id,
        any(one["is_invoice_document"] for one in data["documents"]),
        len(data["documents"]),
        intern(amount.currency) if amount else "",
        amount.value if amount else None,
        summary.bill_source_accounts,
    )


def _findings(data: Mapping[str, Any]) -> list[Finding]:
    if not data["findings"] and any(one["is_invoice_document"] for one in data["documents"]):
        return []
    invoice = ArchivedInvoice.from_data(data)
    return [*findings_of(invoice), *document_gaps(invoice)]

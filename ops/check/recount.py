"""Figures of a manifest counted once more as it is read: totals, counts, verdicts, and the accounts
that the invoices belong to.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.verdicts import period_verdict
from lambdas.domain.money import EXACT, Amount, AmountNotRead
from ops.check.manifest_reader import InvoicePart, PayerPart
from ops.check.statement import InvoiceStatement

Parts = Iterable[InvoicePart | PayerPart]


class Sums:
    """Sums of each currency, as `lambdas.domain.money.sums` makes them."""

    def __init__(self) -> None:
        self._of: dict[str, Decimal] = {}

    def add(self, amount: Amount | None) -> None:
        if amount:
            before = self._of.get(amount.currency, Decimal(0))
            self._of[amount.currency] = EXACT.add(before, amount.value)

    def to_data(self) -> list[dict[str, str]]:
        return [Amount(*one).to_data() for one in sorted(self._of.items())]


class PayerCount:
    """Figures of one payer account's invoices. Each of its invoice ids comes once."""

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        """The payer accounts that the invoices name."""
        self._archived = self._documents = 0
        self._totals = Sums()
        self._sources: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0])
        self._source_totals: dict[tuple[str, ...], Sums] = defaultdict(Sums)

    def add(self, data: Mapping[str, Any], amount: Amount | None) -> None:
        self._archived += any(one["is_invoice_document"] for one in data["documents"])
        self._documents += len(data["documents"])
        self._totals.add(amount)
        sources = InvoiceSummary(data["summary"]).bill_source_accounts
        self._sources[sources][0] += 1
        self._source_totals[sources].add(amount)

    def to_data(self) -> dict[str, Any]:
        """The members of the payer account that follow from its invoices."""
        sources = [
            {
                "bill_source_accounts": list(accounts),
                "invoices": count,
                "totals": self._source_totals[accounts].to_data(),
            }
            for accounts, (count,) in sorted(self._sources.items())
        ]
        return {
            "archived": self._archived,
            "documents": self._documents,
            "totals": self._totals.to_data(),
            "sources": sources if any(self._sources) else [],
        }


class Recount:
    """Recount of one manifest. `wrong` has its contradictions as parts of a sentence."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self._payer = PayerCount()
        self._totals = Sums()
        self._seen: set[int] = set()
        self._repeated: set[str] = set()
        self._accounts: set[str] = set()
        self._verdicts: set[Any] = set()

    def invoice(self, statement: InvoiceStatement) -> None:
        mark = hash(statement.invoice_id)
        if mark in self._seen:
            self._repeated.add(statement.invoice_id)
        self._seen.add(mark)
        self._payer.accounts.add(statement.payer_account_id)
        try:
            amount = _amount_due(statement.data)
            self._payer.add(statement.data, amount)
            self._totals.add(amount)
        except NOT_UNDERSTOOD:
            self.wrong.append(f"its invoice {statement.invoice_id} cannot be counted")

    def payer(self, part: PayerPart) -> None:
        """Take a payer account, after its invoices."""
        count, self._payer = self._payer, PayerCount()
        account_id = str(part.data.get("payer_account_id"))
        if account_id in self._accounts:
            self.wrong.append(f"it has payer account {account_id} twice")
        self._accounts.add(account_id)
        for other in sorted(count.accounts - {account_id}):
            self.wrong.append(f"payer account {account_id} has an invoice of {other}")
        right = count.to_data()
        differing = [name for name in right if part.data.get(name) != right[name]]
        if differing:
            names = ", ".join(differing)
            self.wrong.append(f"payer account {account_id} has other {names} than its invoices")
        self._verdicts.add(str(part.data.get("verdict")))

    def whole(self, members: Mapping[str, Any], read_again: Callable[[], Parts]) -> None:
        """Compare with the members beside the payer accounts; `read_again` gives the parts once
        more, for ids that several payer accounts hold.
        """
        totals = self._totals
        if self._repeated:
            try:
                totals = _totals_once(self._repeated, read_again())
            except NOT_UNDERSTOOD:
                self.wrong.append("its invoices cannot be counted")
        if members.get("totals") != totals.to_data():
            self.wrong.append("its totals are not those of its invoices")
        if members.get("verdict") != period_verdict(sorted(self._verdicts)):
            self.wrong.append("its status does not follow from those of its payer accounts")


def _amount_due(data: Mapping[str, Any]) -> Amount | None:
    try:
        return InvoiceSummary(data["summary"]).amount_due()
    except AmountNotRead:
        return None


def _totals_once(repeated: set[str], parts: Parts) -> Sums:
    """Sums that count each invoice id once: the last of it, in whichever account."""
    totals, last = Sums(), dict[str, Amount | None]()
    for data in _invoices(parts):
        if data["invoice_id"] in repeated:
            last[data["invoice_id"]] = _amount_due(data)
        else:
            totals.add(_amount_due(data))
    for amount in last.values():
        totals.add(amount)
    return totals


def _invoices(parts: Parts) -> Iterator[Mapping[str, Any]]:
    return (part.data for part in parts if isinstance(part, InvoicePart))

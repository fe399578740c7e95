"""Figures of a manifest counted once more: totals, counts, verdicts, and the accounts that the
invoices belong to.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from lambdas.domain.judgement.verdicts import period_verdict
from lambdas.domain.money import sums
from ops.check.manifest import InvoiceFigures, ManifestPayer, WholeManifest


def miscounts(manifest: WholeManifest) -> Iterator[str]:
    """Yield the manifest's contradictions of its own invoices, as parts of a sentence."""
    accounts = set[str]()
    for payer in manifest.payers:
        yield from (f"its invoice {one} cannot be counted" for one in payer.not_counted)
        if payer.account_id in accounts:
            yield f"it has payer account {payer.account_id} twice"
        accounts.add(payer.account_id)
        yield from _of_payer(payer)
    every = (one for payer in manifest.payers for one in payer.figures)
    once = {one.invoice_id: one for one in every}  # the last of an id counts
    if manifest.members.get("totals") != _totals(once.values()):
        yield "its totals are not those of its invoices"
    verdicts: set[Any] = {str(payer.data.get("verdict")) for payer in manifest.payers}
    if manifest.members.get("verdict") != period_verdict(sorted(verdicts)):
        yield "its status does not follow from those of its payer accounts"


def _of_payer(payer: ManifestPayer) -> Iterator[str]:
    account_id = payer.account_id
    for other in sorted(payer.accounts - {account_id}):
        yield f"payer account {account_id} has an invoice of {other}"
    right = {
        "archived": sum(one.is_archived for one in payer.figures),
        "documents": sum(one.documents for one in payer.figures),
        "totals": _totals(payer.figures),
        "sources": _sources(payer.figures),
    }
    if differing := [name for name in right if payer.data.get(name) != right[name]]:
        yield f"payer account {account_id} has other {', '.join(differing)} than its invoices"


def _sources(figures: Iterable[InvoiceFigures]) -> list[dict[str, Any]]:
    of: dict[tuple[str, ...], list[InvoiceFigures]] = defaultdict(list)
    for one in figures:
        of[one.sources].append(one)
    if not any(of):
        return []
    return [
        {
            "bill_source_accounts": list(accounts),
            "invoices": len(part),
            "totals": _totals(part),
        }
        for accounts, part in sorted(of.items())
    ]


def _totals(figures: Iterable[InvoiceFigures]) -> list[dict[str, Any]]:
    amounts = (one.amount for one in figures)
    return [total.to_data() for total in sums(filter(None, amounts))]

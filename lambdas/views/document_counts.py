"""The number of archived documents as an accounts payable ledger counts them."""

from dataclasses import dataclass

from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.words import counted


@dataclass(frozen=True)
class DocumentCounts:
    """The numbers of archived invoices by group; an id counts once."""

    invoices: int
    credit_memos: int
    others: int
    """Tax copies and receipts, which add to no total."""

    def __str__(self) -> str:
        """`136 invoices, 2 credit memos, 4 other documents`, with those that there are."""
        parts = [counted(self.invoices, "invoice")]
        if self.credit_memos:
            parts.append(counted(self.credit_memos, "credit memo"))
        if self.others:
            parts.append(counted(self.others, "other document"))
        return ", ".join(parts)


def document_counts(manifest: Manifest) -> DocumentCounts:
    """The counts of a manifest with its invoices."""
    once = {one.invoice_id: one.summary for one in manifest.invoices}.values()
    others = sum(one.repeats_another for one in once)
    memos = sum(one.is_credit_memo and not one.repeats_another for one in once)
    return DocumentCounts(len(once) - memos - others, memos, others)

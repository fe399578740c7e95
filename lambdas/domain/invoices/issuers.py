"""Issuers: the identity of a payer account's recurring invoices from month to month."""

from dataclasses import dataclass

from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_form import Form

AWS, AWS_MARKETPLACE = "AWS", "AWS_MARKETPLACE"


def billing_entity_of(word: str) -> str:
    """Map Cost Explorer's or Invoicing's word for a billing entity to one of Invoicing's two.

    Cost Explorer writes `AWS`, `AISPL` or `AWS Marketplace`, Invoicing `AWS` or `AWS_MARKETPLACE`.
    """
    return AWS_MARKETPLACE if "MARKETPLACE" in word.upper() else AWS


@dataclass(frozen=True, order=True)
class Issuer(Form):
    """The members that an invoice shares with the same invoice of another month."""

    account_id: str
    """The account under which the invoice is filed."""
    invoicing_entity: str
    billing_entity: str
    bill_type: str
    is_tax_copy: bool
    bill_source_accounts: tuple[str, ...]

    @classmethod
    def of(cls, account_id: str, summary: InvoiceSummary) -> "Issuer | None":
        """The issuer of a row; None for a credit memo, a receipt, or a row without an invoicing
        entity.
        """
        if summary.invoice_type not in ("INVOICE", None) or not summary.invoicing_entity:
            return None
        return cls(
            account_id,
            summary.invoicing_entity,
            summary.billing_entity,
            summary.bill_type,
            bool(summary.commercial_invoice_id),
            summary.bill_source_accounts,
        )

    @property
    def is_own_invoice(self) -> bool:
        """True if it is an invoice of the payer account's own charges and no copy."""
        return not (self.is_tax_copy or self.bill_source_accounts)

    def __str__(self) -> str:
        what = "tax copy" if self.is_tax_copy else "invoice"
        kind = ", ".join(word for word in (self.billing_entity, self.bill_type) if word)
        of = f" of {', '.join(self.bill_source_accounts)}" if self.bill_source_accounts else ""
        return f"{what} of {self.invoicing_entity} ({kind}) for {self.account_id}{of}"

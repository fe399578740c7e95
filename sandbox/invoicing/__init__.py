"""Strict AWS services on loopback: the invoices and invoice units of Invoicing with the documents
behind their URLs, GetCostAndUsage of Cost Explorer, the billing transfers of Organizations, and the
financial records of AWS Payments.
"""

from sandbox.invoicing.catalogue import (
    BillingTransfer,
    Catalogue,
    CatalogueInvoice,
    CostLine,
    Document,
    FixedCatalogue,
    InvoiceUnit,
    Payment,
    SupplementalDocument,
)
from sandbox.invoicing.faults import Fault
from sandbox.invoicing.rates import Limit
from sandbox.invoicing.server import InvoicingEmulator, PortInUse

__all__ = [
    "BillingTransfer",
    "Catalogue",
    "CatalogueInvoice",
    "CostLine",
    "Document",
    "Fault",
    "FixedCatalogue",
    "InvoiceUnit",
    "InvoicingEmulator",
    "Limit",
    "Payment",
    "PortInUse",
    "SupplementalDocument",
]

"""A strict AWS Invoicing service on loopback: ListInvoiceSummaries, GetInvoicePDF and the documents
behind their URLs.
"""

from sandbox.invoicing.catalogue import (
    Catalogue,
    CatalogueInvoice,
    Document,
    FixedCatalogue,
    SupplementalDocument,
)
from sandbox.invoicing.faults import Fault
from sandbox.invoicing.rates import Limit
from sandbox.invoicing.server import InvoicingEmulator, PortInUse

__all__ = [
    "Catalogue",
    "CatalogueInvoice",
    "Document",
    "Fault",
    "FixedCatalogue",
    "InvoicingEmulator",
    "Limit",
    "PortInUse",
    "SupplementalDocument",
]

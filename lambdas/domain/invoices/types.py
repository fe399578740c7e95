"""The types of invoices and of supplemental documents that AWS lists.

Source: the botocore model `invoicing` 2024-12-01.
"""

INVOICE_TYPES = ("INVOICE", "CREDIT_MEMO", "PAYMENT_RECEIPT")
SUPPLEMENT_TYPES = ("GOVERNMENT_INVOICE", "TAX_E_INVOICE", "PAYMENT_RECEIPT", "SUPPLEMENT")

"""The actions of the payers' role, and the parameters of its stack, which each deployment must name
every time.

An existing stack keeps the old value of any parameter that an update omits, even if the template's
default has changed.
"""

from infra.deploy_settings import DeploySettings
from infra.steps import FETCH_INVOICE_DOCUMENTS, LIST_INVOICE_SUMMARIES, VALIDATE_COMPLETENESS

READERS = (LIST_INVOICE_SUMMARIES, FETCH_INVOICE_DOCUMENTS, VALIDATE_COMPLETENESS)
"""The steps that take the role."""
INVOICES = ("invoicing:ListInvoiceSummaries", "invoicing:GetInvoicePDF")
"""The actions that no parameter takes away."""

ARCHIVE_ACCOUNT = "ArchiveAccountId"
EXTERNAL_ID = "ExternalId"
ROLE_NAME = "RoleName"
WITNESSES = {
    "WithCostExplorer": (
        "cost_explorer",
        "Cost Explorer says which accounts had charges ($0.01 a request).",
        ("ce:GetCostAndUsage",),
    ),
    "WithBillingTransfers": (
        "billing_transfers",
        "Billing transfers say who receives this organization's invoices.",
        (
            "organizations:ListInboundResponsibilityTransfers",
            "organizations:ListOutboundResponsibilityTransfers",
        ),
    ),
    "WithInvoiceUnits": (
        "invoice_units",
        "Invoice units say which other accounts receive invoices.",
        ("invoicing:ListInvoiceUnits",),
    ),
    "WithPayments": (
        "payments",
        "AWS Payments says which invoices and credit memos it knows, and what is paid.",
        (
            "payments:ListFinancialRecords",
            "payments:BatchGetFinancialRecord",
            "payments:GetPaymentStatus",
        ),
    ),
}
"""Parameters of the template: the setting under `witnesses`, the purpose, the actions."""


def parameters_of_settings(settings: DeploySettings) -> dict[str, str]:
    """Every parameter that the archive's settings decide: all but the archive's account."""
    return {
        EXTERNAL_ID: settings.external_id,
        ROLE_NAME: settings.payer_role_name,
        **{
            name: "true" if getattr(settings.witnesses, setting) else "false"
            for name, (setting, _, _) in WITNESSES.items()
        },
    }

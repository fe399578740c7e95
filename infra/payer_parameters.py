"""The parameters of the payers' stack: what whoever deploys it names, every time.

A stack that is there already keeps the value of a parameter that an update leaves out, whatever the
template's default has become.
"""

from infra.deploy_settings import DeploySettings

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
}
"""By parameter of the template: the setting under `witnesses`, what it is for, its actions."""


def parameters_of_settings(settings: DeploySettings) -> dict[str, str]:
    """Every parameter that the archive's settings decide, and so all but the archive's account."""
    return {
        EXTERNAL_ID: settings.external_id,
        ROLE_NAME: settings.payer_role_name,
        **{
            name: "true" if getattr(settings.witnesses, setting) else "false"
            for name, (setting, _, _) in WITNESSES.items()
        },
    }

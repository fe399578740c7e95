"""The reader role of a payer account, as every payer deploys it."""

import re
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
import yaml

from infra.deploy_settings import DeploySettings
from infra.names import PAYER_READER_STACK, PAYER_READER_TEMPLATE, PROJECT
from infra.payer_parameters import INVOICES, WITNESSES, parameters_of_settings
from infra.steps import FETCH_INVOICE_DOCUMENTS, LIST_INVOICE_SUMMARIES, VALIDATE_COMPLETENESS
from lambdas.settings import Witnesses

PERSONAL = "Instrument|Balance"
"""In the name of each operation of AWS Payments on cards, bank accounts and balances."""
ARCHIVE = "arn:${AWS::Partition}:%s::${ArchiveAccountId}:"


@pytest.fixture(scope="module")
def role(payer_template: dict[str, Any]) -> dict[str, Any]:
    [made] = payer_template["Resources"].values()
    assert made["Type"] == "AWS::IAM::Role"
    return dict(made["Properties"])


def actions(role: dict[str, Any], chosen: set[str]) -> set[str]:
    """What the role allows when these parameters are true."""
    [policy] = role["Policies"]
    found: set[str] = set()
    for one in policy["PolicyDocument"]["Statement"]:
        condition, statement, otherwise = one.get("Fn::If", ("", one, None))
        if condition:
            assert otherwise == {"Ref": "AWS::NoValue"}
            if condition.removeprefix("Is") not in chosen:
                continue
        assert statement["Effect"] == "Allow"
        assert statement["Resource"] == "*"
        found |= set(statement["Action"])
    return found


def test_only_the_functions_that_read_may_take_the_role_and_only_with_the_external_id(
    role: dict[str, Any],
) -> None:
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "sts:AssumeRole"
    # not the roles themselves: those would be stored as ids, which are lost with a role
    assert statement["Principal"] == {"AWS": {"Fn::Sub": ARCHIVE % "iam" + "root"}}
    callers = [
        f"invoice-archive-{name}"
        for name in ("list-invoice-summaries", "fetch-invoice-documents", "validate-completeness")
    ]
    assert statement["Condition"] == {
        "StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}},
        "ArnLike": {
            "aws:PrincipalArn": [
                {"Fn::Sub": pattern}
                for name in callers
                for pattern in (
                    f"{ARCHIVE % 'iam'}role/{name}",
                    f"{ARCHIVE % 'sts'}assumed-role/{name}/*",
                )
            ]
        },
    }
    readers = (LIST_INVOICE_SUMMARIES, FETCH_INVOICE_DOCUMENTS, VALIDATE_COMPLETENESS)
    assert callers == [step.role_name for step in readers]


def test_without_options_the_role_reads_invoices_and_nothing_else(role: dict[str, Any]) -> None:
    assert actions(role, set()) == {"invoicing:ListInvoiceSummaries", "invoicing:GetInvoicePDF"}


@pytest.mark.parametrize(
    ("option", "added"),
    [
        ("WithCostExplorer", {"ce:GetCostAndUsage"}),
        (
            "WithBillingTransfers",
            {
                "organizations:ListInboundResponsibilityTransfers",
                "organizations:ListOutboundResponsibilityTransfers",
            },
        ),
        ("WithInvoiceUnits", {"invoicing:ListInvoiceUnits"}),
        (
            "WithPayments",
            {
                "payments:ListFinancialRecords",
                "payments:BatchGetFinancialRecord",
                "payments:GetPaymentStatus",
            },
        ),
    ],
)
def test_an_option_adds_what_it_needs(
    option: str, added: set[str], role: dict[str, Any], payer_template: dict[str, Any]
) -> None:
    assert actions(role, {option}) - set(INVOICES) == added
    condition = payer_template["Conditions"][f"Is{option}"]
    assert condition == {"Fn::Equals": [{"Ref": option}, "true"]}


def test_no_option_lets_the_role_read_cards_bank_accounts_or_balances(
    role: dict[str, Any],
) -> None:
    model = botocore.session.get_session().get_service_model("payments")
    personal = {f"payments:{one}" for one in model.operation_names if re.search(PERSONAL, one)}
    assert len(personal) >= 3
    allowed = actions(role, set(WITNESSES))
    assert allowed & personal == set()
    assert not [one for one in allowed if re.search(rf"{PERSONAL}|\*", one)]


def test_there_is_an_option_for_each_witness() -> None:
    assert {setting for setting, _, _ in WITNESSES.values()} == set(Witnesses.__annotations__)


def test_both_sides_agree_because_the_defaults_are_the_settings(
    synthesize: Callable[..., dict[str, Any]],
) -> None:
    template = synthesize(
        PAYER_READER_STACK,
        external_id="finance:7",
        payer_role_name="Reader",
        witnesses={"cost_explorer": False},
    )
    defaults = {name: one.get("Default") for name, one in template["Parameters"].items()}
    assert defaults == {
        "ArchiveAccountId": None,
        "ExternalId": "finance:7",
        "RoleName": "Reader",
        "WithCostExplorer": "false",
        "WithBillingTransfers": "true",
        "WithInvoiceUnits": "true",
        "WithPayments": "true",
    }


def test_the_settings_decide_every_parameter_but_the_archives_account(
    payer_template: dict[str, Any], context: dict[str, Any]
) -> None:
    settings = DeploySettings.from_context(context["invoice_archive"], PROJECT)
    parameters = payer_template["Parameters"]
    assert parameters_of_settings(settings) == {
        name: one["Default"] for name, one in parameters.items() if name != "ArchiveAccountId"
    }


def test_the_stack_needs_no_bootstrapped_account_and_shows_the_roles_arn(
    payer_template: dict[str, Any],
) -> None:
    assert "Rules" not in payer_template
    assert set(payer_template["Outputs"]) == {"RoleArn"}


def test_the_file_for_those_without_cdk_is_the_same_template(
    payer_template: dict[str, Any],
) -> None:
    found = yaml.safe_load((PROJECT / PAYER_READER_TEMPLATE).read_text(encoding="utf-8"))
    resources = {
        name: {key: value for key, value in resource.items() if key != "Metadata"}
        for name, resource in payer_template["Resources"].items()
    }
    assert found == {**payer_template, "Resources": resources}

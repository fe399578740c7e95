"""The functions: how they are made, and exactly what each may do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.steps import STEPS
from lambdas.settings import FunctionSettings
from tests.infra.policies import all_allowed_actions, grants, of_type, role_id, text

BUCKET = "ArchiveBucket"
READER = "arn:AWS::Partition:iam::*:role/InvoiceArchivePayerReader"

# Per step: what it may do in the archive and elsewhere, besides writing its log and using the key.
ALLOWED = {
    "EnumeratePayerAccounts": {
        ("s3:GetBucketVersioning", BUCKET),
        ("s3:GetBucketObjectLockConfiguration", BUCKET),
        ("s3:ListBucket", BUCKET),
        ("s3:GetObject", f"{BUCKET}/runs/*"),
        ("s3:PutObject", f"{BUCKET}/runs/*"),
        ("s3:GetObject", f"{BUCKET}/periods/*"),
    },
    "ListInvoiceSummaries": {
        ("s3:GetObject", f"{BUCKET}/runs/*"),
        ("s3:PutObject", f"{BUCKET}/runs/*"),
        ("sts:AssumeRole", READER),
    },
    "FetchInvoiceDocuments": {
        ("s3:ListBucket", BUCKET),
        ("s3:GetObject", f"{BUCKET}/runs/*"),
        ("s3:PutObject", f"{BUCKET}/runs/*"),
        ("s3:GetObject", f"{BUCKET}/invoices/*"),
        ("s3:GetObjectVersion", f"{BUCKET}/invoices/*"),
        ("s3:PutObject", f"{BUCKET}/invoices/*"),
        ("s3:PutObjectRetention", f"{BUCKET}/invoices/*"),
        ("s3:GetObject", f"{BUCKET}/records/*"),
        ("s3:PutObject", f"{BUCKET}/records/*"),
        ("s3:PutObjectRetention", f"{BUCKET}/records/*"),
        ("sts:AssumeRole", READER),
    },
    "ValidateCompleteness": {
        ("s3:ListBucket", BUCKET),
        ("s3:GetObject", f"{BUCKET}/runs/*"),
        ("s3:PutObject", f"{BUCKET}/runs/*"),
        ("s3:GetObject", f"{BUCKET}/invoices/*"),
        ("s3:GetObject", f"{BUCKET}/records/*"),
        ("s3:GetObject", f"{BUCKET}/periods/*"),
        ("s3:PutObject", f"{BUCKET}/periods/*"),
        ("s3:PutObjectTagging", f"{BUCKET}/periods/*"),
        ("s3:PutObjectRetention", f"{BUCKET}/periods/*/manifests/*"),
    },
}


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Properties of each function by its step's state name."""
    return {
        name.removeprefix("Functions").removesuffix("Function"): properties
        for logical_id, properties in of_type(template, "AWS::Lambda::Function").items()
        if (name := logical_id[:-8])
    }


@pytest.mark.parametrize("step", [step.state for step in STEPS])
def test_a_function_may_do_exactly_what_its_step_needs(step: str, template: dict[str, Any]) -> None:
    log = f"Functions{step}Logs"
    everywhere = {
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        ("kms:Decrypt", "ArchiveKey"),
        ("kms:GenerateDataKey", "ArchiveKey"),
    }
    role = role_id(template, f"Functions{step}Role")

    assert grants(template, role) == ALLOWED[step] | everywhere
    assert "ManagedPolicyArns" not in of_type(template, "AWS::IAM::Role")[role]


def test_nobody_may_delete_bypass_a_lock_or_do_everything(template: dict[str, Any]) -> None:
    for action in all_allowed_actions(template):
        assert "*" not in action
        assert not action.startswith(("s3:Delete", "s3:Bypass", "s3:PutBucket", "kms:Schedule"))
    for role in of_type(template, "AWS::IAM::Role").values():
        assert "Policies" not in role
        assert "ManagedPolicyArns" not in role


def test_only_lambda_may_take_a_functions_role(template: dict[str, Any]) -> None:
    for step in STEPS:
        role = of_type(template, "AWS::IAM::Role")[role_id(template, f"Functions{step.state}Role")]
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_roles_that_the_register_names_may_be_taken_too(
    synthesize: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    register = tmp_path / "register.csv"
    named = "arn:aws:iam::111122223333:role/path/Special"
    register.write_text(f"account_id,name,role_arn\n111122223333,A,{named}\n020417736915,B,\n")

    template = synthesize(payers_file=str(register), payer_role_name="Reader")

    for step in ("ListInvoiceSummaries", "FetchInvoiceDocuments"):
        granted = grants(template, role_id(template, f"Functions{step}Role"))
        assert {resource for action, resource in granted if action == "sts:AssumeRole"} == {
            "arn:AWS::Partition:iam::*:role/Reader",
            named,
        }


def test_all_functions_run_the_same_code_on_the_same_platform(template: dict[str, Any]) -> None:
    made = functions(template).values()
    assert len({str(function["Code"]) for function in made}) == 1
    assert {function["Runtime"] for function in made} == {"python3.13"}
    assert {tuple(function["Architectures"]) for function in made} == {("arm64",)}
    assert all("TracingConfig" not in function for function in made)


def test_functions_have_the_time_and_room_of_their_work(template: dict[str, Any]) -> None:
    made = functions(template)
    assert {name: function["Timeout"] for name, function in made.items()} == {
        "EnumeratePayerAccounts": 300,
        "ListInvoiceSummaries": 900,
        "FetchInvoiceDocuments": 900,
        "ValidateCompleteness": 900,
    }
    assert made["FetchInvoiceDocuments"]["EphemeralStorage"] == {"Size": 8 * 2 * 256}


@pytest.mark.parametrize(("threads", "mebibytes"), [(1, 512), (3, 1536), (20, 10240)])
def test_the_fetching_function_has_room_for_two_documents_a_thread(
    threads: int, mebibytes: int, synthesize: Callable[..., dict[str, Any]]
) -> None:
    fetch = functions(synthesize(fetch_threads=threads))["FetchInvoiceDocuments"]
    assert fetch["EphemeralStorage"] == {"Size": mebibytes}


def test_each_function_writes_to_a_log_group_that_forgets_after_a_year(
    template: dict[str, Any],
) -> None:
    groups = of_type(template, "AWS::Logs::LogGroup")
    for step, function in functions(template).items():
        group = function["LoggingConfig"]["LogGroup"]
        assert text(group) == f"Functions{step}Logs"
        assert groups[group["Ref"]]["RetentionInDays"] == 365


def test_the_functions_understand_the_environment_that_they_get(
    template: dict[str, Any], context: dict[str, Any]
) -> None:
    block = context["invoice_archive"]
    for function in functions(template).values():
        variables = function["Environment"]["Variables"]
        environment = {name: text(value) for name, value in variables.items()}
        settings = FunctionSettings.from_environment(environment)
        assert settings.to_environment() == environment
        assert settings.archive_bucket == block["archive_bucket_name"]
        assert settings.payer_role_name == block["payer_role_name"]
        assert str(settings.close_deadline) == block["close_deadline"]
        assert settings.retention.years == block["retention"]["years"]
        assert settings.manifest_signing_key == "ManifestsSigningKey"
        assert settings.manifest_heads_table == "ManifestsHeads"
        assert settings.notification_topic == "NotificationsTopic"


def test_another_invoicing_endpoint_reaches_boto3_by_its_own_variable(
    synthesize: Callable[..., dict[str, Any]],
) -> None:
    template = synthesize(invoicing_endpoint_url="https://invoicing.example.com")
    for function in functions(template).values():
        variables = function["Environment"]["Variables"]
        assert variables["AWS_ENDPOINT_URL_INVOICING"] == "https://invoicing.example.com"


def test_by_default_no_endpoint_is_set(template: dict[str, Any]) -> None:
    for function in functions(template).values():
        assert not [name for name in function["Environment"]["Variables"] if "ENDPOINT" in name]

"""The functions: how they are made."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.settings import FunctionSettings
from tests.infra.policies import of_type, text


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Properties of each function by its step's state name."""
    return {
        name.removeprefix("Functions").removesuffix("Function"): properties
        for logical_id, properties in of_type(template, "AWS::Lambda::Function").items()
        if (name := logical_id[:-8]).startswith("Functions")
    }


def test_all_functions_run_the_same_code_on_the_same_platform(template: dict[str, Any]) -> None:
    made = functions(template).values()
    assert len({str(function["Code"]) for function in made}) == 1
    assert {function["Runtime"] for function in made} == {"python3.14"}
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


def test_the_function_that_makes_pages_alone_knows_the_muted_remarks(
    synthesize: Callable[..., dict[str, Any]], template: dict[str, Any]
) -> None:
    entry = {"seller": "Amazon AWS Serviços Brasil Ltda.", "finding": "INVOICE_ID_NOT_IN_TEXT"}
    muted = {
        name: function["Environment"]["Variables"].get("MUTED_REMARKS")
        for name, function in functions(synthesize(muted_remarks=[entry])).items()
    }
    assert json.loads(muted.pop("ValidateCompleteness")) == [entry]
    assert set(muted.values()) == {None}
    for function in functions(template).values():
        assert "MUTED_REMARKS" not in function["Environment"]["Variables"]


def test_the_functions_write_the_csv_of_the_settings(
    synthesize: Callable[..., dict[str, Any]],
) -> None:
    for function in functions(synthesize(csv_format="european")).values():
        assert function["Environment"]["Variables"]["CSV_FORMAT"] == "european"


def test_another_billing_endpoint_reaches_boto3_by_its_own_variables(
    synthesize: Callable[..., dict[str, Any]],
) -> None:
    template = synthesize(billing_endpoint_url="https://billing.example.com")
    for function in functions(template).values():
        variables = function["Environment"]["Variables"]
        for service in ("INVOICING", "COST_EXPLORER", "ORGANIZATIONS", "PAYMENTS"):
            assert variables[f"AWS_ENDPOINT_URL_{service}"] == "https://billing.example.com"


def test_by_default_no_endpoint_is_set(template: dict[str, Any]) -> None:
    for function in functions(template).values():
        assert not [name for name in function["Environment"]["Variables"] if "ENDPOINT" in name]

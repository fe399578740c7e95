"""One name a step: file, handler, function, role, state and test."""

from typing import Any

from infra.names import PROJECT
from infra.steps import STEPS
from tests.infra.policies import of_type

NAMES = {step.name for step in STEPS}


def test_the_folder_of_handlers_is_the_list_of_steps() -> None:
    files = {path.stem for path in (PROJECT / "lambdas" / "handlers").glob("*.py")}
    assert files - {"__init__"} == NAMES


def test_every_step_has_a_test_file_of_its_name() -> None:
    for step in STEPS:
        assert (PROJECT / "tests" / "handlers" / f"test_{step.name}.py").is_file()


def test_every_step_has_a_function_in_a_construct_of_its_name(template: dict[str, Any]) -> None:
    functions = {
        (resource["Metadata"]["aws:cdk:path"], resource["Properties"]["Handler"])
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Metadata"]["aws:cdk:path"].startswith("InvoiceArchive/Functions/")
    }
    assert functions == {
        (f"InvoiceArchive/Functions/{step.state}/Function/Resource", step.handler) for step in STEPS
    }


def test_every_step_has_a_role_of_a_fixed_name(template: dict[str, Any]) -> None:
    named = {
        role["RoleName"]
        for role in of_type(template, "AWS::IAM::Role").values()
        if "RoleName" in role
    }
    assert named == {
        "invoice-archive-enumerate-payer-accounts",
        "invoice-archive-list-invoice-summaries",
        "invoice-archive-fetch-invoice-documents",
        "invoice-archive-validate-completeness",
    }
    assert named == {step.role_name for step in STEPS}


def test_every_step_has_a_state_that_calls_its_function(states: dict[str, Any]) -> None:
    called = {
        name: state["Arguments"]["FunctionName"]
        for name, state in states.items()
        if state["Type"] == "Task" and state["Resource"].endswith(":lambda:invoke")
    }
    assert called.keys() == {step.state for step in STEPS}
    for name, function in called.items():
        assert function.startswith(f"${{Functions{name}Function")

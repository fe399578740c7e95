"""The README names what there is."""

import dataclasses
import re
from collections import Counter
from types import ModuleType
from typing import Any

import pytest

from infra.deploy_settings import DeploySettings
from infra.names import ALARM_NAMES, AUDITOR_POLICY, PAYER_READER_TEMPLATE, PROJECT, REVIEWER_POLICY
from tests.infra.policies import of_type

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


def test_its_sections_come_in_the_order_in_which_they_are_needed() -> None:
    wanted = [
        "What you get",
        "Try it",
        "Deploy once",
        "Each month",
        "When it is red",
        "What it may read and write",
        "What it costs",
        "Develop",
    ]
    assert [name for name in re.findall(r"^## (.*)$", README, re.MULTILINE) if name in wanted] == (
        wanted
    )


def test_every_setting_is_explained() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", section("Deploy once"), re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"\w+", row)}
    known = {field.name for field in dataclasses.fields(DeploySettings)} - {"register"}
    assert explained == known


def test_every_output_and_parameter_that_it_names_exists(
    template: dict[str, Any], payer_template: dict[str, Any]
) -> None:
    text = section("Deploy once")
    for name in ("ManifestPublicKey", "StateMachineArn"):
        assert name in text
        assert name in template["Outputs"]
    assert PAYER_READER_TEMPLATE in text
    assert "ArchiveAccountId" in text
    assert "ArchiveAccountId" in payer_template["Parameters"]
    for policy in (REVIEWER_POLICY, AUDITOR_POLICY):
        assert f"`{policy}`" in section("Each month")


@pytest.mark.parametrize(
    ("command", "parameter"),
    [
        ("aws cloudformation deploy", r"(?<= )(\w+)=([\w-]+)"),
        (
            ".venv/bin/python -m infra.cdk deploy InvoiceArchivePayerReader",
            r"--parameters (\w+)=(\S+)",
        ),
        (
            "aws cloudformation create-stack-set",
            r"ParameterKey=(\w+),ParameterValue=(\S+)",
        ),
    ],
)
def test_the_payers_role_is_deployed_with_every_parameter_of_its_template(
    command: str, parameter: str, payer_template: dict[str, Any]
) -> None:
    # an update keeps the value of a parameter that it leaves out, so none may be left to a default
    [written] = re.findall(rf"^{re.escape(command)} (?:.*\\\n)*.*", README, re.MULTILINE)
    defaults = {name: one.get("Default") for name, one in payer_template["Parameters"].items()}
    assert dict(re.findall(parameter, written)) == defaults | {"ArchiveAccountId": "111122223333"}


def test_every_alarm_is_explained(template: dict[str, Any], monitoring: ModuleType) -> None:
    rows = "\n".join(re.findall(r"^\| (`.*?) \|", section("When it is red"), re.MULTILINE))
    explained = set(re.findall(r"`(…?\w+)`", rows))
    alarms = {
        alarm["AlarmName"].removeprefix(ALARM_NAMES)
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
    }
    assert explained == {re.sub(r"^\w+(?=Errors$)", "…", name) for name in alarms}
    assert monitoring.OLDEST_SWEEP_HOURS == 8 * 24
    assert "eight days" in rows + section("When it is red")


def test_the_mails_of_new_alarms_are_counted(template: dict[str, Any]) -> None:
    assert len(of_type(template, "AWS::CloudWatch::Alarm")) == 10
    assert re.search(r"Each of\s+the ten alarms sends one e-mail", section("Deploy once"))


def test_what_a_failed_first_deployment_leaves_is_named_and_in_nobodys_way(
    template: dict[str, Any],
) -> None:
    left = [one for one in template["Resources"].values() if one.get("DeletionPolicy") == "Retain"]
    kinds = Counter(one["Type"] for one in left)
    assert (kinds.pop("AWS::KMS::Key"), kinds.pop("AWS::DynamoDB::Table")) == (2, 1)
    assert set(kinds) == {"AWS::Logs::LogGroup"}
    for one in left:
        assert not {"TableName", "LogGroupName"} & one["Properties"].keys()
    assert "two KMS keys" in section("Deploy once")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", README))))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (PROJECT / link).exists()


def test_the_folder_table_names_every_folder() -> None:
    rows = re.findall(r"^\| `([\w/]+/)` \|(.*)\|$", section("Develop"), re.MULTILINE)
    named = {folder for folder, _ in rows}
    named |= {
        f"{folder}{inner}" for folder, text in rows for inner in re.findall(r"`(\w+/)`", text)
    }
    sources = ("lambdas", "infra", "ops", "sandbox", "tests", "bench", "docs", "tools")
    mirrored = re.compile(
        r"tests/(domain|views|steps|aws|handlers|infra|ops|parsers|sandbox|releases/v1)/"
    )
    there = {
        f"{path.parent.relative_to(PROJECT).as_posix()}/"
        for source in sources
        for path in (PROJECT / source).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {folder for folder in there if not mirrored.match(folder)} == named

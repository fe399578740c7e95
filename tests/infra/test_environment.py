"""The room for the functions' environment variables."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.deploy_settings import DeploySettings, InvalidDeploySettings
from infra.environment import DeployedNames, environment, refuse_too_large
from infra.names import PROJECT
from infra.steps import VALIDATE_COMPLETENESS
from tests.infra.test_app import run_app

HOLIDAYS = [str(date(2026, 1, 1) + timedelta(days=10 * number)) for number in range(35)]
MUTED = [
    {"seller": f"Amazon Web Services {number:02} Ltd.", "finding": "INVOICE_ID_NOT_IN_TEXT"}
    for number in range(15)
]
FULL = {
    "holidays": HOLIDAYS,
    "muted_remarks": MUTED,
    "escalate_to": {"emails": [f"{n}@{'x' * 60}.example" for n in range(5)]},
}


def settings(**given: object) -> DeploySettings:
    block = {
        "archive_bucket_name": "example-archive",
        "payers_file": str(PROJECT / "payers.csv"),
        **given,
    }
    return DeploySettings.from_context(block, PROJECT)


def problem_of(**given: object) -> str:
    with pytest.raises(InvalidDeploySettings) as refused:
        refuse_too_large(settings(**given))
    (problem,) = refused.value.problems
    return problem


def test_settings_that_fit_each_by_itself_are_refused_where_their_sum_is_too_large() -> None:
    refuse_too_large(settings(**FULL))
    refuse_too_large(settings(external_id="x" * 1224))
    problem = problem_of(**FULL, external_id="x" * 1224)
    assert problem.startswith("the environment variables of a function would take up to ")
    assert problem.endswith(
        "bytes, and AWS Lambda takes 4,096; shorten the settings that need most: "
        "muted_remarks (1,281), external_id (1,242), holidays (399), escalate_to (372)"
    )


def test_the_last_byte_that_fits_is_taken_and_the_next_is_not() -> None:
    def needed(more: int) -> int:
        names = DeployedNames(110 * "k", 110 * "h", 110 * "t", 110 * "c")
        given = settings(**FULL, chat_notifications=True, external_id="x" * more)
        variables = environment(VALIDATE_COMPLETENESS, given, names)
        return len(json.dumps(variables, separators=(",", ":")))

    room = 4_096 - needed(2) + 2
    full = {**FULL, "chat_notifications": True}
    refuse_too_large(settings(**full, external_id="x" * room))
    assert "would take up to 4,097 bytes" in problem_of(**full, external_id="x" * (room + 1))


def test_an_endpoint_counts_once_for_each_service() -> None:
    url = "https://" + "x" * 400 + ".example.com"
    assert "billing_endpoint_url (1,8" in problem_of(**FULL, billing_endpoint_url=url)


def test_the_names_that_a_deployment_gives_are_not_longer_than_assumed(
    template: Mapping[str, Any],
) -> None:
    """CloudFormation names a resource by stack, logical id and 13 characters."""
    around = len("arn:aws-us-gov:sns:us-gov-west-1:123456789012:InvoiceArchive--") + 13
    kinds = ("AWS::SNS::Topic", "AWS::DynamoDB::Table")
    ids = [name for name, one in template["Resources"].items() if one["Type"] in kinds]
    assert ids
    assert max(map(len, ids)) + around <= 110


def test_a_synthesis_ends_with_the_message(tmp_path: Path, context: Mapping[str, Any]) -> None:
    block = {**context["invoice_archive"], **FULL, "external_id": "x" * 1224}
    done = run_app({"invoice_archive": block}, tmp_path)
    assert done.returncode == 1
    assert "AWS Lambda takes 4,096; shorten the settings" in done.stderr
    assert "Traceback" not in done.stderr

"""The signing key and the table of heads."""

import hashlib
from typing import Any

from infra.names import PROJECT
from lambdas.public_key_resource import PAUSES_SECONDS
from tests.infra.policies import of_type, only, text


def resource(template: dict[str, Any], logical_id: str) -> dict[str, Any]:
    [found] = [one for name, one in template["Resources"].items() if name[:-8] == logical_id]
    return dict(found)


def test_the_key_signs_with_a_curve_that_any_tool_verifies(template: dict[str, Any]) -> None:
    key = resource(template, "ManifestsSigningKey")
    assert key["Properties"]["KeySpec"] == "ECC_NIST_P256"
    assert key["Properties"]["KeyUsage"] == "SIGN_VERIFY"


def test_the_key_and_the_table_stay_when_the_stack_goes(template: dict[str, Any]) -> None:
    for logical_id in ("ManifestsSigningKey", "ManifestsHeads"):
        kept = resource(template, logical_id)
        assert kept["DeletionPolicy"] == "Retain"
        assert kept["UpdateReplacePolicy"] == "Retain"


def test_heads_are_found_by_billing_period_and_are_hard_to_lose(template: dict[str, Any]) -> None:
    table = only(template, "AWS::DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "billing_period", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [
        {"AttributeName": "billing_period", "AttributeType": "S"}
    ]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_the_public_half_is_an_output_that_the_deployment_reads(template: dict[str, Any]) -> None:
    made = only(template, "Custom::ManifestPublicKey")
    assert text(made["KeyArn"]) == "ManifestsSigningKey"
    assert text(made["ServiceToken"]) == "PublicKeyFunction"
    functions = of_type(template, "AWS::Lambda::Function")
    [reader] = [one for name, one in functions.items() if name[:-8] == "PublicKeyFunction"]
    assert reader["Handler"] == "lambdas.public_key_resource.handler"
    # it waits for IAM and has a minute for each of its calls; CloudFormation waits for it
    assert sum(PAUSES_SECONDS) + 120 <= reader["Timeout"] < int(made["ServiceTimeout"])
    # else it could be called before its role may read the key
    waits_for = {name[:-8] for name in resource(template, "PublicKeyPem")["DependsOn"]}
    assert waits_for == {"PublicKeyRoleDefaultPolicy", "PublicKeyRole"}


def test_the_outputs_of_the_stack(template: dict[str, Any]) -> None:
    outputs = {name: text(output["Value"]) for name, output in template["Outputs"].items()}
    assert outputs == {
        "StateMachineArn": "WorkflowStateMachine",
        "ArchiveBucketName": "ArchiveBucket",
        "ManifestSigningKeyArn": "ManifestsSigningKey",
        "ManifestPublicKey": "PublicKeyPem",
        "ManifestHeadsTableName": "ManifestsHeads",
        "NotificationTopicArn": "NotificationsTopic",
        "ScheduleName": "DailySchedule",
        "PayerRegisterSha256": hashlib.sha256((PROJECT / "payers.csv").read_bytes()).hexdigest(),
    }

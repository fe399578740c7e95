"""The messages' way to people."""

from collections.abc import Callable
from typing import Any

from tests.infra.policies import by_sid, of_type, only, text

ALARMS = "arn:AWS::Partition:cloudwatch:AWS::Region:AWS::AccountId:alarm:invoice-archive-*"


def test_each_address_gets_the_messages(synthesize: Callable[..., dict[str, Any]]) -> None:
    template = synthesize(notify_emails=["a@example.com", "b@example.com"])

    subscriptions = of_type(template, "AWS::SNS::Subscription").values()

    assert {(one["Protocol"], one["Endpoint"]) for one in subscriptions} == {
        ("email", "a@example.com"),
        ("email", "b@example.com"),
    }


def test_the_topic_is_encrypted_and_reached_over_tls_only(template: dict[str, Any]) -> None:
    assert text(only(template, "AWS::SNS::Topic")["KmsMasterKeyId"]) == "NotificationsKey"
    statement = by_sid(only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"])[
        "AllowPublishThroughSSLOnly"
    ]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_alarms_of_this_account_may_publish_and_use_the_topics_key(
    template: dict[str, Any],
) -> None:
    topic = by_sid(only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"])
    [key] = [
        by_sid(one["KeyPolicy"]["Statement"])
        for name, one in of_type(template, "AWS::KMS::Key").items()
        if name[:-8] == "NotificationsKey"
    ]
    for statement in (topic["AlarmsPublish"], key["AlarmsUseTheKey"]):
        assert statement["Effect"] == "Allow"
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Condition"] == {
            "ArnLike": {"aws:SourceArn": ALARMS},
            "StringEquals": {"aws:SourceAccount": "AWS::AccountId"},
        }
    assert topic["AlarmsPublish"]["Action"] == "sns:Publish"
    assert key["AlarmsUseTheKey"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_nobody_else_is_let_in_by_the_topics_policy(template: dict[str, Any]) -> None:
    statements = only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert {one["Sid"] for one in statements} == {"AllowPublishThroughSSLOnly", "AlarmsPublish"}

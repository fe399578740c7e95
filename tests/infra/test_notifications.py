"""The messages' way to people."""

from collections.abc import Callable
from typing import Any

from tests.infra.policies import of_type, only, text


def test_each_address_gets_the_messages(synthesize: Callable[..., dict[str, Any]]) -> None:
    template = synthesize(notify_emails=["a@example.com", "b@example.com"])

    subscriptions = of_type(template, "AWS::SNS::Subscription").values()

    assert {(one["Protocol"], one["Endpoint"]) for one in subscriptions} == {
        ("email", "a@example.com"),
        ("email", "b@example.com"),
    }


def test_the_topic_is_encrypted_and_reached_over_tls_only(template: dict[str, Any]) -> None:
    assert text(only(template, "AWS::SNS::Topic")["KmsMasterKeyId"]) == "NotificationsKey"
    [statement] = only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

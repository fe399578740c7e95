"""The messages' way to people."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.aws.notifications import Mailbox
from tests.infra.policies import by_sid, of_type, only, text

ALARMS = "arn:AWS::Partition:cloudwatch:AWS::Region:AWS::AccountId:alarm:invoice-archive-*"


def test_each_address_gets_the_messages(synthesize: Callable[..., dict[str, Any]]) -> None:
    template = synthesize(notify_emails=["a@example.com", "b@example.com"])

    subscriptions = of_type(template, "AWS::SNS::Subscription").values()

    unfiltered = [one for one in subscriptions if "FilterPolicy" not in one]
    assert {(one["Protocol"], one["Endpoint"]) for one in unfiltered} == {
        ("email", "a@example.com"),
        ("email", "b@example.com"),
    }


def register(tmp_path: Path, *owner_emails: str) -> str:
    """A register whose payer accounts have owners with these addresses."""
    lines = [f"{n:012},P{n},{email}" for n, email in enumerate(owner_emails, 1)]
    path = tmp_path / "register.csv"
    path.write_text("\n".join(["account_id,name,owner_email", *lines]))
    return str(path)


def subscriptions(template: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """By address: the logical id and the filter policy of each subscription to the one topic."""
    found = {
        one["Endpoint"]: (name, one.get("FilterPolicy"))
        for name, one in of_type(template, "AWS::SNS::Subscription").items()
        if text(one["TopicArn"]) == "NotificationsTopic" and one["Protocol"] == "email"
    }
    assert len(found) == len(of_type(template, "AWS::SNS::Subscription"))
    return found


def test_owners_and_the_escalation_get_what_concerns_them_and_nobody_is_subscribed_twice(
    synthesize: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    template = synthesize(
        payers_file=register(tmp_path, "Dana@Example.com", "", "dana@example.com", "Ops@B.example"),
        notify_emails=["ops@b.example"],
        escalate_to={"emails": ["CFO@example.com"]},
    )
    policies = {email: policy for email, (_, policy) in subscriptions(template).items()}
    assert policies == {
        "ops@b.example": None,  # alarms carry no attributes and reach it
        "dana@example.com": {"readers": ["dana@example.com"]},
        "cfo@example.com": {"readers": ["cfo@example.com"]},
    }


def test_no_logical_id_depends_on_the_order_of_the_register_or_on_other_addresses(
    synthesize: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    some = subscriptions(
        synthesize(
            payers_file=register(tmp_path, "b@example.com", "a@example.com"),
            notify_emails=["c@example.com"],
        )
    )
    other = subscriptions(
        synthesize(
            payers_file=register(tmp_path, "a@example.com", "c@example.com", "b@example.com"),
            notify_emails=[],
        )
    )
    ids = {email: name for email, (name, _) in some.items()}
    assert ids == {email: name for email, (name, _) in other.items()}
    assert len(set(ids.values())) == 3


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client("sns")


def test_the_filter_policies_of_the_template_let_through_what_concerns_each_reader(
    synthesize: Callable[..., dict[str, Any]], tmp_path: Path, sns: Any
) -> None:
    """Queues stand for the addresses, with the policies of their subscriptions."""
    template = synthesize(
        payers_file=register(tmp_path, "Dana@example.com", "o'neil+x@example.com"),
        notify_emails=["all@example.com"],
        escalate_to={"emails": ["cfo@example.com"]},
    )
    topic = sns.create_topic(Name="messages")["TopicArn"]
    sqs = boto3.client("sqs")
    urls = {}
    for number, (email, (_, policy)) in enumerate(subscriptions(template).items()):
        urls[email] = sqs.create_queue(QueueName=f"q{number}")["QueueUrl"]
        wanted = {"AttributeNames": ["QueueArn"], "QueueUrl": urls[email]}
        arn = sqs.get_queue_attributes(**wanted)["Attributes"]["QueueArn"]
        attributes = {"FilterPolicy": json.dumps(policy)} if policy else {}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)

    mailbox = Mailbox(sns, topic)
    mailbox.send("to dana", "x", ["dana@example.com"])
    mailbox.send("to two", "x", ["cfo@example.com", "o'neil+x@example.com"])
    mailbox.send("to nobody more", "x")
    sns.publish(TopicArn=topic, Subject="an alarm", Message="x")

    def got(email: str) -> list[str]:
        answer = sqs.receive_message(QueueUrl=urls[email], MaxNumberOfMessages=10)
        return [json.loads(one["Body"])["Subject"] for one in answer.get("Messages", ())]

    assert got("all@example.com") == ["to dana", "to two", "to nobody more", "an alarm"]
    assert got("dana@example.com") == ["to dana"]
    assert got("o'neil+x@example.com") == got("cfo@example.com") == ["to two"]


def test_a_chat_has_a_topic_of_its_own_under_the_same_key_and_is_an_output(
    synthesize: Callable[..., dict[str, Any]], template: dict[str, Any]
) -> None:
    with_chat = synthesize(chat_notifications=True)
    topics = {
        name[:-8]: text(one["KmsMasterKeyId"])
        for name, one in of_type(with_chat, "AWS::SNS::Topic").items()
    }
    assert topics == {
        "NotificationsTopic": "NotificationsKey",
        "NotificationsChat": "NotificationsKey",
    }
    assert text(with_chat["Outputs"]["ChatTopicArn"]["Value"]) == "NotificationsChat"
    for name, one in of_type(with_chat, "AWS::Lambda::Function").items():
        chat = one.get("Environment", {}).get("Variables", {}).get("CHAT_TOPIC")
        assert (chat is not None) == name.startswith("FunctionsValidateCompleteness")
    assert set(template["Resources"]) < set(with_chat["Resources"])
    assert "ChatTopicArn" not in template["Outputs"]
    tls = [
        statement["Condition"]
        for one in of_type(with_chat, "AWS::SNS::TopicPolicy").values()
        for statement in one["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
    ]
    assert tls == [{"Bool": {"aws:SecureTransport": "false"}}] * 2


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

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from lambdas.aws.notifications import ChatRoom, EventBus, Mailbox, NotSent

TOPIC = "arn:aws:sns:eu-central-1:111122223333:archive"


def stub(service: str) -> Stubber:
    return Stubber(
        boto3.client(service, "eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    )


@pytest.fixture
def sns() -> Iterator[Stubber]:
    with stub("sns") as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def events() -> Iterator[Stubber]:
    with stub("events") as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def entries(*numbers: int) -> dict[str, Any]:
    return {
        "Entries": [
            {"Source": "s", "DetailType": "t", "Detail": json.dumps({"n": n})} for n in numbers
        ]
    }


def taken(count: int) -> dict[str, Any]:
    return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}] * count}


def test_a_message_is_published_with_its_subject(sns: Stubber) -> None:
    request = {"TopicArn": TOPIC, "Subject": "Subject", "Message": "Text\n"}
    sns.add_response("publish", {"MessageId": "1"}, request)
    Mailbox(sns.client, TOPIC).send("Subject", "Text\n")


def test_readers_are_named_in_an_attribute_that_filters_read(sns: Stubber) -> None:
    names = {"DataType": "String.Array", "StringValue": '["a@example.com", "b@example.com"]'}
    request = {"TopicArn": TOPIC, "Subject": "Subject", "Message": "Text\n"}
    sns.add_response(
        "publish", {"MessageId": "1"}, request | {"MessageAttributes": {"readers": names}}
    )
    Mailbox(sns.client, TOPIC).send("Subject", "Text\n", ["a@example.com", "b@example.com"])


def test_a_chat_message_is_published_as_json(sns: Stubber) -> None:
    request = {"TopicArn": TOPIC, "Message": '{"version": "1.0"}'}
    sns.add_response("publish", {"MessageId": "1"}, request)
    ChatRoom(sns.client, TOPIC).send({"version": "1.0"})


def test_a_chat_message_that_is_not_taken_is_reported_as_one(sns: Stubber) -> None:
    sns.add_client_error("publish", "NotFound", "secret", 404)
    with pytest.raises(NotSent, match=r"^sns:Publish \(chat\) answers NotFound$"):
        ChatRoom(sns.client, TOPIC).send({})


def test_a_message_that_is_not_taken_is_reported_by_its_code(sns: Stubber) -> None:
    sns.add_client_error("publish", "KMSAccessDeniedException", "secret", 400)
    with pytest.raises(NotSent, match=r"^sns:Publish answers KMSAccessDeniedException$"):
        Mailbox(sns.client, TOPIC).send("Subject", "Text")


def test_events_are_put_as_many_bytes_at_a_time_as_are_taken(events: Stubber) -> None:
    details = [{"n": "株" * 20_000} for _ in range(5)]  # as JSON, six bytes a letter
    put = [{"Source": "s", "DetailType": "t", "Detail": json.dumps(one)} for one in details]
    for batch in (put[:2], put[2:4], put[4:]):
        events.add_response("put_events", taken(len(batch)), {"Entries": batch})
    EventBus(events.client).put("s", "t", details)


def test_events_are_put_ten_at_a_time(events: Stubber) -> None:
    events.add_response("put_events", taken(10), entries(*range(10)))
    events.add_response("put_events", taken(2), entries(10, 11))
    EventBus(events.client).put("s", "t", [{"n": n} for n in range(12)])


def test_an_event_that_is_refused_is_not_sent(events: Stubber) -> None:
    refused = {
        "FailedEntryCount": 1,
        "Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}],
    }
    events.add_response("put_events", refused, entries(0, 1))
    with pytest.raises(NotSent, match=r"refused an event \(ThrottlingException\)"):
        EventBus(events.client).put("s", "t", [{"n": 0}, {"n": 1}])


def test_a_bus_that_cannot_be_reached_is_reported_without_its_address() -> None:
    class Gone:
        def put_events(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://events.example")

    with pytest.raises(NotSent) as told:
        EventBus(Gone()).put("s", "t", [{}])
    assert str(told.value) == "events:PutEvents cannot be reached (EndpointConnectionError)"

"""Stand-ins for the services by which people and programs are told.

Each takes what botocore's service model lets one send, and answers in its shapes.
"""

import json
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

_MODELS = botocore.session.get_session()


class Channel:
    """A service with one operation; `answers` is the error code that it gives instead."""

    def __init__(self, service: str, operation: str) -> None:
        self._operation = operation
        model = _MODELS.get_service_model(service)
        self._shape = model.operation_model(operation).input_shape
        self.answers = ""

    def _asked(self, request: dict[str, Any]) -> None:
        validate_parameters(request, self._shape)
        if self.answers:
            error = {"Error": {"Code": self.answers, "Message": ""}}
            raise ClientError(error, self._operation)  # type: ignore[arg-type]


class Topic(Channel):
    """SNS; `letters` are subject and text of the e-mails, `readers` the addresses that each names,
    and `chats` the messages without a subject by the topic.
    """

    def __init__(self) -> None:
        super().__init__("sns", "Publish")
        self.letters: list[tuple[str, str]] = []
        self.readers: list[list[str]] = []
        self.chats: list[tuple[str, dict[str, Any]]] = []
        self.refused_topic = ""

    def publish(self, **request: Any) -> dict[str, str]:
        self._asked(request)
        if request["TopicArn"] == self.refused_topic:
            error = {"Error": {"Code": "NotFound", "Message": ""}}
            raise ClientError(error, "Publish")  # type: ignore[arg-type]
        if "Subject" not in request:
            self.chats.append((request["TopicArn"], json.loads(request["Message"])))
            return {"MessageId": "1"}
        self.letters.append((request["Subject"], request["Message"]))
        attribute = request.get("MessageAttributes", {}).get("readers", {"StringValue": "[]"})
        self.readers.append(json.loads(attribute["StringValue"]))
        return {"MessageId": "1"}


class Bus(Channel):
    """EventBridge; `entries` are the events that were put."""

    def __init__(self) -> None:
        super().__init__("events", "PutEvents")
        self.entries: list[dict[str, Any]] = []
        self.refuses_entries = False

    def put_events(self, **request: Any) -> dict[str, Any]:
        self._asked(request)
        if self.refuses_entries:
            refused = [{"ErrorCode": "ThrottlingException"} for _ in request["Entries"]]
            return {"FailedEntryCount": len(refused), "Entries": refused}
        self.entries += request["Entries"]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in request["Entries"]]}

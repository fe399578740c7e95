"""Stand-ins for the services by which people and programs are told.

Each takes what botocore's service model lets one send, and answers in its shapes.
"""

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
    """SNS; `letters` are subject and text of what was published."""

    def __init__(self) -> None:
        super().__init__("sns", "Publish")
        self.letters: list[tuple[str, str]] = []

    def publish(self, **request: Any) -> dict[str, str]:
        self._asked(request)
        self.letters.append((request["Subject"], request["Message"]))
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

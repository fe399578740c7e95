"""A service that answers what a test says, HTTP answer by HTTP answer, as botocore meets it."""

import json
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


class Service:
    """All answers must be asked for, in their order; `asked` are the parameters of each call."""

    def __init__(self, name: str) -> None:
        self.client = boto3.client(
            name,
            "us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        self.client.meta.events.register("before-send", self._send)
        self.asked: list[dict[str, Any]] = []
        self._answers: list[tuple[int, bytes]] = []

    def answers(self, body: object, status: int = 200) -> None:
        """`body` is sent as it is where it is bytes, else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._answers.append((status, content))

    def refuses(self, code: str, status: int = 400, **members: Any) -> None:
        self.answers({"__type": code, "message": "", **members}, status)

    def was_asked_all(self) -> bool:
        return not self._answers

    def _send(self, request: Any, **_: object) -> AWSResponse:
        self.asked.append(json.loads(request.body))
        status, content = self._answers.pop(0)
        return AWSResponse(request.url, status, {"x-amzn-requestid": "r-1"}, _Body(content))

"""Answering CloudFormation."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from lambdas.aws.cloudformation import NotAnswered, answer

SECRET = "X-Amz-Signature=5ecret"


class Listener(HTTPServer):
    """Stands where CloudFormation takes answers."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str, str | None, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/answer?{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def listener(loopback: None) -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def event(url: str) -> dict[str, str]:
    return {
        "ResponseURL": url,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Resource",
    }


def test_a_success_carries_the_attributes(listener: Listener) -> None:
    answer(event(listener.url), resource_id="key", data={"Pem": "text"})

    [(path, content_type, body)] = listener.taken
    assert path == f"/answer?{SECRET}"
    assert content_type == ""  # the URL's signature covers it
    assert body == {
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": "key",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Resource",
        "Data": {"Pem": "text"},
    }


def test_a_failure_carries_its_reason(listener: Listener) -> None:
    answer(event(listener.url), resource_id="key", failure="NotFound: no such key")
    [(_, _, body)] = listener.taken
    assert (body["Status"], body["Reason"]) == ("FAILED", "NotFound: no such key")


@pytest.mark.parametrize("letter", ["x", "株", "\N{BELL}", "\ud800"])
def test_a_reason_is_cut_to_what_cloudformation_takes(listener: Listener, letter: str) -> None:
    answer(event(listener.url), resource_id="k" * 500, failure=letter * 5000)
    [(_, _, body)] = listener.taken
    assert len(json.dumps(body)) <= 4096
    assert body["Reason"].endswith("[cut; see the function's log]")


def test_an_answer_that_is_not_taken_is_reported_without_the_url(listener: Listener) -> None:
    listener.status = 403
    with pytest.raises(NotAnswered, match="CloudFormation answered 403") as refused:
        answer(event(listener.url), resource_id="key")
    assert SECRET not in str(refused.value)


@pytest.mark.usefixtures("loopback")
def test_what_cannot_be_reached_is_reported_without_the_url() -> None:
    with pytest.raises(NotAnswered, match="ConnectionError") as refused:
        answer(event(f"http://127.0.0.1:1/answer?{SECRET}"), resource_id="key")
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__

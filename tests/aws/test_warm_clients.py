"""A warm function keeps the clients of its own role."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError
from urllib3 import HTTPResponse

from lambdas.aws import clients

OWN = ("s3", "kms", "dynamodb", "sns", "events")


@pytest.fixture(autouse=True)
def cold_function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWN-KEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    _become_cold()
    yield
    _become_cold()


def _become_cold() -> None:
    clients._session.cache_clear()
    for service in OWN:
        getattr(clients, f"warm_{service}_client").cache_clear()


@pytest.mark.parametrize("service", OWN)
def test_the_next_invocation_has_the_client_of_the_last(service: str) -> None:
    make, cold = (getattr(clients, f"{kind}{service}_client") for kind in ("warm_", ""))
    assert make() is make()
    assert make().meta.service_model.service_name == service
    assert make().meta.config.retries == cold().meta.config.retries
    assert make()._request_signer._credentials.access_key == "OWN-KEY"


class Service:
    """Answers a client's requests in place of AWS, and counts them."""

    def __init__(self, client: Any, answer: Callable[[str], AWSResponse]) -> None:
        self.tries = 0
        self._answer = answer
        client.meta.events.register("before-send", self._send)

    def _send(self, request: Any, **_: object) -> AWSResponse:
        self.tries += 1
        return self._answer(request.url)


def answers(status: int) -> Callable[[str], AWSResponse]:
    return lambda url: AWSResponse(
        url, status, {}, HTTPResponse(io.BytesIO(), preload_content=False)
    )


def times_out(url: str) -> AWSResponse:
    raise ConnectTimeoutError(endpoint_url=url)


def ask(client: Any) -> None:
    with pytest.raises((ClientError, BotoCoreError)):
        client.head_object(Bucket="archive", Key="key")


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.random.random", lambda: 0.0)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


@pytest.mark.parametrize("failure", [answers(503), times_out], ids=["busy", "silent"])
def test_after_an_outage_the_next_invocation_has_all_its_retries(
    no_waiting: None, failure: Callable[[str], AWSResponse]
) -> None:
    client = clients.warm_s3_client()
    outage = Service(client, failure)
    while outage.tries != 1:
        outage.tries = 0
        ask(client)  # each time with fewer tries, at last with a single one
    again = Service(clients.warm_s3_client(), answers(503))
    ask(clients.warm_s3_client())
    assert again.tries == 6


@pytest.mark.parametrize("status", [403, 404, 412])
def test_an_answer_that_is_final_costs_no_client(status: int) -> None:
    client = clients.warm_s3_client()
    Service(client, answers(status))
    ask(client)
    assert clients.warm_s3_client() is client

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.retries.bucket import TokenBucket

from lambdas.aws import clients
from lambdas.aws.clients import (
    RoleCredentials,
    cost_explorer_client,
    events_client,
    invoicing_client,
    organizations_client,
    payments_client,
    s3_client,
    sns_client,
    sts_client,
)

PAYER = RoleCredentials("PAYER-KEY", "payer-secret", "payer-token")


@pytest.fixture(autouse=True)
def function_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What Lambda gives a function: its role's credentials and its region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWN-KEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL_INVOICING", raising=False)
    clients._session.cache_clear()
    yield
    clients._session.cache_clear()


def access_key(client: Any) -> str:
    return client._request_signer._credentials.access_key


def invoicing() -> Any:
    return invoicing_client(PAYER)


def cost_explorer() -> Any:
    return cost_explorer_client(PAYER)


def organizations() -> Any:
    return organizations_client(PAYER)


def payments() -> Any:
    return payments_client(PAYER)


def test_the_invoicing_api_is_signed_for_its_one_region_wherever_the_archive_lies() -> None:
    assert invoicing().meta.region_name == "us-east-1"
    assert s3_client().meta.region_name == "eu-central-1"


def test_the_invoicing_endpoint_of_the_environment_is_honoured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_INVOICING", "http://127.0.0.1:4567")
    assert invoicing().meta.endpoint_url == "http://127.0.0.1:4567"


def test_the_payer_is_asked_with_its_own_credentials_and_the_archive_with_the_functions() -> None:
    assert access_key(invoicing()) == access_key(sts_client(PAYER)) == "PAYER-KEY"
    assert access_key(s3_client()) == access_key(sts_client()) == "OWN-KEY"


@pytest.mark.parametrize("make", [cost_explorer, organizations, payments])
def test_the_other_services_of_a_payer_account_are_global_and_asked_with_its_credentials(
    make: Callable[[], Any],
) -> None:
    assert ".us-east-1." in make().meta.endpoint_url
    assert make()._request_signer._region_name == "us-east-1"
    assert access_key(make()) == "PAYER-KEY"


def test_payers_roles_are_taken_in_a_region_that_every_account_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-2")  # to be switched on first
    for client in (sts_client(), sts_client(PAYER)):
        assert client.meta.region_name == "us-east-1"
        assert "eu-central-2" not in client.meta.endpoint_url
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:4567")
    assert sts_client().meta.endpoint_url == "http://127.0.0.1:4567"


def test_people_are_notified_in_the_region_of_the_archive_as_the_function_itself() -> None:
    for client in (sns_client(), events_client()):
        assert client.meta.region_name == "eu-central-1"
        assert access_key(client) == "OWN-KEY"


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("COST_EXPLORER", cost_explorer),
        ("ORGANIZATIONS", organizations),
        ("PAYMENTS", payments),
    ],
)
def test_the_endpoints_of_the_environment_are_honoured(
    monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[], Any]
) -> None:
    monkeypatch.setenv(f"AWS_ENDPOINT_URL_{name}", "http://127.0.0.1:4567")
    assert make().meta.endpoint_url == "http://127.0.0.1:4567"


@pytest.mark.parametrize(
    "make",
    [
        *(invoicing, cost_explorer, organizations, payments),
        *(s3_client, sts_client, sns_client, events_client),
    ],
)
def test_every_client_has_timeouts_and_a_bounded_number_of_retries(
    make: Callable[[], Any],
) -> None:
    config = make().meta.config
    assert 0 < config.connect_timeout <= 10
    assert 0 < config.read_timeout <= 60
    assert 1 < config.retries["total_max_attempts"] <= 10
    assert config.retries["mode"] in ("standard", "adaptive")


@pytest.mark.parametrize("make", [invoicing, payments])
def test_each_payer_account_has_a_pace_of_its_own(make: Callable[[], Any]) -> None:
    assert make() is not make()
    assert make().meta.config.retries["mode"] == "adaptive"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that botocore waits between tries, kept instead of waited, as is its pace."""
    noted: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=noted.append))
    monkeypatch.setattr(TokenBucket, "acquire", lambda *_, **__: True)
    return noted


def failing(client: Any, code: str, **members: Any) -> int:
    """The number of tries of a call that AWS Payments always answers with this error."""
    body = json.dumps({"__type": code, "message": "", **members}).encode()
    sent: list[Any] = []

    def answer(request: Any, **_: object) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 400, {}, SimpleNamespace(stream=lambda: [body]))

    client.meta.events.register("before-send.payments", answer)
    with pytest.raises(ClientError, match=code):
        client.list_financial_records(types=["INVOICE"])
    return len(sent)


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerException"])
def test_what_the_model_of_aws_payments_calls_retryable_is_tried_again(
    waits: list[float], code: str
) -> None:
    assert failing(payments(), code) == 6
    assert len(waits) == 5
    assert failing(payments(), "ValidationException") == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerException"])
def test_the_wait_that_aws_payments_asks_for_is_kept_if_a_function_can(
    waits: list[float], code: str
) -> None:
    assert failing(payments(), code, retryAfterSeconds=37) == 6
    assert waits == [37] * 5
    waits.clear()
    assert failing(payments(), code, retryAfterSeconds=61) == 1
    assert waits == []


def test_credentials_print_no_secret() -> None:
    assert "payer-secret" not in f"{PAYER}{PAYER!r}"
    assert "payer-token" not in f"{PAYER}{PAYER!r}"

"""A warm function keeps the clients of its own role."""

from collections.abc import Iterator

import pytest

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

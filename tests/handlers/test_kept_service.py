"""What tests share of the emulated AWS is as new for each of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.aws.clients import RoleCredentials, invoicing_client
from sandbox.invoicing.catalogue import FixedCatalogue
from sandbox.invoicing.faults import LIST, Fault
from tests.handlers.conftest import ACME, invoice
from tests.handlers.kept_service import KeptEmulator, kept

PAYER = RoleCredentials(ACME, "secret", "token")
NOW = datetime(2026, 11, 12, tzinfo=UTC)
made = kept(invoicing_client)


def emulator(*invoice_ids: str) -> KeptEmulator:
    return KeptEmulator(FixedCatalogue({ACME: [*map(invoice, invoice_ids)]}), now=NOW)


@pytest.fixture
def serving(loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptEmulator]:
    with emulator("A1") as one:
        monkeypatch.setenv("AWS_ENDPOINT_URL_INVOICING", one.url)
        yield one


def listed(client: Any) -> str:
    """The answer to a listing of October, as it was sent."""
    given = {"ResourceType": "ACCOUNT_ID", "Value": ACME}
    period = {"BillingPeriod": {"Month": 10, "Year": 2026}}
    answer = client.list_invoice_summaries(Selector=given, Filter=period)
    return str(answer["AnswerAsSent"])


def test_the_next_test_has_the_same_client_and_address_and_an_emulator_of_its_own(
    loopback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for invoice_id in ("A1", "A2"):
        with emulator(invoice_id) as serving:
            monkeypatch.setenv("AWS_ENDPOINT_URL_INVOICING", serving.url)
            client = made(PAYER)
            assert f'"InvoiceId": "{invoice_id}"' in listed(client)
            assert serving.requests.snapshot()["calls"] == {ACME: {LIST: 1}}
            seen.append((client, serving.url))
    assert seen[0] == seen[1]
    assert "InvoiceId" not in listed(client)


def test_emulators_at_the_same_time_have_addresses_of_their_own(serving: KeptEmulator) -> None:
    with emulator("A2") as other:
        assert other.url != serving.url
        assert '"A1"' in listed(made(PAYER))


@pytest.mark.parametrize("kind", ["AccessDeniedException", "InternalServerException"])
def test_a_client_that_was_refused_or_tried_again_is_not_used_again(
    serving: KeptEmulator, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    client = made(PAYER)
    assert made(PAYER) is client
    serving.faults.add(Fault(ACME, kind, 1))
    if kind == "AccessDeniedException":
        with pytest.raises(ClientError):
            listed(client)
    else:
        listed(client)
    assert made(PAYER) is not client


def test_a_client_with_hooks_of_a_test_is_not_used_again(serving: KeptEmulator) -> None:
    client = made(PAYER)
    client.meta.events.register("before-call.invoicing", lambda **_: None)
    assert made(PAYER) is not client

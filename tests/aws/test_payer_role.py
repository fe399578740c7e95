import string
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from lambdas.aws import payer_role
from lambdas.aws.clients import RoleCredentials
from lambdas.aws.payer_role import NoAccess, PayerRole, WrongAccount, assume_payer_role
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.runs.payer_run import PayerRun
from tests.domain.examples import ACME, BOREAL, OCTOBER

ROLE = f"arn:aws:iam::{BOREAL}:role/Reader"
CREDENTIALS = RoleCredentials("ASIAPAYERPAYERPAYER1", "payer-secret", "payer-token")


class Sts:
    """The two STS clients that are needed: as the function's own role and as the payer's."""

    def __init__(self) -> None:
        clients = [
            boto3.client("sts", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
            for _ in range(2)
        ]
        self.archive, self.payer = (Stubber(client) for client in clients)
        self.made_with: list[RoleCredentials | None] = []

    def client(self, credentials: RoleCredentials | None = None) -> Any:
        self.made_with.append(credentials)
        return (self.payer if credentials else self.archive).client

    def land_in(self, account: str) -> None:
        self.archive.add_response(
            "assume_role",
            {
                "Credentials": {
                    "AccessKeyId": CREDENTIALS.access_key_id,
                    "SecretAccessKey": CREDENTIALS.secret_access_key,
                    "SessionToken": CREDENTIALS.session_token,
                    "Expiration": datetime(2026, 11, 3, tzinfo=UTC),
                }
            },
            {"RoleArn": ROLE, "ExternalId": "external", "RoleSessionName": ANY},
        )
        self.payer.add_response("get_caller_identity", {"Account": account})


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sts]:
    stubs = Sts()
    monkeypatch.setattr(payer_role, "sts_client", stubs.client)
    with stubs.archive, stubs.payer:
        yield stubs
        stubs.archive.assert_no_pending_responses()
        stubs.payer.assert_no_pending_responses()


def run(run_id: str = "scheduled-20261103T060000Z") -> PayerRun:
    return PayerRun(
        run_id,
        datetime(2026, 11, 3, 6, tzinfo=UTC),
        False,
        BOREAL,
        "Boreal",
        ROLE,
        (OCTOBER,),
        date(2026, 10, 1),
        date(2026, 11, 4),
    )


def test_a_role_in_the_payers_account_gives_its_credentials(sts: Sts) -> None:
    sts.land_in(BOREAL)
    assert assume_payer_role(run(), "external") == CREDENTIALS


def test_the_account_is_proved_with_the_payers_own_credentials(sts: Sts) -> None:
    sts.land_in(BOREAL)
    assume_payer_role(run(), "external")
    assert sts.made_with == [None, CREDENTIALS]


def test_a_role_that_leads_to_another_account_gives_no_credentials(sts: Sts) -> None:
    sts.land_in(ACME)
    with pytest.raises(WrongAccount) as error:
        assume_payer_role(run(), "external")
    assert str(error.value) == f"The role {ROLE} leads to account {ACME}, not to {BOREAL}."


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_role_that_cannot_be_assumed_is_no_access_with_its_arn(sts: Sts, code: str) -> None:
    sts.archive.add_client_error("assume_role", code, http_status_code=403)
    with pytest.raises(NoAccess) as error:
        assume_payer_role(run(), "external")
    told = str(error.value)
    assert told.startswith(f"The role {ROLE} cannot be assumed ({code}): it is not there, or ")
    assert told.endswith("another external id than 'external'.")
    assert sts.made_with == [None]


def test_a_payer_account_without_the_token_service_of_the_region_is_no_access(sts: Sts) -> None:
    sts.archive.add_client_error("assume_role", "RegionDisabledException", http_status_code=403)
    with pytest.raises(NoAccess) as error:
        assume_payer_role(run(), "external")
    assert str(error.value) == (
        f"The role {ROLE} cannot be assumed (RegionDisabledException): its account has AWS STS "
        "switched off in us-east-1; switch it on in the account settings of IAM there."
    )


def test_another_error_of_the_token_service_is_not_taken_for_a_denied_role(sts: Sts) -> None:
    sts.archive.add_client_error("assume_role", "PackedPolicyTooLarge", http_status_code=400)
    with pytest.raises(ClientError, match="PackedPolicyTooLarge"):
        assume_payer_role(run(), "external")


@pytest.mark.parametrize(
    ("code", "status"), [("Throttling", 400), ("ServiceUnavailable", 503), ("500", 500)]
)
def test_a_busy_token_service_is_left_to_the_workflows_retry(
    sts: Sts, code: str, status: int
) -> None:
    sts.archive.add_client_error("assume_role", code, http_status_code=status)
    with pytest.raises(ServiceUnavailable):
        assume_payer_role(run(), "external")


@pytest.mark.parametrize("run_id", ["manual-20261103T060000Z-" + "x" * 60, "r", "a/../b\n" * 20])
def test_the_sessions_name_leads_back_to_the_run_and_is_one_that_aws_takes(
    sts: Sts, run_id: str
) -> None:
    names: list[str] = []
    sts.archive.client.meta.events.register(
        "before-parameter-build.sts.AssumeRole",
        lambda params, **_: names.append(params["RoleSessionName"]),
    )
    sts.land_in(BOREAL)
    assume_payer_role(run(run_id), "external")
    (name,) = names
    assert name.startswith("invoice-archive-")
    assert 2 <= len(name) <= 64
    assert not set(name) - set(string.ascii_letters + string.digits + "_-")


@pytest.mark.parametrize("answer", [{}, {"Credentials": {}}])
def test_an_answer_without_credentials_is_left_to_the_workflows_retry(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    class Empty:
        def assume_role(self, **_: str) -> dict[str, Any]:
            return answer

    monkeypatch.setattr(payer_role, "sts_client", lambda *_: Empty())
    with pytest.raises(ServiceUnavailable, match="without credentials"):
        assume_payer_role(run(), "external")


def test_an_answer_without_the_account_proves_nothing(sts: Sts) -> None:
    sts.land_in("")
    with pytest.raises(ServiceUnavailable, match="without an account"):
        assume_payer_role(run(), "external")


def test_a_role_is_assumed_when_it_is_asked_for_and_anew_when_it_is_renewed(sts: Sts) -> None:
    role = PayerRole(run(), "external")
    assert sts.made_with == []
    sts.land_in(BOREAL)
    assert role.credentials() == role.credentials() == CREDENTIALS
    sts.land_in(BOREAL)
    assert role.renewed() == CREDENTIALS

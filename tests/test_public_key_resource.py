"""The custom resource that reads the public half of the signing key."""

from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from moto import mock_aws

from lambdas import public_key_resource
from lambdas.aws.clients import kms_client

ANSWERS = "https://cloudformation.example.com/answer?signature=secret"


@pytest.fixture
def key_arn(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        key = kms_client().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        yield key["KeyMetadata"]["Arn"]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What CloudFormation is told."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(public_key_resource, "answer", lambda _, **outcome: told.append(outcome))
    return told


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(public_key_resource.time, "sleep", waited.append)
    return waited


def event(request_type: str, key_arn: str) -> dict[str, Any]:
    return {
        "RequestType": request_type,
        "ResponseURL": ANSWERS,
        "ResourceProperties": {"KeyArn": key_arn},
    }


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_the_pem_verifies_what_the_key_signs(
    request_type: str, key_arn: str, answers: list[dict[str, Any]]
) -> None:
    public_key_resource.handler(event(request_type, key_arn), LambdaContext())

    [answer] = answers
    assert answer["resource_id"] == key_arn
    public_key = load_pem_public_key(answer["data"]["Pem"].encode())
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    signed = kms_client().sign(
        KeyId=key_arn, Message=b"text", MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
    )
    # raises when it is another key's
    public_key.verify(signed["Signature"], b"text", ec.ECDSA(hashes.SHA256()))


def test_a_role_that_is_not_known_for_two_minutes_is_waited_for(
    key_arn: str,
    answers: list[dict[str, Any]],
    pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kms = kms_client()
    read = kms.get_public_key

    def not_for_two_minutes(**arguments: str) -> Any:
        if sum(pauses) < 120:
            codes = ("AccessDeniedException", "ThrottlingException", "NotFoundException")
            error = {"Code": codes[len(pauses) % 3], "Message": "not yet"}
            raise kms.exceptions.ClientError({"Error": error}, "GetPublicKey")
        return read(**arguments)

    monkeypatch.setattr(kms, "get_public_key", not_for_two_minutes)
    monkeypatch.setattr(public_key_resource, "kms_client", lambda: kms)

    public_key_resource.handler(event("Create", key_arn), LambdaContext())

    assert "Pem" in answers[0]["data"]
    assert max(pauses) <= 30  # nobody waits two minutes for a role that is known after one


def test_a_key_that_cannot_be_read_fails_the_deployment_with_the_reason(
    key_arn: str, answers: list[dict[str, Any]], pauses: list[float]
) -> None:
    gone = key_arn[:-1] + "x"

    with pytest.raises(Exception, match="NotFoundException"):
        public_key_resource.handler(event("Create", gone), LambdaContext())

    [answer] = answers
    assert answer["resource_id"] == gone
    assert "NotFoundException" in answer["failure"]
    assert pauses == list(public_key_resource.PAUSES_SECONDS)


def test_deleting_leaves_nothing_to_do(answers: list[dict[str, Any]]) -> None:
    public_key_resource.handler(event("Delete", "arn:aws:kms:::key/gone"), LambdaContext())
    assert answers == [{"resource_id": "arn:aws:kms:::key/gone", "data": {}}]

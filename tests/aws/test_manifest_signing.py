import base64
import hashlib
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.evidence.signatures import ALGORITHM
from tests.fake_kms import FakeKms

CONTENT = b"{}\n" * 10_000
"""More than the 4,096 bytes that KMS signs as they are."""


@pytest.fixture
def signer() -> ManifestSigner:
    kms = FakeKms()
    return ManifestSigner(kms, kms.key_arn)


def test_who_has_the_public_key_alone_can_verify_a_signature(signer: ManifestSigner) -> None:
    signature = signer.sign(CONTENT)
    key = load_pem_public_key(signer.public_key_pem())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    digest = hashlib.sha256(CONTENT).digest()
    key.verify(base64.b64decode(signature.value), digest, ec.ECDSA(Prehashed(SHA256())))
    assert signature.algorithm == ALGORITHM
    assert signature.key_id.startswith("arn:")


def test_a_signature_is_of_its_content_and_its_key_alone(signer: ManifestSigner) -> None:
    signature = signer.sign(CONTENT)
    assert signer.is_signed_by_it(CONTENT, signature)
    assert not signer.is_signed_by_it(CONTENT + b" ", signature)
    other = FakeKms()
    assert not ManifestSigner(other, other.key_arn).is_signed_by_it(CONTENT, signature)


@pytest.mark.parametrize("value", ["", "####", "AAAA", "ä"])
def test_what_is_no_signature_is_not_valid(signer: ManifestSigner, value: str) -> None:
    signature = replace(signer.sign(CONTENT), value=value)
    assert not signer.is_signed_by_it(CONTENT, signature)


def test_a_throttled_key_is_left_to_the_workflows_retry() -> None:
    client = boto3.client(
        "kms", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        stubber.add_client_error("sign", "ThrottlingException", http_status_code=400)
        with pytest.raises(ServiceUnavailable, match="kms:Sign"):
            ManifestSigner(client, "k").sign(CONTENT)

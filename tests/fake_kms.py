"""KMS with one signing key, as far as the archive uses it.

moto hashes a message again although it is given as a digest, so its signatures verify nowhere else.
"""

import hashlib
from typing import Any

import botocore.session
from botocore.errorfactory import ClientExceptionsFactory
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM = "ECDSA_SHA_256"
_OF_A_DIGEST = ("Message", "MessageType", "SigningAlgorithm")


class FakeKms:
    """Answers in the shapes of botocore's model; `calls` names the calls in their order."""

    exceptions: Any = ClientExceptionsFactory().create_client_exceptions(
        botocore.session.get_session().get_service_model("kms")
    )

    def __init__(self, key_arn: str = "arn:aws:kms:us-east-1:123456789012:key/signing") -> None:
        self.key_arn = key_arn
        self.calls: list[str] = []
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def private_value(self) -> int:
        """The key as a number, for those who keep it."""
        return self._key.private_numbers().private_value

    def use_private_value(self, value: int) -> None:
        """Go on with a key that was kept."""
        self._key = ec.derive_private_key(value, ec.SECP256R1())

    def public_key_pem(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, **request: Any) -> dict[str, Any]:
        self._expect("Sign", request, {"KeyId", *_OF_A_DIGEST})
        signature = self._key.sign(request["Message"], ec.ECDSA(Prehashed(SHA256())))
        return {"KeyId": self.key_arn, "Signature": signature, "SigningAlgorithm": ALGORITHM}

    def verify(self, **request: Any) -> dict[str, Any]:
        self._expect("Verify", request, {"KeyId", "Signature", *_OF_A_DIGEST})
        try:
            self._key.public_key().verify(
                request["Signature"], request["Message"], ec.ECDSA(Prehashed(SHA256()))
            )
        except InvalidSignature:
            raise self._error("KMSInvalidSignatureException", "Verify") from None
        return {"KeyId": self.key_arn, "SignatureValid": True, "SigningAlgorithm": ALGORITHM}

    def get_public_key(self, **request: Any) -> dict[str, Any]:
        self._expect("GetPublicKey", request, {"KeyId"})
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"KeyId": self.key_arn, "PublicKey": der, "KeySpec": "ECC_NIST_P256"}

    def _expect(self, call: str, request: dict[str, Any], members: set[str]) -> None:
        self.calls.append(call)
        assert request.keys() == members
        if request["KeyId"] != self.key_arn:
            raise self._error("NotFoundException", call)
        if "Message" in members:
            assert (request["MessageType"], request["SigningAlgorithm"]) == ("DIGEST", ALGORITHM)
            assert len(request["Message"]) == hashlib.sha256().digest_size

    def _error(self, code: str, call: str) -> Exception:
        error: Exception = self.exceptions.from_code(code)(
            {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}},
            call,
        )
        return error

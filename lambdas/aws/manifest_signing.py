"""Signing manifests with an asymmetric key; its private half never leaves AWS KMS."""

import base64
import hashlib
import textwrap
from typing import Any

from lambdas.aws.busy import busy_is_unavailable
from lambdas.domain.evidence.signatures import ALGORITHM, Signature


class ManifestSigner:
    """One signing key. Errors of KMS not named here are raised as botocore's ClientError.

    `key_id` is its ARN. The SHA-256 of content is signed: KMS takes messages of up to 4,096 bytes.
    """

    def __init__(self, client: Any, key_id: str) -> None:
        self._kms = client
        self.key_id = key_id

    @busy_is_unavailable("kms:Sign")
    def sign(self, content: bytes) -> Signature:
        answer = self._kms.sign(
            KeyId=self.key_id,
            Message=hashlib.sha256(content).digest(),
            MessageType="DIGEST",
            SigningAlgorithm=ALGORITHM,
        )
        value = base64.b64encode(answer["Signature"]).decode()
        return Signature(self.key_id, ALGORITHM, value)

    @busy_is_unavailable("kms:Verify")
    def is_signed_by_it(self, content: bytes, signature: Signature) -> bool:
        """True if the signature of the content was made with this key."""
        try:
            value = base64.b64decode(signature.value, validate=True)
            if not value:
                return False
            self._kms.verify(
                KeyId=self.key_id,
                Message=hashlib.sha256(content).digest(),
                MessageType="DIGEST",
                SigningAlgorithm=ALGORITHM,
                Signature=value,
            )
        except (self._kms.exceptions.KMSInvalidSignatureException, ValueError):
            return False
        return True

    @busy_is_unavailable("kms:GetPublicKey")
    def public_key_pem(self) -> bytes:
        """The public half, as PEM."""
        der = self._kms.get_public_key(KeyId=self.key_id)["PublicKey"]
        lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
        pem = ["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]
        return "\n".join(pem).encode()

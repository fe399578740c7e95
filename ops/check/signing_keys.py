"""The public key that manifests are verified with."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from lambdas.domain.errors import NOT_UNDERSTOOD
from ops.check.limits import MOST_KEYS

_BEGIN, _END = b"-----BEGIN PUBLIC KEY-----", b"-----END PUBLIC KEY-----"


@dataclass(frozen=True)
class SigningKeys:
    """One key, or all keys in an archive's life. `source` names their origin."""

    source: str
    is_from_the_archive: bool
    keys: Sequence[ec.EllipticCurvePublicKey]

    @classmethod
    def read(cls, pem: bytes, source: str, *, is_from_the_archive: bool) -> "SigningKeys":
        """Read every public key of a PEM file. Raises ValueError with the fault."""
        keys: list[object] = []
        for block in _blocks(pem):
            if len(keys) == MOST_KEYS:
                raise ValueError(f"holds more than {MOST_KEYS} public keys")
            try:
                key = load_pem_public_key(block)
            except (*NOT_UNDERSTOOD, UnsupportedAlgorithm):
                raise ValueError("holds a public key that cannot be read") from None
            keys.append(key)
        usable = [key for key in keys if _is_usable(key)]
        if len(usable) < len(keys):
            raise ValueError("holds a public key that is none of the curve P-256")
        if not usable:
            raise ValueError("holds no public key in PEM form")
        return cls(source, is_from_the_archive, usable)

    @property
    def fingerprints(self) -> list[str]:
        """SHA-256 of each key's DER form, as `openssl pkey -pubin -outform DER | sha256sum`."""
        forms = (
            key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in self.keys
        )
        return [hashlib.sha256(form).hexdigest() for form in forms]

    def verify(self, digest: bytes, signature: str) -> bool:
        """True if one of the keys made this signature (base64 of DER) of this SHA-256."""
        value = base64.b64decode(signature, validate=True)
        return any(_verifies(key, digest, value) for key in self.keys)


def _blocks(pem: bytes) -> Iterator[bytes]:
    """Keys from their first line to their last; one without an end is left out."""
    begin = pem.find(_BEGIN)
    while begin >= 0 and (end := pem.find(_END, begin)) >= 0:
        yield pem[begin : end + len(_END)]
        begin = pem.find(_BEGIN, end)


def _is_usable(key: object) -> TypeGuard[ec.EllipticCurvePublicKey]:
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _verifies(key: ec.EllipticCurvePublicKey, digest: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, digest, ec.ECDSA(utils.Prehashed(SHA256())))
    except InvalidSignature:
        return False
    return True

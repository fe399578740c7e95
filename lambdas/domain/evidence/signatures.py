"""Signed JSON: a signature over everything else in the same file.

What is signed is the SHA-256 of the canonical JSON of the file whose member `signature` has not its
`value` yet, only how and with which key it is made; the file as a whole is canonical too. So it can
be written in one go, and checked years later with the public key alone.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lambdas.domain.json_text import to_canonical_json

ALGORITHM = "ECDSA_SHA_256"
"""AWS KMS's name for ECDSA on the curve P-256 over a SHA-256 digest; the signature is DER."""

_MEMBER = "signature"


@dataclass(frozen=True)
class Signature:
    """`value` is base64."""

    key_id: str
    algorithm: str
    value: str


def signed_part(content: Mapping[str, Any], key_id: str) -> bytes:
    """What a signature made with this key covers of a file with this content."""
    return to_canonical_json({**content, _MEMBER: {"algorithm": ALGORITHM, "key_id": key_id}})


def signed_file(content: Mapping[str, Any], signature: Signature) -> bytes:
    return to_canonical_json({**content, _MEMBER: asdict(signature)})


def signature_of(content: Mapping[str, Any]) -> Signature:
    """Raises ValueError when there is none that this version can read."""
    member = content.get(_MEMBER)
    if not isinstance(member, Mapping) or member.keys() != {"key_id", "algorithm", "value"}:
        raise ValueError("it is not signed")
    signature = Signature(**member)
    if signature.algorithm != ALGORITHM:
        raise ValueError(f"its signature is {signature.algorithm}, not {ALGORITHM}")
    if not isinstance(signature.key_id, str) or not _is_base64(signature.value):
        raise ValueError("its signature is none in base64 with the name of its key")
    return signature


def _is_base64(value: object) -> bool:
    """Whether it is the one form that its bytes have in base64."""
    if not isinstance(value, str):
        return False
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode() == value
    except (binascii.Error, ValueError):
        return False

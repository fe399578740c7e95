"""Signed JSON: a signature over everything else in the same file.

The signature covers the SHA-256 of the file's canonical JSON, with algorithm and key in the member
`signature` but without its `value`. The whole file is canonical JSON too. So it is written at once,
and can be verified years later with the public key alone.
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
    """A signature; `value` is base64."""

    key_id: str
    algorithm: str
    value: str


def signed_part(content: Mapping[str, Any], key_id: str) -> bytes:
    """The bytes covered by a signature of this content with this key."""
    return to_canonical_json({**content, _MEMBER: {"algorithm": ALGORITHM, "key_id": key_id}})


def signed_file(content: Mapping[str, Any], signature: Signature) -> bytes:
    return to_canonical_json({**content, _MEMBER: asdict(signature)})


def signature_of(content: Mapping[str, Any]) -> Signature:
    """Read the signature of a file's content. Raises ValueError if this version cannot read one."""
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
    """True if it is the canonical base64 of its bytes."""
    if not isinstance(value, str):
        return False
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode() == value
    except (binascii.Error, ValueError):
        return False

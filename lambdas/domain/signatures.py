"""Signed JSON: a signature over everything else in the same file.

What is signed is the SHA-256 of the canonical JSON of the file without its member `signature`; the
file as a whole is canonical too. So it can be written in one go, and checked years later with the
public key alone.
"""

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


def signed_part(content: Mapping[str, Any]) -> bytes:
    """What the signature of a file with this content covers."""
    return to_canonical_json({name: content[name] for name in content if name != _MEMBER})


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
    return signature

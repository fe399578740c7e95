"""The certificate with which the embedded AWS serves TLS on 127.0.0.1.

It is made once in a folder and trusted by the programs of that folder alone. TLS is needed because
policies deny requests without it, and the embedded AWS enforces policies.
"""

import ipaddress
import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.places import Places

_LASTS = timedelta(days=365)
_RENEWED_BEFORE = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(days=1)


def keep_certificate(places: Places, now: datetime) -> None:
    """Ensure that `places.certificate` and `places.certificate_key` exist, belong together and last
    for another month. `now` is an aware instant.
    """
    if not _is_good(places, now):
        _make(places, now)


def _is_good(places: Places, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(places.certificate.read_bytes())
        key = serialization.load_pem_private_key(places.certificate_key.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return False
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate.public_key() == key.public_key() and begins <= now < ends - _RENEWED_BEFORE


def _make(places: Places, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Invoice archive: embedded AWS")])
    names = [x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")), x509.DNSName("localhost")]
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # Its own issuer and no CA: trusting it means trusting this one server.
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + _LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,  # Python 3.13 asks for it
        )
        .sign(key, hashes.SHA256())
    )
    _write(
        places.certificate_key,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    _write(places.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)

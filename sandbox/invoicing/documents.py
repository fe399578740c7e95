"""Documents behind presigned URLs, with the answers that S3 gives."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape

PATH_PREFIX = "/documents/"
_DATE_FORM = "%Y%m%dT%H%M%SZ"
_ALGORITHM = "AWS4-HMAC-SHA256"
_SIGNED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
)


@dataclass(frozen=True)
class DocumentKey:
    """Names one document: `document_id` is None for the invoice document, else the supplemental
    document's.
    """

    payer_account_id: str
    invoice_id: str
    document_id: str | None


@dataclass(frozen=True)
class Presigned:
    """A URL's path and query, and the real instant at which it ends."""

    target: str
    expires: datetime


class Refused(Exception):
    """The URL opens nothing: HTTP status and S3's error code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def xml(self) -> bytes:
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(self.code)}</Code><Message>{escape(self.message)}</Message>"
            f"<RequestId>{secrets.token_hex(8).upper()}</RequestId></Error>"
        ).encode()


class DocumentUrls:
    """Signs and checks the URLs of one server. Each signature begins with `marker`, to search for a
    leaked one.
    """

    def __init__(self, marker: str, lifetime_seconds: int) -> None:
        self._marker = marker
        self._lifetime_seconds = lifetime_seconds
        self._secret = secrets.token_bytes(32)
        self._keys: dict[str, DocumentKey] = {}

    def presign(self, key: DocumentKey) -> Presigned:
        # The path is a digest: an invoice id may be 1,024 characters long, which is the limit of
        # the whole URL.
        path = PATH_PREFIX + hashlib.sha256(repr(key).encode()).hexdigest()[:40]
        self._keys[path] = key
        issued = datetime.fromtimestamp(int(time.time()), UTC)
        values = (
            _ALGORITHM,
            f"ASIASTATEMENTDOCS/{issued:%Y%m%d}/us-east-1/s3/aws4_request",
            issued.strftime(_DATE_FORM),
            str(self._lifetime_seconds),
            "host",
        )
        query = dict(zip(_SIGNED, values, strict=True))
        query["X-Amz-Signature"] = self._signature("GET", path, query)
        return Presigned(
            f"{path}?{urlencode(query)}", issued + timedelta(seconds=self._lifetime_seconds)
        )

    def resolve(self, method: str, path: str, query_text: str) -> DocumentKey:
        """The document that a request may have. Raises Refused."""
        query = dict(parse_qsl(query_text))
        if sorted(query) != sorted((*_SIGNED, "X-Amz-Signature")):
            raise Refused(403, "AccessDenied", "Access Denied")
        if not hmac.compare_digest(
            query["X-Amz-Signature"].encode(), self._signature(method, path, query).encode()
        ):
            raise Refused(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the one provided.",
            )
        issued = datetime.strptime(query["X-Amz-Date"], _DATE_FORM).replace(tzinfo=UTC)
        if datetime.now(UTC) >= issued + timedelta(seconds=int(query["X-Amz-Expires"])):
            raise Refused(403, "AccessDenied", "Request has expired")
        return self._keys[path]

    def _signature(self, method: str, path: str, query: dict[str, str]) -> str:
        signed = "\n".join((method, path, *(query[name] for name in _SIGNED)))
        return self._marker + hmac.digest(self._secret, signed.encode(), hashlib.sha256).hex()

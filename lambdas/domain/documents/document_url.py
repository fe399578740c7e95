"""The document URL: a bearer secret, and the rules for opening one.

AWS hands out presigned S3 GET URLs. Anybody who has one can read the invoice, so its query never
leaves the call that uses it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

DEFAULT_DOCUMENT_HOSTS = (
    "*.s3.amazonaws.com",
    "*.s3.*.amazonaws.com",
    "*.s3.dualstack.*.amazonaws.com",
    "s3.amazonaws.com",
    "s3.*.amazonaws.com",
)
"""Host patterns; `*` stands for exactly one label."""

LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
_PATTERN = re.compile(r"(?:\*|[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.(?:\*|[a-z0-9]+(?:-[a-z0-9]+)*))*")
_SAFE_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", re.ASCII)
_SAFE_URL = re.compile(
    r"[!-~]+"
)  # printable ASCII: no space, control character or look-alike letter


@dataclass(frozen=True)
class DocumentUrl:
    """One document URL.

    Its repr and str hide everything but the host, so that logging it by mistake does no harm.
    """

    value: str = field(repr=False)

    def __repr__(self) -> str:
        return f"DocumentUrl({self.host}, query hidden)"

    __str__ = __repr__

    @property
    def host(self) -> str:
        try:
            return urlsplit(self.value).hostname or "no host"
        except ValueError:
            return "no host"


def host_pattern_problem(pattern: str) -> str | None:
    """The problem of a host pattern in the settings, or None.

    A pattern must not match every host.
    """
    if not _PATTERN.fullmatch(pattern):
        return (
            f"'{pattern}' is not a host pattern; write lower-case labels, '*' for exactly one: "
            "*.s3.*.amazonaws.com"
        )
    if pattern not in LOOPBACK_HOSTS and (
        len(pattern.split(".")) < 2 or "*" in pattern.split(".")[-2:]
    ):
        return f"'{pattern}' would match hosts of anybody; name at least the last two labels"
    return None


def refusal(url: DocumentUrl, hosts: Sequence[str]) -> str | None:  # noqa: PLR0911 - a list of rules
    """The reason not to open the URL, or None if it may be opened.

    Allowed: https on port 443 and a host that a pattern matches, without userinfo or fragment. For
    a loopback host that `hosts` names, and only for that, http and any port are accepted. The
    reason never carries path or query.
    """
    if not _SAFE_URL.fullmatch(url.value) or "\\" in url.value:
        return "the URL has characters that a URL does not have"
    try:
        parts = urlsplit(url.value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "the URL cannot be read"
    if "@" in parts.netloc:
        return "the URL carries a user name"
    if "%" in parts.netloc or not _SAFE_HOST.fullmatch(host):
        return "the URL's host is not a plain host name"
    if "#" in url.value:
        return "the URL carries a fragment"
    if host in LOOPBACK_HOSTS:
        if host in hosts and parts.scheme in ("http", "https"):
            return None
        return f"the host {host} is not one that documents come from"
    if parts.scheme != "https":
        return f"the scheme is {parts.scheme or 'missing'}, not https"
    if port not in (None, 443):
        return f"the port is {port}, not 443"
    if not any(_matches(host, pattern) for pattern in hosts):
        return f"the host {host} is not one that documents come from"
    return None


def _matches(host: str, pattern: str) -> bool:
    labels, wanted = host.split("."), pattern.split(".")
    return len(labels) == len(wanted) and all(
        w in ("*", label) for label, w in zip(labels, wanted, strict=True)
    )

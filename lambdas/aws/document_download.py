"""Downloading one document: streamed to a file, bounded in size and time, with no trace of its URL.

The errors raised here carry a code and a sentence and nothing of the request: requests and urllib3
put the URL, which is a bearer secret, into their exceptions, so none of those survives this module,
not even as a cause.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

import requests
import urllib3

from lambdas.domain.document_url import DocumentUrl, refusal

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 30
TOTAL_TIMEOUT_SECONDS = 300
_BLOCK = 1 << 16


class DownloadRefused(Exception):
    """The document was not downloaded.

    `code` is a finding code, `detail` a sentence without the URL.
    """

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


class UrlExpired(DownloadRefused):
    """The service no longer accepts the URL; a new one may work."""


@dataclass(frozen=True)
class Downloaded:
    """What arrived in the file."""

    sha256: str
    size_bytes: int


def download(
    url: DocumentUrl, target: IO[bytes], hosts: Sequence[str], max_bytes: int
) -> Downloaded:
    """Stream the document into `target`.

    Raises DownloadRefused or UrlExpired; `target` is then to be thrown away.
    """
    reason = refusal(url, hosts)
    if reason:
        raise DownloadRefused("DOCUMENT_URL_REFUSED", f"Not opened: {reason}.")
    failure: DownloadRefused
    try:
        return _download(url, target, max_bytes)
    except DownloadRefused as refused:
        failure = refused
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        failure = DownloadRefused("DOWNLOAD_FAILED", "The server took too long to answer.")
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        failure = DownloadRefused(
            "DOWNLOAD_FAILED", f"The connection failed ({type(error).__name__})."
        )
    # Raised outside of the handlers, so that it has no context that names the URL.
    raise failure


def _download(url: DocumentUrl, target: IO[bytes], max_bytes: int) -> Downloaded:
    deadline = time.monotonic() + TOTAL_TIMEOUT_SECONDS
    digest = hashlib.sha256()
    size = 0
    with requests.Session() as session:
        session.trust_env = (
            False  # no proxy and no netrc: the URL goes to its host and nowhere else
        )
        with session.get(
            url.value,
            stream=True,
            allow_redirects=False,
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            headers={"Accept-Encoding": "identity"},
        ) as response:
            _check_status(response.status_code)
            expected = _content_length(response, max_bytes)
            # read1 returns what has arrived, so that a slow drip cannot outlast the deadline in one
            # read
            while block := response.raw.read1(_BLOCK):
                size += len(block)
                if size > max_bytes:
                    raise DownloadRefused(
                        "DOCUMENT_TOO_LARGE", f"More than {max_bytes} bytes arrived."
                    )
                if time.monotonic() > deadline:
                    raise DownloadRefused(
                        "DOWNLOAD_FAILED", f"Not complete after {TOTAL_TIMEOUT_SECONDS} seconds."
                    )
                digest.update(block)
                target.write(block)
    if expected is not None and size != expected:
        raise DownloadRefused("DOCUMENT_DAMAGED", f"{size} of {expected} bytes arrived.")
    target.flush()
    return Downloaded(digest.hexdigest(), size)


def _check_status(status: int) -> None:
    if status == 403:
        raise UrlExpired("DOWNLOAD_FAILED", "The server refused the URL (403).")
    if 300 <= status < 400:
        raise DownloadRefused(
            "DOCUMENT_URL_REFUSED", f"The server redirects ({status}); not followed."
        )
    if status != 200:
        raise DownloadRefused("DOWNLOAD_FAILED", f"The server answered {status}.")


def _content_length(response: requests.Response, max_bytes: int) -> int | None:
    text = response.headers.get("Content-Length", "")
    if not text.isascii() or not text.isdigit():
        return None
    if int(text) > max_bytes:
        raise DownloadRefused(
            "DOCUMENT_TOO_LARGE", f"It has {text} bytes, the limit is {max_bytes}."
        )
    return int(text)

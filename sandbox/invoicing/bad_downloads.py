"""Downloads that go wrong, as HTTP answers."""

import gzip
import itertools
import time
from collections.abc import Callable, Iterator, Mapping

from sandbox.invoicing.catalogue import Document
from sandbox.invoicing.documents import Refused
from sandbox.invoicing.faults import Fault
from sandbox.invoicing.http_answers import Answer, Delivery

_DEFAULT_OVERSIZE = 1 << 30
_BLOCK = bytes(1 << 16)
_HTML = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"
_ELSEWHERE = "https://statement-documents.example.com/document.pdf"
_METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"


def misbehaving(fault: Fault, document: Document) -> Answer:
    """The answer to a download of `document` under a fault of the kinds of DOWNLOADS."""
    return ANSWERS[fault.kind](fault, document)


def _page(content_type: str, body: bytes) -> Callable[[Fault, Document], Answer]:
    return lambda _fault, _document: Answer(200, content_type, body)


def _refused(status: int, code: str, message: str) -> Callable[[Fault, Document], Answer]:
    return lambda _fault, _document: Answer(
        status, "application/xml", Refused(status, code, message).xml()
    )


def _redirect(default: str) -> Callable[[Fault, Document], Answer]:
    return lambda fault, _document: Answer(
        302, "text/html", headers={"Location": fault.url or default}
    )


def _half(delivery: Callable[[bytes, int], Delivery]) -> Callable[[Fault, Document], Answer]:
    """The first half of the document's bytes; `delivery` gets the half and the whole's size."""

    def answer(_fault: Fault, document: Document) -> Answer:
        whole = document.read()
        half = delivery(whole[: len(whole) // 2], len(whole))
        return Answer(200, document.content_type, delivery=half)

    return answer


def _oversized(fault: Fault, document: Document) -> Answer:
    size = fault.size_bytes or _DEFAULT_OVERSIZE
    return Answer(
        200, document.content_type, delivery=Delivery(_filled(document.read(), size), size)
    )


def _endless(_fault: Fault, document: Document) -> Answer:
    parts = itertools.chain([document.read()], itertools.repeat(_BLOCK))
    return Answer(200, document.content_type, delivery=Delivery(parts, chunked=True))


def _slow_drip(fault: Fault, document: Document) -> Answer:
    whole = document.read()

    def drips() -> Iterator[bytes]:
        for index in range(len(whole)):
            yield whole[index : index + 1]
            time.sleep(fault.seconds or 1)

    return Answer(200, document.content_type, delivery=Delivery(drips(), len(whole)))


def _reset_at_once(_fault: Fault, document: Document) -> Answer:
    return Answer(200, document.content_type, delivery=Delivery((), starts=False, ends="reset"))


def _compressed(_fault: Fault, document: Document) -> Answer:
    return Answer(
        200,
        document.content_type,
        gzip.compress(document.read(), mtime=0),
        headers={"Content-Encoding": "gzip"},
    )


def _named_coding(fault: Fault, document: Document) -> Answer:
    headers = {"Content-Encoding": fault.coding}
    return Answer(200, document.content_type, document.read(), headers=headers)


def _filled(beginning: bytes, size: int) -> Iterator[bytes]:
    yield beginning[:size]
    left = size - len(beginning)
    while left > 0:
        yield _BLOCK[:left]
        left -= len(_BLOCK)


ANSWERS: Mapping[str, Callable[[Fault, Document], Answer]] = {
    "html_page": _page("text/html", _HTML),
    "xml_error": lambda fault, document: Answer(
        200,
        "application/xml",
        _refused(500, "InternalError", "We encountered an internal error. Please try again.")(
            fault, document
        ).body,
    ),
    "empty_body": _page("application/pdf", b""),
    "short_body": _half(lambda half, size: Delivery([half], size, ends="cut")),
    "cut_chunked": _half(lambda half, _: Delivery([half], chunked=True)),
    "broken_chunks": _half(lambda half, _: Delivery([half], chunked=True, ends="cut")),
    "cut_unlengthed": _half(lambda half, _: Delivery([half], ends="cut")),
    "oversized": _oversized,
    "endless": _endless,
    "redirect": _redirect(_ELSEWHERE),
    "redirect_to_metadata": _redirect(_METADATA),
    "expired": _refused(403, "AccessDenied", "Request has expired"),
    "slow_down": _refused(503, "SlowDown", "Please reduce your request rate."),
    "slow_drip": _slow_drip,
    "reset": _half(lambda half, size: Delivery([half], size, ends="reset")),
    "reset_at_once": _reset_at_once,
    "compressed": _compressed,
    "named_coding": _named_coding,
}

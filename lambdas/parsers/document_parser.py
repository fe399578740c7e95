"""Parsing documents in a process of its own, which `parser_processes` starts.

A parser can take minutes and gigabytes for a small file, so this process has a memory limit and an
alarm that ends it. It gets one open file at a time and nothing else: no environment, no network, no
credentials.
"""

import io
import json
import logging
import os
import re
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any
from xml.parsers import expat

from pypdf import PdfReader

from lambdas.parsers.parser_processes import UNKNOWN_ENCODING
from lambdas.parsers.pdf_content import content_digest

MEMORY_BYTES = 512 << 20
_WORN_BYTES = 256 << 20
"""A process that keeps more after a document is ended; its next document would have too little."""
_TEXT_PAGES = 5
_MOST_TEXT = 4 << 20
_BLOCK, _XML_BLOCK = 1 << 16, 1 << 20
_OVERLAP = 64
_DEEPEST_TREE, _DEEPEST_XML = 20, 10_000
_CRYPT_FILTERS = 4
"""The first version of encryption whose method is given by filters."""
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])|/MediaBox|/ObjStm")
_ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z])")


def pdf_structure(stream: IO[bytes]) -> dict[str, Any]:
    """Pages, scripts, encryption and irregularities. `pages` is None if the parser fails; then
    `may_have_pages` goes by the look of the bytes.
    """
    forgiven = _Forgiven()
    pages, has_scripts, is_encrypted, is_unable = None, False, False, False
    try:
        with forgiven:
            reader = PdfReader(stream)
            is_encrypted = reader.is_encrypted and not _is_rc4(reader)
            pages = len(reader.pages)
            has_scripts = any(_is_script(action) for action in _actions(reader))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - hostile bytes can make a parser raise anything
        is_unable = True
    may_have_pages = bool(pages)
    if is_unable or (pages == 0 and forgiven.count and not _is_empty(_page_tree(reader))):
        may_have_pages, names_encryption = _signs(stream)
        is_encrypted = is_encrypted or (is_unable and names_encryption)
    return {
        "pages": pages,
        "may_have_pages": may_have_pages,
        "has_scripts": has_scripts,
        "is_encrypted": is_encrypted,
        "is_irregular": is_unable or forgiven.count > 0,
    }


def pdf_text(stream: IO[bytes]) -> str | None:
    """The text of the first pages, or None if it cannot be read."""
    try:
        pages = PdfReader(stream).pages
        count = min(len(pages), _TEXT_PAGES)
        text = "\n".join(pages[index].extract_text() for index in range(count))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - hostile bytes can make a parser raise anything
        return None
    return text if len(text) <= _MOST_TEXT else None


def xml_structure(stream: IO[bytes]) -> dict[str, str | None]:
    """The name of the root element, and the error if there is one. No external entity is read."""
    root: list[str] = []
    depth = 0
    parser = expat.ParserCreate()

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if not root:
            root.append(name)
        if depth > _DEEPEST_XML:
            raise _TooDeep

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    error: str | None = None
    try:
        # ParseFile reads small blocks, and scans a long token again with each of them
        while block := stream.read(_XML_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as wrong:
        if wrong.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from None
        error = expat.ErrorString(wrong.code)
    except _TooDeep:
        error = "nested too deeply"
    except (ValueError, LookupError):
        error = UNKNOWN_ENCODING
    return {"root": root[0] if root else None, "error": error}


class _TooDeep(Exception):
    """Elements are nested more deeply than in any document."""


QUESTIONS: dict[str, Callable[[IO[bytes]], Any]] = {
    "pdf_structure": pdf_structure,
    "pdf_text": pdf_text,
    "pdf_content": content_digest,
    "xml_structure": xml_structure,
}


def main() -> None:
    """Answer questions from standard input, a socket, until it is closed."""
    connection = socket.socket(fileno=0)
    with suppress(ValueError, OSError):  # macOS takes no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    connection.sendall(b"ready\n")
    while True:
        question, descriptors, _, _ = socket.recv_fds(connection, _BLOCK, 1)
        if not descriptors:
            return
        name, size_bytes, seconds = question.decode().split()
        signal.alarm(int(seconds))  # ends this process, even if nobody waits for it any more
        with _File(descriptors[0], int(size_bytes)) as raw:
            answer = QUESTIONS[name](io.BufferedReader(raw))
        signal.alarm(0)
        reply = {"answer": answer, "is_worn": _address_space() > _WORN_BYTES}
        connection.sendall(json.dumps(reply).encode() + b"\n")


def _address_space() -> int:
    """The bytes of address space that this process uses; 0 where they are unknown."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:  # macOS
        return 0


class _File(io.RawIOBase):
    """The first bytes of a file that another process has open; the position there is not moved."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        self._descriptor = descriptor
        self._size_bytes = size_bytes
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}
        start = origin.get(whence, self._size_bytes)
        if start + offset < 0:
            raise OSError("before the beginning")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        left = max(0, self._size_bytes - self._position)
        read = os.pread(self._descriptor, min(len(buffer), left), self._position)
        buffer[: len(read)] = read
        self._position += len(read)
        return len(read)

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


class _Forgiven(logging.Handler):
    """Counts the lenient parser's complaints; their texts quote the document and are dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, _record: logging.LogRecord) -> None:
        self.count += 1

    def __enter__(self) -> None:
        logging.getLogger("pypdf").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("pypdf").removeHandler(self)


def _page_tree(reader: PdfReader) -> Any:
    return _resolved(reader.root_object.get("/Pages"))


def _is_empty(node: Any, depth: int = 0) -> bool:
    """True if a page tree was read and has only empty nodes."""
    children = _resolved(node.get("/Kids")) if isinstance(node, dict) else None
    if not isinstance(children, list) or depth > _DEEPEST_TREE:
        return False
    return all(_is_empty(_resolved(child), depth + 1) for child in children)


def _is_rc4(reader: PdfReader) -> bool:
    """True if the encryption can be undone without other packages."""
    encryption = _resolved(reader.trailer["/Encrypt"])
    if encryption.get("/V", 0) < _CRYPT_FILTERS:
        return True
    filters = _resolved(encryption.get("/CF", {}))
    used = {encryption.get(name, "/Identity") for name in ("/StmF", "/StrF")} - {"/Identity"}
    return all(_resolved(filters[name]).get("/CFM") in ("/V2", "/None") for name in used)


def _signs(stream: IO[bytes]) -> tuple[bool, bool]:
    """Check whether the bytes look like having a page, and whether they look encrypted."""
    stream.seek(0)
    has_page = is_encrypted = False
    overlap = b""
    while block := stream.read(_BLOCK):
        window = overlap + block
        has_page = has_page or bool(_PAGE.search(window))
        is_encrypted = is_encrypted or bool(_ENCRYPTED.search(window))
        overlap = window[-_OVERLAP:]
    return has_page, is_encrypted


def _actions(reader: PdfReader) -> Iterator[Any]:
    """All actions of the document, its pages and their links, and named scripts."""
    root = reader.root_object
    yield root.get("/OpenAction")
    names = _resolved(root.get("/Names"))
    if isinstance(names, dict) and "/JavaScript" in names:
        yield {"/S": "/JavaScript"}
    for holder in (root, *reader.pages):
        yield from _triggered(holder)
    for page in reader.pages:
        annotations = _resolved(page.get("/Annots"))
        for annotation in annotations if isinstance(annotations, list) else ():
            link = _resolved(annotation)
            if isinstance(link, dict):
                yield link.get("/A")
                yield from _triggered(link)


def _triggered(holder: Any) -> Iterator[Any]:
    triggers = _resolved(holder.get("/AA"))
    if isinstance(triggers, dict):
        yield from triggers.values()


def _is_script(action: Any) -> bool:
    resolved = _resolved(action)
    return isinstance(resolved, dict) and (resolved.get("/S") == "/JavaScript" or "/JS" in resolved)


def _resolved(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value

"""Papers that are printed once and kept as files.

A paper is kept under everything that makes it: the sources that print it, the versions of the
libraries they use, and its content. So no file is ever stale, and several processes may share the
folder.
"""

import hashlib
import platform
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Set
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from lambdas.domain import billing_period
from sandbox.invoicing.catalogue import CatalogueInvoice

_PRINTERS = ("fonttools", "fpdf2", "pillow", "pylopdf-fonts-jp", "pymupdf-fonts")
_DIGEST_BYTES = 32
_OF_SOURCES = re.compile("[0-9a-f]{16}")
"""The name of a folder of papers; a folder with any other name is not ours to remove."""


class KeptPapers:
    """A folder of papers; those of other sources or versions are removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _sources_sha256()[:16]
        for other in folder.glob("*"):
            if other != self._folder and _OF_SOURCES.fullmatch(other.name):
                shutil.rmtree(other, ignore_errors=True)

    def of(self, invoice: CatalogueInvoice) -> CatalogueInvoice:
        """The invoice with documents that are read from the folder, if they were printed before."""
        return replace(
            invoice,
            document=replace(invoice.document, content=self._kept(invoice.document.content)),
            supplements=tuple(
                replace(one, content=self._kept(one.content)) for one in invoice.supplements
            ),
        )

    def _kept(self, content: bytes | Callable[[], bytes]) -> bytes | Callable[[], bytes]:
        # Only a partial says what it prints; any other function may print anew each time.
        return partial(self._read, content) if isinstance(content, partial) else content

    def _read(self, paper: "partial[bytes]") -> bytes:
        path = self._folder / _name(paper)
        with suppress(OSError):
            digest, content = _split(path.read_bytes())
            if digest == hashlib.sha256(content).digest():
                return content
        printed = paper()
        # a full disk, or a process with other sources, which removes this folder
        with suppress(OSError):
            _write(path, hashlib.sha256(printed).digest() + printed)
        return printed


def _name(paper: "partial[bytes]") -> str:
    made_from = (paper.func.__qualname__, paper.args, sorted(paper.keywords.items()))
    return hashlib.sha256(_text(made_from).encode("utf-8", "surrogatepass")).hexdigest()


def _text(value: object) -> str:
    """The value with all that is in it, alike in every process."""
    if isinstance(value, Set):
        return f"{{{','.join(sorted(map(_text, value)))}}}"
    if isinstance(value, tuple | list):
        return f"({','.join(map(_text, value))})"
    if is_dataclass(value) and not isinstance(value, type):
        members = tuple(getattr(value, field.name) for field in fields(value))
        return type(value).__name__ + _text(members)
    return repr(value)


def _split(file: bytes) -> tuple[bytes, bytes]:
    return file[:_DIGEST_BYTES], file[_DIGEST_BYTES:]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as unfinished:
        written = Path(unfinished, path.name)
        written.write_bytes(content)
        written.replace(path)


def _sources_sha256() -> str:
    digest = hashlib.sha256()
    versions = (f"{name} {version(name)}" for name in _PRINTERS)
    for text in (platform.python_version(), zlib.ZLIB_RUNTIME_VERSION, *versions):
        digest.update(f"{text}\0".encode())
    period = Path(billing_period.__file__)  # papers print a period as its class words it
    for source in (*sorted(Path(__file__).parent.glob("*.py")), period):
        content = source.read_bytes()
        digest.update(f"{source.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()

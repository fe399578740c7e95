"""Content codings: reading their names from a response, and decoding bytes as they arrive.

S3 returns the coding in the object's metadata, as the uploader wrote it, whatever the request
accepts.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence

_NO_CODING = ("", "identity", "aws-chunked")
"""`aws-chunked` describes an SDK's upload of the object, not S3's response."""
_MOST_CODINGS = 2
_BLOCK = 1 << 16
_GZIP_MAGIC, _PDF_MAGIC = b"\x1f\x8b", b"%PDF-"
_LONGEST_BEGINNING = len(_PDF_MAGIC)
_GZIP, _ZLIB, _RAW_DEFLATE = zlib.MAX_WBITS + 16, zlib.MAX_WBITS, -zlib.MAX_WBITS


class CodingUnknown(Exception):
    """The response has a coding that is not decoded here; the message names it."""


class NotDecoded(Exception):
    """The bytes do not match their coding, or end within it."""


def codings(header: str) -> list[str]:
    """The codings of a Content-Encoding header, in the order applied. Raises CodingUnknown."""
    names = [name.strip().lower() for name in header.split(",")]
    applied = [name.removeprefix("x-") for name in names if name not in _NO_CODING]
    if len(applied) > _MOST_CODINGS or not {*applied} <= {"gzip", "deflate"}:
        # cut, because the server's text goes into findings
        raise CodingUnknown(f"The server encoded the document as {', '.join(applied)[:60]!r}")
    return applied


class Decoder:
    """Decodes in blocks of bounded size; `name` lists the codings found, empty if none was."""

    def __init__(self, applied: Sequence[str]) -> None:
        self._stages = [_Stage(coding) for coding in reversed(applied)]

    @property
    def name(self) -> str:
        return ", ".join(stage.coding for stage in reversed(self._stages) if stage.is_coded)

    def decode(self, block: bytes) -> Iterator[bytes]:
        """Decode the next bytes. Raises NotDecoded."""
        blocks: Iterable[bytes] = [block]
        for stage in self._stages:
            blocks = stage.decode(blocks)
        yield from blocks

    def end(self) -> Iterator[bytes]:
        """Decode the bytes held back. Raises NotDecoded if a coding has no end."""
        for place, stage in enumerate(self._stages):
            blocks: Iterable[bytes] = stage.end()
            for later in self._stages[place + 1 :]:
                blocks = later.decode(blocks)
            yield from blocks


class _Stage:
    """One coding. Bytes that do not begin like it pass unchanged: the metadata was wrong."""

    def __init__(self, coding: str) -> None:
        self.coding = coding
        self.is_coded = False
        self._is_begun = False
        self._is_over = False
        self._held = b""
        self._inflating: zlib._Decompress | None = None
        self._wbits = _GZIP

    def decode(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            if not self._is_begun:
                self._held += block
                if len(self._held) < _LONGEST_BEGINNING:
                    continue
                block = self._begin()  # noqa: PLW2901 - with the bytes held back
            yield from self._inflate(block) if self.is_coded else [block]

    def end(self) -> Iterator[bytes]:
        if not self._is_begun:
            block = self._begin()
            yield from self._inflate(block) if self.is_coded else [block]
        if self._inflating and not self._inflating.eof:
            raise NotDecoded(f"The document ends within its coding ({self.coding})")

    def _begin(self) -> bytes:
        """Choose the way of decoding by the first bytes, and return these."""
        block, self._held, self._is_begun = self._held, b"", True
        if self.coding == "gzip":
            self.is_coded = block.startswith(_GZIP_MAGIC)
        else:
            self.is_coded = bool(block) and not block.startswith(_PDF_MAGIC)
            # "deflate" names both zlib's format and the bare one
            is_zlib = block[:1] and block[0] & 0x0F == zlib.DEFLATED
            is_zlib = is_zlib and int.from_bytes(block[:2], "big") % 31 == 0
            self._wbits = _ZLIB if is_zlib else _RAW_DEFLATE
        if self.is_coded:
            self._inflating = zlib.decompressobj(self._wbits)
        return block

    def _inflate(self, block: bytes) -> Iterator[bytes]:
        while self._inflating and not self._is_over:
            if self._inflating.eof:
                if not block:
                    return
                if self.coding != "gzip" or not block.startswith(_GZIP_MAGIC[:1]):
                    self._is_over = True  # padding, which browsers and gzip ignore too
                    return
                self._inflating = zlib.decompressobj(self._wbits)  # a gzip of several members
            try:
                decoded = self._inflating.decompress(block, _BLOCK)
            except zlib.error:
                raise NotDecoded(
                    f"The document cannot be decoded as its coding says ({self.coding})"
                ) from None
            if decoded:
                yield decoded
            block = self._inflating.unconsumed_tail or self._inflating.unused_data
            if not block and len(decoded) < _BLOCK:  # after a full block there may be more
                return

"""What a PDF shows and holds, as one hash: equal for two renderings of one paper.

A paper may be rendered anew at each download: with other dates, ids and metadata, other object
numbers, another compression, other prefixes of its embedded fonts. All else counts: pages, images,
attachments, annotations, form fields, signatures.
"""

import hashlib
import re
import struct
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

_MOST_OBJECTS = 200_000
_MOST_UNPACKED = 64 << 20
"""Of one stream; what is larger counts as it is packed."""
_MOST_UNPACKED_IN_ALL = 512 << 20

_NOT_CONTENT = frozenset(("/Metadata", "/PieceInfo", "/LastModified", "/NM", "/Parent"))
"""Metadata and ids; and the parent of what is told as its child."""
_PACKING = frozenset(("/Length", "/Filter", "/DecodeParms", "/DL"))
"""Members of a stream that tell how it is packed."""
_DATES = frozenset(("/M", "/CreationDate", "/ModDate"))
_FONT_NAMES = frozenset(("/BaseFont", "/FontName"))
_FONT_FILES = frozenset(("/FontFile", "/FontFile2", "/FontFile3"))
_PREFIX = re.compile(r"^/[A-Z]{6}\+")
_PREFIX_IN_FONT = re.compile(rb"(?<![A-Za-z])[A-Z]{6}\+(?=[A-Za-z])")
_SFNT = (b"\0\1\0\0", b"true", b"OTTO")
_DATES_OF_HEAD = ((8, 12), (20, 36))
"""In the table `head` of a font: the sum over the whole file, and when it was made and changed."""


def content_digest(stream: IO[bytes]) -> str | None:
    """The hash of a PDF's content; None where it cannot be read or is beyond the bounds."""
    stream.seek(0)
    try:
        reader = PdfReader(stream)
        if reader.is_encrypted and not reader.decrypt(""):
            return None
        return _Content(reader).digest()
    except Exception:  # noqa: BLE001 - whatever a parser raises on hostile bytes
        return None


class _BeyondBounds(Exception):
    """The content is larger than what is compared."""


class _Content:
    """A walk over every object that can be reached, pages first, in an order that the objects'
    numbers do not decide. Each object is told once and then by its place in that order.
    """

    def __init__(self, reader: PdfReader) -> None:
        self._hash = hashlib.sha256()
        self._reader = reader
        self._places: dict[tuple[int, int], int] = {}
        self._waiting: deque[tuple[Any, str]] = deque()
        self._objects = 0
        self._unpacked = 0

    def digest(self) -> str:
        pages = list(self._reader.pages)
        self._feed("document", str(self._reader.is_encrypted), str(len(pages)))
        for page in pages:
            reference = page.indirect_reference
            if reference is not None:
                self._places[reference.idnum, reference.generation] = self._objects
            self._add(page, "page")
        root = self._reader.root_object
        self._add({key: root.raw_get(key) for key in root if key not in _LAYOUT}, "root")
        while self._waiting:
            self._feed_object(*self._waiting.popleft())
        return self._hash.hexdigest()

    def _add(self, value: Any, role: str) -> int:
        """Let the object be told in its turn; returns its place."""
        if self._objects >= _MOST_OBJECTS:
            raise _BeyondBounds
        self._waiting.append((value, role))
        self._objects += 1
        return self._objects - 1

    def _feed_object(self, value: Any, role: str) -> None:
        if isinstance(value, Sequence):
            self._feed("array", str(len(value)))
            for member in value:
                self._feed_value(member, role)
            return
        self._feed("stream" if isinstance(value, StreamObject) else "dictionary", role)
        for key, member in sorted(_members(value)):
            if role == "page" and key == "/Contents":
                self._feed("key", key)
                self._feed_page(member)
            elif not _is_nothing(member):
                self._feed("key", key)
                self._feed_value(member, key)
        self._feed("end")
        if isinstance(value, StreamObject):
            data = self._data(value)
            self._feed_bytes(_font(data) if role in _FONT_FILES else data)

    def _feed_value(self, value: Any, key: str) -> None:
        """A plain value as it is; a container by its place."""
        place = None
        if isinstance(value, IndirectObject):
            number = (value.idnum, value.generation)
            if number in self._places:
                self._feed("object", str(self._places[number]))
                return
            value = value.get_object()
            if isinstance(value, list | dict):
                place = self._places[number] = self._add(value, key)
        if isinstance(value, list | dict):
            self._feed("object", str(self._add(value, key) if place is None else place))
        else:
            self._feed_plain(value, key)

    def _feed_plain(self, value: Any, key: str) -> None:
        match value:
            case None | NullObject():
                self._feed("null")
            case BooleanObject():
                self._feed("boolean", str(value.value))
            case NumberObject() | FloatObject():
                self._feed("number", repr(float(value)))
            case NameObject():
                self._feed("name", _PREFIX.sub("/", value) if key in _FONT_NAMES else value)
            case TextStringObject():
                self._feed("text", value)
            case ByteStringObject():
                self._feed("bytes")
                self._feed_bytes(value)
            case _:
                raise _BeyondBounds  # nothing that this parser is known to give

    def _feed_page(self, contents: Any) -> None:
        """What a page draws, in however many parts it is kept."""
        resolved = _resolved(contents)
        parts = resolved if isinstance(resolved, ArrayObject) else [resolved]
        for part in map(_resolved, parts):
            if isinstance(part, StreamObject):
                self._hash.update(self._data(part).rstrip() + b"\n")
        self._feed("end")

    def _data(self, stream: StreamObject) -> bytes:
        """A stream's bytes without the compression that is only a matter of rendering. What else
        has to be done to them is told.
        """
        packed: bytes = stream._data  # pypdf's own unpacking forgives what is damaged
        filters, parameters = _list(stream, "/Filter"), _list(stream, "/DecodeParms")
        if not packed:
            return packed
        if filters[:1] == ["/FlateDecode"]:
            unpacking = zlib.decompressobj()
            try:
                data = unpacking.decompress(packed, _MOST_UNPACKED)
            except zlib.error:
                data = b""
            if unpacking.eof:
                self._unpacked += len(data)
                if self._unpacked > _MOST_UNPACKED_IN_ALL:
                    raise _BeyondBounds
                packed, filters = data, filters[1:]
        self._feed(*map(str, filters))
        for place, value in enumerate(parameters):
            if not isinstance(value, NullObject):
                self._feed("parameters", str(place))
                self._feed_value(value, "/DecodeParms")
        return packed

    def _feed(self, *words: str) -> None:
        for word in words:
            self._feed_bytes(word.encode("utf-8", "surrogatepass"))

    def _feed_bytes(self, data: bytes) -> None:
        self._hash.update(b"%d:" % len(data))
        self._hash.update(data)


_LAYOUT = frozenset(("/Pages", "/Version"))


def _members(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A dictionary's members that are content, unresolved."""
    ignored = _NOT_CONTENT | _PACKING if isinstance(value, StreamObject) else _NOT_CONTENT
    for key in value:
        member = value.raw_get(key) if isinstance(value, DictionaryObject) else value[key]
        if key not in ignored and not (key in _DATES and _is_date(member)):
            yield key, member


def _is_date(value: Any) -> bool:
    return str(_resolved(value)).startswith("D:")


def _is_nothing(value: Any) -> bool:
    return _resolved(value) is None or isinstance(_resolved(value), NullObject)


def _list(stream: StreamObject, key: str) -> list[Any]:
    """A member that is one value or a list of them."""
    value = _resolved(stream.get(key))
    values = value if isinstance(value, ArrayObject) else [] if value is None else [value]
    return [_resolved(one) for one in values]


def _font(data: bytes) -> bytes:
    """A font program without the prefix of its name and without its dates."""
    if data[:4] not in _SFNT:
        return _PREFIX_IN_FONT.sub(b"", data)
    count = struct.unpack_from(">H", data, 4)[0]
    tables = []
    for index in range(count):
        tag, _sum, start, length = struct.unpack_from(">4sLLL", data, 12 + 16 * index)
        table = bytearray(data[start : start + length])
        if tag == b"head":
            for first, last in _DATES_OF_HEAD:
                table[first:last] = bytes(last - first)
        if tag == b"CFF ":
            table = bytearray(_PREFIX_IN_FONT.sub(b"", bytes(table)))
        if tag != b"name":
            tables.append(b"%s%d:%s" % (tag, len(table), table))
    return b"".join(sorted(tables))


def _resolved(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value

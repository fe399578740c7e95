"""The content of a PDF as one hash, equal for two renderings of one paper.

A paper may be rendered anew at each download: with other dates, ids and metadata, other object
numbers, another compression, other prefixes of its embedded fonts. Everything else counts: pages,
images, attachments, annotations, form fields, signatures.
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
"""Limit for one stream; a larger one is hashed as it is packed."""
_MOST_UNPACKED_IN_ALL = 512 << 20

_NOT_CONTENT = frozenset(("/Metadata", "/PieceInfo", "/LastModified", "/NM", "/Parent"))
"""Metadata and ids; and the parent, whose children are hashed anyway."""
_PACKING = frozenset(("/Length", "/Filter", "/DecodeParms", "/DL"))
"""Members of a stream that describe its packing."""
_DATES = frozenset(("/M", "/CreationDate", "/ModDate"))
_FONT_NAMES = frozenset(("/BaseFont", "/FontName"))
_FONT_FILES = frozenset(("/FontFile", "/FontFile2", "/FontFile3"))
_PREFIX = re.compile(r"^/[A-Z]{6}\+")
_PREFIX_IN_FONT = re.compile(rb"(?<![A-Za-z])[A-Z]{6}\+(?=[A-Za-z])")
_SFNT = (b"\0\1\0\0", b"true", b"OTTO")
_DATES_OF_HEAD = ((8, 12), (20, 36))
"""In a font's table `head`: the checksum of the whole file, the dates of creation and change."""


def content_digest(stream: IO[bytes]) -> str | None:
    """The hash of a PDF's content; None if it cannot be read or is beyond the bounds."""
    stream.seek(0)
    try:
        reader = PdfReader(stream)
        if reader.is_encrypted and not reader.decrypt(""):
            return None
        return _Content(reader).digest()
    except Exception:  # noqa: BLE001 - hostile bytes can make a parser raise anything
        return None


class _BeyondBounds(Exception):
    """The content is too large to be compared."""


class _Content:
    """A walk over all objects that can be reached, pages first, in an order independent of the
    objects' numbers. Each object is hashed once, and later only its place in that order.
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
        """Queue the object; return its place."""
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
        """Hash a plain value as it is, and a container by its place."""
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
                raise _BeyondBounds  # a type that this parser is not known to give

    def _feed_page(self, contents: Any) -> None:
        """Hash the drawing of a page, whose contents may be stored in several parts."""
        resolved = _resolved(contents)
        parts = resolved if isinstance(resolved, ArrayObject) else [resolved]
        for part in map(_resolved, parts):
            if isinstance(part, StreamObject):
                self._hash.update(self._data(part).rstrip() + b"\n")
        self._feed("end")

    def _data(self, stream: StreamObject) -> bytes:
        """A stream's bytes without compression, which only depends on the rendering. Its other
        filters are hashed.
        """
        packed: bytes = stream._data  # pypdf's own unpacking forgives damage
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
    """A member that is one value or a list of values."""
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

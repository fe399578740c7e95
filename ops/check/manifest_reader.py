"""Reading a manifest piece by piece: one of 20,000 invoices takes 320 MiB as data, 50 as text.

One pass gives the file's SHA-256, the SHA-256 that its signature covers, and its content, an
invoice at a time. Each piece is serialised again to verify that it has the one signed form: no
member comes twice, and the file holds nothing beyond its content.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.domain.stored_form import memory_of


class NotAManifest(ValueError):
    """Reason as a part of a sentence: `it is not JSON`."""


@dataclass(frozen=True, slots=True)
class InvoicePart:
    """One of a payer account's `invoices`, as JSON data and as its text."""

    data: Any
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PayerPart:
    """A payer account without its `invoices`, which came before it."""

    data: dict[str, Any]


class ManifestReader:
    """One reading of one file. Its attributes hold once `parts` ended or raised NotAManifest."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._text = _Text(blocks)
        self._held = 0
        """Approximate bytes of it that the reader and its callers hold."""
        self.members: dict[str, Any] = {}
        """The members of the file without `payers` and `signature`."""
        self.signature: Any = None
        self.has_ended = False
        """True if it was read to its end as JSON."""

    @property
    def sha256(self) -> str:
        return self._text.file_sha256.hexdigest()

    @property
    def is_canonical(self) -> bool:
        """True if it has the one form in which it can have been signed."""
        return self._text.is_canonical

    @property
    def signed_digest(self) -> bytes:
        """SHA-256 that the signature covers, if the file is canonical."""
        return self._text.signed_sha256.digest()

    def drain(self) -> None:
        """Read on to the end of the file, for its SHA-256 alone."""
        self._text.drain()

    def parts(self) -> Iterator[InvoicePart | PayerPart]:
        """The payer accounts in the order of the file, each after its invoices."""
        try:
            yield from self._parts()
        except (ValueError, RecursionError) as error:
            # Every file is hashed to its end: the chain's next link names that SHA-256.
            self._text.drain()
            if isinstance(error, NotAManifest):
                raise
            raise NotAManifest(f"it is not JSON ({type(error).__name__})") from None

    def _parts(self) -> Iterator[InvoicePart | PayerPart]:
        text, names = self._text, dict[str, None]()
        text.take("{")
        while True:
            text.keep()
            name = text.name(names)
            if name == "payers":
                for _ in text.items():
                    yield from self._payer()
            elif name == "signature":
                self.signature = text.value()
            else:
                self.members[name] = self._held_value()
            end = text.take(",}")
            if name == "signature":
                text.keep_as(_FORM.encode({name: _without_value(self.signature)})[1:-1] + end)
            if end == "}":
                break
        text.finish()
        if "payers" not in names:
            raise NotAManifest("it has no payers")
        self.has_ended = True

    def _payer(self) -> Iterator[InvoicePart | PayerPart]:
        text, names = self._text, dict[str, None]()
        members: dict[str, Any] = {}
        text.take("{")
        while True:
            name = text.name(names)
            if name == "invoices":
                for _ in text.items():
                    data = text.value()
                    yield InvoicePart(data, text.last_piece)
                    text.keep()
            else:
                members[name] = self._held_value()
            text.keep()
            if text.take(",}") == "}":
                break
        self._hold(_MEMORY_OF_PAYER)
        yield PayerPart(members)

    def _held_value(self) -> Any:
        """A value that is held until the whole manifest was compared."""
        value = self._text.value()
        piece = self._text.last_piece.encode("utf-8", "surrogatepass")
        self._hold(len(piece) + memory_of(piece))
        return value

    def _hold(self, memory: int) -> None:
        self._held += memory
        if self._held > _MOST_HELD:
            raise NotAManifest("it says too much beside its invoices")


class _Text:
    """JSON text that arrives in blocks, with a position in it.

    `keep` hashes the text read as signed, `keep_as` hashes other text in its place.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.file_sha256 = hashlib.sha256()
        self.signed_sha256 = hashlib.sha256()
        self.is_canonical = True
        self.last_piece = ""
        """The text of the last value."""
        self._blocks = iter(blocks)
        self._rest = b""
        self._text = ""
        self._from = 0
        """Start of the text that was neither kept nor dropped."""
        self._at = 0
        self._has_ended = False
        self._decoder = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)

    def value(self) -> Any:
        """The next JSON value. Raises ValueError."""
        self._step_to_text()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            self.last_piece = self._text[self._at : end]
            self.is_canonical &= _FORM.encode(value) == self.last_piece
            self._at = end  # a brace ends the text, so no number goes on in the next block
            return value

    def name(self, names: dict[str, None]) -> str:
        """The next member's name, with its colon; `names` are the object's earlier ones in their
        order.
        """
        name = self.value()
        if not isinstance(name, str) or name in names:
            raise NotAManifest(f"it has a member {name!r} where none can be")
        if len(names) >= _MOST_MEMBERS:
            raise NotAManifest(f"it has an object of more than {_MOST_MEMBERS} members")
        self.is_canonical &= name >= next(reversed(names), "")
        names[name] = None
        self.take(":")
        return name

    def items(self) -> Iterator[None]:
        """Stop at each item of the next array, for the caller to read it."""
        self.take("[")
        self._step_to_text()
        if self._text[self._at : self._at + 1] == "]":
            self._at += 1
            return
        while True:
            yield
            if self.take(",]") == "]":
                return

    def take(self, expected: str) -> str:
        """Take the next character that is no space, one of these."""
        self._step_to_text()
        character = self._text[self._at : self._at + 1]
        if not character or character not in expected:
            raise NotAManifest(f"it has {character!r} where one of {expected!r} must be")
        self._at += 1
        return character

    def keep(self) -> None:
        self.signed_sha256.update(self._passed().encode("utf-8", "surrogatepass"))

    def keep_as(self, form: str) -> None:
        self._passed()
        self.signed_sha256.update(form.encode("utf-8", "surrogatepass"))

    def finish(self) -> None:
        self.is_canonical &= self._skip_space() == "\n"
        if self._at < len(self._text):
            raise NotAManifest("something follows its end")
        self.keep()

    def drain(self) -> None:
        for block in self._blocks:
            self.file_sha256.update(block)

    def _passed(self) -> str:
        passed = self._text[self._from : self._at]
        self._from = self._at
        return passed

    def _step_to_text(self) -> None:
        self.is_canonical &= not self._skip_space()

    def _skip_space(self) -> str:
        """Skip space and return it, cut after two characters; more do not matter."""
        if self._text[self._at : self._at + 1] not in _MAY_BE_SPACE:
            return ""
        skipped = ""
        while True:
            spaces = _SPACES.match(self._text, self._at)
            end = spaces.end() if spaces else self._at
            skipped = (skipped + self._text[self._at : min(end, self._at + 2)])[:2]
            self._at = end
            if self._at < len(self._text) or not self._more():
                return skipped

    def _more(self) -> bool:
        """At least double the text that is left; False if nothing came."""
        left = self._text[self._from :]
        if len(left) > _LONGEST_PIECE:
            raise _too_long()
        pieces, length = [left], len(left)
        while not self._has_ended and length <= 2 * len(left):
            pieces.append(self._next())
            length += len(pieces[-1])
        self._text = "".join(pieces)
        self._at -= self._from
        self._from = 0
        return length > len(left)

    def _next(self) -> str:
        """Read up to a brace, which is one byte and no part of another character."""
        waiting, size = [self._rest], len(self._rest)
        while size <= _LONGEST_PIECE:
            block = next(self._blocks, b"")
            self._has_ended = not block
            self.file_sha256.update(block)
            end = block.rfind(b"}") + 1
            if end or self._has_ended:
                self._rest = block[end:]
                return b"".join([*waiting, block[:end]]).decode("utf-8", "surrogatepass")
            waiting.append(block)
            size += len(block)
        raise _too_long()


_SPACES = re.compile(r"[ \t\r\n]*")
_MAY_BE_SPACE = frozenset(("", " ", "\t", "\r", "\n"))
"""Empty where the text ends."""
_LONGEST_PIECE = 64 << 20
"""Characters: far more than an invoice, or a payer account without its invoices, has."""
_MOST_MEMBERS = 1000
"""Members of one object that is read member by member."""
_MOST_HELD = 1 << 30
"""Bytes of memory for everything beside the invoices."""
_MEMORY_OF_PAYER = 4096
"""Bytes of memory for a payer account beside its text."""
_FORM = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
"""The form of `to_canonical_json`, without the line feed."""


def _too_long() -> NotAManifest:
    return NotAManifest(f"a piece of it is longer than {_LONGEST_PIECE >> 20} MiB")


def _without_value(signature: Any) -> Any:
    """The signature's member without the value, as it is signed."""
    if not isinstance(signature, Mapping):
        return signature
    return {name: signature[name] for name in signature if name != "value"}


def _refuse(text: str) -> Any:
    raise NotAManifest(f"it has the number {text}; amounts and rates are decimal text")

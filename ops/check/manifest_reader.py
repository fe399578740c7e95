"""Reading a manifest piece by piece, so that a period of any size is checked in flat memory.

One pass gives the file's SHA-256, the SHA-256 of what its signature covers, and its content, an
invoice at a time. What the signature covers is the file without the text of its member `signature`.
So the content is judged as it was signed, without being serialised again.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.domain.json_text import to_canonical_json


class NotAManifest(ValueError):
    """A sentence part that says why: `it is not JSON`."""


@dataclass(frozen=True, slots=True)
class InvoicePart:
    """One of a payer account's `invoices`, as JSON data."""

    data: Any


@dataclass(frozen=True, slots=True)
class PayerPart:
    """A payer account without its `invoices`, which came before it."""

    data: dict[str, Any]


class ManifestReader:
    """One reading of one file. Its attributes hold once `parts` ended, or raised NotAManifest."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._text = _Text(blocks)
        self.members: dict[str, Any] = {}
        """The members of the file without `payers` and `signature`."""
        self.signature: Any = None
        """What follows it is signed too: no manifest ends with it, since `verdict` comes after."""
        self.has_canonical_signature = False
        self.has_ended = False
        """Whether it was read to its end as JSON."""

    @property
    def sha256(self) -> str:
        return self._text.file_sha256.hexdigest()

    @property
    def signed_digest(self) -> bytes:
        return self._text.signed_sha256.digest()

    def parts(self) -> Iterator[InvoicePart | PayerPart]:
        """The payer accounts in the order of the file, each after its invoices."""
        try:
            yield from self._parts()
        except (ValueError, RecursionError) as error:
            # Whatever came is hashed to its end, for that is what the chain's next link names.
            self._text.drain()
            if isinstance(error, NotAManifest):
                raise
            raise NotAManifest(f"it is not JSON ({type(error).__name__})") from None

    def _parts(self) -> Iterator[InvoicePart | PayerPart]:
        text, names = self._text, set[str]()
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
                self.members[name] = text.value()
            end = text.take(",}")
            if name == "signature":
                written = text.drop()
                form = to_canonical_json({name: self.signature})[1:-2] + b","
                self.has_canonical_signature = written.encode("utf-8", "surrogatepass") == form
            if end == "}":
                break
        text.finish()
        if "payers" not in names:
            raise NotAManifest("it has no payers")
        self.has_ended = True

    def _payer(self) -> Iterator[InvoicePart | PayerPart]:
        text, names = self._text, set[str]()
        members: dict[str, Any] = {}
        text.take("{")
        while True:
            name = text.name(names)
            if name == "invoices":
                for _ in text.items():
                    yield InvoicePart(text.value())
                    text.keep()
            else:
                members[name] = text.value()
            text.keep()
            if text.take(",}") == "}":
                break
        yield PayerPart(members)


class _Text:
    """JSON text that arrives in blocks, with a place in it.

    What was read is hashed as signed by `keep`, and left out of that by `drop`.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.file_sha256 = hashlib.sha256()
        self.signed_sha256 = hashlib.sha256()
        self._blocks = iter(blocks)
        self._rest = b""
        self._text = ""
        self._from = 0
        """Where the text begins that was neither kept nor dropped."""
        self._at = 0
        self._has_ended = False
        self._decoder = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)

    def value(self) -> Any:
        """The next JSON value. Raises ValueError."""
        self._skip_space()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            self._at = end  # no number goes on in what comes next, for the text ends at a brace
            return value

    def name(self, names: set[str]) -> str:
        """The next member's name, with its colon; `names` are those that the object had so far."""
        name = self.value()
        if not isinstance(name, str) or name in names:
            raise NotAManifest(f"it has a member {name!r} where none can be")
        names.add(name)
        self.take(":")
        return name

    def items(self) -> Iterator[None]:
        """Stop at each item of the array that comes next, for the caller to read it."""
        self.take("[")
        self._skip_space()
        if self._text[self._at : self._at + 1] == "]":
            self._at += 1
            return
        while True:
            yield
            if self.take(",]") == "]":
                return

    def take(self, letters: str) -> str:
        """The next letter that is no space, one of these."""
        self._skip_space()
        letter = self._text[self._at : self._at + 1]
        if not letter or letter not in letters:
            raise NotAManifest(f"it has {letter!r} where one of {letters!r} must be")
        self._at += 1
        return letter

    def keep(self) -> None:
        self.signed_sha256.update(self._passed().encode("utf-8", "surrogatepass"))

    def drop(self) -> str:
        return self._passed()

    def finish(self) -> None:
        self._skip_space()
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

    def _skip_space(self) -> None:
        while True:
            while self._text[self._at : self._at + 1] in _SPACES:
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return

    def _more(self) -> bool:
        """At least double what is left of the text; False where nothing came."""
        left = self._text[self._from :]
        wanted = 2 * len(left)
        pieces = [left]
        length = len(left)
        while not self._has_ended and length <= wanted:
            block = next(self._blocks, b"")
            self._has_ended = not block
            self.file_sha256.update(block)
            # A character of several bytes is not cut: a brace is one byte and no part of another.
            block = self._rest + block
            end = len(block) if self._has_ended else block.rfind(b"}") + 1
            piece, self._rest = block[:end].decode("utf-8", "surrogatepass"), block[end:]
            pieces.append(piece)
            length += len(piece)
        self._text = "".join(pieces)
        self._at -= self._from
        self._from = 0
        return length > len(left)


_SPACES = frozenset(" \t\r\n")


def _refuse(text: str) -> Any:
    raise NotAManifest(f"it has the number {text}; amounts and rates are decimal text")

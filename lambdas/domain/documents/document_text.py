"""The owner of a document by its text: it names its own invoice, another one, or neither.

Only known ids of other invoices and accounts speak against a document. A number that merely looks
like an account or an invoice id proves nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.words import some_of

UNPROVEN = ("INVOICE_ID_NOT_IN_TEXT", "PDF_TEXT_NOT_READ", "PDF_ENCRYPTED", "OTHER_INVOICE")
"""Flags of an invoice document that is not proven to name its invoice."""

_LEAST_LENGTH, _MOST_LENGTH = 8, 64
_LEAST_DIGITS = 6
_LEAST_LENGTH_OF_A_NUMBER = 9  # eight digits may be a date
_DASHES = dict.fromkeys(map(ord, "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_PLAIN = {**_DASHES, ord("\u00a0"): " ", ord("\u202f"): " "}
_FIRST_DIGIT = re.compile(r"(?<![0-9])[0-9]")
# an id within a longer id, number or amount is not that id; small letters may be the word before
_BEGINS_ALONE = re.compile(r"(?<![0-9A-Z])(?<![0-9A-Za-z][-/_])(?<![0-9][.,])")
_ENDS_ALONE = re.compile(r"(?![0-9])(?![-/_][0-9A-Za-z])(?![.,][0-9])")
_ACCOUNT = re.compile(r"(?<![0-9])(?<![0-9]-)[0-9]{12}(?![0-9])(?!-[0-9])")
# exactly three groups of four: a card has four, and a bank account may have any number
_ACCOUNT_IN_GROUPS = re.compile(
    r"(?<![0-9])(?<![0-9][ -])[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}(?![0-9])(?!\1[0-9])"
)


def is_proven(flags: Iterable[tuple[str, str]]) -> bool:
    """True if an invoice document with these flags names its invoice."""
    return not any(code in UNPROVEN for code, _ in flags)


class _Place(NamedTuple):
    """An invoice id in a text."""

    invoice_id: str
    start: int
    end: int

    def is_within(self, other: "_Place") -> bool:
        is_shorter = self.end - self.start < other.end - other.start
        return is_shorter and other.start <= self.start and self.end <= other.end


def _can_be_found(invoice_id: str) -> bool:
    digits = sum(character in "0123456789" for character in invoice_id)
    least = _LEAST_LENGTH_OF_A_NUMBER if digits == len(invoice_id) else _LEAST_LENGTH
    return (
        least <= len(invoice_id) <= _MOST_LENGTH
        and digits >= _LEAST_DIGITS
        and not re.search(r"\s", invoice_id)
    )


def _first_digit(invoice_id: str) -> int:
    found = _FIRST_DIGIT.search(invoice_id)
    return found.start() if found else 0


class ListedIds:
    """Invoice ids to find in texts, each text read once for all of them.

    Ids too short to be found reliably are left out.
    """

    def __init__(self, invoice_ids: Iterable[str] = ()) -> None:
        self._ids = frozenset(filter(_can_be_found, invoice_ids))
        shapes = {(_first_digit(one), len(one)) for one in self._ids}
        self._shapes = sorted(shapes)

    def places(self, text: str) -> list[_Place]:
        """The places of the ids in the text, except those within another id."""
        found = list(self._candidates(text)) if self._ids else []
        return [one for one in found if not any(one.is_within(other) for other in found)]

    def _candidates(self, text: str) -> Iterator[_Place]:
        for digit in _FIRST_DIGIT.finditer(text):
            for before, length in self._shapes:
                start = digit.start() - before
                end = start + length
                if (
                    start >= 0
                    and end <= len(text)
                    and text[start:end] in self._ids
                    and _BEGINS_ALONE.match(text, start)
                    and _ENDS_ALONE.match(text, end)
                ):
                    yield _Place(text[start:end], start, end)


@dataclass(frozen=True)
class Others:
    """Known ids of other invoices and accounts when one invoice's document is read."""

    invoice_ids: ListedIds
    """The invoices listed under the same payer account."""
    accounts: frozenset[str]
    """Accounts of payers, receivers and bill sources."""
    named_by_row: frozenset[str] = frozenset()
    """Ids in the invoice's own row, such as its original or commercial invoice."""
    is_copy: bool = False
    """True if the invoice repeats another, whose document it may have too."""

    def beside(self, summary: InvoiceSummary) -> "Others":
        """The same ids, for the document of this row's invoice."""
        named = frozenset(_texts(summary.row))
        return replace(self, named_by_row=named, is_copy=summary.repeats_another)


NOBODY_ELSE = Others(ListedIds(), frozenset())


@dataclass(frozen=True)
class Whose:
    """The owner of a document by its text."""

    is_own: bool
    other: str = ""
    """A sentence that says why it is another's; empty if nothing shows that."""


def whose_paper(
    text: str, invoice_id: str, accounts: Collection[str], others: Others = NOBODY_ELSE
) -> Whose:
    """The owner of the document with this text, which may name any of `accounts`.

    A document that names its own invoice is its own, even if it names others: a statement lists
    many.
    """
    plain = text.translate(_PLAIN)
    listed_places = others.invoice_ids.places(plain)
    if _names(plain, invoice_id, listed_places):
        return Whose(is_own=True)
    own = {invoice_id, *others.named_by_row}
    other_ids = sorted({place.invoice_id for place in listed_places} - own)
    if other_ids:
        return Whose(
            is_own=False, other=f"The PDF names invoice {some_of(other_ids)} and not this one."
        )
    accounts_named = _accounts_in(plain)
    foreign = sorted(accounts_named & (others.accounts - set(accounts)))
    if foreign and not any(_is_in(plain, account) for account in accounts):
        return Whose(
            is_own=False, other=f"The PDF names account {some_of(foreign)} and not this invoice."
        )
    return Whose(is_own=False)


def _names(text: str, invoice_id: str, listed_places: Iterable[_Place]) -> bool:
    """True if the text has the id, not only as part of a longer listed one.

    A line may break within the id; a longer number around it is a different one.
    """
    plain = re.sub(r"\s+", "", invoice_id.translate(_PLAIN))
    spaced = r"\s*".join(re.escape(character) for character in plain)
    before = r"(?<!\d)" if plain[:1].isdigit() else ""
    after = r"(?!\d)" if plain[-1:].isdigit() else ""
    places = (
        _Place(invoice_id, found.start(), found.end())
        for found in re.finditer(before + spaced + after, text)
    )
    longer = list(listed_places)
    return any(not any(place.is_within(other) for other in longer) for place in places)


def _accounts_in(text: str) -> set[str]:
    """Every twelve digits that can be an account, in any form that AWS prints."""
    found = {match[0] for match in _ACCOUNT.finditer(text)}
    return found | {re.sub("[ -]", "", m[0]) for m in _ACCOUNT_IN_GROUPS.finditer(text)}


def _is_in(text: str, account: str) -> bool:
    """True if the text has the account, in any grouping and between any other characters."""
    spaced = r"[\s-]*".join(account)
    return re.search(rf"(?<![0-9]){spaced}(?![0-9])", text) is not None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts(member)

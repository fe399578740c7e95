"""Whose paper a document is, by its text: it names its own invoice, or one of others, or neither.

Only what the archive knows to be another's speaks against a paper. A number that merely looks like
an account or an invoice id says nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.words import some_of

UNPROVEN = ("INVOICE_ID_NOT_IN_TEXT", "PDF_TEXT_NOT_READ", "PDF_ENCRYPTED", "OTHER_INVOICE")
"""Flags of an invoice document whose text was not found to name its invoice."""

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
# three groups of four and no more: four are a card's, and a bank account may have any number
_ACCOUNT_IN_GROUPS = re.compile(
    r"(?<![0-9])(?<![0-9][ -])[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}(?![0-9])(?!\1[0-9])"
)


def is_proven(flags: Iterable[tuple[str, str]]) -> bool:
    """Whether an invoice document with these flags was found to name its invoice."""
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
    """Invoice ids to look for in texts, each text read once however many there are.

    An id that is too short to be found reliably is not looked for.
    """

    def __init__(self, invoice_ids: Iterable[str] = ()) -> None:
        self._ids = frozenset(filter(_can_be_found, invoice_ids))
        shapes = {(_first_digit(one), len(one)) for one in self._ids}
        self._shapes = sorted(shapes)

    def places(self, text: str) -> list[_Place]:
        """Where they stand in the text, by themselves."""
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
    """What the archive knows of others when it reads the paper of one invoice."""

    invoice_ids: ListedIds
    """The invoices that the same payer account is shown."""
    accounts: frozenset[str]
    """Accounts of payers, receivers and bill sources."""
    named_by_row: frozenset[str] = frozenset()
    """What the invoice's own row names: an original, a commercial invoice."""
    is_copy: bool = False
    """Whether the invoice repeats another: a paper of that one is odd and no mistake."""

    def beside(self, summary: InvoiceSummary) -> "Others":
        """The same, for the paper of this row's invoice."""
        named = frozenset(_texts(summary.row))
        return replace(self, named_by_row=named, is_copy=summary.repeats_another)


NOBODY_ELSE = Others(ListedIds(), frozenset())


@dataclass(frozen=True)
class Whose:
    """What a text says of whose paper it is."""

    is_own: bool
    other: str = ""
    """Why it is another's: a sentence; empty where nothing says so."""


def whose_paper(
    text: str, invoice_id: str, accounts: Collection[str], others: Others = NOBODY_ELSE
) -> Whose:
    """Whose paper the text is of; `accounts` are those whose name it may carry.

    A paper that names its own invoice is its own, whatever it names beside: a statement lists many.
    """
    plain = text.translate(_PLAIN)
    listed = others.invoice_ids.places(plain)
    if _names(plain, invoice_id, listed):
        return Whose(is_own=True)
    own = {invoice_id, *others.named_by_row}
    named = sorted({place.invoice_id for place in listed} - own)
    if named:
        return Whose(
            is_own=False, other=f"The PDF names invoice {some_of(named)} and not this one."
        )
    found = _accounts_in(plain)
    foreign = sorted(found & (others.accounts - set(accounts)))
    if foreign and not any(_is_in(plain, account) for account in accounts):
        return Whose(
            is_own=False, other=f"The PDF names account {some_of(foreign)} and not this invoice."
        )
    return Whose(is_own=False)


def _names(text: str, invoice_id: str, listed: Iterable[_Place]) -> bool:
    """Whether the text has the id, and not only as a part of a longer one that is listed.

    A line may break within the id; a longer number around it is another one.
    """
    plain = re.sub(r"\s+", "", invoice_id.translate(_PLAIN))
    spaced = r"\s*".join(re.escape(character) for character in plain)
    before = r"(?<!\d)" if plain[:1].isdigit() else ""
    after = r"(?!\d)" if plain[-1:].isdigit() else ""
    places = (
        _Place(invoice_id, found.start(), found.end())
        for found in re.finditer(before + spaced + after, text)
    )
    longer = list(listed)
    return any(not any(place.is_within(other) for other in longer) for place in places)


def _accounts_in(text: str) -> set[str]:
    """Every twelve digits that can be an account, in any of the ways in which AWS prints one."""
    found = {match[0] for match in _ACCOUNT.finditer(text)}
    return found | {re.sub("[ -]", "", m[0]) for m in _ACCOUNT_IN_GROUPS.finditer(text)}


def _is_in(text: str, account: str) -> bool:
    """Whether the text has the account, in whatever groups and whatever stands beside it."""
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

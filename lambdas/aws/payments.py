"""AWS Payments as a witness: the invoices and credit memos that AWS wants paid or applied, with the
state of their payment.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from lambdas.aws.answers import AS_SENT, AnswerNotRead
from lambdas.aws.payer_role import PayerClient
from lambdas.aws.witness_errors import DENIED_CODES, WitnessNotRead, witness
from lambdas.domain.cut_text import short
from lambdas.domain.payments.financial_record import OPEN, RECORD_TYPES, FinancialRecord, in_order
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.payments.received_records import (
    RecordNotRead,
    is_record_id,
    read_record,
    record_id_of,
)
from lambdas.domain.raw_json import JsonObject, NotJson, read
from lambdas.domain.witnesses.refusals import DENIED, REFUSED
from lambdas.domain.words import counted, some_of

_LIST, _GET = "payments:ListFinancialRecords", "payments:BatchGetFinancialRecord"
_NEEDED_TOO = "payments:GetPaymentStatus"
_LARGEST_PAGE = 100
_MOST_PAGES = 2_000
_TRIES = 3
"""Requests until an unusable answer, or a record that AWS does not give, is left."""
_NOT_FOUND, _INTERNAL_ERROR = "NOT_FOUND", "INTERNAL_ERROR"
_NO_ANSWER, _UNKNOWN_CODE = "no answer", "an unknown code"
_STATE, _OTHER = "INVALID_ACCOUNT_STATE", "OTHER"
"""Reasons of AccessDeniedException; all others are permissions."""
_Understood = TypeVar("_Understood")


class Payments:
    """AWS Payments with the credentials of one payer account.

    `client` makes a client that returns answers as they were sent, at its first use, and `renewed`
    another one with newly assumed credentials. Nothing more is asked once `has_time` is false.
    """

    def __init__(
        self, client: Callable[[], Any], renewed: Callable[[], Any], has_time: Callable[[], bool]
    ) -> None:
        self._client = PayerClient(client, renewed)
        self._has_time = has_time

    def answer(
        self, issued_from: date, issued_to: date, open_records: Sequence[str]
    ) -> PaymentsAnswer:
        """The records issued from `issued_from` (included) to `issued_to` (excluded), in UTC days,
        all that are open, and `open_records`, which were open when last seen. Without run and
        instant.

        What could not be read is named in `not_read`. Raises WitnessNotRead if nothing was read.
        """
        problems: list[str] = []
        listed: dict[str, None] = {}
        try:
            self._list(_issued(issued_from, issued_to), listed, problems)
            self._list({"settlementStatuses": [OPEN]}, listed, problems)
        except WitnessNotRead as error:
            if not listed:
                raise
            problems.append(str(error))
        details = _Details(frozenset(listed))
        known = (one for one in open_records if is_record_id(one) and one not in listed)
        asked = [*listed, *dict.fromkeys(known)]
        try:
            for start in range(0, len(asked), _LARGEST_PAGE):
                self._get(asked[start : start + _LARGEST_PAGE], details)
        except WitnessNotRead as error:
            problems.append(str(error))
            if not details.records:
                raise WitnessNotRead(short(" ".join(problems))) from None
        return PaymentsAnswer(
            issued_from=issued_from,
            issued_before=issued_to,
            records=in_order(details.records.values()),
            not_read=short(" ".join([*problems, *details.problems()])),
            gone=tuple(details.gone),
        )

    def _list(self, query: Mapping[str, Any], listed: dict[str, None], problems: list[str]) -> None:
        """Add the ids of a listing, page by page, and the reasons why it is not whole."""
        request = {
            "types": list(RECORD_TYPES),
            "sortBy": "ISSUED_AT",
            "sortOrder": "ASCENDING",
            "maxResults": _LARGEST_PAGE,
            **query,
        }
        with _named_errors(_LIST):
            found = self._client.retried(lambda client: self._pages(client, request, listed))
        problems += found

    def _pages(
        self, client: Any, request: Mapping[str, Any], listed: dict[str, None]
    ) -> Sequence[str]:
        """Read a listing from its first page on. Returns the reasons why it is not whole."""
        tokens: set[str] = set()
        token: dict[str, str] = {}
        without_id = 0
        for _ in range(_MOST_PAGES):
            page = self._answer(_LIST, client.list_financial_records, {**request, **token}, _page)
            for summary in page.summaries:
                try:
                    listed.setdefault(record_id_of(summary))
                except RecordNotRead:
                    without_id += 1
            if not page.next_token:
                return _without_id(without_id)
            if page.next_token in tokens:
                end = "leads back to an earlier page"
                break
            tokens.add(page.next_token)
            token = {"nextToken": page.next_token}
        else:
            end = f"has no end after {_MOST_PAGES:,} pages"
        return [*_without_id(without_id), f"{_LIST} {end}."]

    def _get(self, record_ids: Sequence[str], details: "_Details") -> None:
        """Add the details of records. AWS is asked again, up to a limit, for those that it leaves
        out.
        """
        asked = record_ids
        for _ in range(_TRIES):
            if asked:
                request = {"keys": [{"identifier": one} for one in asked]}
                with _named_errors(_GET):
                    batch = self._client.retried(partial(self._batch, request=request))
                details.add(asked, batch)
                asked = details.to_ask_again(asked)

    def _batch(self, client: Any, request: Mapping[str, Any]) -> "_Batch":
        return self._answer(_GET, client.batch_get_financial_record, request, _batch)

    def _answer(
        self,
        action: str,
        call: Callable[..., Mapping[str, Any]],
        request: Mapping[str, Any],
        understand: Callable[[JsonObject], _Understood],
    ) -> _Understood:
        """The answer of one call; one that cannot be used is asked for again, up to a limit."""
        for attempt in range(1, _TRIES + 1):
            if not self._has_time():
                raise WitnessNotRead(f"{action} was not read to its end: the time was over.")
            body = call(**request)[AS_SENT]
            try:
                return understand(_read_object(action, body))
            except AnswerNotRead:
                if attempt == _TRIES:
                    raise
        raise AssertionError("unreachable")


@dataclass(frozen=True)
class _Page:
    summaries: Sequence[object]
    next_token: str


@dataclass(frozen=True)
class _Batch:
    records: Sequence[object]
    codes: Mapping[str, str]
    """The code of each record id that AWS answers with an error."""


@dataclass
class _Details:
    """The records by id, those that cannot be read with the reason, and those that AWS left out
    with its code.
    """

    listed: frozenset[str]
    records: dict[str, FinancialRecord] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, asked: Sequence[str], batch: _Batch) -> None:
        """Add the answer to these ids. A record that was not asked for is ignored."""
        self.left_out |= {one: batch.codes.get(one, _NO_ANSWER) for one in asked}
        for value in batch.records:
            try:
                record_id = record_id_of(value)
            except RecordNotRead:
                continue  # the id that it belongs to is left out
            if record_id not in self.left_out:
                continue
            try:
                self.records[record_id] = read_record(value)
            except RecordNotRead as error:
                self.unreadable[record_id] = str(error)
            del self.left_out[record_id]

    def to_ask_again(self, asked: Iterable[str]) -> Sequence[str]:
        """The ids that another try may give."""
        return [one for one in asked if one in self.left_out and not self._is_gone(one)]

    @property
    def gone(self) -> Sequence[str]:
        """The ids that AWS no longer knows: it did not list them either."""
        return [one for one in self.left_out if self._is_gone(one)]

    def problems(self) -> Iterator[str]:
        """Sentences on what is missing, without any text of a record but its id."""
        if self.unreadable:
            records, reason = _counted(self.unreadable), next(iter(self.unreadable.values()))
            yield f"{records} cannot be read, the first because {reason}."
        others = [
            f"{one} ({code})" for one, code in self.left_out.items() if not self._is_gone(one)
        ]
        if others:
            yield f"{_GET} gave no details of {_counted(others)}: {some_of(others)}."

    def _is_gone(self, record_id: str) -> bool:
        """True if AWS does not know it, and did not list it either."""
        return self.left_out[record_id] == _NOT_FOUND and record_id not in self.listed


def _counted(records: Collection[str]) -> str:
    return counted(len(records), "financial record")


def _without_id(rows: int) -> list[str]:
    return [f"{_LIST} lists {counted(rows, 'financial record')} without an id."] if rows else []


@contextmanager
def _named_errors(action: str) -> Iterator[None]:
    """Raise WitnessNotRead for any error of the service."""
    with witness(action):
        try:
            yield
        except ClientError as error:
            if sentence := _denial(action, error):
                raise WitnessNotRead(sentence) from None
            raise


def _denial(action: str, error: ClientError) -> str:
    """The sentence on a denial that says more than the code; else empty."""
    code, reason = error.response["Error"]["Code"], error.response.get("reason")
    if code not in DENIED_CODES or reason == _OTHER:
        return ""
    if reason == _STATE:
        return (
            f"{REFUSED} {action} ({code}): the payer account is suspended or not fully registered."
        )
    return f"{DENIED} {action} ({code}), which needs the permission {_NEEDED_TOO} too."


def _read_object(action: str, body: bytes) -> JsonObject:
    try:
        value = read(body.decode())
    except (NotJson, UnicodeDecodeError) as error:
        name = type(error).__name__
        raise AnswerNotRead(f"AWS's answer to {action} is no JSON ({name}).") from None
    if not isinstance(value, JsonObject) or value.repeated:
        raise AnswerNotRead(f"AWS's answer to {action} is no JSON object with each member once.")
    return value


def _page(answer: JsonObject) -> _Page:
    token = answer.get("nextToken")
    if not isinstance(token, str | None):
        raise AnswerNotRead(f"AWS's answer to {_LIST} has a nextToken that is no text.")
    return _Page(_listed(answer, _LIST, "financialRecordSummaries"), token or "")


def _batch(answer: JsonObject) -> _Batch:
    codes: dict[str, str] = {}
    for error in _listed(answer, _GET, "errors"):
        members = error if isinstance(error, JsonObject) else {}
        key, code = members.get("key"), members.get("code")
        record_id = key.get("identifier") if isinstance(key, JsonObject) else None
        if isinstance(record_id, str):
            codes[record_id] = code if code in (_NOT_FOUND, _INTERNAL_ERROR) else _UNKNOWN_CODE
    return _Batch(_listed(answer, _GET, "financialRecords"), codes)


def _listed(answer: JsonObject, action: str, member: str) -> Sequence[object]:
    """A list of the answer. Without it, the answer is not an empty list."""
    found = answer.get(member)
    if not isinstance(found, list):
        raise AnswerNotRead(f"AWS's answer to {action} has no list of {member}.")
    return found


def _issued(issued_from: date, issued_to: date) -> Mapping[str, Any]:
    return {"issuedAfter": _midnight(issued_from), "issuedBefore": _midnight(issued_to)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

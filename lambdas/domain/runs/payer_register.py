"""The payer register: finance's CSV of the payer accounts.

Columns: `account_id` and `name` are required; `role_arn`, `legal_entity`, `owner`, `owner_email`,
`active_from`, `active_to` (billing periods, both included) are optional. Comma or semicolon, UTF-8
with or without a byte order mark, as spreadsheets write it.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import InvalidRegister
from lambdas.domain.input_values import (
    SIGNED_URL,
    InputValues,
    Rule,
    WrongValue,
    account_id,
    period,
    subscriber,
)
from lambdas.domain.secret_text import has_signed_url, quoted

REQUIRED_COLUMNS = ("account_id", "name")
OPTIONAL_COLUMNS = (
    "role_arn",
    "legal_entity",
    "owner",
    "active_from",
    "active_to",
    "owner_email",
)
_COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
_LONGEST_CELL = 1_000
"""Characters. A payer account is an item of the workflow, whose states pass on 256 KiB."""
_ROLE_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::(\d{12}):role/[\w+=,.@/-]+", re.ASCII)


@dataclass(frozen=True)
class Payer:
    """One payer account of the register; an empty optional text means unknown."""

    account_id: str
    name: str
    role_arn: str = ""
    legal_entity: str = ""
    owner: str = ""
    active_from: BillingPeriod | None = None
    active_to: BillingPeriod | None = None
    owner_email: str = ""

    def is_active_in(self, period: BillingPeriod) -> bool:
        return (self.active_from is None or self.active_from <= period) and (
            self.active_to is None or period <= self.active_to
        )

    def to_data(self) -> dict[str, str]:
        """The row of the register that describes this payer account."""
        return {
            "account_id": self.account_id,
            "name": self.name,
            "role_arn": self.role_arn,
            "legal_entity": self.legal_entity,
            "owner": self.owner,
            "active_from": str(self.active_from or ""),
            "active_to": str(self.active_to or ""),
            **({"owner_email": self.owner_email} if self.owner_email else {}),
        }

    @classmethod
    def from_data(cls, row: Mapping[str, str]) -> "Payer":
        """The payer account that a row describes. Raises InvalidRegister, and TypeError for a cell
        that is no text.
        """
        if not all(isinstance(cell, str) for cell in row.values()):
            raise TypeError("a cell of the register is no text")
        payer, problems = _payer(row)
        if payer is None:
            raise InvalidRegister(problems)
        return payer


@dataclass(frozen=True)
class PayerRegister:
    """The register as read; `sha256` is of the file's bytes."""

    payers: tuple[Payer, ...]
    sha256: str


def parse_register(content: bytes, source: str) -> PayerRegister:
    """Read the register from a file's bytes; `source` names the file in messages.

    Raises InvalidRegister with every problem at once, each with its line number.
    """
    header, *rows = _rows(_text(content, source), source)
    columns = [column.strip().lower() for column in header.cells]
    problems = _header_problems(columns, source)
    if problems:
        raise InvalidRegister(problems)
    payers, problems = _payers(columns, rows, source)
    if not payers and not problems:
        problems.append(
            f"{source} lists no payer account; add a line with account_id and name for each"
        )
    if problems:
        raise InvalidRegister(problems)
    return PayerRegister(tuple(payers), hashlib.sha256(content).hexdigest())


class _Row(NamedTuple):
    line: int
    """The number of the line on which it begins."""
    cells: list[str]


def _text(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidRegister(
            [f"{source} line {line} is not UTF-8; save it as 'CSV UTF-8'"]
        ) from None


def _rows(text: str, source: str) -> list[_Row]:
    """The rows of the CSV, at least one."""
    header_line = text.partition("\n")[0]
    delimiter = ";" if ";" in header_line and "," not in header_line else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, first = [], 1
    try:
        for cells in lines:
            rows.append(_Row(first, cells))
            first = lines.line_num + 1
    except csv.Error as error:
        raise InvalidRegister(
            [
                f"{source} is not CSV up to line {lines.line_num} ({error}); "
                "look for a quote that is never closed"
            ]
        ) from None
    return rows or [_Row(first, [])]


def _payers(
    columns: Sequence[str], rows: Iterable[_Row], source: str
) -> tuple[list[Payer], list[str]]:
    """The payer accounts of the rows, and every problem."""
    payers: list[Payer] = []
    problems: list[str] = []
    first_lines: dict[str, int] = {}
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        place = f"{source} line {line}"
        if len(cells) != len(columns):
            problems.append(
                f"{place} has {len(cells)} cells, the header has {len(columns)} columns"
            )
            continue
        row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
        payer, of_row = _payer(row, f"{place}: ")
        problems += of_row
        account = row["account_id"]
        if account in first_lines:
            problems.append(
                f"{place}: account_id '{account}' is already on line {first_lines[account]}; "
                "keep one of the two lines"
            )
        elif account and not has_signed_url(account):
            first_lines[account] = line
        if payer:
            payers.append(payer)
    return payers, problems


def _header_problems(header: list[str], source: str) -> list[str]:
    if not any(header):
        return [
            f"{source} is empty; its first line must name the columns, at least account_id,name"
        ]
    problems = [
        f"{source} line 1: column '{name}' is missing"
        for name in REQUIRED_COLUMNS
        if name not in header
    ]
    for column in dict.fromkeys(header):
        if column not in _COLUMNS:
            problems.append(
                f"{source} line 1: unknown column {quoted(column)}; the columns are "
                f"{', '.join(_COLUMNS)}"
            )
        elif header.count(column) > 1:
            problems.append(
                f"{source} line 1: column '{column}' stands {header.count(column)} times"
            )
    return problems


def _payer(row: Mapping[str, str], path: str = "") -> tuple[Payer | None, list[str]]:
    """The payer account of a row, and every problem; each problem begins with `path`."""
    given = InputValues({column: cell for column, cell in row.items() if cell}, path=path)
    payer = Payer(
        account_id=given.required(
            "account_id", _account_id, "", "is empty; write the payer account's twelve digits"
        ),
        name=given.required(
            "name", _cell, "", "is empty; write the name that people know this payer account by"
        ),
        role_arn=given.value("role_arn", _role_arn_in(row["account_id"]), ""),
        legal_entity=given.value("legal_entity", _cell, ""),
        owner=given.value("owner", _cell, ""),
        active_from=given.value("active_from", period, None),
        active_to=given.value("active_to", period, None),
        owner_email=given.value("owner_email", subscriber, ""),
    )
    first, last = payer.active_from, payer.active_to
    if first and last and last < first:
        given.problems.append(f"{path}active_to {last} is before active_from {first}")
    return None if given.problems else payer, given.problems


def _cell(text: str) -> str:
    if has_signed_url(text):
        raise WrongValue(SIGNED_URL)
    if len(text) > _LONGEST_CELL:
        raise WrongValue(f"has more than {_LONGEST_CELL:,} characters")
    return text


def _role_arn_in(account: str) -> Rule[str]:
    def rule(text: str) -> str:
        match = _ROLE_ARN.fullmatch(_cell(text))
        if not match:
            raise WrongValue(f"'{text}' is no role ARN such as arn:aws:iam::111122223333:role/Name")
        if match[1] != account:
            raise WrongValue(f"'{text}' is a role of account {match[1]}, not of {quoted(account)}")
        return text

    return rule


def _account_id(text: str) -> str:
    """Read an account id; explain the fix if a spreadsheet changed it."""
    if _cell(text).isascii() and text.isdigit() and len(text) < 12:
        raise WrongValue(
            f"'{text}' has {len(text)} digits, not 12; a spreadsheet drops leading zeros: format "
            f"the column as text and write '{text.zfill(12)}' if that is the account"
        )
    if re.fullmatch(r"\d([.,]\d+)?E\+\d+", text, re.ASCII | re.IGNORECASE):
        raise WrongValue(
            f"'{text}' was turned into a number by a spreadsheet; format the column as text and "
            "write the twelve digits"
        )
    return account_id(text)

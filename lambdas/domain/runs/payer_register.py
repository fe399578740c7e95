"""The payer register: the CSV in which finance says which payer accounts there are.

Columns: `account_id` and `name` are required; `role_arn`, `legal_entity`, `owner`, `active_from`,
`active_to` (billing periods, both included) are optional. Comma or semicolon, UTF-8 with or without
a byte order mark, as spreadsheets write it.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import InvalidRegister
from lambdas.domain.secret_text import has_signed_url, quoted

REQUIRED_COLUMNS = ("account_id", "name")
OPTIONAL_COLUMNS = ("role_arn", "legal_entity", "owner", "active_from", "active_to")
_COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_LONGEST_CELL = 1_000
"""A payer account is an item of the workflow, whose states hand on 256 KiB."""
_SIGNED = "has a signed URL, which is a secret; write what stands there"
_ROLE_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::(\d{12}):role/[\w+=,.@/-]+", re.ASCII)


@dataclass(frozen=True)
class Payer:
    """One payer account of the register. Empty optional text is unknown."""

    account_id: str
    name: str
    role_arn: str = ""
    legal_entity: str = ""
    owner: str = ""
    active_from: BillingPeriod | None = None
    active_to: BillingPeriod | None = None

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
        }


@dataclass(frozen=True)
class PayerRegister:
    """The register as it was read; `sha256` is of the file's bytes."""

    payers: tuple[Payer, ...]
    sha256: str


def parse_register(content: bytes, source: str) -> PayerRegister:
    """Read the register from a file's bytes; `source` names the file in messages.

    Raises InvalidRegister with every problem at once, each with its line number.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidRegister(
            [f"{source} line {line} is not UTF-8; save it as 'CSV UTF-8'"]
        ) from None
    header_line = text.partition("\n")[0]
    delimiter = ";" if ";" in header_line and "," not in header_line else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = _rows(lines)
    except csv.Error as error:
        raise InvalidRegister(
            [
                f"{source} is not CSV up to line {lines.line_num} ({error}); "
                "look for a quote that is never closed"
            ]
        ) from None
    header = [column.strip().lower() for column in rows[0][1]] if rows else []
    problems = _header_problems(header, source)
    if problems:
        raise InvalidRegister(problems)
    payers: list[Payer] = []
    first_lines: dict[str, int] = {}
    for line, cells in rows[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(
                f"{source} line {line} has {len(cells)} cells, the header has {len(header)} columns"
            )
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        row_problems, payer = _payer(row)
        problems.extend(f"{source} line {line}: {problem}" for problem in row_problems)
        account_id = row["account_id"]
        if account_id in first_lines:
            problems.append(
                f"{source} line {line}: account_id '{account_id}' is already on line "
                f"{first_lines[account_id]}; keep one of the two lines"
            )
        elif account_id and (payer or not has_signed_url(account_id)):
            first_lines[account_id] = line
        if payer:
            payers.append(payer)
    if not payers and not problems:
        problems.append(
            f"{source} lists no payer account; add a line with account_id and name for each"
        )
    if problems:
        raise InvalidRegister(problems)
    return PayerRegister(tuple(payers), hashlib.sha256(content).hexdigest())


def _rows(lines: Any) -> list[tuple[int, list[str]]]:
    """Each row of a csv reader with the number of the line on which it begins."""
    rows = []
    first = 1
    for cells in lines:
        rows.append((first, cells))
        first = lines.line_num + 1
    return rows


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


def payer_from_data(row: Mapping[str, str]) -> Payer:
    """The payer account that a row describes. Raises InvalidRegister."""
    problems, payer = _payer(row)
    if payer is None:
        raise InvalidRegister(problems)
    return payer


def _payer(row: Mapping[str, str]) -> tuple[list[str], Payer | None]:
    if secret := [column for column, cell in row.items() if has_signed_url(cell)]:
        return [f"{column} {_SIGNED}" for column in secret], None
    if long := [column for column, cell in row.items() if len(cell) > _LONGEST_CELL]:
        return [f"{column} has more than {_LONGEST_CELL:,} characters" for column in long], None
    problems = []
    account_id = row["account_id"]
    if problem := _account_id_problem(account_id):
        problems.append(problem)
    if not row["name"]:
        problems.append("name is empty; write the name that people know this payer account by")
    role_arn = row.get("role_arn", "")
    if role_arn:
        match = _ROLE_ARN.fullmatch(role_arn)
        if not match:
            problems.append(
                f"role_arn '{role_arn}' is no role ARN such as arn:aws:iam::111122223333:role/Name"
            )
        elif match[1] != account_id:
            problems.append(
                f"role_arn '{role_arn}' is a role of account {match[1]}, not of '{account_id}'"
            )
    active: dict[str, BillingPeriod | None] = {}
    for column in ("active_from", "active_to"):
        active[column] = None
        if row.get(column):
            try:
                active[column] = BillingPeriod.parse(row[column])
            except ValueError as error:
                problems.append(f"{column}: {error}")
    first, last = active["active_from"], active["active_to"]
    if first and last and last < first:
        problems.append(f"active_to {last} is before active_from {first}")
    if problems:
        return problems, None
    return [], Payer(
        account_id,
        row["name"],
        role_arn,
        row.get("legal_entity", ""),
        row.get("owner", ""),
        first,
        last,
    )


def _account_id_problem(account_id: str) -> str | None:
    if _ACCOUNT_ID.fullmatch(account_id):
        return None
    if not account_id:
        return "account_id is empty; write the payer account's twelve digits"
    if account_id.isascii() and account_id.isdigit() and len(account_id) < 12:
        return (
            f"account_id '{account_id}' has {len(account_id)} digits, not 12; a spreadsheet drops "
            f"leading zeros: format the column as text and write '{account_id.zfill(12)}' if that "
            "is the account"
        )
    if re.fullmatch(r"\d([.,]\d+)?E\+\d+", account_id, re.ASCII | re.IGNORECASE):
        return (
            f"account_id '{account_id}' was turned into a number by a spreadsheet; format the "
            "column as text and write the twelve digits"
        )
    return f"account_id '{account_id}' is not twelve digits"

"""The deploy settings: the `invoice_archive` block of CDK's context.

It stands in `cdk.json`; `cdk -c invoice_archive='{…}'` replaces it as a whole.
"""

import difflib
import json
import re
import zoneinfo
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit

from infra.steps import STEPS
from lambdas.domain.documents.document_url import (
    DEFAULT_DOCUMENT_HOSTS,
    LOOPBACK_HOSTS,
    host_pattern_problem,
)
from lambdas.domain.errors import InvalidRegister, InvalidSettings
from lambdas.domain.evidence.retention import (
    MOST_YEARS,
    RETENTION_MODES,
    RetentionMode,
    RetentionPolicy,
)
from lambdas.domain.runs.close_calendar import CloseDeadline
from lambdas.domain.runs.payer_register import PayerRegister, parse_register
from lambdas.settings import Witnesses

CONTEXT_KEY = "invoice_archive"
MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
MOST_FETCH_THREADS = 20
"""Each may fill two documents' room in the function's storage: 10 GiB in all, Lambda's most."""

ROLE_NAMES_ROOM = 1500
"""Characters of a policy for patterns of reader roles that the register calls otherwise than the
settings do: IAM takes 10,240 in all policies of a role, and ValidateCompleteness needs the rest."""
LEAST_OF_A_PATTERN = 150
"""CDK reckons with as many for each, and with more moves statements to another policy."""
_AROUND_A_ROLE_NAME = len('"arn:aws-us-gov:iam::*:role/",')

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_CRON_ITEM = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?", re.ASCII)
_EVERY_DAY = (["*", "*", "?", "*"], ["?", "*", "*", "*"])

_T = TypeVar("_T")


class InvalidDeploySettings(InvalidSettings):
    """The stack cannot be synthesized."""

    heading = f"the deploy settings (context key '{CONTEXT_KEY}' in cdk.json) are not valid"


@dataclass(frozen=True)
class Schedule:
    """When the workflow starts: every day, at one or more times."""

    cron: str
    """Six fields of EventBridge Scheduler: minute, hour, and four that say every day."""
    time_zone: str
    """IANA name."""


@dataclass(frozen=True)
class DeploySettings:
    """What one deployment is made of."""

    archive_bucket_name: str
    payers_file: Path
    register: PayerRegister
    payer_role_name: str
    external_id: str
    schedule: Schedule
    close_deadline: CloseDeadline
    holidays: tuple[date, ...]
    """Days from Monday to Friday that are no business days, in the order of the calendar."""
    witnesses: Witnesses
    """What payer accounts are asked about their charges, and may be by their reader roles."""
    lookback_periods: int
    retention: RetentionPolicy
    break_glass_role_arn: str | None
    """The one role that may delete evidence before its time and schedule the deletion of the keys;
    None: nobody may.
    """
    notify_emails: tuple[str, ...]
    reviewer_legal_entities: tuple[str, ...]
    """Legal entities of the register whose invoices have reviewers of their own."""
    max_concurrent_payers: int
    fetch_threads: int
    document_hosts: tuple[str, ...]
    billing_endpoint_url: str | None
    """Where Invoicing, Cost Explorer and Organizations are; None: AWS's own endpoints."""

    @property
    def other_role_names(self) -> tuple[str, ...]:
        """Names, with their paths, of the reader roles that the register calls otherwise."""
        arns = (payer.role_arn for payer in self.register.payers if payer.role_arn)
        return tuple(sorted({arn.partition(":role/")[2] for arn in arns} - {self.payer_role_name}))

    @classmethod
    def from_context(cls, value: object, project: Path) -> "DeploySettings":
        """Read the block as CDK's context holds it: an object, or JSON text from the command line.

        `payers_file` is looked for from the folder `project`. Raises InvalidDeploySettings with
        every problem at once, those of the register's lines included.
        """
        problems: list[str] = []
        block = _Block(_root(value), "", problems)
        bucket_name = block.required("archive_bucket_name", _bucket_name, "")
        payers_file, register = block.required(
            "payers_file", lambda path: _register(path, project), (Path(), PayerRegister((), ""))
        )
        schedule = block.section("schedule")
        retention = block.section("retention")
        witnesses = block.section("witnesses")
        settings = cls(
            archive_bucket_name=bucket_name,
            payers_file=payers_file,
            register=register,
            payer_role_name=block.value("payer_role_name", _role_name, "InvoiceArchivePayerReader"),
            external_id=block.value("external_id", _external_id, "invoice-archive"),
            schedule=Schedule(
                cron=schedule.value("cron", _daily_cron, "0 6 * * ? *"),
                time_zone=schedule.value("time_zone", _time_zone, "UTC"),
            ),
            close_deadline=block.value("close_deadline", _close_deadline, CloseDeadline("day", 10)),
            holidays=block.value("holidays", _days, ()),
            witnesses=Witnesses(
                cost_explorer=witnesses.value("cost_explorer", _flag, True),
                billing_transfers=witnesses.value("billing_transfers", _flag, True),
                invoice_units=witnesses.value("invoice_units", _flag, True),
            ),
            lookback_periods=block.value("lookback_periods", _number(0, 24), 2),
            retention=RetentionPolicy(
                years=retention.value("years", _retention_years, 10),
                mode=retention.value("mode", _retention_mode, "GOVERNANCE"),
                fiscal_year_end_month=retention.value("fiscal_year_end_month", _number(1, 12), 12),
            ),
            break_glass_role_arn=block.value("break_glass_role_arn", _role_arn, None),
            notify_emails=block.value("notify_emails", _emails, ()),
            reviewer_legal_entities=block.value("reviewer_legal_entities", _texts, ()),
            max_concurrent_payers=block.value("max_concurrent_payers", _number(1, 1000), 10),
            fetch_threads=block.value("fetch_threads", _number(1, MOST_FETCH_THREADS), 8),
            document_hosts=block.value("document_hosts", _document_hosts, DEFAULT_DOCUMENT_HOSTS),
            billing_endpoint_url=block.value("billing_endpoint_url", _endpoint_url, None),
        )
        for part in (block, schedule, retention, witnesses):
            part.refuse_unknown_keys()
        if not problems:
            problems.extend(_contradictions(settings))
        if problems:
            raise InvalidDeploySettings(problems)
        return settings


class _Block:
    """One JSON object of the settings; gathers what is wrong with its values."""

    def __init__(self, values: dict[str, object], path: str, problems: list[str]) -> None:
        self._values = values
        self._path = path
        self._known: list[str] = []
        self._problems = problems

    def required(self, key: str, parse: Callable[[object], _T], placeholder: _T) -> _T:
        """The parsed value; the placeholder where a problem was noted."""
        if key not in self._values:
            self._problems.append(f"{self._path}{key} is missing; it has no default")
        return self.value(key, parse, placeholder)

    def value(self, key: str, parse: Callable[[object], _T], default: _T) -> _T:
        """The parsed value; the default where there is none or where a problem was noted.

        `parse` raises ValueError with a sentence that follows the key.
        """
        self._known.append(key)
        if key not in self._values:
            return default
        try:
            return parse(self._values[key])
        except _WrongValueError as error:
            self._problems.extend(f"{self._path}{key}: {problem}" for problem in error.problems)
        except ValueError as error:
            self._problems.append(f"{self._path}{key}: {error}")
        return default

    def section(self, key: str) -> "_Block":
        return _Block(self.value(key, _object, {}), f"{self._path}{key}.", self._problems)

    def refuse_unknown_keys(self) -> None:
        for key in self._values:
            if key not in self._known:
                hint = _nearest(key, self._known) or f"; the keys are {', '.join(self._known)}"
                self._problems.append(f"unknown key {self._path}{key}{hint}")


class _WrongValueError(ValueError):
    """What is wrong with one value: at least one problem, each with its remedy."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _contradictions(settings: DeploySettings) -> list[str]:
    """What only the values together get wrong."""
    return [
        *_local_documents(settings),
        *_role_names(settings),
        *_too_many_role_names(settings),
        *_break_glass(settings),
        *_unknown_entities(settings),
    ]


def _local_documents(settings: DeploySettings) -> Iterator[str]:
    local_hosts = [host for host in settings.document_hosts if host in LOOPBACK_HOSTS]
    endpoint = settings.billing_endpoint_url
    if local_hosts and not (endpoint and urlsplit(endpoint).hostname in LOOPBACK_HOSTS):
        yield (
            f"document_hosts names '{local_hosts[0]}' while billing_endpoint_url is "
            f"{_shown(endpoint) if endpoint else 'AWS'}; documents come from a loopback address "
            "only when the Invoicing API does, so remove the one or set the other"
        )


def _role_names(settings: DeploySettings) -> Iterator[str]:
    """The functions' own roles have fixed names, which payers trust."""
    own = {step.role_name: step.name for step in STEPS}
    if settings.payer_role_name in own:
        yield (
            f"payer_role_name '{settings.payer_role_name}' is the role of "
            f"{own[settings.payer_role_name]} in the archive account; choose another name"
        )
    arn = settings.break_glass_role_arn
    if arn and arn.rpartition("/")[2] in own:
        yield (
            f"break_glass_role_arn '{arn}' is the role of {own[arn.rpartition('/')[2]]}, and "
            "nothing in the workflow may delete; name a role that a person takes in an emergency"
        )


def _too_many_role_names(settings: DeploySettings) -> Iterator[str]:
    names = settings.other_role_names
    needed = sum(max(LEAST_OF_A_PATTERN, len(name) + _AROUND_A_ROLE_NAME) for name in names)
    if needed > ROLE_NAMES_ROOM:
        yield (
            f"the role_arn column of {settings.payers_file.name} has {len(names)} different role "
            f"names, such as '{names[0]}'; the functions' policies have room for "
            f"{ROLE_NAMES_ROOM // LEAST_OF_A_PATTERN}, and for fewer where paths are long: call "
            f"the reader roles '{settings.payer_role_name}' (payer_role_name), or alike"
        )


def _break_glass(settings: DeploySettings) -> Iterator[str]:
    if settings.break_glass_role_arn and settings.retention.mode == "COMPLIANCE":
        yield (
            "break_glass_role_arn is set while retention.mode is COMPLIANCE: nobody can delete "
            "evidence then, and that role could only destroy the keys without which it cannot be "
            "read; remove the role, or write GOVERNANCE"
        )


def _unknown_entities(settings: DeploySettings) -> Iterator[str]:
    known = {payer.legal_entity for payer in settings.register.payers if payer.legal_entity}
    for entity in settings.reviewer_legal_entities:
        if entity not in known:
            hint = _nearest(entity, known) or "; write one of its values, or remove it"
            yield (
                f"reviewer_legal_entities names '{entity}', which no line of "
                f"{settings.payers_file.name} has as legal_entity{hint}"
            )


def _root(value: object) -> dict[str, object]:
    if value is None:
        raise InvalidDeploySettings(['there is none; write the block under "context" in cdk.json'])
    try:
        return _object(json.loads(value) if isinstance(value, str) else value)
    except json.JSONDecodeError as error:
        raise InvalidDeploySettings([f"they are text that is not JSON: {error}"]) from None
    except ValueError as error:
        raise InvalidDeploySettings([f"the block {error}"]) from None


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _WrongValueError(f'{_shown(value)} is not an object; write {{"key": value}}')
    return cast("dict[str, object]", value)


def _number(least: int, most: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        # bool is an int in Python, not in JSON
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise _WrongValueError(f"{_shown(value)} is not a whole number from {least} to {most}")

    return parse


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _WrongValueError(f"{_shown(value)} is not text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _WrongValueError(f'{_shown(value)} is not a list of texts; write ["…", "…"]')
    repeated = sorted({item for item in value if value.count(item) > 1})
    if repeated:
        raise _WrongValueError(f"'{repeated[0]}' is listed more than once; keep one")
    return tuple(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongValueError(f"{_shown(value)} is neither true nor false")
    return value


def _days(value: object) -> tuple[date, ...]:
    days, problems = [], []
    for text in _texts(value):
        try:
            # fromisoformat reads other forms too, of weeks for one
            days.append(date.fromisoformat(text if _DAY.fullmatch(text) else ""))
        except ValueError:
            problems.append(f"'{text}' is not a day; write year-month-day, such as '2026-12-25'")
    problems += _days_of_other_years(days)
    if problems:
        raise _WrongValueError(*problems)
    return tuple(sorted(days))


def _days_of_other_years(days: Collection[date]) -> Iterator[str]:
    """Days whose year does not adjoin the years of most others: a list goes on year by year, so it
    is mistyped.
    """
    groups: list[list[date]] = []
    for day in sorted(days):
        if groups and day.year - groups[-1][-1].year <= 1:
            groups[-1].append(day)
        else:
            groups.append([day])
    most = max(map(len, groups), default=0)
    kept = [group for group in groups if len(group) == most]
    for group in groups:
        if len(kept) == 1 and group is kept[0]:
            continue
        yield from (
            f"'{day}' lies in a year that does not adjoin the other years of the list; correct the "
            "year, or list the days of the years between too"
            for day in group
        )


def _bucket_name(value: object) -> str:
    name = _text(value)
    problem = None
    if not _BUCKET_NAME.fullmatch(name):
        problem = (
            "is not 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit "
            "at both ends"
        )
    elif ".." in name:
        problem = "has two dots in a row"
    elif _IP_ADDRESS.fullmatch(name):
        problem = "has the form of an IP address"
    elif name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS):
        problem = "begins or ends with a word that AWS reserves"
    if problem:
        raise _WrongValueError(
            f"'{name}' {problem}; S3 refuses it, "
            "choose a name such as 'example-corp-invoice-archive'"
        )
    return name


def _register(value: object, project: Path) -> tuple[Path, PayerRegister]:
    name = _text(value)
    path = project / name
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _WrongValueError(
            f"'{name}' cannot be read ({reason}: {path}); "
            "write the path of the payer register as seen from cdk.json"
        ) from None
    try:
        return path, parse_register(content, name)
    except InvalidRegister as error:
        raise _WrongValueError(*error.problems) from None


def _role_name(value: object) -> str:
    name = _text(value)
    if not _ROLE_NAME.fullmatch(name):
        raise _WrongValueError(
            f"'{name}' is not an IAM role name; write the name alone, without path or ARN, "
            "in up to 64 letters, digits and +=,.@-_"
        )
    return name


def _role_arn(value: object) -> str:
    arn = _text(value)
    if not _ROLE_ARN.fullmatch(arn):
        raise _WrongValueError(
            f"'{arn}' is not the ARN of an IAM role; write one such as "
            "'arn:aws:iam::111122223333:role/BreakGlass' (the role, not a session of it)"
        )
    return arn


def _external_id(value: object) -> str:
    external_id = _text(value)
    if not _EXTERNAL_ID.fullmatch(external_id):
        raise _WrongValueError(
            f"'{external_id}' is not an external id; write 2 to 1224 letters, digits and +=,.@:/-_"
        )
    return external_id


def _daily_cron(value: object) -> str:
    text = _text(value)
    remedy = "write 'minute hour * * ? *', such as '0 6 * * ? *'"
    fields = text.split()
    if len(fields) != 6:
        raise _WrongValueError(f"'{text}' has {len(fields)} fields, not six; {remedy}")
    for name, field, most in (("minute", fields[0], 59), ("hour", fields[1], 23)):
        if not all(_is_cron_item(item, most) for item in field.split(",")):
            raise _WrongValueError(
                f"'{text}' has no {name} from 0 to {most} but '{field}'; {remedy}"
            )
    if fields[2:] not in _EVERY_DAY:
        raise _WrongValueError(
            f"'{text}' does not start a run every day, so late invoices and missed deadlines would "
            f"go unseen; {remedy}"
        )
    return " ".join(fields)


def _is_cron_item(item: str, most: int) -> bool:
    match = _CRON_ITEM.fullmatch(item)
    if not match:
        return False
    first, last, step = (int(text) if text else None for text in match.groups())
    return (first or 0) <= (most if last is None else last) <= most and (step or 1) <= most


def _time_zone(value: object) -> str:
    name = _text(value)
    known = zoneinfo.available_timezones()
    if known and name not in known:  # a machine without time zone data leaves the check to AWS
        hint = _nearest(name, known) or "; write an IANA name such as 'Europe/Berlin'"
        raise _WrongValueError(f"'{name}' is not a time zone{hint}")
    return name


def _close_deadline(value: object) -> CloseDeadline:
    return CloseDeadline.parse(_text(value))


def _retention_years(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > MOST_YEARS:
        raise _WrongValueError(
            f"{_shown(value)} is more than {MOST_YEARS}: S3 locks nothing for longer than 100 "
            "years of 365 days, and the rest of the fiscal year and leap days are added to these; "
            f"write {MOST_YEARS} or less"
        )
    return _number(1, MOST_YEARS)(value)


def _retention_mode(value: object) -> RetentionMode:
    for mode in RETENTION_MODES:
        if value == mode:
            return mode
    raise _WrongValueError(f"{_shown(value)} is not one of {', '.join(RETENTION_MODES)}")


def _emails(value: object) -> tuple[str, ...]:
    emails = _texts(value)
    problems = [
        f"'{email}' is not an e-mail address" for email in emails if not _EMAIL.fullmatch(email)
    ]
    if problems:
        raise _WrongValueError(*problems)
    return emails


def _document_hosts(value: object) -> tuple[str, ...]:
    hosts = _texts(value)
    if not hosts:
        raise _WrongValueError(
            "the list is empty, so that no document could be fetched; leave the key out"
        )
    problems = [problem for host in hosts if (problem := host_pattern_problem(host))]
    if problems:
        raise _WrongValueError(*problems)
    return hosts


def _endpoint_url(value: object) -> str:
    url = _text(value)
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise _WrongValueError(f"'{url}' is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise _WrongValueError(
            f"'{url}' is not a URL; write https://host, or leave the key out for AWS's own"
        )
    if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        raise _WrongValueError(
            f"'{url}' is not encrypted; write https (http is for loopback addresses)"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _WrongValueError(
            f"the URL of host '{host}' has a user name, query or fragment; remove it"
        )
    return url


def _nearest(word: str, words: Collection[str]) -> str:
    close = difflib.get_close_matches(word, sorted(words), 1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"

"""Rules for the deploy settings, each for one value."""

import re
import zoneinfo
from collections.abc import Collection
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from lambdas.domain.documents.document_url import LOOPBACK_HOSTS, host_pattern_problem
from lambdas.domain.errors import InvalidRegister
from lambdas.domain.evidence.retention import MOST_YEARS
from lambdas.domain.input_values import (
    InputValues,
    Rule,
    WrongValue,
    day,
    each,
    email,
    json_object,
    nearest,
    read_each,
    subscriber,
    text,
    texts,
    whole_number,
)
from lambdas.domain.notifications.escalation import NO_ESCALATION, Escalation
from lambdas.domain.notifications.readers import same_address
from lambdas.domain.runs.close_calendar import CloseDeadline
from lambdas.domain.runs.payer_register import PayerRegister, parse_register
from lambdas.domain.secret_text import quoted

_LONGEST_OWNER = 100
_MOST_ESCALATED = 5
"""Addresses. Lambda takes 4 KiB of environment variables, and each may have 254 characters."""
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_CRON_ITEM = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?", re.ASCII)
_EVERY_DAY = (["*", "*", "?", "*"], ["?", "*", "*", "*"])


def _matching(pattern: str, otherwise: str) -> Rule[str]:
    """A rule for texts of this pattern; `otherwise` describes any other text in an error."""

    def rule(value: object) -> str:
        found = text(value)
        if not re.fullmatch(pattern, found):
            raise WrongValue(f"'{found}' {otherwise}")
        return found

    return rule


role_name = _matching(
    r"(?a)[\w+=,.@-]{1,64}",
    "is not an IAM role name; write the name alone, without path or ARN, in up to 64 letters, "
    "digits and +=,.@-_",
)
role_arn = _matching(
    r"(?a)arn:aws(?:-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]+",
    "is not the ARN of an IAM role; write one such as "
    "'arn:aws:iam::111122223333:role/BreakGlass' (the role, not a session of it)",
)
external_id = _matching(
    r"(?a)[\w+=,.@:/-]{2,1224}",
    "is not an external id; write 2 to 1224 letters, digits and +=,.@:/-_",
)


def holidays(value: object) -> tuple[date, ...]:
    days, problems = read_each(day, texts(value))
    problems += (
        f"'{one}' belongs to a year that does not adjoin the other years of the list; correct the "
        "year, or list the days of the years between too"
        for one in _days_of_other_years(days)
    )
    if problems:
        raise WrongValue(*problems)
    return tuple(sorted(days))


def _days_of_other_years(days: Collection[date]) -> list[date]:
    """Days whose year does not adjoin the years of most others. Lists go on year by year, so such a
    day is mistyped.
    """
    groups: list[list[date]] = []
    for one in sorted(days):
        if groups and one.year - groups[-1][-1].year <= 1:
            groups[-1].append(one)
        else:
            groups.append([one])
    most = [group for group in groups if len(group) == max(map(len, groups))]
    return [one for group in groups if most != [group] for one in group]


def bucket_name(value: object) -> str:
    name = text(value)
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
        raise WrongValue(
            f"'{name}' {problem}; S3 refuses it, "
            "choose a name such as 'example-corp-invoice-archive'"
        )
    return name


def register_from(project: Path) -> Rule[tuple[Path, PayerRegister]]:
    """A rule for the path of the payer register relative to this folder; it reads the file."""

    def rule(value: object) -> tuple[Path, PayerRegister]:
        name = text(value)
        path = project / name
        try:
            return path, parse_register(path.read_bytes(), name)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise WrongValue(
                f"'{name}' cannot be read ({reason}: {path}); "
                "write the path of the payer register as seen from cdk.json"
            ) from None
        except InvalidRegister as error:
            raise WrongValue(*error.problems) from None

    return rule


def daily_cron(value: object) -> str:
    cron = text(value)
    remedy = "write 'minute hour * * ? *', such as '0 6 * * ? *'"
    fields = cron.split()
    if len(fields) != 6:
        raise WrongValue(f"'{cron}' has {len(fields)} fields, not six; {remedy}")
    for name, field, most in (("minute", fields[0], 59), ("hour", fields[1], 23)):
        if not all(_is_cron_item(item, most) for item in field.split(",")):
            raise WrongValue(f"'{cron}' has no {name} from 0 to {most} but '{field}'; {remedy}")
    if fields[2:] not in _EVERY_DAY:
        raise WrongValue(
            f"'{cron}' does not start a run every day, so late invoices and missed deadlines would "
            f"go unseen; {remedy}"
        )
    return " ".join(fields)


def _is_cron_item(item: str, most: int) -> bool:
    match = _CRON_ITEM.fullmatch(item)
    if not match:
        return False
    first, last, step = (int(digits) if digits else None for digits in match.groups())
    return (first or 0) <= (most if last is None else last) <= most and (step or 1) <= most


def time_zone(value: object) -> str:
    name = text(value)
    known = zoneinfo.available_timezones()
    if known and name not in known:  # a machine without time zone data leaves the check to AWS
        hint = nearest(name, known) or "; write an IANA name such as 'Europe/Berlin'"
        raise WrongValue(f"'{name}' is not a time zone{hint}")
    return name


def close_deadline(value: object) -> CloseDeadline:
    return CloseDeadline.parse(text(value))


def retention_years(value: object) -> int:
    if isinstance(value, int) and value > MOST_YEARS:
        raise WrongValue(
            f"{quoted(value)} is more than {MOST_YEARS}: S3 locks nothing for longer than 100 "
            "years of 365 days, and the rest of the fiscal year and leap days are added to these; "
            f"write {MOST_YEARS} or less"
        )
    return whole_number(1, MOST_YEARS)(value)


def emails(value: object) -> tuple[str, ...]:
    return _different(each(email, texts(value)))


def _different(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses, each another one for SNS's filters."""
    seen: dict[str, str] = {}
    for one in addresses:
        first = seen.setdefault(same_address(one), one)
        if first != one:
            raise WrongValue(f"'{first}' and '{one}' are the same address; keep one")
    return addresses


def escalation(value: object) -> Escalation:
    given = InputValues(json_object(value))
    found = Escalation(
        given.required("emails", _subscribers, ()),
        given.value("after_days", whole_number(1, 365), NO_ESCALATION.after_days),
    )
    given.refuse_unknown()
    if given.problems:
        raise WrongValue(*given.problems)
    return found


def _subscribers(value: object) -> tuple[str, ...]:
    found = _different(each(subscriber, texts(value)))
    if not found:
        raise WrongValue("is empty; name an address, or leave escalate_to out")
    if len(found) > _MOST_ESCALATED:
        raise WrongValue(f"has more than {_MOST_ESCALATED} addresses; name a mailing list")
    return found


def owner_name(value: object) -> str:
    name = text(value)
    if len(name) > _LONGEST_OWNER:
        raise WrongValue(f"it has more than {_LONGEST_OWNER} characters")
    return name


def document_hosts(value: object) -> tuple[str, ...]:
    hosts = texts(value)
    if not hosts:
        raise WrongValue(
            "the list is empty, so that no document could be fetched; leave the key out"
        )
    return each(_document_host, hosts)


def _document_host(value: str) -> str:
    if problem := host_pattern_problem(value):
        raise WrongValue(problem)
    return value


def endpoint_url(value: object) -> str:
    url = text(value)
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise WrongValue(f"'{url}' is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise WrongValue(
            f"'{url}' is not a URL; write https://host, or leave the key out for AWS's own"
        )
    if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        raise WrongValue(f"'{url}' is not encrypted; write https (http is for loopback addresses)")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise WrongValue(f"the URL of host '{host}' has a user name, query or fragment; remove it")
    return url

"""The deploy settings: the `invoice_archive` block of CDK's context.

The block is in `cdk.json`; `cdk -c invoice_archive='{…}'` replaces it as a whole.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra import setting_rules as rules
from infra.steps import STEPS
from lambdas.domain.close.muted_remarks import MutedRemark, muted_remarks
from lambdas.domain.close.owners import DEFAULT_OWNER
from lambdas.domain.documents.document_url import DEFAULT_DOCUMENT_HOSTS, LOOPBACK_HOSTS
from lambdas.domain.errors import InvalidSettings
from lambdas.domain.evidence.retention import RETENTION_MODES, RetentionPolicy
from lambdas.domain.input_values import (
    InputValues,
    choice,
    flag,
    json_object,
    nearest,
    texts,
    whole_number,
)
from lambdas.domain.notifications.escalation import NO_ESCALATION, Escalation
from lambdas.domain.notifications.readers import same_address
from lambdas.domain.runs.close_calendar import CloseDeadline
from lambdas.domain.runs.payer_register import PayerRegister
from lambdas.settings import CSV_FORMATS, Witnesses

CONTEXT_KEY = "invoice_archive"
MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
MOST_FETCH_THREADS = 20
"""Each may fill two documents' room in the function's storage: 10 GiB in all, Lambda's most."""

ROLE_NAMES_ROOM = 1500
"""Characters of a policy for patterns of reader roles whose names in the register differ from the
settings. IAM takes 10,240 in all policies of a role, and ValidateCompleteness needs the rest.
"""
MOST_FILTERS = 200
"""Filter policies that SNS takes for one topic."""
LEAST_OF_A_PATTERN = 150
"""CDK assumes this length for each, and moves statements to another policy above it."""
_AROUND_A_ROLE_NAME = len('"arn:aws-us-gov:iam::*:role/",')


class InvalidDeploySettings(InvalidSettings):
    """The stack cannot be synthesized."""

    heading = f"the deploy settings (context key '{CONTEXT_KEY}' in cdk.json) are not valid"


@dataclass(frozen=True)
class Schedule:
    """Daily start of the workflow, at one or more times."""

    cron: str
    """Six fields of EventBridge Scheduler: minute, hour, and four that mean every day."""
    time_zone: str
    """IANA name."""


@dataclass(frozen=True)
class DeploySettings:
    """Settings of one deployment."""

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
    """Witnesses of charges that the reader roles of payer accounts allow and runs read."""
    lookback_periods: int
    retention: RetentionPolicy
    break_glass_role_arn: str | None
    """The one role that may delete evidence early and schedule the deletion of the keys; None:
    nobody may.
    """
    notify_emails: tuple[str, ...]
    """Addresses that get every e-mail, alarms included."""
    escalate_to: Escalation
    default_owner: str
    """The owner of payer accounts for which the register has none."""
    chat_notifications: bool
    reviewer_legal_entities: tuple[str, ...]
    """Legal entities of the register whose invoices have reviewers of their own."""
    muted_remarks: tuple[MutedRemark, ...]
    """Remarks that the pages leave out."""
    max_concurrent_payers: int
    fetch_threads: int
    document_hosts: tuple[str, ...]
    csv_format: str
    """The form of `ledger.csv`, for the spreadsheets of a region."""
    billing_endpoint_url: str | None
    """Endpoint of Invoicing, Cost Explorer and Organizations; None: AWS's own endpoints."""

    @property
    def other_role_names(self) -> tuple[str, ...]:
        """Names, with their paths, of reader roles that differ in the register."""
        arns = (payer.role_arn for payer in self.register.payers if payer.role_arn)
        return tuple(sorted({arn.partition(":role/")[2] for arn in arns} - {self.payer_role_name}))

    @property
    def filtered_emails(self) -> tuple[str, ...]:
        """Addresses that get the e-mails that concern them: those of owners and of the escalation,
        each once and in a form to compare.
        """
        owners = (payer.owner_email for payer in self.register.payers if payer.owner_email)
        some = {same_address(one) for one in (*owners, *self.escalate_to.emails)}
        return tuple(sorted(some - set(map(same_address, self.notify_emails))))

    @classmethod
    def from_context(cls, value: object, project: Path) -> "DeploySettings":
        """Read the block as CDK's context holds it: an object, or JSON text from the command line.

        `payers_file` is relative to the folder `project`. Raises InvalidDeploySettings with every
        problem at once, those of the register's lines included.
        """
        block = InputValues(_root(value), joint=": ")
        bucket = block.required("archive_bucket_name", rules.bucket_name, "")
        payers_file, register = block.required(
            "payers_file", rules.register_from(project), (Path(), PayerRegister((), ""))
        )
        schedule = block.section("schedule")
        retention = block.section("retention")
        witnesses = block.section("witnesses")
        settings = cls(
            archive_bucket_name=bucket,
            payers_file=payers_file,
            register=register,
            payer_role_name=block.value(
                "payer_role_name", rules.role_name, "InvoiceArchivePayerReader"
            ),
            external_id=block.value("external_id", rules.external_id, "invoice-archive"),
            schedule=Schedule(
                cron=schedule.value("cron", rules.daily_cron, "0 6 * * ? *"),
                time_zone=schedule.value("time_zone", rules.time_zone, "UTC"),
            ),
            close_deadline=block.value(
                "close_deadline", rules.close_deadline, CloseDeadline("day", 10)
            ),
            holidays=block.value("holidays", rules.holidays, ()),
            witnesses=Witnesses(
                cost_explorer=witnesses.value("cost_explorer", flag, True),
                billing_transfers=witnesses.value("billing_transfers", flag, True),
                invoice_units=witnesses.value("invoice_units", flag, True),
                payments=witnesses.value("payments", flag, True),
            ),
            lookback_periods=block.value("lookback_periods", whole_number(0, 24), 2),
            retention=RetentionPolicy(
                years=retention.value("years", rules.retention_years, 10),
                mode=retention.value("mode", choice(*RETENTION_MODES), "GOVERNANCE"),
                fiscal_year_end_month=retention.value(
                    "fiscal_year_end_month", whole_number(1, 12), 12
                ),
            ),
            break_glass_role_arn=block.value("break_glass_role_arn", rules.role_arn, None),
            notify_emails=block.value("notify_emails", rules.emails, ()),
            escalate_to=block.value("escalate_to", rules.escalation, NO_ESCALATION),
            default_owner=block.value("default_owner", rules.owner_name, DEFAULT_OWNER),
            chat_notifications=block.value("chat_notifications", flag, False),
            reviewer_legal_entities=block.value("reviewer_legal_entities", texts, ()),
            muted_remarks=block.value("muted_remarks", muted_remarks, ()),
            max_concurrent_payers=block.value("max_concurrent_payers", whole_number(1, 1000), 10),
            fetch_threads=block.value("fetch_threads", whole_number(1, MOST_FETCH_THREADS), 8),
            document_hosts=block.value(
                "document_hosts", rules.document_hosts, DEFAULT_DOCUMENT_HOSTS
            ),
            csv_format=block.value("csv_format", choice(*CSV_FORMATS), CSV_FORMATS[0]),
            billing_endpoint_url=block.value("billing_endpoint_url", rules.endpoint_url, None),
        )
        block.refuse_unknown()
        if not block.problems:
            block.problems += _contradictions(settings)
        block.raise_problems(InvalidDeploySettings)
        return settings


def _contradictions(settings: DeploySettings) -> list[str]:
    """Problems of values that are wrong only together."""
    return [
        *_local_documents(settings),
        *_role_names(settings),
        *_too_many_role_names(settings),
        *_break_glass(settings),
        *_unknown_entities(settings),
        *_too_many_filters(settings),
    ]


def _local_documents(settings: DeploySettings) -> Iterator[str]:
    local_hosts = [host for host in settings.document_hosts if host in LOOPBACK_HOSTS]
    endpoint = settings.billing_endpoint_url
    api = f"'{endpoint}'" if endpoint else "AWS"
    if local_hosts and not (endpoint and urlsplit(endpoint).hostname in LOOPBACK_HOSTS):
        yield (
            f"document_hosts names '{local_hosts[0]}' while billing_endpoint_url is {api}; "
            "documents come from a loopback address only when the Invoicing API does, so remove "
            "the one or set the other"
        )


def _role_names(settings: DeploySettings) -> Iterator[str]:
    """The fixed names of the functions' own roles, which payers trust."""
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
            hint = nearest(entity, known) or "; write one of its values, or remove it"
            yield (
                f"reviewer_legal_entities names '{entity}', which no line of "
                f"{settings.payers_file.name} has as legal_entity{hint}"
            )


def _too_many_filters(settings: DeploySettings) -> Iterator[str]:
    emails = settings.filtered_emails
    if len(emails) > MOST_FILTERS:
        yield (
            f"{settings.payers_file.name} (owner_email) and escalate_to name {len(emails)} "
            f"different addresses outside notify_emails; Amazon SNS takes {MOST_FILTERS} filter "
            "policies a topic: give several payer accounts the address of one team, or name the "
            "address in notify_emails"
        )


def _root(value: object) -> Mapping[str, Any]:
    if value is None:
        raise InvalidDeploySettings(['there is none; write the block under "context" in cdk.json'])
    try:
        return json_object(json.loads(value) if isinstance(value, str) else value)
    except json.JSONDecodeError as error:
        raise InvalidDeploySettings([f"they are text that is not JSON: {error}"]) from None
    except ValueError as error:
        raise InvalidDeploySettings([f"the block {error}"]) from None

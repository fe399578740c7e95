"""The functions' environment variables and their types, written by the CDK app."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from lambdas.domain.close.muted_remarks import MutedRemark, muted_remarks, muted_remarks_text
from lambdas.domain.close.owners import DEFAULT_OWNER
from lambdas.domain.errors import InvalidSettings
from lambdas.domain.evidence.retention import RETENTION_MODES, RetentionPolicy
from lambdas.domain.input_values import (
    InputValues,
    Rule,
    WrongValue,
    choice,
    day,
    each,
    flag,
    whole_number,
)
from lambdas.domain.notifications.escalation import NO_ESCALATION, Escalation
from lambdas.domain.runs.close_calendar import CloseCalendar, CloseDeadline
from lambdas.domain.secret_text import quoted

T = TypeVar("T")
CSV_FORMATS = ("international", "european")
"""Values of the setting `csv_format`."""
_YES, _NO = "true", "false"
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)


class InvalidEnvironment(InvalidSettings):
    heading = "the function's environment is not valid; deploy the stack again"


@dataclass(frozen=True)
class Witnesses:
    """Sources on a payer account's charges besides the Invoicing listings.

    Each needs its own permission in the payer's reader role.
    """

    cost_explorer: bool
    billing_transfers: bool
    invoice_units: bool
    payments: bool


@dataclass(frozen=True)
class FunctionSettings:
    """Settings of the deployment, the same for every function where nothing else is said."""

    archive_bucket: str
    payer_role_name: str
    external_id: str
    close_deadline: CloseDeadline
    lookback_periods: int
    """Number of billing periods before the target that are listed and judged too."""
    retention: RetentionPolicy
    document_hosts: tuple[str, ...]
    """Host patterns allowed in a document URL."""
    fetch_threads: int
    """Number of invoices of one payer account that are fetched at the same time."""
    max_document_bytes: int
    manifest_signing_key: str
    """ARN of the KMS key that signs manifests."""
    manifest_heads_table: str
    """Name of the DynamoDB table with the latest-manifest record of each period."""
    notification_topic: str
    """ARN of the SNS topic through which people are notified."""
    holidays: tuple[date, ...]
    """Days from Monday to Friday that are not business days."""
    witnesses: Witnesses
    csv_format: str = CSV_FORMATS[0]
    """The form of `ledger.csv`, one of CSV_FORMATS."""
    muted_remarks: tuple[MutedRemark, ...] = ()
    """Remarks that the pages leave out. Only the function that makes pages and notifies people has
    these and the following settings.
    """
    default_owner: str = DEFAULT_OWNER
    """The owner of payer accounts for which the register has none."""
    escalation: Escalation = NO_ESCALATION
    chat_topic: str = ""
    """ARN of the SNS topic of chat channels; empty: there is none."""

    @property
    def close_calendar(self) -> CloseCalendar:
        return CloseCalendar(self.close_deadline, self.holidays)

    def to_environment(self) -> dict[str, str]:
        return {
            "ARCHIVE_BUCKET": self.archive_bucket,
            "PAYER_ROLE_NAME": self.payer_role_name,
            "EXTERNAL_ID": self.external_id,
            "CLOSE_DEADLINE": str(self.close_deadline),
            "LOOKBACK_PERIODS": str(self.lookback_periods),
            "RETENTION_YEARS": str(self.retention.years),
            "RETENTION_MODE": self.retention.mode,
            "FISCAL_YEAR_END_MONTH": str(self.retention.fiscal_year_end_month),
            "DOCUMENT_HOSTS": ",".join(self.document_hosts),
            "FETCH_THREADS": str(self.fetch_threads),
            "MAX_DOCUMENT_BYTES": str(self.max_document_bytes),
            "MANIFEST_SIGNING_KEY": self.manifest_signing_key,
            "MANIFEST_HEADS_TABLE": self.manifest_heads_table,
            "NOTIFICATION_TOPIC": self.notification_topic,
            "HOLIDAYS": ",".join(map(str, self.holidays)),
            "COST_EXPLORER": _YES if self.witnesses.cost_explorer else _NO,
            "BILLING_TRANSFERS": _YES if self.witnesses.billing_transfers else _NO,
            "INVOICE_UNITS": _YES if self.witnesses.invoice_units else _NO,
            "PAYMENTS": _YES if self.witnesses.payments else _NO,
            **self._optional(),
        }

    def _optional(self) -> dict[str, str]:
        """The variables that are there only where a deployment has chosen something."""
        given = {"DEFAULT_OWNER": self.default_owner} if self.default_owner != DEFAULT_OWNER else {}
        if self.csv_format != CSV_FORMATS[0]:
            given["CSV_FORMAT"] = self.csv_format
        if self.escalation.emails:
            given["ESCALATE_TO"] = ",".join(self.escalation.emails)
            given["ESCALATE_AFTER_DAYS"] = str(self.escalation.after_days)
        if self.chat_topic:
            given["CHAT_TOPIC"] = self.chat_topic
        if self.muted_remarks:
            given["MUTED_REMARKS"] = muted_remarks_text(self.muted_remarks)
        return given

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "FunctionSettings":
        """Read the settings.

        Raises InvalidEnvironment with every missing or wrong variable at once.
        """
        environment = os.environ if environment is None else environment
        there = {k: text for k, text in environment.items() if text or k == "HOLIDAYS"}
        given = InputValues(there, joint=": ")

        def read(name: str, rule: Rule[T], placeholder: T) -> T:
            return given.required(name, rule, placeholder, absent="is not set")

        settings = cls(
            archive_bucket=read("ARCHIVE_BUCKET", str, ""),
            payer_role_name=read("PAYER_ROLE_NAME", str, ""),
            external_id=read("EXTERNAL_ID", str, ""),
            close_deadline=read("CLOSE_DEADLINE", CloseDeadline.parse, CloseDeadline("day", 1)),
            lookback_periods=read("LOOKBACK_PERIODS", _number(0), 0),
            retention=RetentionPolicy(
                years=read("RETENTION_YEARS", _number(1), 1),
                mode=read("RETENTION_MODE", choice(*RETENTION_MODES), RETENTION_MODES[0]),
                fiscal_year_end_month=read("FISCAL_YEAR_END_MONTH", _number(1, 12), 1),
            ),
            document_hosts=read("DOCUMENT_HOSTS", _list(str), ()),
            fetch_threads=read("FETCH_THREADS", _number(1), 1),
            max_document_bytes=read("MAX_DOCUMENT_BYTES", _number(1), 1),
            manifest_signing_key=read("MANIFEST_SIGNING_KEY", str, ""),
            manifest_heads_table=read("MANIFEST_HEADS_TABLE", str, ""),
            notification_topic=read("NOTIFICATION_TOPIC", str, ""),
            holidays=read("HOLIDAYS", _list(day), ()),
            witnesses=Witnesses(
                cost_explorer=read("COST_EXPLORER", _flag, False),
                billing_transfers=read("BILLING_TRANSFERS", _flag, False),
                invoice_units=read("INVOICE_UNITS", _flag, False),
                payments=read("PAYMENTS", _flag, False),
            ),
            muted_remarks=given.value("MUTED_REMARKS", _muted_remarks, ()),
            default_owner=given.value("DEFAULT_OWNER", str, DEFAULT_OWNER),
            escalation=Escalation(
                given.value("ESCALATE_TO", _list(str), ()),
                given.value("ESCALATE_AFTER_DAYS", _number(1), NO_ESCALATION.after_days),
            ),
            chat_topic=given.value("CHAT_TOPIC", str, ""),
            csv_format=given.value("CSV_FORMAT", choice(*CSV_FORMATS), CSV_FORMATS[0]),
        )
        given.raise_problems(InvalidEnvironment)
        return settings


def _number(least: int, most: int | None = None) -> Rule[int]:
    rule = whole_number(least, most)
    return lambda text: rule(int(text) if _DIGITS.fullmatch(text) else text)


def _flag(text: str) -> bool:
    return flag({_YES: True, _NO: False}.get(text, text))


def _muted_remarks(text: str) -> tuple[MutedRemark, ...]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        raise WrongValue(f"{quoted(text)} is not JSON") from None
    return muted_remarks(value)


def _list(rule: Rule[T]) -> Rule[tuple[T, ...]]:
    """A rule for comma-separated texts; there may be none."""
    return lambda text: each(rule, filter(None, text.split(",")))

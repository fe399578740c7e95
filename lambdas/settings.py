"""The environment of the functions: its names and types, written by the CDK app and read by the
handlers.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from lambdas.domain.errors import InvalidSettings
from lambdas.domain.evidence.retention import RETENTION_MODES, RetentionMode, RetentionPolicy
from lambdas.domain.runs.close_calendar import CloseCalendar, CloseDeadline

_YES, _NO = "true", "false"


class InvalidEnvironment(InvalidSettings):
    heading = "the function's environment is not valid; deploy the stack again"


@dataclass(frozen=True)
class Witnesses:
    """What a payer account is asked about its charges beside the Invoicing listings.

    Each needs its own permission in the payer's reader role.
    """

    cost_explorer: bool
    billing_transfers: bool
    invoice_units: bool


@dataclass(frozen=True)
class FunctionSettings:
    """What every function knows of its deployment."""

    archive_bucket: str
    payer_role_name: str
    external_id: str
    close_deadline: CloseDeadline
    lookback_periods: int
    """How many billing periods before the target are listed and judged too."""
    retention: RetentionPolicy
    document_hosts: tuple[str, ...]
    """Host patterns that a document URL may have."""
    fetch_threads: int
    """How many invoices of one payer are fetched at the same time."""
    max_document_bytes: int
    manifest_signing_key: str
    """ARN of the KMS key that signs manifests."""
    manifest_heads_table: str
    """Name of the DynamoDB table that holds the head of each period's chain of manifests."""
    notification_topic: str
    """ARN of the SNS topic through which people are told."""
    holidays: tuple[date, ...]
    """Days from Monday to Friday that are no business days."""
    witnesses: Witnesses

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
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "FunctionSettings":
        """Read the settings.

        Raises InvalidEnvironment with every missing or wrong variable at once.
        """
        reader = _Reader(os.environ if environment is None else environment)
        settings = cls(
            archive_bucket=reader.text("ARCHIVE_BUCKET"),
            payer_role_name=reader.text("PAYER_ROLE_NAME"),
            external_id=reader.text("EXTERNAL_ID"),
            close_deadline=reader.deadline("CLOSE_DEADLINE"),
            lookback_periods=reader.number("LOOKBACK_PERIODS", least=0),
            retention=RetentionPolicy(
                years=reader.number("RETENTION_YEARS", least=1),
                mode=reader.mode("RETENTION_MODE"),
                fiscal_year_end_month=reader.number("FISCAL_YEAR_END_MONTH", least=1, most=12),
            ),
            document_hosts=tuple(reader.text("DOCUMENT_HOSTS").split(",")),
            fetch_threads=reader.number("FETCH_THREADS", least=1),
            max_document_bytes=reader.number("MAX_DOCUMENT_BYTES", least=1),
            manifest_signing_key=reader.text("MANIFEST_SIGNING_KEY"),
            manifest_heads_table=reader.text("MANIFEST_HEADS_TABLE"),
            notification_topic=reader.text("NOTIFICATION_TOPIC"),
            holidays=reader.days("HOLIDAYS"),
            witnesses=Witnesses(
                cost_explorer=reader.flag("COST_EXPLORER"),
                billing_transfers=reader.flag("BILLING_TRANSFERS"),
                invoice_units=reader.flag("INVOICE_UNITS"),
            ),
        )
        if reader.problems:
            raise InvalidEnvironment(reader.problems)
        return settings


class _Reader:
    """Reads variables and gathers what is wrong; the placeholders that it returns then are never
    used.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            self.problems.append(f"{name} is not set")
        return value

    def number(self, name: str, *, least: int, most: int | None = None) -> int:
        value = self.text(name)
        if value.isascii() and value.isdigit() and least <= int(value) <= (most or int(value)):
            return int(value)
        if value:
            self.problems.append(
                f"{name} is '{value}', not a whole number from {least} "
                f"{f'to {most}' if most else 'on'}"
            )
        return least

    def flag(self, name: str) -> bool:
        value = self.text(name)
        if value and value not in (_YES, _NO):
            self.problems.append(f"{name} is '{value}', not {_YES} or {_NO}")
        return value == _YES

    def days(self, name: str) -> tuple[date, ...]:
        """Dates between commas; the variable must be there and may be empty."""
        if name not in self._environment:
            self.problems.append(f"{name} is not set")
        days = []
        for text in filter(None, self._environment.get(name, "").split(",")):
            try:
                days.append(date.fromisoformat(text))
            except ValueError:
                self.problems.append(f"{name} has '{text}', which is no day such as 2026-12-25")
        return tuple(days)

    def mode(self, name: str) -> RetentionMode:
        value = self.text(name)
        if value and value not in RETENTION_MODES:
            self.problems.append(f"{name} is '{value}', not one of {', '.join(RETENTION_MODES)}")
        return cast(RetentionMode, value)

    def deadline(self, name: str) -> CloseDeadline:
        value = self.text(name)
        try:
            return CloseDeadline.parse(value)
        except ValueError as error:
            if value:
                self.problems.append(f"{name}: {error}")
            return CloseDeadline("day", 1)

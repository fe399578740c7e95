"""A period's summary for the views of other periods, read from its `completeness.json`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, get_args

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import DOCUMENT_GAPS, KINDS, Finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import COMPLETENESS_SCHEMA, Manifest
from lambdas.domain.money import stored_decimal
from lambdas.domain.verdict_words import PeriodVerdict, is_complete


@dataclass(frozen=True)
class PayerDigest:
    """One payer account of the period; `totals` by currency."""

    payer_account_id: str
    name: str
    verdict: str
    expected: int
    archived: int
    documents: int
    totals: Mapping[str, Decimal]
    outstanding: int
    """The number of expected invoices neither archived nor accepted as missing."""
    outstanding_totals: Mapping[str, Decimal]
    """The amounts of those that AWS lists, outside the totals."""
    open_currencies: tuple[str, ...] | None
    """The currencies of those, if nothing else can change the totals; None if that is not known."""
    blocking: tuple[Finding, ...]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PayerDigest":
        verdict = _text(data["verdict"])
        expected, archived = _count(data["expected"]), _count(data["archived"])
        accepted = {
            found["subject"]
            for found in data["findings"]
            if found["severity"] == "warning" and found["code"] in DOCUMENT_GAPS
        }
        not_noted = 0 if is_complete(verdict) else max(0, expected - archived - len(accepted))
        currencies = data.get("open_currencies")
        return cls(
            _text(data["payer_account_id"]),
            _text(data["name"]),
            verdict,
            expected,
            archived,
            _count(data["documents"]),
            _totals(data["totals"]),
            _count(data.get("unarchived", not_noted)),
            _totals(data.get("outstanding_totals", [])),
            None if currencies is None else tuple(map(_text, currencies)),
            _blocking(data["findings"]),
        )

    @property
    def is_complete(self) -> bool:
        return is_complete(self.verdict)


@dataclass(frozen=True)
class PeriodDigest:
    """One period: its verdict, its payer accounts and the findings that block."""

    billing_period: BillingPeriod
    verdict: str
    generated_at: str
    closed_at: str | None
    manifest: str | None
    """Key of the manifest of this verdict; None if none can be read."""
    totals: Mapping[str, Decimal]
    payers: tuple[PayerDigest, ...]
    blocking: tuple[Finding, ...]
    """Those on the period as a whole."""
    last_day: date | None
    """The last day on which nothing of the period was overdue."""
    outstanding_totals: Mapping[str, Decimal] = field(default_factory=dict)
    """The amounts of outstanding invoices as AWS lists them per currency, outside the totals."""
    as_of: datetime | None = field(default=None, compare=False)
    """The instant as of which it is read, if that is later: a month that stays the same has an old
    manifest, and its deadline passes all the same.
    """

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PeriodDigest":
        """Read a `completeness.json`.

        Raises ValueError, LookupError, TypeError or AttributeError for anything else. Any writer to
        the bucket can write that file, so all that pages use of it is checked here.
        """
        if data.get("schema") != COMPLETENESS_SCHEMA:
            raise ValueError(f"its schema is {data.get('schema')!r}, not {COMPLETENESS_SCHEMA!r}")
        if data["verdict"] not in get_args(PeriodVerdict):
            raise ValueError(f"{data['verdict']!r} is no verdict of a period")
        read_instant(data["generated_at"])
        return cls(
            BillingPeriod.parse(data["billing_period"]),
            data["verdict"],
            data["generated_at"],
            _text_or_none(data["closed_at"]),
            _text_or_none(data["manifest"]),
            _totals(data["totals"]),
            tuple(map(PayerDigest.from_data, data["payers"])),
            _blocking(data["findings"]),
            date.fromisoformat(data["last_day"]) if data.get("last_day") else None,
            outstanding_totals=_totals(data.get("outstanding_totals", [])),
        )

    @classmethod
    def of(cls, manifest: Manifest, as_of: datetime | None = None) -> "PeriodDigest":
        return cls.from_data(manifest.completeness()).read_as_of(as_of)

    def read_as_of(self, as_of: datetime | None) -> "PeriodDigest":
        return replace(self, as_of=as_of)

    @property
    def instant(self) -> datetime:
        """The instant as of which it is read."""
        generated_at = read_instant(self.generated_at)
        return max(generated_at, self.as_of or generated_at)

    @property
    def today(self) -> date:
        return self.instant.date()

    @property
    def is_overdue(self) -> bool:
        return self.last_day is not None and self.today > self.last_day

    @property
    def payers_complete(self) -> int:
        return sum(payer.is_complete for payer in self.payers)

    @property
    def expected(self) -> int:
        return sum(payer.expected for payer in self.payers)

    @property
    def archived(self) -> int:
        return sum(payer.archived for payer in self.payers)

    @property
    def outstanding(self) -> int:
        """The number of expected invoices neither archived nor accepted as missing."""
        return sum(payer.outstanding for payer in self.payers)

    @property
    def is_in_progress(self) -> bool:
        """True as long as AWS may issue more invoices of the month before its deadline."""
        if self.verdict == "COMPLETE":
            return False
        if self.last_day is None:
            return self.verdict == "AWAITING"
        return not self.is_overdue

    @property
    def is_complete(self) -> bool:
        """True if its totals are those of the whole month, as far as the archive knows."""
        return self.verdict == "COMPLETE" and self.payers_complete == len(self.payers)

    def totals_of(self, account_id: str | None) -> Mapping[str, Decimal]:
        """The totals of one payer account, which may be absent; of all of them for None."""
        if account_id is None:
            return self.totals
        payer = self.payer_of.get(account_id)
        return payer.totals if payer else {}

    @property
    def documents(self) -> int:
        return sum(payer.documents for payer in self.payers)

    @cached_property
    def payer_of(self) -> Mapping[str, PayerDigest]:
        return {payer.payer_account_id: payer for payer in self.payers}


def _totals(data: list[Mapping[str, str]]) -> dict[str, Decimal]:
    return {_text(one["currency"]): stored_decimal(one["amount"]) for one in data}


def _blocking(data: list[Mapping[str, str]]) -> tuple[Finding, ...]:
    """The blocking findings of codes that this release knows."""
    return tuple(
        Finding(f["code"], "blocking", *(_text(f[n]) for n in ("subject", "detail", "next_step")))
        for f in data
        if f["severity"] == "blocking" and f["code"] in KINDS
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no number")
    return value

"""A period's summary for the views of other periods, read from its `completeness.json`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, get_args

from lambdas.domain.billing_period import BillingPeriod
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

    @property
    def is_complete(self) -> bool:
        return is_complete(self.verdict)

    @property
    def unarchived(self) -> int:
        """Number of expected invoices that are not archived."""
        return self.expected - self.archived


@dataclass(frozen=True)
class PeriodDigest:
    """One period: its verdict, its payer accounts and the number of findings by blocking code."""

    billing_period: BillingPeriod
    verdict: str
    generated_at: str
    closed_at: str | None
    manifest: str | None
    """Key of the manifest of this verdict; None if none can be read."""
    totals: Mapping[str, Decimal]
    payers: tuple[PayerDigest, ...]
    blocking: Mapping[str, int]
    next_steps: Mapping[str, str]
    """By blocking code."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PeriodDigest":
        """Read a `completeness.json`.

        Raises ValueError, LookupError, TypeError or AttributeError for anything else. Any writer to
        the bucket can write that file, so all that pages use of it is checked here.
        """
        if data.get("schema") != COMPLETENESS_SCHEMA:
            raise ValueError(f"its schema is {data.get('schema')!r}, not {COMPLETENESS_SCHEMA!r}")
        found = [*data["findings"], *(f for payer in data["payers"] for f in payer["findings"])]
        blocking = [f for f in found if f["severity"] == "blocking"]
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
            tuple(
                PayerDigest(
                    _text(payer["payer_account_id"]),
                    _text(payer["name"]),
                    _text(payer["verdict"]),
                    _count(payer["expected"]),
                    _count(payer["archived"]),
                    _count(payer["documents"]),
                    _totals(payer["totals"]),
                )
                for payer in data["payers"]
            ),
            dict(sorted(Counter(_text(f["code"]) for f in blocking).items())),
            {f["code"]: _text(f["next_step"]) for f in blocking},
        )

    @classmethod
    def of(cls, manifest: Manifest) -> "PeriodDigest":
        return cls.from_data(manifest.completeness())

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
    def unarchived(self) -> int:
        """Number of expected invoices that are not archived."""
        return self.expected - self.archived

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

    def has_whole_totals(self, account_id: str | None) -> bool:
        """True if no outstanding invoice can change the totals. In a period that is not complete,
        an absent payer account may still get invoices.
        """
        payer = self.payer_of.get(account_id) if account_id else None
        return payer.is_complete if payer else self.is_complete

    @property
    def documents(self) -> int:
        return sum(payer.documents for payer in self.payers)

    @cached_property
    def payer_of(self) -> Mapping[str, PayerDigest]:
        return {payer.payer_account_id: payer for payer in self.payers}


def _totals(data: list[Mapping[str, str]]) -> dict[str, Decimal]:
    return {_text(one["currency"]): stored_decimal(one["amount"]) for one in data}


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

"""What other periods' views need to know of a period, read from its `completeness.json`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoice_summary import Amount
from lambdas.domain.manifests import COMPLETENESS_SCHEMA, Manifest
from lambdas.domain.verdicts import SETTLED_VERDICTS


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


@dataclass(frozen=True)
class PeriodDigest:
    """One period: its verdict, its payer accounts and how often each blocking code was found."""

    billing_period: BillingPeriod
    verdict: str
    closed_at: str | None
    manifest: str | None
    """Key of the manifest that says so; None where none can be read."""
    totals: Mapping[str, Decimal]
    payers: tuple[PayerDigest, ...]
    blocking: Mapping[str, int]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PeriodDigest":
        """Read a `completeness.json`.

        Raises ValueError, LookupError, TypeError or AttributeError for anything else.
        """
        if data.get("schema") != COMPLETENESS_SCHEMA:
            raise ValueError(f"its schema is {data.get('schema')!r}, not {COMPLETENESS_SCHEMA!r}")
        found = [*data["findings"], *(f for payer in data["payers"] for f in payer["findings"])]
        codes = Counter(f["code"] for f in found if f["severity"] == "blocking")
        return cls(
            BillingPeriod.parse(data["billing_period"]),
            data["verdict"],
            data["closed_at"],
            data["manifest"],
            _totals(data["totals"]),
            tuple(
                PayerDigest(
                    payer["payer_account_id"],
                    payer["name"],
                    payer["verdict"],
                    payer["expected"],
                    payer["archived"],
                    payer["documents"],
                    _totals(payer["totals"]),
                )
                for payer in data["payers"]
            ),
            dict(sorted(codes.items())),
        )

    @classmethod
    def of(cls, manifest: Manifest) -> "PeriodDigest":
        return cls.from_data(manifest.completeness())

    @property
    def settled(self) -> int:
        return sum(payer.verdict in SETTLED_VERDICTS for payer in self.payers)

    @property
    def expected(self) -> int:
        return sum(payer.expected for payer in self.payers)

    @property
    def archived(self) -> int:
        return sum(payer.archived for payer in self.payers)

    @property
    def documents(self) -> int:
        return sum(payer.documents for payer in self.payers)

    @cached_property
    def payer_of(self) -> Mapping[str, PayerDigest]:
        return {payer.payer_account_id: payer for payer in self.payers}


def _totals(data: list[Mapping[str, str]]) -> dict[str, Decimal]:
    amounts = (Amount.from_data(amount) for amount in data)
    return {amount.currency: amount.value for amount in amounts}

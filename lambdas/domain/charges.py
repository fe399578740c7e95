"""What Cost Explorer says of a payer account's charges in a billing period."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lambdas.domain.invoice_summary import EXACT, Amount, InvoiceSummary, decimal_text, sums
from lambdas.domain.issuers import billing_entity_of
from lambdas.domain.row_arithmetic import is_money


@dataclass(frozen=True)
class Charge:
    """A group of Cost Explorer's answer, in its own words; the amount is net and unblended."""

    linked_account_id: str
    billing_entity: str
    amount: Amount

    def to_data(self) -> dict[str, str]:
        return {
            "linked_account_id": self.linked_account_id,
            "billing_entity": self.billing_entity,
            **self.amount.to_data(),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, str]) -> "Charge":
        return cls(data["linked_account_id"], data["billing_entity"], Amount.from_data(data))


@dataclass(frozen=True)
class EntityCharges:
    """The charges of one billing entity: how many linked accounts have any, and all sums."""

    billing_entity: str
    """In Invoicing's word."""
    accounts: int
    totals: tuple[Amount, ...]

    @property
    def is_charged(self) -> bool:
        """Whether there is money in any linked account, or in what all of them make together."""
        return self.accounts > 0 or any(is_money(amount) for amount in self.totals)

    @property
    def is_to_be_paid(self) -> bool:
        """Whether credits leave something of them, so that a credit memo cannot be all."""
        return any(is_money(amount) and amount.value > 0 for amount in self.totals)

    def to_data(self) -> dict[str, Any]:
        return {
            "billing_entity": self.billing_entity,
            "accounts": self.accounts,
            "totals": [amount.to_data() for amount in self.totals],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "EntityCharges":
        totals = tuple(Amount.from_data(amount) for amount in data["totals"])
        return cls(data["billing_entity"], data["accounts"], totals)


@dataclass(frozen=True)
class Charges:
    """Cost Explorer's statement; `run_id` and `at` are None as long as it never answered."""

    run_id: str | None = None
    at: str | None = None
    is_final: bool = False
    """Whether AWS no longer calls the month's charges estimated."""
    entities: tuple[EntityCharges, ...] = ()
    not_read: str = ""
    """Why it could not be asked at last; empty when it could."""

    @property
    def was_read(self) -> bool:
        return self.at is not None

    @property
    def charged(self) -> frozenset[str]:
        """The billing entities with charges."""
        return frozenset(one.billing_entity for one in self.entities if one.is_charged)

    @property
    def to_be_paid(self) -> frozenset[str]:
        """Those of them of which credits leave something to pay."""
        return frozenset(one.billing_entity for one in self.entities if one.is_to_be_paid)

    def to_data(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "at": self.at,
            "is_final": self.is_final,
            "entities": [entity.to_data() for entity in self.entities],
            "not_read": self.not_read,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Charges":
        entities = tuple(EntityCharges.from_data(entity) for entity in data["entities"])
        return cls(data["run_id"], data["at"], data["is_final"], entities, data["not_read"])


@dataclass(frozen=True)
class ChargesAnswer:
    """What one run was answered, as it is kept below `runs/`.

    AWS bills each of the `requests` with 0.01 USD; one that it refuses costs nothing.
    """

    run_id: str
    at: str
    requests: int
    is_final: bool = False
    charges: tuple[Charge, ...] = ()
    not_read: str = ""

    def statement(self) -> Charges:
        """The charges summed up by billing entity."""
        if self.not_read:
            return Charges(not_read=self.not_read)
        of_entity: dict[str, list[Charge]] = defaultdict(list)
        for charge in self.charges:
            of_entity[billing_entity_of(charge.billing_entity)].append(charge)
        entities = tuple(
            EntityCharges(
                entity,
                len({one.linked_account_id for one in charges if is_money(one.amount)}),
                tuple(sums(one.amount for one in charges)),
            )
            for entity, charges in sorted(of_entity.items())
        )
        return Charges(self.run_id, self.at, self.is_final, entities)

    def to_data(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "at": self.at,
            "requests": self.requests,
            "is_final": self.is_final,
            "charges": [charge.to_data() for charge in self.charges],
            "not_read": self.not_read,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ChargesAnswer":
        charges = tuple(Charge.from_data(charge) for charge in data["charges"])
        return cls(
            data["run_id"],
            data["at"],
            data["requests"],
            data["is_final"],
            charges,
            data["not_read"],
        )


@dataclass(frozen=True)
class Residual:
    """Charges of a billing entity in one currency, and what the invoices leave of them.

    It is shown and never forced to zero: invoices are rounded, and some are in other currencies.
    """

    billing_entity: str
    charged: Amount
    invoiced: Amount
    not_compared: int
    """How many invoices tell no amount in this currency."""

    @property
    def residual(self) -> Amount:
        left = EXACT.subtract(self.charged.value, self.invoiced.value)
        return Amount(self.charged.currency, left)

    def to_data(self) -> dict[str, Any]:
        return {
            "billing_entity": self.billing_entity,
            "currency": self.charged.currency,
            "charged": decimal_text(self.charged.value),
            "invoiced": decimal_text(self.invoiced.value),
            "residual": decimal_text(self.residual.value),
            "not_compared": self.not_compared,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Residual":
        currency = data["currency"]
        return cls(
            data["billing_entity"],
            Amount(currency, Decimal(data["charged"])),
            Amount(currency, Decimal(data["invoiced"])),
            data["not_compared"],
        )


def residuals(charges: Charges, summaries: Sequence[InvoiceSummary]) -> tuple[Residual, ...]:
    """The charges against the rows of the payer account's invoices.

    Bills of other organizations (billing transfer) are in no charges of this one. A receipt and a
    copy for the tax office repeat another row.
    """
    found = []
    for entity in charges.entities:
        rows = [
            summary
            for summary in summaries
            if billing_entity_of(summary.billing_entity) == entity.billing_entity
            and not summary.repeats_another
            and not summary.bill_source_accounts
        ]
        for charged in entity.totals:
            amounts = [summary.amount_in(charged.currency) for summary in rows]
            told = sums(amount for amount in amounts if amount)
            invoiced = told[0] if told else Amount(charged.currency, Decimal(0))
            found.append(Residual(entity.billing_entity, charged, invoiced, amounts.count(None)))
    return tuple(found)

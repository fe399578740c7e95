"""What Cost Explorer says of a payer account's charges in a billing period."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lambdas.domain.invoices.issuers import AWS, billing_entity_of
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_form import INLINE, OMITTED, Form
from lambdas.domain.money import EXACT, Amount, decimal_text, is_money, stored_decimal, sums


@dataclass(frozen=True)
class Charge(Form):
    """A group of Cost Explorer's answer, in its own words; the amount is net and unblended."""

    linked_account_id: str
    billing_entity: str
    amount: Amount = field(metadata=INLINE)


@dataclass(frozen=True)
class EntityCharges(Form):
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


@dataclass(frozen=True)
class MonthTotal(Form):
    """A month's total without groups."""

    is_final: bool = False
    amounts: tuple[Amount, ...] = ()
    not_read: str = ""


@dataclass(frozen=True)
class Charges(Form):
    """Cost Explorer's statement; `run_id` and `at` are None as long as it never answered."""

    run_id: str | None = None
    at: str | None = None
    is_final: bool = False
    """Whether AWS no longer calls the month's charges estimated, and a total that was wanted was
    read.
    """
    entities: tuple[EntityCharges, ...] = ()
    """By its groups, which may leave out the part of Support that is shared among accounts."""
    not_read: str = ""
    """Why it could not be asked at last; empty when it could."""
    total: tuple[Amount, ...] | None = field(default=None, metadata=OMITTED)
    """The month's total without groups; None where it was not asked for or not read."""

    @property
    def was_read(self) -> bool:
        return self.at is not None

    @property
    def wants_total(self) -> bool:
        """Whether these final charges show nothing to pay to AWS, and no total confirms that.

        What groups leave out is AWS's own; where AWS is to be paid anyway it changes nothing.
        """
        to_be_paid = {one.billing_entity for one in self.entities if one.is_to_be_paid}
        return self.is_final and self.total is None and AWS not in to_be_paid

    @property
    def in_no_group(self) -> tuple[Amount, ...]:
        """The money that the total has and the groups have not."""
        if self.total is None:
            return ()
        grouped = (amount for entity in self.entities for amount in entity.totals)
        negative = [Amount(one.currency, one.value.copy_negate()) for one in grouped]
        return tuple(one for one in sums([*self.total, *negative]) if is_money(one))

    @property
    def by_entity(self) -> tuple[EntityCharges, ...]:
        """The charges of each billing entity, with what is in no group as charges of AWS."""
        if not self.in_no_group:
            return self.entities
        by_entity = {one.billing_entity: one for one in self.entities}
        of_aws = by_entity.get(AWS, EntityCharges(AWS, 0, ()))
        totals = tuple(sums([*of_aws.totals, *self.in_no_group]))
        by_entity[AWS] = EntityCharges(AWS, of_aws.accounts, totals)
        return tuple(one for _, one in sorted(by_entity.items()))

    @property
    def has_money(self) -> bool:
        """Whether there is any, by billing entity or in the total."""
        return bool(self.charged) or any(is_money(amount) for amount in self.total or ())

    @property
    def charged(self) -> frozenset[str]:
        """The billing entities with charges."""
        return frozenset(one.billing_entity for one in self.by_entity if one.is_charged)

    @property
    def to_be_paid(self) -> frozenset[str]:
        """Those of them of which credits leave something to pay."""
        return frozenset(one.billing_entity for one in self.by_entity if one.is_to_be_paid)


@dataclass(frozen=True)
class ChargesAnswer(Form):
    """What one run was answered, as it is kept below `runs/`.

    AWS bills each of the `requests` with 0.01 USD; one that it refuses costs nothing.
    """

    run_id: str
    at: str
    requests: int
    is_final: bool = False
    charges: tuple[Charge, ...] = ()
    not_read: str = ""
    total: MonthTotal | None = field(default=None, metadata=OMITTED)
    """None where it was not asked for."""

    @property
    def wants_total(self) -> bool:
        return self.statement().wants_total

    def statement(self) -> Charges:
        """The charges summed up by billing entity; without a total that was asked for they explain
        no more than an estimate does.
        """
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
        if self.total is None:
            return Charges(self.run_id, self.at, self.is_final, entities)
        return Charges(
            self.run_id,
            self.at,
            self.is_final and self.total.is_final,
            entities,
            self.total.not_read,
            None if self.total.not_read else tuple(sums(self.total.amounts)),
        )


@dataclass(frozen=True)
class Residual(Form):
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
            Amount(currency, stored_decimal(data["charged"])),
            Amount(currency, stored_decimal(data["invoiced"])),
            data["not_compared"],
        )


def residuals(charges: Charges, summaries: Sequence[InvoiceSummary]) -> tuple[Residual, ...]:
    """The charges against the rows of the payer account's invoices.

    Bills of other organizations (billing transfer) are in no charges of this one. A receipt and a
    copy for the tax office repeat another row.
    """
    found = []
    for entity in charges.by_entity:
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

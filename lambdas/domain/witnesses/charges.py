"""Cost Explorer's statement on a payer account's charges in a billing period."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from lambdas.domain.invoices.issuers import AWS, billing_entity_of
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_form import INLINE, OMITTED, Form
from lambdas.domain.money import EXACT, Amount, decimal_text, is_money, stored_decimal, sums


@dataclass(frozen=True)
class Charge(Form):
    """A group of Cost Explorer's answer, with its own names; the amount is net and unblended."""

    linked_account_id: str
    billing_entity: str
    amount: Amount = field(metadata=INLINE)


@dataclass(frozen=True)
class EntityCharges(Form):
    """The charges of one billing entity: the number of linked accounts with charges, and all
    sums.
    """

    billing_entity: str
    """The billing entity as Invoicing names it."""
    accounts: int
    totals: tuple[Amount, ...]

    @property
    def is_charged(self) -> bool:
        """True if any linked account, or the sum of all, has an amount of money."""
        return self.accounts > 0 or any(is_money(amount) for amount in self.totals)

    @property
    def is_to_be_paid(self) -> bool:
        """True if an amount to pay is left after credits, so that a credit memo cannot be all."""
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
    """True if AWS gives final figures for the month, and the total was read if it was wanted."""
    entities: tuple[EntityCharges, ...] = ()
    """The charges by group. Groups may leave out the part of Support that is shared among
    accounts.
    """
    not_read: str = ""
    """The reason why the last request failed; empty if it succeeded."""
    total: tuple[Amount, ...] | None = field(default=None, metadata=OMITTED)
    """The month's total without groups; None if it was not asked for or not read."""

    @property
    def was_read(self) -> bool:
        return self.at is not None

    @property
    def wants_total(self) -> bool:
        """True if these final charges show nothing to pay to AWS and no total confirms that.

        Charges left out of the groups are AWS's own, so they change nothing if AWS is to be paid
        anyway.
        """
        to_be_paid = {one.billing_entity for one in self.entities if one.is_to_be_paid}
        return self.is_final and self.total is None and AWS not in to_be_paid

    @property
    def in_no_group(self) -> tuple[Amount, ...]:
        """The amounts in the total that are in no group."""
        if self.total is None:
            return ()
        grouped = (amount for entity in self.entities for amount in entity.totals)
        negative = [Amount(one.currency, one.value.copy_negate()) for one in grouped]
        return tuple(one for one in sums([*self.total, *negative]) if is_money(one))

    @property
    def by_entity(self) -> tuple[EntityCharges, ...]:
        """The charges of each billing entity; amounts in no group count as charges of AWS."""
        if not self.in_no_group:
            return self.entities
        by_entity = {one.billing_entity: one for one in self.entities}
        of_aws = by_entity.get(AWS, EntityCharges(AWS, 0, ()))
        totals = tuple(sums([*of_aws.totals, *self.in_no_group]))
        by_entity[AWS] = EntityCharges(AWS, of_aws.accounts, totals)
        return tuple(one for _, one in sorted(by_entity.items()))

    @property
    def has_money(self) -> bool:
        """True if there is an amount of money, by billing entity or in the total."""
        return bool(self.charged) or any(is_money(amount) for amount in self.total or ())

    @property
    def charged(self) -> frozenset[str]:
        """The billing entities with charges."""
        return frozenset(one.billing_entity for one in self.by_entity if one.is_charged)

    @property
    def to_be_paid(self) -> frozenset[str]:
        """The billing entities with something to pay after credits."""
        return frozenset(one.billing_entity for one in self.by_entity if one.is_to_be_paid)


@dataclass(frozen=True)
class ReceivedCharges(Form):
    """Cost Explorer's answer. AWS bills each of the `requests` with 0.01 USD; a refused one costs
    nothing.
    """

    requests: int
    is_final: bool = False
    charges: tuple[Charge, ...] = ()
    not_read: str = ""
    total: MonthTotal | None = field(default=None, metadata=OMITTED)
    """None if it was not asked for."""

    @property
    def wants_total(self) -> bool:
        return self.statement().wants_total

    def statement(self) -> Charges:
        """The charges summed up by billing entity, without the run and the instant of the answer.
        If the total was asked for and not read, they count as an estimate.
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
            return Charges(is_final=self.is_final, entities=entities)
        return Charges(
            is_final=self.is_final and self.total.is_final,
            entities=entities,
            not_read=self.total.not_read,
            total=None if self.total.not_read else tuple(sums(self.total.amounts)),
        )


@dataclass(frozen=True)
class ChargesAnswer(Form):
    """Cost Explorer's answer to one run, as kept below `runs/`."""

    run_id: str
    at: str
    received: ReceivedCharges = field(metadata=INLINE)

    def statement(self) -> Charges:
        charges = self.received.statement()
        if self.received.not_read:
            return charges
        return replace(charges, run_id=self.run_id, at=self.at)


@dataclass(frozen=True)
class Residual(Form):
    """Charges of a billing entity in one currency, compared with the invoices.

    The residual is shown and never forced to zero: invoices are rounded, and some are in other
    currencies.
    """

    billing_entity: str
    charged: Amount
    invoiced: Amount
    not_compared: int
    """The number of invoices without an amount in this currency."""

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
    """The charges compared with the rows of the payer account's invoices.

    Bills of other organizations (billing transfer) are not in its charges and are left out. So are
    receipts and tax copies, which repeat another row.
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
            invoice_sums = sums(amount for amount in amounts if amount)
            invoiced = invoice_sums[0] if invoice_sums else Amount(charged.currency, Decimal(0))
            found.append(Residual(entity.billing_entity, charged, invoiced, amounts.count(None)))
    return tuple(found)

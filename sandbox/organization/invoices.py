"""Invoices of a payer account for a billing period, with the days on which they and their papers
appear.

Everything follows from the seed, the account and the period, so each run sees the same
organization. Days are of the month after the billing period unless stated otherwise.
"""

import random
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from sandbox.invoicing.catalogue import (
    BillingTransfer,
    Catalogue,
    CatalogueInvoice,
    CostLine,
    Document,
    InvoiceUnit,
    SupplementalDocument,
)
from sandbox.invoicing.faults import Fault
from sandbox.organization import papers, stories
from sandbox.organization.bills import BASE_CURRENCY, Bill, Charge, rounded
from sandbox.organization.costs import cost_lines, usage_by_account
from sandbox.organization.kept_papers import KeptPapers
from sandbox.organization.payers import MADE_UP_PAYERS, MadeUpPayer, MadeUpUnit, plain_payer

SEED = "an organization of eight payers"
FIRST_PERIOD = BillingPeriod(2025, 1)
DAILY_INVOICES = 111
"""Invoices of a payer that is billed daily; with its anniversary invoice a listing of 112 rows,
more than the largest page.
"""

_SERVICES = {
    "Amazon Elastic Compute Cloud": 40,
    "Amazon Relational Database Service": 25,
    "Amazon Simple Storage Service": 16,
    "AWS Data Transfer": 9,
    "Amazon CloudFront": 7,
    "Amazon Elastic Kubernetes Service": 7,
    "AmazonCloudWatch": 6,
    "AWS Lambda": 5,
    "Amazon DynamoDB": 5,
    "Amazon Virtual Private Cloud": 4,
    "AWS Key Management Service": 2,
    "Amazon Simple Queue Service": 1,
}
"""Services with their usual share of a bill, in no unit."""
_MAJOR, _OFTEN = 10, 0.55
"""Services above this share are in every bill, the others in a bill with this probability."""
_PRODUCTS = {
    "Corvid Log Analytics, contract": "Corvid Software, Inc.",
    "Tessellate Endpoint Security, per host": "Tessellate Security Ltd",
    "Quayside CI runners, per minute": "Quayside Build GmbH",
}
"""Products on the Marketplace, with their vendors."""
_USD_RATES = {
    "USD": Decimal(1),
    "EUR": Decimal("0.91870"),
    "GBP": Decimal("0.78640"),
    "JPY": Decimal("149.62000"),
    "BRL": Decimal("5.43100"),
    "INR": Decimal("84.91200"),
    "KWD": Decimal("0.30720"),
    "ILS": Decimal("3.64100"),
    "CHF": Decimal("0.88450"),
    "CAD": Decimal("1.37260"),
    "AUD": Decimal("1.52310"),
    "SGD": Decimal("1.33840"),
}
_VISIBLE_AFTER = timedelta(hours=3)
_READY_AFTER = timedelta(hours=4)
_GOVERNMENT_READY_AFTER = timedelta(hours=40)
_LAST_ANNIVERSARY_DAY = 5


class Organization(Catalogue):
    """The catalogue of a register: `payers` is the name of each payer account by its id.

    The `made_up` payers bring their own story, any other account gets one plain invoice a month.
    Invoices are made at the first query about their payer, papers at each download or, with
    `kept_papers`, at the first.
    """

    def __init__(
        self,
        payers: Mapping[str, str],
        *,
        seed: str = SEED,
        kept_papers: KeptPapers | None = None,
        made_up: Iterable[MadeUpPayer] = MADE_UP_PAYERS,
    ) -> None:
        known = {payer.account_id: payer for payer in made_up}
        self._payers = {
            account_id: known.get(account_id) or plain_payer(account_id, name)
            for account_id, name in payers.items()
        }
        self._seed = seed
        self._kept = kept_papers.of if kept_papers else _as_made
        self._invoices: dict[tuple[str, BillingPeriod], Mapping[str, CatalogueInvoice]] = {}

    def payer_account_ids(self) -> Collection[str]:
        return self._payers.keys()

    def linked_accounts(self, payer_account_id: str) -> Collection[str]:
        payer = self._payers.get(payer_account_id)
        return payer.linked_accounts if payer else ()

    def invoices(self, payer_account_id: str, until: datetime) -> Mapping[str, CatalogueInvoice]:
        """Invoices of all billing periods from FIRST_PERIOD to that of `until`; see Catalogue."""
        payer, last = self._payers.get(payer_account_id), BillingPeriod.containing(until)
        if payer is None or last < FIRST_PERIOD:
            return {}
        key = (payer_account_id, last)
        if key not in self._invoices:
            earlier = self.invoices(payer_account_id, _midnight(last.first_day) - timedelta(days=1))
            made = _Period(payer, last, self._seed).invoices()
            self._invoices[key] = {**earlier, **{one.invoice_id: self._kept(one) for one in made}}
        return self._invoices[key]

    def costs_without_invoice(self, payer_account_id: str, until: datetime) -> Sequence[CostLine]:
        payer, period = self._payers.get(payer_account_id), FIRST_PERIOD
        lines: list[CostLine] = []
        while payer and period <= BillingPeriod.containing(until):
            lines += _Period(payer, period, self._seed).costs_without_invoice()
            period = period.shifted(1)
        return lines

    def unlisted_invoices(self, payer_account_id: str) -> Sequence[CatalogueInvoice]:
        payer = self._payers.get(payer_account_id)
        return _Period(payer, stories.OWED, self._seed).unlisted() if payer else ()

    def invoice_units(self, payer_account_id: str) -> Sequence[InvoiceUnit]:
        payer = self._payers.get(payer_account_id)
        return [
            InvoiceUnit(
                unit.name,
                unit.receiver,
                unit.linked_accounts,
                since=_midnight(unit.since.first_day),
                description=unit.legal_entity,
            )
            for unit in (payer.units if payer else ())
        ]

    def shows_receivers(self, payer_account_id: str) -> bool:
        payer = self._payers.get(payer_account_id)
        return payer is not None and payer.shows_receivers

    def is_standalone(self, payer_account_id: str) -> bool:
        payer = self._payers.get(payer_account_id)
        return payer is not None and payer.is_standalone

    def transfers(self) -> Sequence[BillingTransfer]:
        return stories.TRANSFERS

    def faults(self, now: datetime) -> Sequence[Fault]:
        return stories.faults(now)


class _Period:
    """One payer's billing period while its invoices are made."""

    def __init__(self, payer: MadeUpPayer, period: BillingPeriod, seed: str) -> None:
        self._payer = payer
        self._period = period
        self._seed = seed
        self._story = (payer.account_id, period)

    def invoices(self) -> list[CatalogueInvoice]:
        customs = self._payer.customs
        if "no_charges" in customs or self._is_transferred():
            return []
        anniversary = self.anniversary()
        made = [self._anniversary_invoice(anniversary)]
        made.extend(self._invoice(bill) for bill in self._transferred_bills())
        made.extend(self._unit_invoice(*numbered) for numbered in enumerate(self._units()))
        if "tax_copy" in customs:
            made.append(self._tax_copy_invoice(anniversary))
        if "marketplace" in customs and self._story not in stories.MARKETPLACE_PAUSES:
            made.append(self._invoice(self._marketplace()))
        if "support" in customs:
            made.append(self._invoice(self._support(anniversary)))
        if "payment_receipt" in customs:
            made.append(self._invoice(self._payment_receipt(anniversary)))
        if "one_time_purchase" in customs:
            made.append(self._invoice(self._one_time_purchase()))
        if "credit_memo" in customs and self._period > FIRST_PERIOD:
            made.append(self._invoice(self._credit_memo()))
        if "late_invoice" in customs and self._period not in stories.NOTHING_LATE:
            made.append(self._invoice(self._late_invoice()))
        if "daily_invoices" in customs:
            made.extend(self._invoice(bill) for bill in self._daily_invoices())
        return made

    def costs_without_invoice(self) -> Sequence[CostLine]:
        """Charges that Cost Explorer shows although no invoice of the payer bills them."""
        if self._story in stories.CHARGES_UNINVOICED:
            return cost_lines(self._marketplace(), self._accounts(), self._seed)
        if self._is_transferred() and self._payer.account_id in stories.PRO_FORMA:
            return cost_lines(self.anniversary(), self._accounts(), self._seed)
        return ()

    def unlisted(self) -> list[CatalogueInvoice]:
        """Invoices and credit memos that AWS Payments has and Invoicing never lists."""
        unlisted = []
        if self._story in stories.UNLISTED_INVOICES:
            issued = self._issued(self._next_month(4), "unlisted")
            unlisted.append(self._bill(400, issued, self._usage("unlisted", Decimal(1900))))
        if self._story in stories.UNLISTED_CREDITS:
            credit = Charge("Service credit", -self._amount("unlisted", Decimal(260)), "Credit")
            issued = self._issued(self._next_month(5), "unlisted")
            unlisted.append(
                self._bill(401, issued, (credit,), invoice_type="CREDIT_MEMO", bill_type="REFUND")
            )
        return [self._invoice(bill) for bill in unlisted]

    def anniversary(self) -> Bill:
        """The month's bill, issued on day 2 to 5."""
        charges = self._usage("anniversary", self._payer.monthly_usd)
        if "covered_by_credits" in self._payer.customs:
            spent = sum((charge.amount for charge in charges), Decimal(0))
            charges = (*charges, Charge("AWS Activate credits", -spent, "Credit"))
        return self._bill(0, self._anniversary_time("anniversary"), charges)

    def _anniversary_time(self, what: str) -> datetime:
        days = self._random("anniversary day").randrange(_LAST_ANNIVERSARY_DAY - 1)
        return self._issued(self._next_month(2 + days), what)

    def _is_transferred(self) -> bool:
        transfers = stories.transfers_in(self._period)
        return any(transfer.source == self._payer.account_id for transfer in transfers)

    def _units(self) -> list[MadeUpUnit]:
        return [unit for unit in self._payer.units if unit.since <= self._period]

    def _accounts(self) -> list[str]:
        """Accounts of the payer's own charges: all outside its units."""
        elsewhere = {account for unit in self._units() for account in unit.linked_accounts}
        accounts = (self._payer.account_id, *self._payer.linked_accounts)
        return [account for account in accounts if account not in elsewhere]

    def _anniversary_invoice(self, bill: Bill) -> CatalogueInvoice:
        customs = self._payer.customs
        if "government_invoice" in customs:
            return self._invoice(bill, supplements=self._government_papers(bill))
        if "late_supplement" in customs:
            ready = self._next_month(16, hour=5)
            usage = usage_by_account(bill, self._accounts(), self._seed)
            return self._invoice(
                bill,
                supplements=(
                    _supplement(
                        "SUPPLEMENT",
                        f"ANX-{bill.invoice_id}",
                        partial(papers.annexure, usage=usage),
                        bill,
                        ready,
                    ),
                ),
            )
        if "receipt_supplement" in customs:
            receipt = _supplement(
                "PAYMENT_RECEIPT", f"RCPT-{bill.invoice_id}", papers.receipt, bill
            )
            return self._invoice(bill, supplements=(receipt,))
        if "slow_pdf" in customs:
            day = stories.SLOW_PDF_DAYS.get(self._period, 14)
            return self._invoice(bill, ready_from=self._next_month(day, hour=12))
        if "rendered_anew" in customs:
            return self._invoice(
                bill, content=lambda: papers.invoice(bill, rendering=uuid.uuid4().hex)
            )
        return self._invoice(bill)

    def _transferred_bills(self) -> Iterable[Bill]:
        """The bills of other accounts, one for each, on the day of this one's own."""
        made_up = {payer.account_id: payer for payer in MADE_UP_PAYERS}
        for transfer in stories.transfers_in(self._period):
            source = transfer.source
            if transfer.target == self._payer.account_id:
                yield self._bill(
                    200 + [*made_up].index(source),
                    self._anniversary_time(f"transferred {source}"),
                    self._usage(f"transferred {source}", made_up[source].monthly_usd),
                    source_account=source,
                )

    def _unit_invoice(self, index: int, unit: MadeUpUnit) -> CatalogueInvoice:
        """The invoice of a unit, to its receiver, on the day of the payer's own."""
        receiver = replace(
            self._payer,
            account_id=unit.receiver,
            legal_entity=unit.legal_entity,
            printed_name="",
            address=unit.address,
            tax_id=unit.tax_id,
        )
        bill = self._bill(
            300 + index,
            self._anniversary_time(f"unit {unit.name}"),
            self._usage(f"unit {unit.name}", unit.monthly_usd),
            payer=receiver,
        )
        return self._invoice(bill, accounts=unit.linked_accounts)

    def _tax_copy_invoice(self, commercial: Bill) -> CatalogueInvoice:
        day = stories.TAX_COPY_DAYS.get(self._story)
        ready_from = self._next_month(day, hour=12) if day else None
        return self._invoice(self._tax_copy(commercial), ready_from=ready_from)

    def _tax_copy(self, commercial: Bill) -> Bill:
        """The same bill for the tax office, one day later, under an id of its own."""
        issued = commercial.issued + timedelta(days=1)
        return self._bill(
            1,
            issued,
            commercial.charges,
            country_id=True,
            commercial_invoice_id=commercial.invoice_id,
        )

    def _marketplace(self) -> Bill:
        """Software of third parties, mostly on day 3, with an exchange rate of its own."""
        product = self._random("product").choice([*_PRODUCTS])
        day = stories.MARKETPLACE_DAYS.get(self._story, 3)
        return self._bill(
            2,
            self._issued(self._next_month(day), "marketplace"),
            (Charge(product, self._amount("marketplace", Decimal(1480))),),
            billing_entity="AWS_MARKETPLACE",
            vendor=_PRODUCTS[product],
        )

    def _support(self, anniversary: Bill) -> Bill:
        """The support plan on day 6 or 7, a tenth of the usage."""
        issued = self._issued(
            self._next_month(6 + self._random("support day").randrange(2)), "support"
        )
        fee = rounded(anniversary.base.before_tax / 10, BASE_CURRENCY)
        return self._bill(3, issued, (Charge("AWS Support (Business)", fee, "Support"),))

    def _payment_receipt(self, anniversary: Bill) -> Bill:
        """The card payment of the anniversary invoice, one day after it."""
        return self._bill(
            4,
            anniversary.issued + timedelta(days=1),
            anniversary.charges,
            invoice_type="PAYMENT_RECEIPT",
            frequency="ONE_TIME",
            original_invoice_id=anniversary.invoice_id,
        )

    def _one_time_purchase(self) -> Bill:
        """A Savings Plan paid upfront on day 15 of the billing period itself."""
        return self._bill(
            5,
            self._issued(_midnight(self._period.first_day.replace(day=15)), "purchase"),
            (
                Charge(
                    "Compute Savings Plan, 1 year, all upfront",
                    self._amount("purchase", Decimal(2600)),
                    "SavingsPlanUpfrontFee",
                ),
            ),
            bill_type="PURCHASE",
            frequency="ONE_TIME",
        )

    def _credit_memo(self) -> Bill:
        """A correction of the previous period's anniversary invoice, on day 20 of the billing
        period itself.
        """
        original = _Period(self._payer, self._period.shifted(-1), self._seed).anniversary()
        return self._bill(
            6,
            self._issued(_midnight(self._period.first_day.replace(day=20)), "credit"),
            (
                Charge(
                    f"Credit: {original.charges[0].description}",
                    -self._amount("credit", Decimal(340)),
                    "Refund",
                ),
            ),
            invoice_type="CREDIT_MEMO",
            bill_type="REFUND",
            frequency="ONE_TIME",
            original_invoice_id=original.invoice_id,
        )

    def _late_invoice(self) -> Bill:
        """Usage that was metered late, on day 18, after the usual deadline."""
        return self._bill(
            7,
            self._issued(self._next_month(18), "late"),
            self._usage("late", Decimal(410))[:2],
            is_late=True,
        )

    def _daily_invoices(self) -> Iterable[Bill]:
        """Small invoices through the whole period, each issued on the day after its usage, by cost
        centre.
        """
        days = (self._period.first_day_after - self._period.first_day).days
        services = [*_SERVICES]
        for index in range(DAILY_INVOICES):
            issued = self._issued(
                _midnight(self._period.first_day)
                + timedelta(days=1 + index * days // DAILY_INVOICES),
                f"daily {index}",
            )
            yield self._bill(
                10 + index,
                issued,
                (Charge(services[index % 4], self._amount(f"daily {index}", Decimal(44))),),
                country_id=True,
                purchase_order=f"CC-{4100 + index % 4 * 10}",
                usage_day=issued.date() - timedelta(days=1),
            )

    def _government_papers(self, bill: Bill) -> tuple[SupplementalDocument, ...]:
        """The municipality's paper and the machine-readable one, two days after the invoice."""
        ready_from = bill.issued + _GOVERNMENT_READY_AFTER
        code = self._random("access key").randrange(10**9)
        access_key = f"35{bill.issued:%y%m}2341224700011055001{bill.printed_number:0>9}1{code:09d}"
        return (
            _supplement(
                "GOVERNMENT_INVOICE",
                f"NFSE-{bill.printed_number}",
                papers.government_invoice,
                bill,
                ready_from,
            ),
            _supplement(
                "TAX_E_INVOICE",
                access_key,
                partial(papers.electronic_invoice, access_key),
                bill,
                ready_from,
                content_type="application/xml",
            ),
        )

    def _invoice(
        self,
        bill: Bill,
        *,
        ready_from: datetime | None = None,
        content: Callable[[], bytes] | None = None,
        supplements: tuple[SupplementalDocument, ...] = (),
        accounts: Sequence[str] = (),
    ) -> CatalogueInvoice:
        """The bill as an invoice; its charges arose in `accounts`, by default in the payer's."""
        ready = ready_from or bill.issued + _READY_AFTER
        document = Document(content or partial(papers.invoice, bill), ready)
        costs: Sequence[CostLine] | Callable[[], Sequence[CostLine]] = ()
        if not bill.source_account and self._story not in stories.INVOICES_UNCHARGED:
            costs = partial(cost_lines, bill, accounts or self._accounts(), self._seed)
        return CatalogueInvoice(
            bill.summary(),
            bill.issued + _VISIBLE_AFTER,
            document,
            supplements,
            costs,
            payment=stories.payment(
                self._payer.account_id,
                bill.invoice_type,
                bill.bill_type,
                by_card=bill.due.date() == bill.issued.date(),
            ),
        )

    def _bill(
        self,
        ordinal: int,
        issued: datetime,
        charges: tuple[Charge, ...],
        *,
        country_id: bool = False,
        **particulars: Any,
    ) -> Bill:
        """A bill of this payer and period; `ordinal` distinguishes the period's bills, so that no
        two get the same id. `country_id` requests an id of the seller's country.
        """
        payer, ten_digits = self._payer, str(self._number(ordinal, 1_000_000_000, step=7919))
        invoice_id = ten_digits
        if country_id or payer.seller.reports or payer.seller.numbers_all:
            number = self._number(ordinal, 1_000_000, step=7)
            invoice_id = f"{payer.seller.invoice_prefix}{issued:%y}-{number}"
        by_government = "government_invoice" in payer.customs
        defaults: dict[str, Any] = {"payer": payer, "purchase_order": payer.purchase_order}
        return Bill(
            seller=payer.seller,
            invoice_id=invoice_id,
            printed_number=ten_digits[2:] if by_government else invoice_id,
            period=self._period,
            issued=issued,
            charges=charges,
            exchange_rate=self._exchange_rate(particulars.get("billing_entity", "AWS")),
            **defaults | particulars,
        )

    def _usage(self, what: str, spend: Decimal) -> tuple[Charge, ...]:
        """The spend of a month spread over some services, the largest first."""
        randomness = self._random(f"usage {what}")
        used = {
            service: usual * randomness.randrange(50, 200)
            for service, usual in _SERVICES.items()
            if usual > _MAJOR or randomness.random() < _OFTEN
        }
        total = self._amount(f"usage {what}", spend)
        return tuple(
            Charge(service, rounded(total * share / sum(used.values()), BASE_CURRENCY))
            for service, share in sorted(used.items(), key=lambda item: -item[1])
        )

    def _amount(self, what: str, usual: Decimal) -> Decimal:
        """The usual amount within ten percent."""
        return rounded(
            usual * self._random(f"amount {what}").randrange(9000, 11000) / 10_000, BASE_CURRENCY
        )

    def _exchange_rate(self, billing_entity: str) -> Decimal:
        currency = self._payer.seller.currency
        if currency == BASE_CURRENCY:
            return Decimal(1)
        drift = random.Random(f"{self._seed} {currency} {self._period} {billing_entity}").randrange(
            9800, 10_200
        )
        return (_USD_RATES[currency] * drift / 10_000).quantize(Decimal("0.00001"))

    def _number(self, ordinal: int, lowest: int, *, step: int) -> int:
        """A number of as many digits as `lowest`, which no other bill of the payer's year has:
        numbers rise with month and ordinal.
        """
        year = f"{self._seed} {self._payer.account_id} {self._period.year} {step}"
        first = random.Random(year).randrange(lowest, lowest * 98 // 10)
        return first + (self._period.month * 1000 + ordinal) * step

    def _issued(self, day: datetime, what: str) -> datetime:
        return day + timedelta(seconds=self._random(f"time {what}").randrange(2 * 3600, 18 * 3600))

    def _next_month(self, day: int, *, hour: int = 0) -> datetime:
        return _midnight(self._period.first_day_after.replace(day=day)) + timedelta(hours=hour)

    def _random(self, what: str) -> random.Random:
        return random.Random(f"{self._seed} {self._payer.account_id} {self._period} {what}")


def _as_made(invoice: CatalogueInvoice) -> CatalogueInvoice:
    return invoice


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _supplement(
    document_type: str,
    document_id: str,
    paper: Callable[[Bill], bytes],
    bill: Bill,
    ready_from: datetime | None = None,
    *,
    content_type: str = "application/pdf",
) -> SupplementalDocument:
    return SupplementalDocument(
        partial(paper, bill),
        ready_from or bill.issued + _READY_AFTER,
        content_type,
        document_type=document_type,
        document_id=document_id,
    )

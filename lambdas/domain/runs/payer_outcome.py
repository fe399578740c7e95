"""The results of a run for one payer account, in all billing periods."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.outcome import CHECKED, NOT_CHECKED
from lambdas.domain.runs.payer_run import ListingNote, UnusableRow
from lambdas.domain.witnesses.billing_transfers import Transfers
from lambdas.domain.witnesses.statements import InvoiceUnits


@dataclass(frozen=True)
class PayerOutcome:
    """The results of this run for one payer account that it had to ask, in all billing periods."""

    payer_account_id: str
    outcome: str
    detail: str
    billing_periods: tuple[BillingPeriod, ...]
    listed_ids: frozenset[str] = frozenset()
    unusable: tuple[UnusableRow, ...] = ()
    archived: tuple[ArchivedInvoice, ...] = ()
    outstanding: tuple[OutstandingInvoice, ...] = ()
    units: InvoiceUnits | None = None
    transfers: Transfers | None = None
    rows: Mapping[str, InvoiceSummary] = field(default_factory=dict)
    """AWS's rows, by invoice id."""
    notes: tuple[ListingNote, ...] = ()
    refused: Mapping[BillingPeriod, str] = field(default_factory=dict)
    """The billing periods that AWS did not list, with its answer."""
    roles_listed: bool | None = None
    """True if the listings by receiver role were read; None: they were not asked."""
    unfinished: Mapping[BillingPeriod, str] = field(default_factory=dict)
    """The reasons why a billing period's listings may not show all its invoices, by period."""
    payments: PaymentsAnswer | None = None
    """AWS Payments' answer, of one period or with no records; None: it was not asked."""
    is_lost: bool = False
    """True if the run's files on it cannot be read; `detail` says more."""

    @property
    def periods_read(self) -> frozenset[BillingPeriod]:
        """The billing periods that were checked as far as AWS lists them."""
        periods = self.billing_periods if self.outcome == CHECKED else ()
        return frozenset(one for one in periods if self._cause(one) is None)

    def of_period(self, period: BillingPeriod) -> "PayerOutcome":
        """The outcome in one period: NOT_CHECKED if the period's listings are not whole."""
        cause = self._cause(period)
        if cause is None or self.outcome != CHECKED:
            return self
        return replace(self, outcome=NOT_CHECKED, detail=cause)

    def _cause(self, period: BillingPeriod) -> str | None:
        """The reason why the period was not checked, or None. A refused period counts only if it is
        the latest one: the run does not depend on earlier ones.
        """
        if period == max(self.billing_periods) and period in self.refused:
            return self.refused[period]
        return self.unfinished.get(period)

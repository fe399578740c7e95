"""What a run found out about one payer account, whatever the billing period."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.runs.outcome import CHECKED, NOT_CHECKED
from lambdas.domain.runs.payer_run import ListingNote, UnusableRow
from lambdas.domain.witnesses.billing_transfers import Transfers
from lambdas.domain.witnesses.statements import InvoiceUnits


@dataclass(frozen=True)
class PayerOutcome:
    """What this run found out about one payer account that it was to ask, whatever the period."""

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
    """What AWS lists, by invoice id."""
    notes: tuple[ListingNote, ...] = ()
    refused: Mapping[BillingPeriod, str] = field(default_factory=dict)
    """The billing periods that AWS did not list, with its answer."""
    roles_listed: bool | None = None
    """Whether the listings by receiver role were read; None: they were not asked."""
    unfinished: Mapping[BillingPeriod, str] = field(default_factory=dict)
    """Why the listings of a billing period may not show all its invoices, by period."""
    is_lost: bool = False
    """Whether what the run noted of it cannot be understood; `detail` says more."""

    @property
    def periods_read(self) -> frozenset[BillingPeriod]:
        """The billing periods that were looked through as far as AWS lists them."""
        periods = self.billing_periods if self.outcome == CHECKED else ()
        return frozenset(one for one in periods if self._cause(one) is None)

    def of_period(self, period: BillingPeriod) -> "PayerOutcome":
        """The outcome in one period: it is not checked where its listings are not whole."""
        cause = self._cause(period)
        if cause is None or self.outcome != CHECKED:
            return self
        return replace(self, outcome=NOT_CHECKED, detail=cause)

    def _cause(self, period: BillingPeriod) -> str | None:
        """Why the period was not checked. An earlier one that AWS refuses is none of what the run
        is for; without the latest one nothing was checked.
        """
        if period == max(self.billing_periods) and period in self.refused:
            return self.refused[period]
        return self.unfinished.get(period)

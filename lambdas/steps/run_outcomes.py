"""The outcome of each payer account that a run asked, kept on disk by billing period.

A run may judge many periods with many invoices each. Only those of the current one are in memory.
"""

import gzip
import os
import pickle
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.findings import finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.domain.runs.outcome import CHECKED, NOT_CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.runs.payer_run import ListedInvoice, PayerRun
from lambdas.domain.stored_form import NotUnderstood
from lambdas.steps.run_files import RunFiles
from lambdas.telemetry import logger

_READ_THREADS = 16
_SMALL = 4 << 20
_MOST_PERIODS = 60
"""Limit for one payer account's periods besides those asked for: corrections of five years. Each is
judged, and a run has minutes for all of them.
"""


class OutcomesNotKept(Exception):
    """The function's own storage cannot take the run's outcomes."""

    def __init__(self, error: OSError) -> None:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        super().__init__(
            f"The function's own storage (/tmp) does not take what the run found ({why}). Give "
            "ValidateCompleteness more ephemeral storage, then start a run."
        )


@dataclass
class _Part:
    """The part of one payer account's outcome in one billing period."""

    account_id: str
    archived: tuple[ArchivedInvoice, ...]
    outstanding: tuple[OutstandingInvoice, ...]
    rows: dict[str, InvoiceSummary]


class RunOutcomes:
    """The outcomes of one run. A context whose end deletes the files on disk."""

    def __init__(self, archive: Archive, items: Sequence[PayerRun]) -> None:
        self.periods: set[BillingPeriod] = set()
        """All periods in which the run found something, asked for or not."""
        self.payment_periods: set[BillingPeriod] = set()
        """All periods that AWS Payments has records of."""
        with ExitStack() as stack:
            self._folder = Path(tempfile.mkdtemp(prefix="outcomes-"))
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self.without_invoices = [self._set_aside(one) for one in _outcomes(archive, items)]
            self._end = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.close()

    def of_period(self, period: BillingPeriod) -> list[PayerOutcome]:
        """All outcomes, with the invoices and financial records of this period only."""
        parts = {part.account_id: part for part in self._kept(str(period))}
        payments = self.payments_of(period)
        outcomes = [
            replace(one, payments=payments.get(one.payer_account_id))
            for one in self.without_invoices
        ]
        return [
            replace(one, archived=part.archived, outstanding=part.outstanding, rows=part.rows)
            if (part := parts.get(one.payer_account_id))
            else one
            for one in outcomes
        ]

    def payments_of(self, period: BillingPeriod) -> dict[str, PaymentsAnswer]:
        """AWS Payments' answers by payer account, with the records of this period only."""
        records = dict(self._kept(_payments_file(period)))
        return {
            one.payer_account_id: replace(
                one.payments, records=records.get(one.payer_account_id, ())
            )
            for one in self.without_invoices
            if one.payments
        }

    def _set_aside(self, outcome: PayerOutcome) -> PayerOutcome:
        """Move the outcome's invoices to disk; return it without them."""
        archived, outstanding = defaultdict(list), defaultdict(list)
        for invoice in outcome.archived:
            archived[invoice.billing_period].append(invoice)
        for missing in outcome.outstanding:
            outstanding[missing.billing_period].append(missing)
        for period in {*archived, *outstanding}:
            part = _Part(
                outcome.payer_account_id,
                tuple(archived[period]),
                tuple(outstanding[period]),
                {
                    one.invoice_id: outcome.rows[one.invoice_id]
                    for one in archived[period]
                    if one.invoice_id in outcome.rows
                },
            )
            self._append(str(period), part)
        self.periods |= {*archived, *outstanding}
        self.periods |= {row.billing_period for row in outcome.unusable if row.billing_period}
        payments = outcome.payments and self._payments_set_aside(outcome, outcome.payments)
        return replace(outcome, archived=(), outstanding=(), rows={}, payments=payments)

    def _payments_set_aside(self, outcome: PayerOutcome, answer: PaymentsAnswer) -> PaymentsAnswer:
        """Move the financial records to disk; return the answer without them."""
        for period in answer.periods:
            records = answer.of_period(period)
            self._append(_payments_file(period), (outcome.payer_account_id, records))
        self.payment_periods |= {*answer.periods}
        return answer.without_records()

    def _append(self, name: str, part: object) -> None:
        try:
            with gzip.open(self._folder / name, "ab", compresslevel=1) as file:
                pickle.dump(part, file)
        except OSError as error:
            raise OutcomesNotKept(error) from error

    def _kept(self, name: str) -> Iterator[Any]:
        if not (self._folder / name).exists():
            return
        with gzip.open(self._folder / name) as file:
            while file.peek(1):
                yield pickle.load(file)  # noqa: S301 - this object wrote it just now


def _payments_file(period: BillingPeriod) -> str:
    return f"payments-{period}"


def _outcomes(archive: Archive, items: Sequence[PayerRun]) -> Iterator[PayerOutcome]:
    """The outcome of each item; files are read in batches, since there may be many."""
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        for begin in range(0, len(items), _READ_THREADS):
            batch = items[begin : begin + _READ_THREADS]
            files = list(pool.map(lambda item: _files(archive, item), batch))
            for item in batch:
                yield _outcome_or_not_checked(item, files.pop(0))


def _files(archive: Archive, item: PayerRun) -> RunFiles:
    """The files of one item, already read if they are small; large ones are in memory for one payer
    account at a time.
    """
    files = RunFiles(archive, item)
    if files.size_bytes <= _SMALL:
        with suppress(NotUnderstood):  # raised again at the next access
            _ = files.contents
    return files


def _outcome_or_not_checked(item: PayerRun, files: RunFiles) -> PayerOutcome:
    """The outcome of one item of the run's list; NOT_CHECKED if its steps did not end or its files
    cannot be understood.
    """
    try:
        return _demand_few_periods(item, _outcome(item, files))
    except NotUnderstood as error:
        logger().error(
            "counted a payer account as not checked",
            extra={"payer_account_id": item.payer_account_id, "reason": str(error)},
        )
        detail = f"A file of run {item.run_id} cannot be understood: {error}."
        return PayerOutcome(
            item.payer_account_id, NOT_CHECKED, detail, item.billing_periods, is_lost=True
        )


def _demand_few_periods(item: PayerRun, outcome: PayerOutcome) -> PayerOutcome:
    periods = {one.billing_period for one in outcome.archived}
    periods |= {one.billing_period for one in outcome.outstanding}
    periods |= {row.billing_period for row in outcome.unusable if row.billing_period}
    if len(periods - {*item.billing_periods}) > _MOST_PERIODS:
        raise NotUnderstood(f"it has invoices of {len(periods)} billing periods")
    return outcome


def _outcome(item: PayerRun, files: RunFiles) -> PayerOutcome:
    listing = files.listing()
    if listing is None or listing.outcome != CHECKED:
        return PayerOutcome(
            item.payer_account_id,
            listing.outcome if listing else NOT_CHECKED,
            listing.detail if listing else "",
            item.billing_periods,
        )
    passes = files.passes()
    ended = [one for one in passes if one.outcome] or [FetchPass(NOT_CHECKED, "")]
    # a pass that ended well dealt with everything, whatever the result of another try of the map
    last = next((one for one in ended if one.outcome == CHECKED), ended[-1])
    dealt_with = {invoice_id for one in passes for invoice_id in one.invoice_ids()}
    rest = [i for i in listing.invoices if i.invoice_id not in dealt_with]
    return PayerOutcome(
        item.payer_account_id,
        last.outcome or NOT_CHECKED,
        last.detail,
        item.billing_periods,
        frozenset(invoice.invoice_id for invoice in listing.invoices),
        listing.unusable,
        tuple(invoice for one in passes for invoice in one.archived),
        (
            *(invoice for one in passes for invoice in one.outstanding),
            *(_not_fetched(item, invoice) for invoice in rest),
        ),
        listing.units,
        listing.transfers,
        {invoice.invoice_id: InvoiceSummary(invoice.summary.row) for invoice in listing.invoices},
        notes=listing.notes,
        refused=listing.refused,
        roles_listed=listing.roles_listed,
        unfinished=listing.unfinished,
        payments=listing.payments,
    )


def _not_fetched(item: PayerRun, listed: ListedInvoice) -> OutstandingInvoice:
    """A listed invoice that no pass dealt with; it is still expected."""
    return OutstandingInvoice(
        listed.invoice_id,
        listed.billing_period,
        listed.payer_account_id,
        (item.payer_account_id,),
        InvoiceSummary(listed.summary.row),
        (
            finding(
                "NOT_FETCHED", listed.invoice_id, "It is listed; the run ended before its turn."
            ),
        ),
        listed.receiver_roles,
    )

"""ListInvoiceSummaries: what should this payer account have? Every listing, all pages, united by
invoice id, written down, with what invoice units and billing transfers say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import invoicing_client, organizations_client, s3_client
from lambdas.aws.invoicing import Invoicing, ListingRefused, whole
from lambdas.aws.payer_role import NoAccess, WrongAccount, assume_payer_role
from lambdas.aws.responsibility_transfers import ResponsibilityTransfers
from lambdas.aws.witness import WitnessNotRead, witness
from lambdas.domain.archive_layout import listing_key
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import finding
from lambdas.domain.invoice_summary import InvoiceSummary, one_a_listing
from lambdas.domain.json_text import instant_text
from lambdas.domain.listing_spans import issued_date_spans
from lambdas.domain.payer_run import (
    BY_BILLING_PERIOD,
    BY_ISSUED_DATE,
    CHECKED,
    NO_ACCESS,
    OF_RECEIVER_BY_BILLING_PERIOD,
    OF_RECEIVER_BY_ISSUED_DATE,
    WRONG_ACCOUNT,
    ListedRow,
    Listing,
    ListingNote,
    PayerRun,
    estimates,
    union_by_invoice_id,
)
from lambdas.domain.receiver_roles import ROLES, listing_of
from lambdas.domain.witnesses import InvoiceUnits
from lambdas.settings import FunctionSettings
from lambdas.telemetry import logger

OF_RECEIVER = (OF_RECEIVER_BY_BILLING_PERIOD, OF_RECEIVER_BY_ISSUED_DATE)
_MOST_OF_A_ROLE = 10_000
"""So many rows are read of a listing by receiver role, which may be about five years."""


@dataclass
class _Found:
    """What the listings of a payer account have shown so far."""

    rows: list[ListedRow] = field(default_factory=list)
    notes: list[ListingNote] = field(default_factory=list)
    refused: dict[BillingPeriod, str] = field(default_factory=dict)

    def add(
        self, listing: str, period: BillingPeriod | None, rows: Iterable[Mapping[str, Any]]
    ) -> None:
        """Add the rows of one listing."""
        read = one_a_listing(InvoiceSummary(row) for row in rows)
        self.rows += ((listing, period, summary) for summary in read)

    def note(self, code: str, period: BillingPeriod, subject: str, detail: str) -> None:
        self.notes.append(ListingNote(period, finding(code, subject, detail)))


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take one item of the run's list; return it with `more_to_fetch` and the number of invoices
    listed.

    A payer account that cannot be read is an outcome. Whatever else goes wrong is raised: then
    nothing is written, and the payer account has no outcome in this run.
    """
    settings = FunctionSettings.from_environment()
    run = PayerRun.from_data(event)
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    try:
        credentials = assume_payer_role(run, settings.external_id)
        listing = list_invoices(
            Invoicing(invoicing_client(credentials)),
            run,
            asks_units=settings.witnesses.invoice_units,
        )
        if settings.witnesses.billing_transfers:
            organizations = ResponsibilityTransfers(organizations_client(credentials))
            transfers = organizations.transfers(run.run_id, run.as_of)
            listing = replace(listing, transfers=transfers)
    except NoAccess as error:
        listing = Listing(run.payer_account_id, NO_ACCESS, str(error), run.billing_periods)
    except WrongAccount as error:
        listing = Listing(run.payer_account_id, WRONG_ACCOUNT, str(error), run.billing_periods)
    archive.put_run_file(listing_key(run.run_id, run.payer_account_id), listing.to_data())
    logger().info(
        "listed invoice summaries",
        extra={
            "run_id": run.run_id,
            "payer_account_id": run.payer_account_id,
            "outcome": listing.outcome,
            "invoices": len(listing.invoices),
        },
    )
    return {
        **run.to_data(),
        "invoices_listed": len(listing.invoices),
        "more_to_fetch": listing.outcome == CHECKED and not run.dry_run,
    }


def list_invoices(invoicing: Invoicing, run: PayerRun, *, asks_units: bool) -> Listing:
    """Ask by billing period and by issued date, for the payer account itself and, if `asks_units`,
    for each receiver of its invoice units; and by receiver role, if the run is to.

    Raises NoAccess and ServiceUnavailable; there is no partial listing. What of the units cannot be
    read is named in them. A billing period or issued dates that AWS refuses are named, and the rest
    is read.
    """
    found = _Found()
    _ask(invoicing, run, run.payer_account_id, found)
    units, listed = (None, ()) if not asks_units else _ask_units(invoicing, run, found)
    roles_listed = _ask_roles(invoicing, run, found)
    invoices, unusable = union_by_invoice_id(found.rows, run.payer_account_id)
    in_target = max(run.billing_periods)
    return Listing(
        run.payer_account_id,
        CHECKED,
        "",
        run.billing_periods,
        tuple(invoices),
        tuple(replace(row, billing_period=row.billing_period or in_target) for row in unusable),
        units,
        listed,
        notes=(*found.notes, *estimates(found.rows)),
        refused=found.refused,
        roles_listed=roles_listed,
    )


def _ask_units(
    invoicing: Invoicing, run: PayerRun, found: _Found
) -> tuple[InvoiceUnits, tuple[str, ...]]:
    """What the invoice units say, and which of their receivers were listed; their rows are added.

    Units change from month to month, so they are asked for as of each period's end and as of now.
    """
    ends = (datetime.combine(one.first_day_after, time(), UTC) for one in run.billing_periods)
    instants = [None, *(end for end in ends if end <= run.as_of)]
    try:
        accounts = {one for at in instants for one in invoicing.invoice_unit_receivers(at)}
    except WitnessNotRead as error:
        return InvoiceUnits(not_read=str(error)), ()
    receivers = sorted(accounts - {run.payer_account_id})
    listed, problems = [], []
    for account_id in receivers:
        action = f"invoicing:ListInvoiceSummaries for account {account_id}"
        of_receiver = _Found()
        try:
            with witness(action):
                _ask(invoicing, run, account_id, of_receiver)
        except WitnessNotRead as error:
            problems.append(str(error))
            continue
        if of_receiver.refused:
            problems.append(f"AWS did not answer {action}: {min(of_receiver.refused.values())}")
            continue
        found.rows += of_receiver.rows
        found.notes += of_receiver.notes
        listed.append(account_id)
    return (
        InvoiceUnits(run.run_id, instant_text(run.as_of), tuple(receivers), " ".join(problems)),
        tuple(listed),
    )


def _ask(invoicing: Invoicing, run: PayerRun, account_id: str, found: _Found) -> None:
    """An account's two listings, by billing period and by issued date.

    An earlier period that AWS refuses, of before the account existed for example, is a note on that
    period. The latest one, and the issued dates that reach today, are what the run is for.
    """
    is_own = account_id == run.payer_account_id
    by_billing_period, by_issued_date = (
        (BY_BILLING_PERIOD, BY_ISSUED_DATE) if is_own else OF_RECEIVER
    )
    latest = max(run.billing_periods)
    for period in run.billing_periods:
        try:
            rows = whole(invoicing.summaries_of_period(account_id, period))
        except ListingRefused as error:
            detail = f"AWS refused to list {period} ({error})."
            if is_own or period == latest:
                found.refused[period] = detail
            if period != latest:
                found.note("LISTING_REFUSED", period, account_id, detail)
        else:
            found.add(by_billing_period, period, rows)
    for start, end in issued_date_spans(run.issued_from, run.issued_to):
        try:
            rows = whole(invoicing.summaries_issued(account_id, start, end))
        except ListingRefused as error:
            span = f"issued from {start} to {end - timedelta(days=1)}"
            detail = f"AWS refused to list what was {span} ({error})."
            if end == run.issued_to:
                found.refused.setdefault(latest, detail)
            else:
                found.note("LISTING_REFUSED", latest, f"{account_id} {span}", detail)
        else:
            found.add(by_issued_date, None, rows)


def _ask_roles(invoicing: Invoicing, run: PayerRun, found: _Found) -> bool | None:
    """The listings by receiver role; whether all of them were read to their end, None where the run
    is not to ask. They add what nothing else shows, so that one that cannot be read is only told.
    """
    if run.roles_from is None:
        return None
    problems = []
    for role in ROLES:
        try:
            with witness(f"invoicing:ListInvoiceSummaries by receiver role {role}"):
                every = invoicing.summaries_by_role(
                    run.payer_account_id, role, run.roles_from, run.issued_to
                )
                rows = list(islice(every, _MOST_OF_A_ROLE))
        except WitnessNotRead as error:
            problems.append(str(error))
            continue
        found.add(listing_of(role), None, rows)
        if len(rows) == _MOST_OF_A_ROLE:
            problems.append(f"Only the first {_MOST_OF_A_ROLE:,} invoices as {role} were read.")
    if problems:
        latest = max(run.billing_periods)
        found.note("ROLES_NOT_LISTED", latest, run.payer_account_id, " ".join(problems))
    return not problems

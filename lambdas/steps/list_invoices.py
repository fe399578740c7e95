"""The invoices that AWS lists for a payer account: all listings, all pages, united by invoice id;
and its invoice units, billing transfers and financial records.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from lambdas.aws.archive import Archive
from lambdas.aws.invoicing import Invoicing, ListedRows, ListingRefused
from lambdas.aws.payer_role import NoAccess, WrongAccount
from lambdas.aws.payments import Payments
from lambdas.aws.responsibility_transfers import ResponsibilityTransfers
from lambdas.aws.witness_errors import WitnessNotRead, witness
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.cut_text import short
from lambdas.domain.evidence.archive_layout import listing_key
from lambdas.domain.findings import finding
from lambdas.domain.invoices.listing_spans import issued_date_spans
from lambdas.domain.invoices.receiver_roles import ROLES, listing_of
from lambdas.domain.invoices.summary import one_a_listing
from lambdas.domain.json_text import instant_text
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.outcome import CHECKED, NO_ACCESS, WRONG_ACCOUNT
from lambdas.domain.runs.payer_run import (
    BY_BILLING_PERIOD,
    BY_ISSUED_DATE,
    OF_RECEIVER_BY_BILLING_PERIOD,
    OF_RECEIVER_BY_ISSUED_DATE,
    ListedRow,
    Listing,
    ListingNote,
    PayerRun,
    estimates,
    union_by_invoice_id,
)
from lambdas.domain.witnesses.billing_transfers import Transfers
from lambdas.domain.witnesses.statements import InvoiceUnits


@dataclass
class _Listings:
    """The rows and problems of a payer account's listings."""

    rows: list[ListedRow] = field(default_factory=list)
    notes: list[ListingNote] = field(default_factory=list)
    refused: dict[BillingPeriod, str] = field(default_factory=dict)
    unfinished: dict[BillingPeriod, str] = field(default_factory=dict)

    def add(self, listing: str, period: BillingPeriod | None, listed_rows: ListedRows) -> None:
        """Add the rows of one listing."""
        self.rows += ((listing, period, summary) for summary in one_a_listing(listed_rows.rows))

    def note(self, code: str, period: BillingPeriod, subject: str, detail: str) -> None:
        self.notes.append(ListingNote(period, finding(code, subject, detail)))


def list_invoices(
    archive: Archive,
    run: PayerRun,
    *,
    invoicing: Callable[[], Invoicing],
    transfers: Callable[[], ResponsibilityTransfers] | None,
    payments: Callable[[], Payments] | None,
    asks_units: bool,
) -> Listing:
    """Write and return the listing; `transfers` and `payments` are None if they are not asked.

    A payer account that cannot be read is an outcome. Other errors are raised: then nothing is
    written, and the payer account has no outcome in this run.
    """
    try:
        listing = _listing(invoicing(), run, asks_units=asks_units)
        if transfers:
            listing = replace(listing, transfers=_ask_transfers(transfers(), run))
        if payments:
            listing = replace(listing, payments=_ask_payments(payments(), run))
    except NoAccess as error:
        listing = Listing(run.payer_account_id, NO_ACCESS, str(error), run.billing_periods)
    except WrongAccount as error:
        listing = Listing(run.payer_account_id, WRONG_ACCOUNT, str(error), run.billing_periods)
    archive.put_run_file(listing_key(run.run_id, run.payer_account_id), listing.to_data())
    return listing


def _listing(invoicing: Invoicing, run: PayerRun, *, asks_units: bool) -> Listing:
    """The invoices by billing period and by issued date, of the payer account itself and, if
    `asks_units`, of each receiver of its invoice units; and by receiver role, if the run asks so.

    Refusals, incomplete answers and unreadable units are noted, and the rest is read.
    """
    listings = _Listings()
    _ask(invoicing, run, run.payer_account_id, listings)
    units, listed = (None, ()) if not asks_units else _ask_units(invoicing, run, listings)
    roles_listed = _ask_roles(invoicing, run, listings)
    invoices, unusable = union_by_invoice_id(listings.rows, run.payer_account_id)
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
        notes=(*listings.notes, *estimates(listings.rows)),
        refused=listings.refused,
        roles_listed=roles_listed,
        unfinished=listings.unfinished,
    )


def _ask_transfers(organizations: ResponsibilityTransfers, run: PayerRun) -> Transfers:
    try:
        return Transfers(run.run_id, instant_text(run.as_of), organizations.transfers())
    except WitnessNotRead as error:
        return Transfers(not_read=str(error))


def _ask_payments(payments: Payments, run: PayerRun) -> PaymentsAnswer:
    """The records issued since the earliest period began: its late invoices bear later days."""
    issued_from = min(run.billing_periods).first_day
    try:
        answer = payments.answer(issued_from, run.issued_to, run.open_records)
    except (WitnessNotRead, WrongAccount) as error:
        return PaymentsAnswer(not_read=str(error))
    return replace(answer, run_id=run.run_id, at=instant_text(run.as_of))


def _ask_units(
    invoicing: Invoicing, run: PayerRun, listings: _Listings
) -> tuple[InvoiceUnits, tuple[str, ...]]:
    """The invoice units, and the receivers whose invoices were listed; their rows are added.

    Units change from month to month, so AWS is asked as of each period's end and as of now.
    """
    ends = (datetime.combine(one.first_day_after, time(), UTC) for one in run.billing_periods)
    accounts: set[str] = set()
    listed, problems = [], []
    try:
        accounts |= invoicing.invoice_unit_receivers(None)
    except WitnessNotRead as error:
        return InvoiceUnits(not_read=str(error)), ()
    for end in (end for end in ends if end <= run.as_of):
        try:
            accounts |= invoicing.invoice_unit_receivers(end)
        except WitnessNotRead as error:  # the payer account may not have existed then
            problems.append(f"As of {end:%Y-%m-%d}: {error}")
    receivers = sorted(accounts - {run.payer_account_id})
    for account_id in receivers:
        action = f"invoicing:ListInvoiceSummaries for account {account_id}"
        of_receiver = _Listings()
        try:
            with witness(action):
                _ask(invoicing, run, account_id, of_receiver)
        except WitnessNotRead as error:
            problems.append(str(error))
            continue
        listings.rows += of_receiver.rows
        listings.notes += of_receiver.notes
        if causes := {*of_receiver.refused.values(), *of_receiver.unfinished.values()}:
            problems.append(f"Of account {account_id}: {' '.join(sorted(causes))}")
        else:
            listed.append(account_id)
    return (
        InvoiceUnits(
            run.run_id, instant_text(run.as_of), tuple(receivers), short(" ".join(problems))
        ),
        tuple(listed),
    )


def _ask(invoicing: Invoicing, run: PayerRun, account_id: str, listings: _Listings) -> None:
    """Read an account's two listings, by billing period and by issued date.

    A refusal of an earlier period, for example from before the account existed, is noted on that
    period. A refusal of the latest period, or of issue dates up to today, leaves the listing
    incomplete: they are the purpose of the run.
    """
    _ask_by_period(invoicing, run, account_id, listings)
    _ask_by_issued_date(invoicing, run, account_id, listings)


def _ask_by_period(
    invoicing: Invoicing, run: PayerRun, account_id: str, listings: _Listings
) -> None:
    is_own = account_id == run.payer_account_id
    latest = max(run.billing_periods)
    for period in run.billing_periods:
        try:
            rows = invoicing.summaries_of_period(account_id, period)
        except ListingRefused as error:
            detail = f"AWS refused to list {period} ({error})."
            if is_own or period == latest:
                listings.refused[period] = detail
            if period != latest:
                listings.note("LISTING_REFUSED", period, account_id, detail)
            continue
        listings.add(BY_BILLING_PERIOD if is_own else OF_RECEIVER_BY_BILLING_PERIOD, period, rows)
        if rows.unfinished:
            cause = f"AWS's listing of {period} is not whole: {rows.unfinished}."
            listings.unfinished[period] = cause


def _ask_by_issued_date(
    invoicing: Invoicing, run: PayerRun, account_id: str, listings: _Listings
) -> None:
    is_own = account_id == run.payer_account_id
    latest = max(run.billing_periods)
    for start, end in issued_date_spans(run.issued_from, run.issued_to):
        span = f"issued from {start} to {end - timedelta(days=1)}"
        try:
            rows = invoicing.summaries_issued(account_id, start, end)
        except ListingRefused as error:
            detail = f"AWS refused to list what was {span} ({error})."
            if end == run.issued_to:
                listings.refused.setdefault(latest, detail)
            else:
                listings.note("LISTING_REFUSED", latest, f"{account_id} {span}", detail)
            continue
        listings.add(BY_ISSUED_DATE if is_own else OF_RECEIVER_BY_ISSUED_DATE, None, rows)
        if rows.unfinished:  # the missing rows may be of any period
            cause = f"AWS's listing of what was {span} is not whole: {rows.unfinished}."
            listings.unfinished = dict.fromkeys(run.billing_periods, cause) | listings.unfinished


def _ask_roles(invoicing: Invoicing, run: PayerRun, listings: _Listings) -> bool | None:
    """Read the listings by receiver role. True if all were read to their end; None if the run does
    not ask.

    They only add rows that no other listing has, so one that cannot be read is a warning.
    """
    if run.roles_from is None:
        return None
    problems = []
    for role in ROLES:
        action = f"invoicing:ListInvoiceSummaries by receiver role {role}"
        try:
            with witness(action):
                of_role = invoicing.summaries_by_role(
                    run.payer_account_id, role, run.roles_from, run.issued_to
                )
        except ListingRefused as error:
            problems.append(f"AWS did not answer {action} ({error}).")
            continue
        except WitnessNotRead as error:
            problems.append(str(error))
            continue
        listings.add(listing_of(role), None, of_role)
        if of_role.unfinished:
            problems.append(f"AWS's listing as {role} is not whole: {of_role.unfinished}.")
    if problems:
        latest = max(run.billing_periods)
        listings.note("ROLES_NOT_LISTED", latest, run.payer_account_id, " ".join(problems))
    return not problems

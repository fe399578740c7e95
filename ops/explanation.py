"""Reasons for a payer account's verdict, witness by witness, from its newest manifest alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.open_items import open_items
from lambdas.domain.close.owners import Owners
from lambdas.domain.day_names import day_name, instant_name
from lambdas.domain.evidence.archive_layout import charges_key, listing_key
from lambdas.domain.findings import Finding
from lambdas.domain.invoices.issuers import Issuer, billing_entity_of
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.money import decimal_text
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.words import counted, listed

_NOT_ASKED = "Not checked for this month."
_WHY = {
    "MISSING": "AWS does not list an invoice that is expected and overdue.",
    "PARTIAL": "AWS lists every invoice that is due by now. A document is missing, or a finding "
    "needs a person.",
}
"""The kind of gap behind each of these verdicts."""


@dataclass(frozen=True)
class Statement:
    """One witness's statement, a line each."""

    witness: str
    lines: tuple[str, ...]


def explain(
    manifest: Manifest, state: PayerState, payment_status: Statement | None = None
) -> list[Statement]:
    """State each witness's view of the payer account, then the conclusion. The payment status is no
    witness, and stands beside that of AWS Payments.
    """
    period = manifest.billing_period
    return [
        Statement("listings", tuple(_listings(state, period))),
        Statement("history", tuple(_history(manifest, state))),
        Statement("cost explorer", tuple(_charges(state, period))),
        Statement("aws payments", tuple(_payments(state))),
        *([payment_status] if payment_status else []),
        Statement("billing transfers", tuple(_transfers(manifest, state))),
        Statement("invoice units", tuple(_units(state))),
        Statement("a person", tuple(_acknowledgements(manifest, state))),
        Statement("archive", tuple(_archive(state))),
        Statement("findings", tuple(_findings(manifest, state))),
        Statement("verdict", tuple(_verdict(manifest, state))),
    ]


def _listings(state: PayerState, period: BillingPeriod) -> Iterator[str]:
    listings = state.witnesses.listings
    if listings is None:
        yield "AWS's list of its invoices has never been read for this month."
        return
    invoices = counted(listings.invoices, "invoice") if listings.invoices else "no invoice"
    yield f"AWS has listed {invoices} of {period} since {instant_name(listings.at)}."
    yield f"See {listing_key(listings.run_id, state.payer_account_id)}."


def _history(manifest: Manifest, state: PayerState) -> Iterator[str]:
    history = state.witnesses.history
    if not history.periods:
        yield "No earlier month is known."
        return
    periods = listed(map(str, sorted(history.periods)))
    if len(history.periods) == 1:
        yield f"Only {periods} is known. An invoice is usual once two earlier months have it."
    elif not history.usual:
        yield f"No invoice came in each of {periods}, so no invoice is usual."
    missing = {one.subject for one in state.findings if one.code == "USUAL_INVOICE_MISSING"}
    for issuer in history.usual:
        if str(issuer) in missing:
            what = "It is missing this month"
        elif _is_listed(issuer, manifest):
            what = "It is listed this month too"
        else:
            what = f"It is not listed this month{_why_not_listed(issuer, manifest, state)}"
        article = "a" if issuer.is_tax_copy else "an"
        yield f"{periods} each have {article} {issuer}. {what}."
    if history.usual_day:
        yield f"Everything is usually archived by day {history.usual_day} of the following month."


def _is_listed(issuer: Issuer, manifest: Manifest) -> bool:
    """True if it is filed under its own account. An issuer filed under a receiver is in the
    receiver's part of the manifest.
    """
    filed = (one for one in manifest.payers if one.payer_account_id == issuer.account_id)
    return any(Issuer.of(issuer.account_id, row) == issuer for one in filed for row in one.rows)


def _why_not_listed(issuer: Issuer, manifest: Manifest, state: PayerState) -> str:
    """The witness by which a usual invoice is not expected; empty if there is none."""
    receiver = next(_receivers(manifest, state.payer_account_id), None)
    if receiver:
        return (
            f" and not expected: it is billed to {_named(manifest, receiver)} by billing transfer"
        )
    if issuer.bill_source_accounts:
        sources = listed(_named(manifest, one) for one in issuer.bill_source_accounts)
        return f" and not expected: see the billing transfers below for {sources}"
    charges, entity = state.witnesses.charges, billing_entity_of(issuer.billing_entity)
    if charges and charges.is_final and entity not in charges.charged:
        return f" and not expected: Cost Explorer shows no charges of {entity}"
    return ""


def _named(manifest: Manifest, account_id: str) -> str:
    """The account's name and number; the number alone if the month has no name for it."""
    names = {one.payer_account_id: one.name for one in manifest.payers}
    name = names.get(account_id, "")
    return f"{name} ({account_id})" if name else account_id


def _receivers(manifest: Manifest, account_id: str) -> Iterator[str]:
    """Receivers of the account's invoices for the whole period, from whichever account reported the
    transfer.
    """
    witnesses = (one.witnesses.transfers for one in manifest.payers)
    transfers = (one for witness in witnesses if witness for one in witness.transfers)
    return (
        one.target
        for one in transfers
        if one.source == account_id and one.covers(manifest.billing_period)
    )


def _charges(state: PayerState, period: BillingPeriod) -> Iterator[str]:
    charges = state.witnesses.charges
    if charges is None:
        yield _NOT_ASKED
        return
    if charges.was_read and charges.run_id:
        figures = "final" if charges.is_final else "estimated"
        yield f"Last checked on {instant_name(str(charges.at))}, with {figures} figures."
        yield from _entities(charges)
        for one in state.residuals:
            data, unread = one.to_data(), ""
            if one.not_compared:
                unread = f" {counted(one.not_compared, 'invoice')} could not be compared."
            yield (
                f"{one.billing_entity}: charged {data['charged']}, invoiced {data['invoiced']}, "
                f"difference {data['residual']} {data['currency']}.{unread}"
            )
        yield f"See {charges_key(charges.run_id, state.payer_account_id, period)}."
    if charges.not_read:
        yield f"The last attempt to read failed: {charges.not_read}"


def _entities(charges: Charges) -> Iterator[str]:
    if not charges.has_money:
        yield "There are no charges."
    for entity in charges.entities:
        if entity.is_charged:
            where = f"in {counted(entity.accounts, 'linked account')}"
            if not entity.accounts:
                where = "in many linked accounts, each of them too small to be rounded up"
            yield f"There are charges of {entity.billing_entity} {where}."
    for amount in charges.in_no_group:
        size = f"{decimal_text(amount.value.copy_abs())} {amount.currency}"
        more = "more" if amount.value > 0 else "less"
        yield f"The month's total is {size} {more} than the sum of its accounts: charges of AWS."


def _payments(state: PayerState) -> Iterator[str]:
    payments = state.witnesses.payments
    if payments is None:
        yield _NOT_ASKED
        return
    if payments.was_read:
        records = counted(payments.records, "financial record") if payments.records else "no record"
        yield f"AWS Payments has shown {records} since {instant_name(str(payments.at))}."
    for one in payments.unlisted:
        yield f"AWS Invoicing does not list {one.text}."
    if payments.vouches:
        yield "AWS Invoicing lists all of them."
    if payments.unrecorded:
        yield payments.unrecorded.text
    if payments.not_read:
        yield f"The last attempt to read failed: {payments.not_read}"


def _transfers(manifest: Manifest, state: PayerState) -> Iterator[str]:
    transfers, period = state.witnesses.transfers, manifest.billing_period
    if transfers is None:
        yield _NOT_ASKED
        return
    if transfers.was_read and not transfers.transfers:
        yield f"AWS has shown none for {period} since {instant_name(str(transfers.at))}."
    for one in transfers.transfers:
        begin = f" from {instant_name(one.starts_at)}" if one.starts_at else ""
        end = f" to {instant_name(one.ends_at)}" if one.ends_at else ""
        part = "the whole" if one.covers(period) else "a part"
        yield (
            f"{_named(manifest, one.source)} is billed to {_named(manifest, one.target)} by "
            f"billing transfer{begin}{end} ({one.status}). It covers {part} of {period}."
        )
    if transfers.not_read:
        yield f"The last attempt to read failed: {transfers.not_read}"


def _units(state: PayerState) -> Iterator[str]:
    units = state.witnesses.units
    if units is None:
        yield _NOT_ASKED
        return
    if units.receivers:
        yield f"AWS's lists of their receivers are checked too: {listed(units.receivers)}."
    elif units.at:
        yield f"AWS has shown no unit with another receiver since {instant_name(units.at)}."
    if units.not_read:
        yield f"The last attempt to read failed: {units.not_read}"


def _acknowledgements(manifest: Manifest, state: PayerState) -> Iterator[str]:
    if not state.witnesses.acknowledgements:
        yield "Nobody has accepted a gap."
    for one in state.witnesses.acknowledgements:
        still = ""
        if state.witnesses.is_replaced(one):
            still = ", replaced by a later one"
        elif not one.is_in_force(read_instant(manifest.generated_at)):
            still = ", now expired"
        yield _acknowledgement(one, still)


def _acknowledgement(one: Acknowledgement, still: str) -> str:
    covers = ", ".join(f"{code} of {subject}" for code, subject in one.covers) or "nothing"
    accepted = f"{one.by} accepted {covers} on {instant_name(one.at)}"
    return f'{accepted}, until {day_name(date.fromisoformat(one.until))}{still}: "{one.reason}"'


def _archive(state: PayerState) -> Iterator[str]:
    yield (
        f"Archived: {state.archived} of {counted(state.expected, 'expected invoice')}, with "
        f"{counted(state.documents, 'document')}."
    )
    for one in state.outstanding:
        since = state.since.get(("", one.invoice_id))
        outstanding = f" It has been outstanding since {instant_name(since)}." if since else ""
        yield f"Invoice {one.invoice_id} is listed but not archived.{outstanding}"
    for invoice in state.invoices:
        if not invoice.has_invoice_document:
            yield (
                f"The document of invoice {invoice.invoice_id} is missing. "
                f"See {invoice.record.key}."
            )


def _findings(manifest: Manifest, state: PayerState) -> Iterator[str]:
    if not state.findings:
        yield "None."
    order, actions = ("blocking", "warning", "info"), _actions(manifest, state)
    for one in sorted(state.findings, key=lambda found: order.index(found.severity)):
        action = actions.get(one, one.next_step)
        yield f"{one.severity} {one.code} ({one.subject}): {one.detail} {action}"


def _actions(manifest: Manifest, state: PayerState) -> dict[Finding, str]:
    """The action of each gap, with the date from which it is due."""
    alone = replace(manifest, payers=(state,))
    return {
        found: replace(item, findings=(found,)).action
        for item in open_items(alone, Owners(())).items
        for found in item.findings
    }


def _verdict(manifest: Manifest, state: PayerState) -> Iterator[str]:
    deadline = f" The deadline is {_deadline(manifest)}." if manifest.last_day else ""
    yield f"{state.verdict}, by run {state.run_id}.{deadline}"
    if state.verdict == "AWAITING":
        yield from _awaiting(manifest, state)
    if state.verdict in _WHY:
        yield _WHY[state.verdict]
    if state.settled_at:
        yield f"Nothing has been outstanding since {instant_name(state.settled_at)}."
    yield f"See {manifest.key}, written by run {manifest.run_id} on {manifest.close_day}."


def _awaiting(manifest: Manifest, state: PayerState) -> Iterator[str]:
    if state.settled_at is None:
        yield f"Outstanding invoices and documents are expected by {_deadline(manifest)}."
        return
    yield (
        "Every invoice that is expected by now is archived. The payer account becomes complete at "
        f"the end of {_deadline(manifest)}, or earlier if its history and final figures of Cost "
        "Explorer prove that nothing is missing."
    )
    yield f"It is not proven yet: {', and '.join(_unproven(state))}."


def _deadline(manifest: Manifest) -> str:
    last_day = manifest.last_day
    return day_name(date.fromisoformat(last_day)) if last_day else "the deadline"


def _unproven(state: PayerState) -> Iterator[str]:
    """Reasons why neither of the two proving witnesses has proved the account complete."""
    if not state.witnesses.history.usual:
        yield "its history names no usual invoice"
    charges = state.witnesses.charges
    if charges is None:
        yield "Cost Explorer has not been checked"
    elif not charges.was_read:
        yield "Cost Explorer could not be read"
    elif not charges.is_final:
        yield "Cost Explorer's answer is an estimate"

"""Reasons for a payer account's verdict, witness by witness, from its newest manifest alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import charges_key, listing_key
from lambdas.domain.invoices.issuers import Issuer, billing_entity_of
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.money import decimal_text
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.words import counted

_NOT_ASKED = "It has not been checked."
_WHY = {
    "MISSING": "AWS does not list an invoice that is expected and overdue.",
    "PARTIAL": "AWS lists every invoice that is overdue. A document is missing, or a finding needs "
    "a person.",
}
"""The kind of gap behind each of these verdicts."""


@dataclass(frozen=True)
class Statement:
    """One witness's statement, a line each."""

    witness: str
    lines: tuple[str, ...]


def explain(manifest: Manifest, state: PayerState) -> list[Statement]:
    """State each witness's view of the payer account, then the conclusion."""
    period = manifest.billing_period
    return [
        Statement("listings", tuple(_listings(state, period))),
        Statement("history", tuple(_history(manifest, state))),
        Statement("cost explorer", tuple(_charges(state, period))),
        Statement("billing transfers", tuple(_transfers(state, period))),
        Statement("invoice units", tuple(_units(state))),
        Statement("a person", tuple(_acknowledgements(manifest, state))),
        Statement("archive", tuple(_archive(state))),
        Statement("findings", tuple(_findings(state))),
        Statement("verdict", tuple(_verdict(manifest, state))),
    ]


def _listings(state: PayerState, period: BillingPeriod) -> Iterator[str]:
    listings = state.witnesses.listings
    if listings is None:
        yield "Its own listings were never read for this period."
        return
    invoices = counted(listings.invoices, "invoice")
    yield f"They have shown {invoices} of {period} since {listings.at}."
    yield f"See {listing_key(listings.run_id, state.payer_account_id)}."


def _history(manifest: Manifest, state: PayerState) -> Iterator[str]:
    history = state.witnesses.history
    if not history.periods:
        yield "No earlier period is known."
        return
    periods = ", ".join(map(str, sorted(history.periods)))
    if len(history.periods) == 1:
        yield f"Only {periods} is known; an invoice is usual once two earlier months have it."
    elif not history.usual:
        yield f"No invoice came in each of {periods}, so no invoice is usual."
    missing = {one.subject for one in state.findings if one.code == "USUAL_INVOICE_MISSING"}
    for issuer in history.usual:
        if str(issuer) in missing:
            what = "it is missing"
        elif _is_here(issuer, manifest):
            what = "it is here"
        else:
            what = f"it is not here{_why_not_here(issuer, manifest, state)}"
        article = "a" if issuer.is_tax_copy else "an"
        yield f"{periods} each have {article} {issuer}: {what}."
    if history.usual_day:
        yield f"Everything was usually archived by day {history.usual_day} of the next month."


def _is_here(issuer: Issuer, manifest: Manifest) -> bool:
    """True if it is filed under its own account. An issuer filed under a receiver is in the
    receiver's part of the manifest.
    """
    filed = (one for one in manifest.payers if one.payer_account_id == issuer.account_id)
    return any(Issuer.of(issuer.account_id, row) == issuer for one in filed for row in one.rows)


def _why_not_here(issuer: Issuer, manifest: Manifest, state: PayerState) -> str:
    """The witness that says a usual invoice is not expected; empty if none does."""
    receiver = next(_receivers(manifest, state.payer_account_id), None)
    if receiver:
        return f"; a billing transfer brings it to {receiver}"
    if issuer.bill_source_accounts:
        sources = ", ".join(issuer.bill_source_accounts)
        return f"; billing transfers say what is expected of {sources}"
    charges, entity = state.witnesses.charges, billing_entity_of(issuer.billing_entity)
    if charges and charges.is_final and entity not in charges.charged:
        return f"; Cost Explorer shows no charges of {entity}"
    return ""


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
        figures = "with final figures" if charges.is_final else "with an estimate"
        yield f"It answered on {charges.at}, {figures}:"
        yield from _entities(charges)
        for one in state.residuals:
            unread = f"; {counted(one.not_compared, 'invoice')} not compared" * bool(
                one.not_compared
            )
            data = one.to_data()
            yield (
                f"{one.billing_entity}: charged {data['charged']}, invoiced {data['invoiced']}, "
                f"residual {data['residual']} {data['currency']}{unread}."
            )
        yield f"See {charges_key(charges.run_id, state.payer_account_id, period)}."
    if charges.not_read:
        yield f"The last attempt to read failed: {charges.not_read}"


def _entities(charges: Charges) -> Iterator[str]:
    if not charges.has_money:
        yield "There are no charges."
    for entity in charges.entities:
        if entity.is_charged:
            where = counted(entity.accounts, "linked account")
            if not entity.accounts:
                where = "many linked accounts together, too little to round up in any of them"
            yield f"There are charges of {entity.billing_entity} in {where}."
    for amount in charges.in_no_group:
        size = f"{decimal_text(amount.value.copy_abs())} {amount.currency}"
        more = "more" if amount.value > 0 else "less"
        yield f"The month's total has {size} {more} than its accounts: charges of AWS."


def _transfers(state: PayerState, period: BillingPeriod) -> Iterator[str]:
    transfers = state.witnesses.transfers
    if transfers is None:
        yield _NOT_ASKED
        return
    if transfers.was_read and not transfers.transfers:
        yield f"None has touched {period} since {transfers.at}."
    for one in transfers.transfers:
        until = f" until {one.ends_at}" if one.ends_at else ""
        part = "the whole" if one.covers(period) else "a part"
        yield (
            f"From {one.source} to {one.target} since {one.starts_at}{until} ({one.status}): "
            f"it covers {part} of {period}."
        )
    if transfers.not_read:
        yield f"The last attempt to read failed: {transfers.not_read}"


def _units(state: PayerState) -> Iterator[str]:
    units = state.witnesses.units
    if units is None:
        yield _NOT_ASKED
        return
    if units.receivers:
        receivers = ", ".join(units.receivers)
        yield f"Since {units.at} their receivers have been checked too: {receivers}."
    elif units.at:
        yield f"There have been no other receivers since {units.at}."
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
    return f'{one.by} accepted {covers} on {one.at} until {one.until}{still}: "{one.reason}"'


def _archive(state: PayerState) -> Iterator[str]:
    yield (
        f"{state.archived} of {counted(state.expected, 'expected invoice')} archived, with "
        f"{counted(state.documents, 'document')}."
    )
    for one in state.outstanding:
        yield f"{one.invoice_id} is listed and not archived."
    for invoice in state.invoices:
        if not invoice.has_invoice_document:
            yield f"The document of {invoice.invoice_id} is missing; see {invoice.record.key}."


def _findings(state: PayerState) -> Iterator[str]:
    if not state.findings:
        yield "None."
    order = ("blocking", "warning", "info")
    for one in sorted(state.findings, key=lambda found: order.index(found.severity)):
        yield f"{one.severity} {one.code} ({one.subject}): {one.detail} {one.next_step}"


def _verdict(manifest: Manifest, state: PayerState) -> Iterator[str]:
    yield f"{state.verdict}, by run {state.run_id}; the deadline is {manifest.last_day}."
    if state.verdict == "AWAITING":
        yield from _awaiting(manifest, state)
    if state.verdict in _WHY:
        yield _WHY[state.verdict]
    if state.settled_at:
        yield f"Nothing has been outstanding since {state.settled_at}."
    yield f"See {manifest.key}, written by run {manifest.run_id} on {manifest.close_day}."


def _awaiting(manifest: Manifest, state: PayerState) -> Iterator[str]:
    if state.settled_at is None:
        yield f"Outstanding invoices and documents are awaited until {manifest.last_day} ends."
        return
    yield (
        "Every invoice that is expected by now is archived. The payer account becomes complete at "
        f"the end of {manifest.last_day}, or earlier if its history and final figures of Cost "
        "Explorer prove that nothing is missing."
    )
    yield f"Not yet proven: {', and '.join(_unproven(state))}."


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

"""Why a payer account has its verdict, witness by witness, from its newest manifest alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from lambdas.domain.acknowledgements import Acknowledgement
from lambdas.domain.archive_layout import charges_key, listing_key
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.charges import Charges
from lambdas.domain.issuers import Issuer
from lambdas.domain.json_text import read_instant
from lambdas.domain.manifests import Manifest, PayerState
from lambdas.domain.plain_words import counted

_NOT_ASKED = "It was not asked."


@dataclass(frozen=True)
class Statement:
    """What one witness says, a line each."""

    witness: str
    lines: tuple[str, ...]


def explain(manifest: Manifest, state: PayerState) -> list[Statement]:
    """What each witness says of the payer account, and then what follows from it."""
    period = manifest.billing_period
    return [
        Statement("listings", tuple(_listings(state, period))),
        Statement("history", tuple(_history(state))),
        Statement("cost explorer", tuple(_charges(state, period))),
        Statement("billing transfers", tuple(_transfers(state, period))),
        Statement("invoice units", tuple(_units(state))),
        Statement("a person", tuple(_acknowledgements(manifest, state))),
        Statement("archive", tuple(_archive(state))),
        Statement("findings", tuple(_findings(state))),
        Statement("verdict", tuple(_verdict(manifest, state))),
    ]


def _listings(state: PayerState, period: BillingPeriod) -> Iterator[str]:
    said = state.witnesses.listings
    if said is None:
        yield "Its own listings were never read for this period."
        return
    yield f"They show {counted(said.invoices, 'invoice')} of {period}, since {said.at}."
    yield f"See {listing_key(said.run_id, state.payer_account_id)}."


def _history(state: PayerState) -> Iterator[str]:
    history = state.witnesses.history
    if not history.periods:
        yield "No earlier period is known."
        return
    periods = ", ".join(map(str, sorted(history.periods)))
    if not history.usual:
        yield f"{periods}: nothing that each of them, and at least two, have."
    missing = {one.subject for one in state.findings if one.code == "USUAL_INVOICE_MISSING"}
    for issuer in history.usual:
        is_here = str(issuer) not in missing and _is_here(issuer, state)
        what = "is here" if is_here else "is missing"
        if str(issuer) not in missing and not is_here:
            what = "is not here, and another witness explains that"
        yield f"{periods} each have an {issuer}: it {what}."
    if history.usual_day:
        yield f"Everything was usually archived by day {history.usual_day} of the next month."


def _is_here(issuer: Issuer, state: PayerState) -> bool:
    """Whether it is among those that are filed under the payer account itself.

    What is filed under a receiver stands in the receiver's part of the manifest.
    """
    if issuer.account_id != state.payer_account_id:
        return True
    rows = [one.summary for one in state.invoices] + [one.summary for one in state.outstanding]
    return any(Issuer.of(state.payer_account_id, row) == issuer for row in rows)


def _charges(state: PayerState, period: BillingPeriod) -> Iterator[str]:
    said = state.witnesses.charges
    if said is None:
        yield _NOT_ASKED
        return
    if said.was_read and said.run_id:
        yield f"It answered on {said.at}, {'finally' if said.is_final else 'with an estimate'}:"
        yield from _entities(said)
        for one in state.residuals:
            unread = f"; {counted(one.not_compared, 'invoice')} not compared" * bool(
                one.not_compared
            )
            data = one.to_data()
            yield (
                f"{one.billing_entity}: charged {data['charged']}, invoiced {data['invoiced']}, "
                f"residual {data['residual']} {data['currency']}{unread}."
            )
        yield f"See {charges_key(said.run_id, state.payer_account_id, period)}."
    if said.not_read:
        yield f"Not read at last: {said.not_read}"


def _entities(said: Charges) -> Iterator[str]:
    if not said.charged:
        yield "There are no charges."
    for entity in said.entities:
        if entity.accounts:
            yield (
                f"There are charges of {entity.billing_entity} in "
                f"{counted(entity.accounts, 'linked account')}."
            )


def _transfers(state: PayerState, period: BillingPeriod) -> Iterator[str]:
    said = state.witnesses.transfers
    if said is None:
        yield _NOT_ASKED
        return
    if said.was_read and not said.transfers:
        yield f"None touches {period}, since {said.at}."
    for one in said.transfers:
        until = f" until {one.ends_at}" if one.ends_at else ""
        part = "the whole" if one.covers(period) else "a part"
        yield (
            f"From {one.source} to {one.target} since {one.starts_at}{until} ({one.status}): "
            f"it covers {part} of {period}."
        )
    if said.not_read:
        yield f"Not read at last: {said.not_read}"


def _units(state: PayerState) -> Iterator[str]:
    said = state.witnesses.units
    if said is None:
        yield _NOT_ASKED
        return
    if said.receivers:
        yield f"Their receivers were asked too, since {said.at}: {', '.join(said.receivers)}."
    elif said.at:
        yield f"There are no other receivers, since {said.at}."
    if said.not_read:
        yield f"Not read at last: {said.not_read}"


def _acknowledgements(manifest: Manifest, state: PayerState) -> Iterator[str]:
    if not state.witnesses.acknowledgements:
        yield "Nobody accepted anything."
    for one in state.witnesses.acknowledgements:
        yield _acknowledgement(
            one, is_over=not one.is_in_force(read_instant(manifest.generated_at))
        )


def _acknowledgement(one: Acknowledgement, *, is_over: bool) -> str:
    covers = ", ".join(f"{code} of {subject}" for code, subject in one.covers) or "nothing"
    over = ", which is over" if is_over else ""
    return f'{one.by} accepted {covers} on {one.at} until {one.until}{over}: "{one.reason}"'


def _archive(state: PayerState) -> Iterator[str]:
    yield (
        f"{state.archived} of {counted(state.expected, 'expected invoice')} archived, with "
        f"{counted(state.documents, 'document')}."
    )
    for one in state.outstanding:
        yield f"{one.invoice_id} is listed and not archived."
    for invoice in state.invoices:
        if not invoice.has_invoice_document:
            yield f"{invoice.invoice_id} lacks its document; see {invoice.record.key}."


def _findings(state: PayerState) -> Iterator[str]:
    if not state.findings:
        yield "None."
    order = ("blocking", "warning", "info")
    for one in sorted(state.findings, key=lambda found: order.index(found.severity)):
        yield f"{one.severity} {one.code} ({one.subject}): {one.detail} {one.next_step}"


def _verdict(manifest: Manifest, state: PayerState) -> Iterator[str]:
    yield f"{state.verdict}, by run {state.run_id}; the deadline is {manifest.last_day}."
    if state.settled_at:
        yield f"It is settled since {state.settled_at}."
    yield f"See {manifest.key}, written by run {manifest.run_id} on {manifest.close_day}."

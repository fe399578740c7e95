"""The gaps of a period as a list of work: who does what, until which day.

An item is one gap: an outstanding invoice, a missing document of an archived one, what AWS should
list and does not, an account that cannot be read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any

from lambdas.domain.close.identities import Identity, identities
from lambdas.domain.close.owners import Owner, Owners
from lambdas.domain.day_names import day_name
from lambdas.domain.findings import KINDS, Finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.money import Amount
from lambdas.domain.runs.outcome import OUTCOME_CODES
from lambdas.domain.witnesses.payments import UnlistedRecord

_OF_ONE_INVOICE = ("NO_INVOICES_LISTED", "USUAL_INVOICE_MISSING", "CHARGES_WITHOUT_INVOICE")
OUTSTANDING, NOT_LISTED, DOCUMENT = "outstanding", "not-listed", "document"
"""Kinds of gaps: an invoice, one that AWS should list, a document. Any other kind is a code."""

_DAMAGE = ("MANIFESTS_ROLLED_BACK", "MANIFEST_DAMAGED", "ARCHIVE_DAMAGED", "FOREIGN_OBJECT")


@dataclass(frozen=True)
class OpenItem:
    """One gap. `findings` are its reasons, that with the next action first."""

    who: Identity | None
    """The payer account; None for the period as a whole."""
    findings: tuple[Finding, ...]
    invoice_id: str
    """Empty if the gap is no invoice and none of its documents."""
    summary: InvoiceSummary | None
    """The invoice's row as AWS lists it."""
    is_archived: bool
    """True for an invoice with a record: its amount is in the totals already."""
    since: str | None
    """The instant as of which it was first found to be missing; None: not noted."""
    last_day: date | None
    """The last day on which it was not overdue."""
    is_overdue: bool
    is_elsewhere: bool = False
    """True if the same invoice is archived under another payer account, and in the totals."""
    obstacle: Finding | None = None
    """The finding that has to be resolved first, so that a run can read the account at all."""
    record: UnlistedRecord | None = None
    """AWS Payments' record of an invoice that AWS Invoicing does not list; its amount is in no
    figure of the archive.
    """

    @property
    def finding(self) -> Finding:
        return self.findings[0]

    @property
    def subject(self) -> str:
        return self.finding.subject

    @property
    def gap(self) -> tuple[str, str]:
        """The identity of the gap within its payer account: a kind, and what is missing."""
        return _gap(self.finding, self.invoice_id, is_archived=self.is_archived)

    @property
    def is_outstanding_invoice(self) -> bool:
        """True for an invoice that AWS lists and the archive has not."""
        return bool(self.invoice_id) and not self.is_archived

    @property
    def waits(self) -> bool:
        """True if AWS acts and nobody else has to before the deadline."""
        is_held_up = self.is_overdue or self.obstacle is not None
        return not is_held_up and all(one.waits for one in self.findings)

    @property
    def has_deadline(self) -> bool:
        """True unless it is damage of evidence, which may happen on any day."""
        return self.finding.code not in _DAMAGE

    @property
    def is_late(self) -> bool:
        return self.is_overdue and self.has_deadline

    @property
    def actor(self) -> str:
        """The party that acts next: `AWS`, `finance` or `cloud admin`."""
        return "AWS" if self.waits else KINDS[(self.obstacle or self.finding).code].actor

    @property
    def doer(self) -> str:
        """The person who acts, or the party: the owner acts for finance."""
        if self.actor == "finance" and self.owner:
            return self.owner.name
        return self.actor[:1].upper() + self.actor[1:]

    @property
    def owner(self) -> Owner | None:
        return self.who.owner if self.who else None

    @property
    def issued(self) -> date | None:
        if self.record:
            return self.record.issued_on
        return self.summary.day_at("IssuedDate") if self.summary else None

    @cached_property
    def amount(self) -> Amount | None:
        """The amount as AWS lists it, outside the totals; None if it is in them, adds nothing or
        cannot be read.
        """
        if self.summary is None or self.is_archived or self.is_elsewhere:
            return None
        return self.summary.amount_due_or_none

    @property
    def step(self) -> str:
        """The action itself."""
        next_one = self.obstacle or self.finding
        return KINDS[next_one.code].step if next_one.waits else next_one.next_step

    @property
    def no_action_until(self) -> date | None:
        """The day on which the action becomes due; None if it is due now."""
        return self.last_day + timedelta(days=1) if self.waits and self.last_day else None

    @property
    def action(self) -> str:
        """The action, until which date none is needed, and the action after it."""
        if until := self.no_action_until:
            return f"{no_action_until(until)} After that: {self.step}"
        return self.step


def no_action_until(day: date) -> str:
    return f"No action until {day_name(day)}; we retry daily."


@dataclass(frozen=True)
class OpenItems:
    """The open items of a period, those for a person first."""

    items: tuple[OpenItem, ...]
    count: int
    """Their number, if not all are kept."""
    expected: int
    """The number of invoices expected."""
    invoices: int
    """The number of expected invoices neither archived nor accepted as missing."""
    totals: tuple[Amount, ...]
    """The amounts of the listed ones per currency, outside the totals of the period."""
    owner_emails: tuple[str, ...] = ()
    """The addresses of the owners of accounts with something to do now."""

    @property
    def without_amount(self) -> int:
        """The number of outstanding invoices of which AWS lists no amount."""
        stated = {one.invoice_id for one in self.items if one.amount}
        return max(0, self.invoices - len(stated))

    def first(self, most: int) -> "OpenItems":
        """The same in little memory."""
        return replace(self, items=self.items[:most])


def open_items(manifest: Manifest, owners: Owners, as_of: datetime | None = None) -> OpenItems:
    """The open items of a manifest with its invoices, as of a later instant or its own."""
    last_day = date.fromisoformat(manifest.last_day) if manifest.last_day else None
    generated_at = read_instant(manifest.generated_at)
    today = max(generated_at, as_of or generated_at).date()
    is_overdue = bool(last_day and today > last_day)
    who = identities(manifest, owners)
    items = [
        item_of_period(found, last_day, is_overdue=is_overdue)
        for found in manifest.findings
        if found.is_blocking
    ]
    for payer in manifest.payers:
        items += items_of(
            who[payer.payer_account_id],
            payer.blocking,
            last_day,
            is_overdue=is_overdue,
            since=payer.since,
            invoices=dict(_invoices_by_subject(payer)),
            records=_records(payer),
        )
    archived = {one.invoice_id for one in manifest.invoices}
    items = [
        replace(one, is_elsewhere=one.is_outstanding_invoice and one.invoice_id in archived)
        for one in items
    ]
    return OpenItems(
        tuple(sorted(items, key=_order)),
        len(items),
        sum(payer.expected for payer in manifest.payers),
        sum(unarchived(payer) for payer in manifest.payers),
        tuple(manifest.outstanding_totals),
        tuple(sorted({one.owner.email for one in items if one.owner and not one.waits} - {""})),
    )


def unarchived(payer: PayerState) -> int:
    """The number of expected invoices neither archived nor accepted as missing."""
    if payer.unarchived is not None:
        return payer.unarchived
    accepted = len(payer.outstanding) - len(payer.missing_invoices)
    return 0 if payer.is_complete else max(0, payer.expected - payer.archived - accepted)


def _order(item: OpenItem) -> tuple[object, ...]:
    who = item.who
    return (
        item.waits,
        who is not None,
        who.name.casefold() if who else "",
        who.account_id if who else "",
        item.subject,
    )


_About = tuple[str, InvoiceSummary | None, bool]
"""Of an invoice: its id (empty if there is none), its row, and True if it has a record."""
_NO_INVOICE: _About = "", None, False
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def item_of_period(found: Finding, last_day: date | None, *, is_overdue: bool) -> OpenItem:
    """The item of a finding on the period as a whole."""
    return OpenItem(
        None,
        (found,),
        "",
        None,
        is_archived=False,
        since=None,
        last_day=last_day,
        is_overdue=is_overdue,
    )


def items_of(
    who: Identity,
    blocking: Sequence[Finding],
    last_day: date | None,
    *,
    is_overdue: bool,
    since: Mapping[tuple[str, str], str] = _NOTHING,
    invoices: Mapping[str, _About] = _NOTHING,
    records: Mapping[tuple[str, str], UnlistedRecord] = _NOTHING,
) -> Iterator[OpenItem]:
    """The items of a payer account's blocking findings. `since` and `records` are by `Finding.gap`,
    `invoices` by the subject of a finding; without them the items say less.
    """
    obstacle = next((one for one in blocking if one.code in OUTCOME_CODES), None)
    for found in _by_gap(blocking, invoices).values():
        invoice_id, summary, is_archived = invoices.get(found[0].subject, _NO_INVOICE)
        instants = [since[one.gap] for one in found if one.gap in since]
        yield OpenItem(
            who,
            found,
            invoice_id,
            summary,
            is_archived=is_archived,
            since=min(instants, default=None),
            last_day=last_day,
            is_overdue=is_overdue,
            obstacle=obstacle if all(one.waits for one in found) else None,
            record=records.get(found[0].gap),
        )


def _by_gap(
    findings: Sequence[Finding], invoices: Mapping[str, _About]
) -> Mapping[tuple[str, str], tuple[Finding, ...]]:
    """The findings by gap, those first that need a person. All findings on an outstanding invoice
    are one gap, and so are those of sources that may expect the same invoice.
    """
    found: dict[tuple[str, str], tuple[Finding, ...]] = {}
    for one in sorted(findings, key=lambda one: (one.waits, one)):
        invoice_id, _, is_archived = invoices.get(one.subject, _NO_INVOICE)
        gap = _gap(one, invoice_id, is_archived=is_archived)
        found[gap] = (*found.get(gap, ()), one)
    return found


def _gap(found: Finding, invoice_id: str, *, is_archived: bool) -> tuple[str, str]:
    """The gap of a finding: its reason may change, and the gap is the same."""
    if found.code in _OF_ONE_INVOICE:
        return NOT_LISTED, ""
    if invoice_id and not is_archived:
        return OUTSTANDING, invoice_id
    kind, subject = found.gap
    return kind or DOCUMENT, subject


def _records(payer: PayerState) -> Mapping[tuple[str, str], UnlistedRecord]:
    """AWS Payments' records that are not listed, by the gaps of their findings."""
    statement = payer.witnesses.payments
    unlisted = statement.unlisted if statement else ()
    return {("FINANCIAL_RECORD_WITHOUT_INVOICE", one.invoice_id): one for one in unlisted}


def _invoices_by_subject(payer: PayerState) -> Iterator[tuple[str, _About]]:
    """The invoice of each subject of a finding."""
    for archived in payer.invoices:
        about = archived.invoice_id, archived.summary, True
        yield from ((one, about) for one in _subjects(archived.invoice_id, archived.findings))
    for outstanding in payer.outstanding:
        about = outstanding.invoice_id, outstanding.summary, False
        yield from ((one, about) for one in _subjects(outstanding.invoice_id, outstanding.findings))


def _subjects(invoice_id: str, findings: Iterable[Finding]) -> set[str]:
    return {invoice_id, *(one.subject for one in findings)}

"""Invoices and documents that came after the archive of the period was closed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lambdas.domain.day_names import day_name
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.findings import Finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.money_text import money
from lambdas.views.pages.frame import NOTHING, cell, day_mark, first_and_more, section
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.wording import code_name

_MOST_SHOWN = 20
_HEADINGS = ("Payer account", "Type", "Invoice or file", "Arrived", "Amount|")
_ADDED = re.compile(r"(?P<key>\S+) was added at (?P<at>\S+)\.", re.ASCII)
"""The detail of a finding on a document that was added to an archived invoice."""
_OF_DOCUMENTS = ("LATE_DOCUMENT", "DOCUMENT_REVISED")


@dataclass(frozen=True)
class Late:
    """One invoice or document that came after the close; `invoice` is None for a document."""

    payer: PayerState
    finding: Finding
    at: datetime
    subject: str
    invoice: ArchivedInvoice | None


def arrived_late(manifest: Manifest) -> Iterator[Late]:
    """Everything that came after the close, as of the run that archived it."""
    if manifest.closed_at is None:
        return
    closed_at = read_instant(manifest.closed_at)
    for payer in manifest.payers:
        invoices = {one.invoice_id: one for one in payer.invoices}
        for found in payer.findings:
            late = _late(payer, found, invoices.get(found.subject))
            if late and late.at > closed_at:
                yield late


def _late(payer: PayerState, found: Finding, invoice: ArchivedInvoice | None) -> Late | None:
    if found.code == "LATE_INVOICE" and invoice:
        at = read_instant(invoice.first_archived_at)
        return Late(payer, found, at, found.subject, invoice)
    added = _ADDED.fullmatch(found.detail) if found.code in _OF_DOCUMENTS else None
    if not added:
        return None
    try:
        at = read_instant(added["at"])
    except ValueError:
        return None
    return Late(payer, found, at, added["key"], None)


def late_section(page: PeriodContext, late: list[Late]) -> Html | None:
    """The section, also if nothing came late, once the archive is closed."""
    if page.manifest.closed_at is None or page.manifest.findings:
        return None  # nothing can be said of evidence that is damaged
    content: Content = element("p", "None.")
    note = None
    if late:
        rows = [_row(page, one) for one in late]
        content = first_and_more(
            "Arrived after the close", _HEADINGS, rows, most=_MOST_SHOWN, noun="more arrival",
            class_="late",
        )  # fmt: skip
        note = "Book an invoice in the open period if the close needs it."
    closed_on = day_name(read_instant(page.manifest.closed_at).date())
    notes = [f"The archive of this month closed on {closed_on}.", note]
    return section(
        "Arrived after the close",
        content,
        name="late",
        note=" ".join(filter(None, notes)),
    )


def _row(page: PeriodContext, late: Late) -> Html:
    amount: Content = NOTHING
    if late.invoice and (due := late.invoice.amount_due):
        amount = [money(due.value, due.currency), " ", name(due.currency)]
    return element(
        "tr",
        cell("Payer account", page.payer(late.payer)),
        cell("Type", element("strong", code_name(late.finding.code))),
        cell("Invoice or file", page.subject(late.subject)),
        cell("Arrived", day_mark(late.at.date())),
        cell("Amount", amount, number=True),
    )

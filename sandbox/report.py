"""The report of a month end for the person who started it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from lambdas.domain.close.open_items import OpenItem
from lambdas.domain.close.owners import Owners
from lambdas.domain.day_names import day_name
from lambdas.domain.evidence.archive_layout import (
    DOCUMENTS_PREFIX,
    RECORDS_PREFIX,
    RUNS_PREFIX,
    is_evidence,
)
from lambdas.domain.money_text import money
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_words import past_due_text
from lambdas.domain.words import lower_first
from lambdas.views.digest import PayerDigest, PeriodDigest
from lambdas.views.pages.work_list import work_of
from sandbox.invoicing_program import RequestTotals
from sandbox.snapshot import Difference

Completeness = Mapping[str, Any]
"""The content of a period's completeness.json."""

_COLOURS = {
    "COMPLETE": "green", "NO_CHARGES": "green", "TRANSFERRED": "green", "AWAITING": "yellow",
}  # fmt: skip


def print_verdict(console: Console, completeness: Completeness, owners: Owners) -> None:
    """The status of the period and of each payer, what each person has to do, and the warnings."""
    period = completeness["billing_period"]
    console.print()
    table = Table(
        title=f"Billing period {period}: {verdict_text(completeness['verdict'])}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("Payer account", no_wrap=True, min_width=12)
    table.add_column("Name", overflow="fold")
    table.add_column("Status", no_wrap=True)
    table.add_column("Invoices", no_wrap=True, justify="right")
    table.add_column("Documents", no_wrap=True, justify="right")
    table.add_column("Total", no_wrap=True, justify="right")
    for payer in completeness["payers"]:
        table.add_row(
            payer["payer_account_id"],
            escape(payer["name"]),
            verdict_text(payer["verdict"]),
            f"{payer['archived']} of {payer['expected']}",
            str(payer["documents"]),
            "\n".join(f"{total['amount']} {total['currency']}" for total in payer["totals"]),
        )
    console.print(table)
    if outstanding := _outstanding(completeness):
        console.print(outstanding, highlight=False)
    items = work_of(PeriodDigest.from_data(completeness), owners)
    for heading, waits in (("Action required", False), ("Waiting for AWS", True)):
        _print_items(console, heading, [one for one in items if one.waits == waits])
    warnings = [
        (payer, one)
        for payer in completeness["payers"]
        for one in payer["findings"]
        if one["severity"] == "warning"
    ]
    if warnings:
        console.print("\n[bold]For review[/bold]")
    for payer, finding in warnings:
        where = [payer["payer_account_id"], payer["name"], finding["subject"]]
        _print_item(console, "yellow", finding["code"], where)
        _print_lines(console, finding["detail"], f"Next step: {finding['next_step']}")


def _outstanding(completeness: Completeness) -> str:
    """The invoices that are missing, with their amounts as AWS lists them."""
    payers = [PayerDigest.from_data(payer) for payer in completeness["payers"]]
    number = sum(payer.outstanding for payer in payers)
    if not number:
        return ""
    listed = [
        f"{currency} {money(amount, currency)}"
        for payer in payers
        for currency, amount in payer.outstanding_totals.items()
    ]
    amounts = f": {', '.join(listed)} (listed by AWS, PDF outstanding)" if listed else ""
    verb = "is" if number == 1 else "are"
    return f"{_counted(number, 'invoice')} {verb} outstanding{amounts}."


def print_payments(console: Console, payments: OpenPayments, day: date) -> None:
    """One line on what is past due over all months; none if AWS Payments never answered."""
    if payments.changed_at:
        text = lower_first(past_due_text(payments, day))
        console.print(
            f"\nAs AWS Payments shows it on {day_name(day)}, {escape(text)}", highlight=False
        )


def print_others(console: Console, others: Sequence[Completeness]) -> None:
    """One line for each other period that the run judged too."""
    if others:
        console.print()
    for completeness in others:
        codes = Counter(
            finding["code"]
            for payer in completeness["payers"]
            for finding in payer["findings"]
            if finding["severity"] == "blocking"
        )
        gap = (
            f": {', '.join(f'{count} {code}' for code, count in sorted(codes.items()))}"
            if codes
            else ""
        )
        period = completeness["billing_period"]
        payers = _counted(len(completeness["payers"]), "payer")
        console.print(
            f"Billing period {period}: {verdict_text(completeness['verdict'])}, {payers}{gap}",
            highlight=False,
        )


def print_effect(console: Console, totals: RequestTotals, changed: Difference) -> None:
    """The run's calls to the payer accounts' AWS, and its changes in the archive."""
    calls = ", ".join(f"{count} {name}" for name, count in sorted(totals.calls.items()))
    downloads = _counted(totals.downloads, "document")
    console.print(
        f"\nThis run called AWS {_counted(sum(totals.calls.values()), 'time')}"
        f"{f' ({calls})' if calls else ''} and downloaded {downloads}.",
        highlight=False,
    )
    kept = changed.but(RUNS_PREFIX)
    if not kept and not totals.downloads:
        console.print(
            "It fetched nothing and changed nothing: every byte of the archive is unchanged."
        )
        return
    new = Counter(_kind(key) for key in kept.new)
    came = ", ".join(_counted(count, kind) for kind, count in sorted(new.items()))
    console.print(f"New in the archive: {came or 'nothing'}.", highlight=False)
    made_again = [key for key in kept.changed if not is_evidence(key)]
    if made_again:
        console.print(f"Made again: {_counted(len(made_again), 'view')}.", highlight=False)
    for key in (*kept.gone, *(key for key in kept.changed if is_evidence(key))):
        console.print(f"[red]Changed or hidden, which must never happen: {escape(key)}[/red]")


def _kind(key: str) -> str:
    if not is_evidence(key):
        return "view"
    if key.startswith(DOCUMENTS_PREFIX):
        return "document"
    return "record" if key.startswith(RECORDS_PREFIX) else "manifest"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _print_items(console: Console, heading: str, items: Sequence[OpenItem]) -> None:
    if items:
        console.print(f"\n[bold]{heading}[/bold]")
    for item in items:
        who = [item.who.account_id, item.who.name] if item.who else []
        _print_item(console, "red", item.finding.code, [*who, item.subject])
        _print_lines(
            console,
            *(found.detail for found in item.findings),
            f"{item.doer}: {item.action}",
        )


def _print_item(console: Console, colour: str, code: str, where: Sequence[str]) -> None:
    """Print the line of a finding; what is repeated or empty in `where` is left out."""
    parts = [part for part in dict.fromkeys(where) if part]
    title = f"[{colour}]{code}[/{colour}]"
    console.print(" · ".join([title, *map(escape, parts)]), highlight=False)


def _print_lines(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(Padding(escape(line), (0, 0, 0, 2)), highlight=False)


def verdict_text(word: str) -> str:
    """The verdict in its colour."""
    colour = _COLOURS.get(word, "red")
    return f"[{colour}]{word}[/{colour}]"

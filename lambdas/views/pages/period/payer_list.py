"""The payer accounts on a period's page, each with its invoices and every document."""

from collections.abc import Iterator, Sequence
from datetime import date

from lambdas.domain.day_names import day_name, period_name
from lambdas.domain.findings import Finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.money_text import money
from lambdas.domain.words import counted
from lambdas.views.pages.frame import NOTHING, section, verdict_mark
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period.about_payer import about_payer
from lambdas.views.pages.period.context import PeriodContext, payer_anchor
from lambdas.views.pages.period.invoice_rows import invoice_table
from lambdas.views.provisional import open_currencies
from lambdas.views.wording import PAYER_VERDICTS, code_name, verdict_name


def payer_list(page: PeriodContext) -> Html:
    """The payer accounts that need attention, then those that wait, then the complete, each group
    by name.
    """
    ordered = sorted(
        page.manifest.payers,
        key=lambda payer: (
            _rank(payer),
            not payer.name,
            payer.name.casefold(),
            payer.payer_account_id,
        ),
    )
    return section(
        "Payer accounts",
        element("div", (_payer(page, payer) for payer in ordered), class_="payers"),
        name="payers",
        note="Select an account to see its invoices and documents.",
    )


def _rank(payer: PayerState) -> int:
    return 2 if payer.is_complete else 1 if payer.verdict == "AWAITING" else 0


def _payer(page: PeriodContext, payer: PayerState) -> Html:
    line = element(
        "summary",
        element(
            "span",
            element("span", page.name_of(payer.payer_account_id, payer.name), class_="name"),
            " ",
            element("span", payer.payer_account_id, class_="id"),
            class_="who",
        ),
        element("span", verdict_mark(verdict_name(payer.verdict), payer.verdict)),
        element("span", _counts(payer), class_="counts"),
        element("span", _totals(page, payer), class_="money"),
    )
    return element(
        "details",
        line,
        element("div", _inside(page, payer), class_="inside"),
        class_="payer",
        id=payer_anchor(payer.payer_account_id),
        data_verdict=verdict_name(payer.verdict),
    )


def _totals(page: PeriodContext, payer: PayerState) -> Content:
    """The totals of a payer account; those that may change are marked."""
    account_id = payer.payer_account_id
    totals = page.now.payer_of[account_id].totals
    still_open = open_currencies(page.now, page.before, account_id)
    mark = [" ", element("span", "provisional", class_="kind")]
    lines = [
        element(
            "span",
            [money(value, currency), " ", name(currency)],
            mark if currency in still_open else None,
        )
        for currency, value in totals.items()
    ]
    return [[line, " "] for line in lines] or NOTHING


def _counts(payer: PayerState) -> Content:
    """The number of invoices, and of documents if it is another."""
    if not payer.expected:
        return "No invoices"
    of = f"{payer.archived:,} of {counted(payer.expected, 'invoice')}"
    if payer.documents == payer.archived:
        return of
    documents = f", {counted(payer.documents, 'document')}"
    return [of, element("span", documents, class_="more-counts")]


def _inside(page: PeriodContext, payer: PayerState) -> Iterator[Content]:
    yield element("p", _meaning(page, payer))
    yield about_payer(page, payer)
    if findings := page.findings(payer):
        yield _findings(page, payer, findings)
    yield invoice_table(page, payer)


def _meaning(page: PeriodContext, payer: PayerState) -> Content:
    """The reason of its status: to whom it is billed, and by which source nothing was charged."""
    if payer.verdict == "TRANSFERRED" and (receiver := _receiver(page, payer)):
        names = {one.payer_account_id: one.name for one in page.manifest.payers}
        return ["Billed to ", page.account(receiver, names.get(receiver, "")),
                " by billing transfer."]  # fmt: skip
    if payer.verdict == "COMPLETE" and payer.archived < payer.expected:
        return (
            f"Archived: {payer.archived:,} of {counted(payer.expected, 'invoice')}. The rest are "
            "accepted gaps, or documents that AWS does not provide."
        )
    if payer.is_complete and not payer.expected and payer.verdict != "TRANSFERRED":
        return _none_expected(page, payer)
    return PAYER_VERDICTS[payer.verdict][1]


def _none_expected(page: PeriodContext, payer: PayerState) -> str:
    """The source by which a complete payer account has no invoices."""
    witnesses, month = payer.witnesses, period_name(page.period)
    charges, units = witnesses.charges, witnesses.units
    if payer.verdict == "NO_CHARGES" and charges and charges.at and charges.is_final:
        read_on = day_name(read_instant(charges.at).date())
        return f"Cost Explorer shows no charges for {month}: final figures, read on {read_on}."
    if accepted := witnesses.acknowledged(page.now.instant):
        until = day_name(date.fromisoformat(accepted[-1].until))
        return f"{accepted[-1].by} accepted that {month} has no invoices, until {until}."
    if units and units.receivers:
        return "Its invoices are listed under the receivers of its invoice units."
    if any(found.code == "LISTING_REFUSED" for found in payer.findings):
        return f"AWS does not list {month} for this payer account any more."
    return f"No invoice is expected for {month}."


def _receiver(page: PeriodContext, payer: PayerState) -> str | None:
    """The account that gets its bills of the whole period, from the answers to either side."""
    transfers = [
        one
        for state in page.manifest.payers
        if state.witnesses.transfers
        for one in state.witnesses.transfers.transfers
        if payer.payer_account_id == one.source
        and state.payer_account_id in (one.source, one.target)
    ]
    return next((one.target for one in transfers if one.covers(page.period)), None)


def _findings(page: PeriodContext, payer: PayerState, findings: Sequence[Finding]) -> Html:
    return element("ul", (_finding(page, payer, found) for found in findings), class_="findings")


def _finding(page: PeriodContext, payer: PayerState, found: Finding) -> Html:
    about = "" if found.subject == payer.payer_account_id else found.subject
    return element(
        "li",
        element("strong", code_name(found.code)),
        [" \N{MIDDLE DOT} ", page.subject(about)] if about else None,
        f": {found.detail} ",
        element("em", f"Next step: {page.next_step(payer, found)}"),
        class_=found.severity,
        data_code=found.code,
    )

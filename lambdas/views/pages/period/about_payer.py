"""Facts on a payer account beside its invoices, on a period's page: its owner, when it was checked,
and what other sources state.
"""

from collections.abc import Iterator
from datetime import date

from lambdas.domain.cut_text import short
from lambdas.domain.day_names import day_name, instant_name, period_name
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import PayerState, sources
from lambdas.domain.money import Amount, is_money
from lambdas.domain.money_text import money, rounded_money
from lambdas.domain.witnesses.charges import Residual
from lambdas.domain.words import counted, listed
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.wording import code_name

_LONGEST_NAME = 80
_COST_EXPLORER = "Cost Explorer"


def about_payer(page: PeriodContext, payer: PayerState) -> Html:
    """A list of terms with their values for this payer account."""
    return element(
        "dl",
        ([element("dt", term), element("dd", what)] for term, what in _facts(page, payer)),
        class_="about",
    )


def _facts(page: PeriodContext, payer: PayerState) -> Iterator[tuple[Content, Content]]:
    who = page.identity(payer.payer_account_id)
    if who.legal_entity:
        yield "Legal entity", name(who.legal_entity)
    yield "Owner", name(who.owner.name)
    if accounts := _listed_under(page, payer):
        yield "Listed under", accounts
    if payer.checked_at:
        yield "Last checked with AWS", instant_name(payer.checked_at)
    if payer.settled_at:
        yield "Nothing outstanding since", instant_name(payer.settled_at)
    if page.before and payer.payer_account_id in page.before.payer_of:
        yield (
            period_name(page.before.billing_period),
            _earlier(page.before, payer.payer_account_id),
        )
    for source in sources(payer.invoices):
        bill_sources = source["bill_source_accounts"]
        whose: Content = "Own usage"
        if bill_sources:
            whose = ["Billed for ", _names(page, bill_sources)]
        amounts = [
            f"{money(amount.value, amount.currency)} {amount.currency}"
            for amount in map(Amount.from_data, source["totals"])
        ]
        yield whose, _amounts_in(amounts, source["invoices"])
    for residual in payer.residuals:
        yield f"{_COST_EXPLORER}, {code_name(residual.billing_entity)}", _residual(residual)
    for one in payer.witnesses.acknowledgements:
        is_over = not one.is_in_force(read_instant(page.manifest.generated_at))
        until = day_name(date.fromisoformat(one.until))
        yield (
            "Accepted" + (", now over" if is_over else ""),
            f"{one.reason} ({one.by}, until {until})",
        )


def _names(page: PeriodContext, accounts: list[str]) -> Iterator[Content]:
    """`Lantern Bay Foods (915037284461)`; the id alone of an account that the period has not."""
    for number, one in enumerate(accounts):
        yield ", " if number else ""
        known = page.now.payer_of.get(one)
        if known and known.name:
            yield [name(short(known.name, _LONGEST_NAME)), f" ({one})"]
        else:
            yield name(one)


def _listed_under(page: PeriodContext, payer: PayerState) -> list[Content]:
    """The other payer accounts whose listings have its invoices."""
    others = {one for invoice in payer.invoices for one in invoice.seen_by}
    others |= {one for invoice in payer.outstanding for one in invoice.seen_by}
    others.discard(payer.payer_account_id)
    return [
        [page.payer(one), " "] for one in page.manifest.payers if one.payer_account_id in others
    ]


def _earlier(before: PeriodDigest, payer_account_id: str) -> str:
    payer = before.payer_of[payer_account_id]
    totals = [f"{money(value, currency)} {currency}" for currency, value in payer.totals.items()]
    return _amounts_in(totals, payer.archived)


def _amounts_in(amounts: list[str], invoices: int) -> str:
    prefix = f"{listed(amounts)} in " if amounts else ""
    return f"{prefix}{counted(invoices, 'invoice')}"


def _residual(residual: Residual) -> str:
    """Charges against invoices, rounded to payable amounts; the data has every digit."""
    currency = residual.charged.currency
    charged, invoiced, rest = (
        rounded_money(amount.value, currency)
        for amount in (residual.charged, residual.invoiced, residual.residual)
    )
    sign = "+" if residual.residual.value > 0 else ""
    sentence = f"{charged} {currency} charged, {invoiced} {currency} invoiced, " + (
        f"difference {sign}{rest}" if is_money(residual.residual) else "no difference"
    )
    if residual.not_compared:
        sentence += f"; {counted(residual.not_compared, 'invoice')} without an amount in {currency}"
    return sentence

"""The search over all billing periods on the archive's page, and the data that it searches.

The data is a block of JSON in the page, which no browser runs as a script. All of it is text that
the script shows as text.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.day_names import period_name
from lambdas.domain.evidence.archive_layout import document_names_prefix, period_page_key
from lambdas.domain.money import stored_decimal
from lambdas.domain.money_text import money
from lambdas.domain.visible_text import shown
from lambdas.domain.words import counted, some_of
from lambdas.views.find import SHARED, FindFile
from lambdas.views.pages.frame import section, table
from lambdas.views.pages.html import Html, element, join, void
from lambdas.views.pages.links import Links
from lambdas.views.wording import code_name

MOST_BYTES = 8 << 20
"""Bytes of data in the page: 150,000 invoices. Months before those are opened one by one."""
_LONGEST_TEXT = 2_000
_ANY: Literal["*"] = "*"
"""In a key, in place of the part that the script fills in."""
_HEADINGS = ("Month", "Payer account", "Invoice", "Seller", "Amount|", "PO", "Status", "Open")
_FIELD = "find-words"
_SCOPE = "find-scope"
_ABSENT = (
    "Invoices that AWS has not issued yet, and invoices of Amazon Ads, are not in this archive."
)
_WITHOUT_SCRIPT = (
    "The search needs scripts, and this browser runs none here. Open a month below and use the "
    "browser's own search."
)
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@dataclass(frozen=True)
class Search:
    """The searched months, newest first, each with its data.

    The part of the page stays without a searched month and names those that are not searched.
    """

    months: tuple[tuple[BillingPeriod, str], ...] = ()
    is_on_page: bool = False

    @classmethod
    def of(cls, files: Iterable[FindFile], owners: Owners, most: int = MOST_BYTES) -> "Search":
        """Of the files, newest first, those that fit into the page; no file after them is taken."""
        months, size = [], 0
        for file in files:
            data = _month_data(file, owners)
            size += len(data)
            if size > most:
                break
            months.append((file.billing_period, data))
        return cls(tuple(months), is_on_page=True)

    def section(self, links: Links, known: set[BillingPeriod]) -> Iterator[Html]:
        """The part of the page; `known` are all periods of the archive."""
        if not (self.is_on_page and known):
            return
        left_out = sorted(known - {period for period, _ in self.months}, reverse=True)
        content = (
            self._search(links, left_out)
            if self.months
            else element("p", _left_out_text(left_out), class_="note")
        )
        yield section("Find an invoice", content, name="find")

    def _search(self, links: Links, left_out: Sequence[BillingPeriod]) -> Html:
        note = [f"Searches {self._scope}. More words narrow the search.", _left_out_text(left_out)]
        field = element(
            "div",
            element(
                "label",
                "Invoice, amount, PO number, seller, payer account, owner or legal entity",
                for_=_FIELD,
            ),
            void("input", id=_FIELD, type="search", autocomplete="off", spellcheck="false",
                 aria_describedby=_SCOPE),
            element("p", " ".join(filter(None, note)), id=_SCOPE, class_="note"),
            role="search",
            aria_label="Invoices of all months",
        )  # fmt: skip
        results = element("div", table("Found invoices", _HEADINGS, (), class_="found"),
                          class_="results", hidden=True)  # fmt: skip
        return join(
            element("p", _WITHOUT_SCRIPT, class_="note"),
            element("div", field, element("p", role="status"), results, class_="find", hidden=True),
            Html(f'<script type="application/json" id="find-data">{self._data(links)}</script>'),
        )

    @property
    def _scope(self) -> str:
        newest, oldest = self.months[0][0], self.months[-1][0]
        count = counted(len(self.months), "month")
        if newest == oldest:
            return f"{count}, {period_name(newest)}"
        return f"{count}, {period_name(oldest)} to {period_name(newest)}"

    def _data(self, links: Links) -> str:
        common = {
            "console": links.console,
            "page": period_page_key(_ANY),
            "scope": self._scope,
            "absent": _ABSENT,
        }
        months = ",\n".join(data for _, data in self.months)
        return f'{_json(common)[:-1]},"months":[\n{months}]}}'


def _left_out_text(left_out: Sequence[BillingPeriod]) -> str:
    """The months outside the search; a month whose status cannot be read has no link."""
    if not left_out:
        return ""
    names = some_of([period_name(one) for one in left_out])
    return f"Not searched: {names}. If a month is linked below, open it and search there."


def _month_data(file: FindFile, owners: Owners) -> str:
    """The month as the script reads it: texts as people see them, amounts as pages write them."""
    shared = {name: [_seen(text) for text in file.shared[name]] for name in SHARED}
    for name in ("types", "statuses"):
        shared[name] = [_seen(code_name(one)) for one in file.shared[name]]
    count = 2 + len(SHARED)
    return _json(
        {
            "period": str(file.billing_period),
            "name": period_name(file.billing_period),
            "document": document_names_prefix(file.billing_period, _ANY),
            "payers": [_payer(payer, owners) for payer in file.payers],
            **shared,
            "currencies": [_seen(text) for text in file.currencies],
            "invoices": [
                [_seen(row[0]), *row[1:count], *_amounts(row[count:], file.currencies)]
                for row in file.invoices
            ],
        }
    )


def _payer(payer: tuple[str, str, str, str], owners: Owners) -> list[str]:
    account_id, name, legal_entity, inherited_from = payer
    owner = owners.of(account_id, inherited_from)
    return [*map(_seen, (account_id, name, legal_entity, owner.name))]


def _amounts(amounts: Sequence[Any], currencies: Sequence[str]) -> Iterator[Any]:
    for text, currency in zip(amounts[::2], amounts[1::2], strict=True):
        yield money(stored_decimal(text), currencies[currency])
        yield currency


def _seen(text: str) -> str:
    return shown(text[:_LONGEST_TEXT])


def _json(value: object) -> str:
    """ASCII that cannot end a script element, nor begin a comment in it."""
    return json.dumps(value, separators=(",", ":")).translate(_ESCAPES)

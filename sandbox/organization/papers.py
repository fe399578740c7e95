"""The papers: PDFs that look like the seller's invoices, and a tax authority's XML.

The same bill always gives the same bytes. The last line of each paper states that it belongs to the
sandbox.
"""

import xml.etree.ElementTree as ET
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from fpdf import FPDF
from fpdf.enums import MethodReturnValue

from sandbox.organization.bills import Bill, Money
from sandbox.organization.costs import Usage
from sandbox.organization.sellers import Words
from sandbox.organization.typefaces import BUILT_IN, WESTERN, typeface_for, western
from sandbox.organization.visual_order import visual_order

_LINE = 5.4
_MARGIN = 18.0
_LEFT, _RIGHT = 0.52, 0.48
_INK, _ACCENT, _PALE, _QUIET = (35, 47, 62), (236, 145, 17), (243, 244, 246), (110, 118, 128)
_FOOTER = "Sandbox document of a made-up customer. It is no tax document and no payment is due."


def invoice(bill: Bill, *, rendering: str = "") -> bytes:
    """The invoice document. Its text has account and invoice number (in Brazil the government's
    number, never AWS's id).

    `rendering` goes into the file's metadata, so that the same paper can differ in bytes.
    """
    if bill.invoice_type == "PAYMENT_RECEIPT":
        return receipt(bill, rendering=rendering)
    return _invoice_like(bill, _title(bill), rendering)


def receipt(bill: Bill, *, rendering: str = "") -> bytes:
    """The receipt of a payment: an invoice's supplement, or an invoice of its own, which then names
    the paid one.
    """
    words, paid = bill.seller.words, bill.original_invoice_id or bill.printed_number
    amount = _number(bill.local.total, words)
    sheet = _Sheet(bill, words.receipt, rendering)
    sheet.letterhead()
    sheet.parties_and_facts(
        [
            (words.account, bill.payer.account_id),
            (words.number, bill.printed_number),
            (words.paid, _date(bill.issued, words)),
            (words.method, f"Visa **** {int(bill.payer.account_id) % 9000 + 1000}"),
            *([(words.order, bill.purchase_order)] if bill.purchase_order else []),
        ]
    )
    total = _money(bill.local.total, bill.local.currency, words)
    sheet.headline(f"{words.amount_paid} {_date(bill.issued, words)}", total)
    sheet.table(
        (words.payment, f"{words.amount} ({bill.local.currency})"),
        [(f"{words.payment_of} {paid}", amount)],
    )
    return sheet.finished()


def government_invoice(bill: Bill) -> bytes:
    """Brazil's NFS-e as the municipality prints it."""
    words = bill.seller.words
    sheet = _Sheet(bill, "Nota Fiscal Eletrônica de Serviços - NFS-e", "")
    sheet.letterhead("PREFEITURA DO MUNICÍPIO DE SÃO PAULO", "Secretaria Municipal da Fazenda")
    sheet.parties_and_facts(
        [
            (words.number, bill.printed_number),
            (words.date, f"{_date(bill.issued, words)} {bill.issued:%H:%M}"),
            (words.account, bill.payer.account_id),
            ("Código de verificação", f"{int(bill.printed_number) * 37 % 10**8:08X}"),
            ("Município da prestação", "São Paulo - SP"),
        ]
    )
    sheet.table(
        ("Discriminação dos serviços", f"{words.amount} ({bill.local.currency})"),
        [("Processamento e armazenamento de dados", _number(bill.local.before_tax, words))],
    )
    sheet.totals(bill.local)
    sheet.notes(bill.seller.notes)
    return sheet.finished()


def annexure(bill: Bill, usage: Sequence[Usage]) -> bytes:
    """The annexure to an Indian tax invoice: its charges by linked account."""
    words = bill.seller.words
    sheet = _Sheet(bill, "Annexure to Tax Invoice", "")
    sheet.letterhead()
    sheet.parties_and_facts(
        [
            (words.account, bill.payer.account_id),
            (words.number, bill.printed_number),
            (words.date, _date(bill.issued, words)),
            (words.period, _span(bill)),
        ]
    )
    rows = [
        (f"{one.account_id}  {one.charge.description}", _number(one.amount, words))
        for one in sorted(usage, key=lambda one: one.account_id)
    ]
    sheet.table(("Linked account and service", f"{words.amount} ({bill.base.currency})"), rows)
    sheet.total(words.subtotal, bill.base.subtotal, bill.base.currency)
    return sheet.finished()


def _invoice_like(bill: Bill, title: str, rendering: str) -> bytes:
    words = bill.seller.words
    is_credit = bill.invoice_type == "CREDIT_MEMO"
    reference = bill.original_invoice_id or bill.commercial_invoice_id
    optional = (
        (words.due, "" if is_credit else _date(bill.due, words)),
        (words.period, _span(bill)),
        (words.source, bill.source_account),
        (words.order, bill.purchase_order),
        (words.reference, reference),
    )
    sheet = _Sheet(bill, title, rendering)
    sheet.letterhead()
    sheet.parties_and_facts(
        [
            (words.account, bill.payer.account_id),
            (words.number, bill.printed_number),
            (words.date, _date(bill.issued, words)),
            *((name, value) for name, value in optional if value),
        ]
    )
    sheet.headline(_headline(bill), _money(bill.local.total, bill.local.currency, words))
    vendor = f", {words.sold_by} {bill.vendor}" if bill.vendor else ""
    sheet.table(
        (words.description, f"{words.amount} ({bill.base.currency})"),
        [
            (f"{charge.description}{vendor}", _number(charge.amount, words))
            for charge in bill.charges
        ],
    )
    sheet.totals(bill.base)
    if bill.local.currency != bill.base.currency:
        rate = _number(bill.exchange_rate, words)
        sheet.subtitle(f"{words.exchange}: 1 {bill.base.currency} = {rate} {bill.local.currency}")
        sheet.totals(bill.local)
    sheet.notes((words.credit_note,) if is_credit else bill.seller.notes)
    return sheet.finished()


def electronic_invoice(access_key: str, bill: Bill) -> bytes:
    """Brazil's machine-readable NFS-e."""
    root = ET.Element("CompNfse")
    document = ET.SubElement(
        ET.SubElement(root, "Nfse", versao="2.04"), "InfNfse", Id=f"NFS{access_key}"
    )
    values = {
        "Numero": bill.printed_number,
        "DataEmissao": bill.issued.isoformat(),
        "Competencia": str(bill.period),
        "Prestador": bill.seller.name,
        "Tomador": bill.payer.legal_entity,
        "ContaAws": bill.payer.account_id,
        "ValorServicos": f"{bill.local.before_tax:f}",
        **{f"Valor{tax.name.replace('/', '')}": f"{amount:f}" for tax, amount in bill.local.taxes},
        "ValorTotal": f"{bill.local.total:f}",
    }
    for name, value in values.items():
        ET.SubElement(document, name).text = value
    root.append(ET.Comment(f" {_FOOTER} "))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


class _Paper(FPDF):
    """A page of paper with the seller and the page number in its foot."""

    def __init__(self, bill: Bill) -> None:
        super().__init__(format=bill.seller.page)
        self._seller = bill.seller
        self.core_fonts_encoding = WESTERN

    def printable(self, text: str, style: str, size: float) -> str:
        """Set the font that has the letters of a text; return the text without those that no font
        has.
        """
        typeface = typeface_for(text)
        if typeface is None:
            self.set_font(BUILT_IN, style, size)
            return western(text)
        style = style.replace("I", "")
        if f"{typeface.family.lower()}{style}" not in self.fonts:
            self.add_font(typeface.family, style, typeface.file(style))
        self.set_font(typeface.family, style, size)
        return typeface.printable(text)

    def cell(self, w: float | None, h: float, text: str, **options: Any) -> bool:  # type: ignore[override]
        """Print one line of text, its letters in the order in which they stand."""
        return super().cell(w, h, visual_order(text), **options)

    def footer(self) -> None:
        """Print the foot; fpdf2 calls this at the end of each page."""
        seller = self._seller
        self.set_y(-21)
        self.set_draw_color(*_QUIET)
        self.set_line_width(0.1)
        self.line(_MARGIN, self.get_y(), self.w - _MARGIN, self.get_y())
        self.ln(1.5)
        self.set_text_color(*_QUIET)
        who = " · ".join((seller.name, *seller.address, seller.registration))
        self.cell(0, 3.2, self.printable(who, "", 6.5), align="C", new_x="LMARGIN", new_y="NEXT")
        self.set_font(BUILT_IN, "I", 6.5)
        self.cell(0, 3.2, _FOOTER, align="C", new_x="LMARGIN", new_y="NEXT")
        page = self._seller.words.page_of.format(self.page_no(), "{nb}")
        self.cell(0, 3.2, self.printable(page, "", 6.5), align="C")


class _Sheet:
    """A paper, filled from top to bottom."""

    def __init__(self, bill: Bill, title: str, rendering: str) -> None:
        self._bill = bill
        self._words = bill.seller.words
        self._title = title
        pdf = self._pdf = _Paper(bill)
        pdf.set_creation_date(bill.issued)
        pdf.set_title(f"{title} {bill.printed_number}")
        pdf.set_author(bill.seller.name)
        pdf.set_keywords(rendering)
        pdf.set_margin(_MARGIN)
        pdf.set_auto_page_break(auto=True, margin=26)
        pdf.add_page()

    def letterhead(self, sender: str = "amazon web services", below: str = "") -> None:
        """The sender on the left, the paper's kind on the right."""
        pdf = self._pdf
        pdf.set_text_color(*_INK)
        top, half = pdf.get_y(), pdf.epw / 2
        size = 15 if len(sender) < 25 else 9.5
        pdf.cell(half, 8, pdf.printable(sender, "B", size))
        size = 17 if len(self._title) < 25 else 12.5
        title = pdf.printable(self._title, "", size)
        pdf.cell(half, 8, title, align="R", new_x="LMARGIN", new_y="NEXT")
        pdf.set_fill_color(*_ACCENT)
        pdf.rect(pdf.l_margin + 1, top + 8.4, 22, 0.8, style="F")
        pdf.ln(2)
        pdf.set_text_color(*_QUIET)
        pdf.cell(half, 6, pdf.printable(below, "", 8))
        pdf.cell(half, 6, pdf.printable(self._bill.seller.name, "", 8), align="R")
        pdf.set_text_color(*_INK)
        pdf.ln(13)

    def parties_and_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """The customer and the seller on the left; the identifying facts in a box on the right."""
        pdf, payer, seller = self._pdf, self._bill.payer, self._bill.seller
        top, left = pdf.get_y(), pdf.epw * _LEFT - 6
        tax_id = [f"{self._words.vat_id}: {payer.tax_id}"] if payer.tax_id else []
        for title, lines in (
            (self._words.bill_to, [payer.name_on_paper, *payer.address, *tax_id]),
            (self._words.seller, [seller.name, *seller.address, seller.registration]),
        ):
            self._paragraph(title, left, style="B", size=7.5, color=_QUIET)
            for index, line in enumerate(lines):
                self._paragraph(line, left, style="" if index else "B", size=8.5)
            pdf.ln(3)
        bottom = pdf.get_y()
        pdf.set_fill_color(*_PALE)
        box, beside = pdf.epw * _RIGHT, pdf.l_margin + pdf.epw * _LEFT
        name_width, value_width = box * 0.5 - 3, box * 0.5 - 3
        wrapped = [(name, self._wrapped(value, value_width, "B", 8)) for name, value in facts]
        height = 6 + _LINE * sum(len(lines) for _, lines in wrapped)
        pdf.rect(beside, top, box, height, style="F")
        pdf.set_y(top + 3)
        for name, lines in wrapped:
            for index, line in enumerate(lines):
                pdf.set_x(beside + 3)
                self._cell("" if index else name, name_width, size=7, color=_QUIET, height=_LINE)
                self._cell(line, value_width, style="B", size=8, height=_LINE, align="R", last=True)
        pdf.set_y(max(bottom, top + height) + 3)

    def headline(self, text: str, amount: str) -> None:
        pdf = self._pdf
        pdf.set_fill_color(*_INK)
        pdf.set_text_color(255, 255, 255)
        pdf.cell(pdf.epw * 0.62, 10, pdf.printable(f"  {text}", "", 10), fill=True)
        pdf.cell(
            pdf.epw * 0.38,
            10,
            pdf.printable(f"{amount}  ", "B", 13),
            fill=True,
            align="R",
            new_x="LMARGIN",
            new_y="NEXT",
        )
        pdf.set_text_color(*_INK)
        pdf.ln(5)

    def subtitle(self, text: str) -> None:
        self._pdf.ln(1)
        self._paragraph(text, self._pdf.epw, style="B", size=8.5)
        self._pdf.ln(1)

    def table(self, head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> None:
        pdf = self._pdf
        pdf.set_draw_color(*_INK)
        pdf.set_line_width(0.4)
        self._pair(*head, style="B", border="B")
        pdf.set_line_width(0.1)
        pdf.set_draw_color(210, 214, 219)
        for row in rows:
            self._pair(*row, border="B")
        pdf.ln(3)

    def totals(self, money: Money) -> None:
        words = self._words
        rows = [(f"{words.subtotal} ({money.currency})", _number(money.subtotal, words))]
        if money.discount:
            discount = f"{words.discount} ({_percent(self._bill.discount, words)})"
            rows.append((discount, _number(money.discount, words)))
        rows.append((words.before_tax, _number(money.before_tax, words)))
        rows += [
            (f"{tax.name} {_percent(tax.rate, words)}", _number(amount, words))
            for tax, amount in money.taxes
        ]
        for row in rows:
            self._right_half(*row)
        self.total(words.total, money.total, money.currency)

    def total(self, name: str, amount: Decimal, currency: str) -> None:
        self._pdf.set_draw_color(*_INK)
        self._right_half(name, _money(amount, currency, self._words), style="B", border="T")
        self._pdf.ln(3)

    def notes(self, lines: Iterable[str]) -> None:
        self._pdf.ln(2)
        for line in lines:
            self._paragraph(line, self._pdf.epw, size=7.5, color=_QUIET)

    def finished(self) -> bytes:
        return bytes(self._pdf.output())

    def _pair(self, left: str, right: str, *, style: str = "", border: str = "") -> None:
        width = self._pdf.epw - 45
        self._cell(left, width, style=style, size=8.5, height=6, border=border)
        self._cell(right, 45, style=style, size=8.5, height=6, border=border, align="R", last=True)

    def _right_half(self, left: str, right: str, *, style: str = "", border: str = "") -> None:
        self._pdf.set_x(self._pdf.l_margin + self._pdf.epw * 0.45)
        width = self._pdf.epw * 0.55 - 45
        self._cell(left, width, style=style, size=8.5, border=border)
        self._cell(right, 45, style=style, size=8.5, border=border, align="R", last=True)

    def _paragraph(
        self,
        text: str,
        width: float,
        *,
        size: float,
        style: str = "",
        color: tuple[int, int, int] = _INK,
    ) -> None:
        """Text that goes on in the next line if it is too long."""
        self._pdf.set_text_color(*color)
        for line in self._wrapped(text, width, style, size):
            self._pdf.cell(width, 4.2, line, new_x="LMARGIN", new_y="NEXT")
        self._pdf.set_text_color(*_INK)

    def _wrapped(self, text: str, width: float, style: str, size: float) -> list[str]:
        """The lines of a text in the font that has its letters, which is set."""
        printable = self._pdf.printable(text, style, size)
        if self._pdf.get_string_width(printable) <= width - 2 * self._pdf.c_margin:
            return [printable]
        lines = self._pdf.multi_cell(
            width, _LINE, printable, dry_run=True, output=MethodReturnValue.LINES
        )
        return cast(list[str], lines)

    def _cell(
        self,
        text: str,
        width: float,
        *,
        size: float,
        style: str = "",
        height: float = 5.0,
        color: tuple[int, int, int] = _INK,
        border: str = "",
        align: str = "L",
        last: bool = False,
    ) -> None:
        self._pdf.set_text_color(*color)
        self._pdf.cell(
            width,
            height,
            self._pdf.printable(text, style, size),
            border=border,
            align=align,
            new_x="LMARGIN" if last else "RIGHT",
            new_y="NEXT" if last else "TOP",
        )
        self._pdf.set_text_color(*_INK)


def _headline(bill: Bill) -> str:
    words = bill.seller.words
    if bill.invoice_type == "CREDIT_MEMO":
        return words.amount_credited
    return f"{words.amount_due} {_date(bill.due, words)}"


def _title(bill: Bill) -> str:
    words = bill.seller.words
    if bill.invoice_type == "CREDIT_MEMO":
        return words.credit_memo
    return words.tax_invoice if bill.commercial_invoice_id else words.invoice


def _span(bill: Bill) -> str:
    period, words = bill.period, bill.seller.words
    last = monthrange(period.year, period.month)[1]
    if words.date_form.startswith("%B"):
        return f"{period.first_day:%B} 1 - {last}, {period.year}"
    return " - ".join(
        _date(datetime(period.year, period.month, day, tzinfo=UTC), words) for day in (1, last)
    )


def _date(moment: datetime, words: Words) -> str:
    return moment.strftime(words.date_form).replace(" 0", " ")  # November 5, not November 05


def _percent(rate: Decimal, words: Words) -> str:
    return f"{rate}%".replace(".", words.point)


def _money(amount: Decimal, currency: str, words: Words) -> str:
    return f"{currency} {_number(amount, words)}"


def _number(amount: Decimal, words: Words) -> str:
    """The amount as the country writes it: 1,234,567.89, 12,34,567.89, 1.234.567,89."""
    whole, _, fraction = f"{abs(amount):f}".partition(".")
    groups = [whole[-3:]]
    rest, step = whole[:-3], 2 if words.lakhs else 3
    while rest:
        groups.insert(0, rest[-step:])
        rest = rest[:-step]
    text = words.thousands.join(groups) + (words.point + fraction if fraction else "")
    return f"-{text}" if amount < 0 else text

"""The papers: PDFs that look like the seller's invoices, and a tax authority's XML.

The same bill gives the same bytes, however often. Each paper says in its last line that it belongs
to the sandbox.
"""

import xml.etree.ElementTree as ET
from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from fpdf import FPDF

from sandbox.organization.bills import Bill, Money
from sandbox.organization.sellers import Words

_MARGIN = 18.0
_GREY = 235
_FOOTER = "Sandbox document of a made-up customer. It is no tax document and no payment is due."


def invoice(bill: Bill, *, rendering: str = "") -> bytes:
    """The invoice document. Its text has account and invoice number (in Brazil the government's
    number, never AWS's id).

    `rendering` goes into the file's metadata, so that the same paper can differ in bytes.
    """
    words = bill.seller.words
    sheet = _Sheet(bill, _title(bill), rendering)
    sheet.parties()
    paid = bill.invoice_type == "PAYMENT_RECEIPT"
    sheet.facts(
        [
            (words.account, bill.payer.account_id),
            (words.number, bill.printed_number),
            (words.date, _date(bill.issued, words)),
            (words.paid if paid else words.due, _date(bill.issued if paid else bill.due, words)),
            (words.period, _span(bill)),
            *([(words.order, bill.purchase_order)] if bill.purchase_order else []),
            *(
                [(words.reference, reference)]
                if (reference := bill.original_invoice_id or bill.commercial_invoice_id)
                else []
            ),
        ]
    )
    sheet.headline(f"{words.total}: {_money(bill.local.total, bill.local.currency, words)}")
    sheet.table(
        (words.description, f"{words.amount} ({bill.base.currency})"),
        [(charge.description, _number(charge.amount, words)) for charge in bill.charges],
    )
    sheet.totals(bill.base)
    if bill.local.currency != bill.base.currency:
        rate = _number(bill.exchange_rate, words)
        sheet.note(f"{words.exchange}: 1 {bill.base.currency} = {rate} {bill.local.currency}")
        sheet.totals(bill.local)
    return sheet.finished()


def government_invoice(bill: Bill) -> bytes:
    """Brazil's NFS-e as the municipality prints it."""
    words = bill.seller.words
    sheet = _Sheet(bill, "NOTA FISCAL ELETRÔNICA DE SERVIÇOS - NFS-e", "")
    sheet.note("Prefeitura do Município de São Paulo - Secretaria Municipal da Fazenda")
    sheet.parties()
    sheet.facts(
        [
            (words.number, bill.printed_number),
            (words.date, _date(bill.issued, words)),
            (words.account, bill.payer.account_id),
            ("Código de verificação", f"{int(bill.printed_number) * 37 % 10**8:08X}"),
        ]
    )
    sheet.table(
        ("Discriminação dos serviços", f"{words.amount} ({bill.local.currency})"),
        [("Processamento e armazenamento de dados", _number(bill.local.before_tax, words))],
    )
    sheet.totals(bill.local)
    return sheet.finished()


def annexure(bill: Bill) -> bytes:
    """The annexure to an Indian tax invoice: its charges by linked account."""
    words = bill.seller.words
    sheet = _Sheet(bill, "Annexure to Tax Invoice", "")
    sheet.parties()
    sheet.facts(
        [
            (words.account, bill.payer.account_id),
            (words.number, bill.printed_number),
            (words.date, _date(bill.issued, words)),
        ]
    )
    linked = [f"{(int(bill.payer.account_id) * factor) % 10**12:012d}" for factor in (3, 7, 11)]
    rows = [
        (f"{linked[index % 3]}  {charge.description}", _number(charge.amount, words))
        for index, charge in enumerate(bill.charges)
    ]
    sheet.table(("Linked account and service", f"{words.amount} ({bill.base.currency})"), rows)
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


class _Sheet:
    """One sheet of paper, filled from top to bottom."""

    def __init__(self, bill: Bill, title: str, rendering: str) -> None:
        self._bill = bill
        self._words = bill.seller.words
        pdf = self._pdf = FPDF(format=bill.seller.page)
        pdf.set_creation_date(bill.issued)
        pdf.set_title(_printable(f"{title} {bill.printed_number}"))
        pdf.set_author(_printable(bill.seller.name))
        pdf.set_keywords(rendering)
        pdf.set_margin(_MARGIN)
        pdf.set_auto_page_break(auto=True, margin=_MARGIN)
        pdf.add_page()
        self._text(title, style="B", size=17, height=11)
        self._rule()

    def parties(self) -> None:
        """Who is billed, on the left; who sells, on the right."""
        payer, seller = self._bill.payer, self._bill.seller
        left = [self._words.bill_to, payer.legal_entity, *payer.address]
        right = [self._words.seller, seller.name, *seller.address, seller.registration]
        half = self._pdf.epw / 2
        for index in range(max(len(left), len(right))):
            style = "B" if index == 0 else ""
            for column in (left, right):
                self._cell(
                    column[index] if index < len(column) else "",
                    half,
                    style=style,
                    size=8.5,
                    last=column is right,
                )
        self._pdf.ln(3)

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        for name, value in facts:
            self._cell(name, 62, style="B", size=9)
            self._cell(value, self._pdf.epw - 62, size=9, last=True)
        self._pdf.ln(3)

    def headline(self, text: str) -> None:
        self._pdf.set_fill_color(_GREY)
        self._text(text, style="B", size=12, height=9, fill=True)
        self._pdf.ln(3)

    def table(self, head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> None:
        self._pdf.set_fill_color(_GREY)
        self._pair(*head, style="B", fill=True)
        for row in rows:
            self._pair(*row)
        self._rule()

    def totals(self, money: Money) -> None:
        words = self._words
        self._pair(f"{words.subtotal} ({money.currency})", _number(money.subtotal, words))
        if money.discount:
            self._pair(f"{words.discount} ({self._bill.discount}%)", _number(money.discount, words))
        self._pair(words.before_tax, _number(money.before_tax, words))
        for tax, amount in money.taxes:
            self._pair(f"{tax.name} {tax.rate}%", _number(amount, words))
        self._pair(words.total, _money(money.total, money.currency, words), style="B")
        self._pdf.ln(3)

    def note(self, text: str) -> None:
        self._text(text, size=8.5, height=6)

    def finished(self) -> bytes:
        self._rule()
        self._text(_FOOTER, style="I", size=7, height=5)
        return bytes(self._pdf.output())

    def _pair(self, left: str, right: str, *, style: str = "", fill: bool = False) -> None:
        self._cell(left, self._pdf.epw - 45, style=style, size=9, fill=fill)
        self._cell(right, 45, style=style, size=9, fill=fill, align="R", last=True)

    def _text(
        self, text: str, *, style: str = "", size: float, height: float, fill: bool = False
    ) -> None:
        self._cell(text, self._pdf.epw, style=style, size=size, height=height, fill=fill, last=True)

    def _cell(
        self,
        text: str,
        width: float,
        *,
        size: float,
        style: str = "",
        height: float = 5.0,
        fill: bool = False,
        align: str = "L",
        last: bool = False,
    ) -> None:
        self._pdf.set_font("Helvetica", style, size)
        self._pdf.cell(
            width,
            height,
            _printable(text),
            fill=fill,
            align=align,
            new_x="LMARGIN" if last else "RIGHT",
            new_y="NEXT" if last else "TOP",
        )

    def _rule(self) -> None:
        pdf = self._pdf
        pdf.ln(1)
        pdf.line(pdf.l_margin, pdf.get_y(), pdf.l_margin + pdf.epw, pdf.get_y())
        pdf.ln(2)


def _title(bill: Bill) -> str:
    words = bill.seller.words
    if bill.invoice_type == "CREDIT_MEMO":
        return words.credit_memo
    if bill.invoice_type == "PAYMENT_RECEIPT":
        return words.receipt
    return words.tax_invoice if bill.commercial_invoice_id else words.invoice


def _span(bill: Bill) -> str:
    period, words = bill.period, bill.seller.words
    days = (1, monthrange(period.year, period.month)[1])
    return " - ".join(
        _date(datetime(period.year, period.month, day, tzinfo=UTC), words) for day in days
    )


def _date(moment: datetime, words: Words) -> str:
    return moment.strftime(words.date_form)


def _money(amount: Decimal, currency: str, words: Words) -> str:
    return f"{_number(amount, words)} {currency}"


def _number(amount: Decimal, words: Words) -> str:
    text = f"{amount:,f}"
    return text.translate(str.maketrans(",.", ".,")) if words.decimal_comma else text


def _printable(text: str) -> str:
    """The text in the letters that the PDF's built-in fonts have; others become question marks."""
    return text.encode("latin-1", "replace").decode("latin-1")

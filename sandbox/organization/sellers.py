"""Sellers of record as they stand on papers, and the words of their papers."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Words:
    """A paper's labels in one language; `date_form` is for strftime."""

    invoice: str = "Invoice"
    tax_invoice: str = "Tax Invoice"
    credit_memo: str = "Credit Memo"
    receipt: str = "Payment Receipt"
    account: str = "Account number"
    bill_to: str = "Bill to"
    seller: str = "Seller of record"
    number: str = "Number"
    date: str = "Date"
    due: str = "Due date"
    paid: str = "Paid on"
    period: str = "Billing period"
    order: str = "Purchase order"
    reference: str = "Refers to invoice"
    description: str = "Service"
    amount: str = "Amount"
    subtotal: str = "Charges"
    discount: str = "Discounts"
    before_tax: str = "Total before tax"
    total: str = "Total"
    exchange: str = "Exchange rate"
    date_form: str = "%B %d, %Y"
    decimal_comma: bool = False


ENGLISH = Words()
JAPANESE_ENGLISH = Words(tax_invoice="Qualified Invoice", date_form="%Y-%m-%d")
INDIAN_ENGLISH = Words(invoice="Tax Invoice", date_form="%d-%b-%Y")
GERMAN = Words(
    invoice="Rechnung / Invoice",
    tax_invoice="Steuerrechnung / VAT Invoice",
    credit_memo="Gutschrift / Credit Memo",
    account="Kontonummer / Account number",
    bill_to="Rechnungsempfänger / Bill to",
    seller="Leistungserbringer / Seller of record",
    number="Rechnungsnummer / Number",
    date="Rechnungsdatum / Date",
    due="Fällig am / Due date",
    period="Abrechnungszeitraum / Billing period",
    reference="Bezug / Refers to invoice",
    description="Leistung / Service",
    amount="Betrag / Amount",
    subtotal="Summe / Charges",
    before_tax="Nettobetrag / Total before tax",
    total="Gesamtbetrag / Total",
    exchange="Wechselkurs / Exchange rate",
    date_form="%d.%m.%Y",
    decimal_comma=True,
)
PORTUGUESE = Words(
    invoice="Fatura de Serviços",
    account="Número da conta",
    bill_to="Tomador de serviços",
    seller="Prestador de serviços",
    number="Número da NFS-e",
    date="Data de emissão",
    due="Vencimento",
    period="Período de faturamento",
    description="Serviço",
    amount="Valor",
    subtotal="Subtotal",
    discount="Descontos",
    before_tax="Total antes dos impostos",
    total="Valor total",
    exchange="Taxa de câmbio",
    date_form="%d/%m/%Y",
    decimal_comma=True,
)


@dataclass(frozen=True)
class Seller:
    """A legal entity that issues invoices.

    `invoice_prefix` begins the ids that its country demands. One that `reports` tells the tax
    authority of each invoice and gives all of them such ids; others mostly use ten digits.
    """

    name: str
    address: tuple[str, ...]
    registration: str
    currency: str
    words: Words
    invoice_prefix: str = ""
    reports: bool = False
    page: str = "A4"


@dataclass(frozen=True)
class Tax:
    """`rate` is in percent."""

    name: str
    rate: Decimal


AWS_INC = Seller(
    "Amazon Web Services, Inc.",
    ("410 Terry Avenue North", "Seattle, WA 98109-5210", "United States"),
    "Federal Tax ID: 20-4938068",
    "USD",
    ENGLISH,
    page="Letter",
)
AWS_EMEA_GERMANY = Seller(
    "Amazon Web Services EMEA SARL, Niederlassung Deutschland",
    ("Marcel-Breuer-Straße 12", "80807 München", "Deutschland"),
    "USt-IdNr. / VAT ID: DE 317 013 094",
    "EUR",
    GERMAN,
    "EUINDE",
)
AWS_EMEA_NETHERLANDS = Seller(
    "Amazon Web Services EMEA SARL, Dutch Branch",
    ("Mr. Treublaan 7", "1097 DP Amsterdam", "The Netherlands"),
    "VAT ID: NL 8590 61447 B01",
    "EUR",
    ENGLISH,
    "EUINNL",
)
AWS_EMEA_UK = Seller(
    "Amazon Web Services EMEA SARL, UK Branch",
    ("1 Principal Place, Worship Street", "London EC2A 2FA", "United Kingdom"),
    "VAT Number: GB 305 4179 68",
    "GBP",
    ENGLISH,
    "EUINGB",
)
AWS_JAPAN = Seller(
    "Amazon Web Services Japan G.K.",
    ("3-1-1 Kamiosaki, Shinagawa-ku", "Tokyo 141-0021", "Japan"),
    "Qualified Invoice Issuer Number: T4-0110-0309-2718",
    "JPY",
    JAPANESE_ENGLISH,
)
AWS_BRAZIL = Seller(
    "Amazon AWS Serviços Brasil Ltda.",
    ("Av. Presidente Juscelino Kubitschek, 2041", "São Paulo - SP, 04543-011", "Brasil"),
    "CNPJ: 23.412.247/0001-10",
    "BRL",
    PORTUGUESE,
    "EINBR",
    reports=True,
)
AWS_INDIA = Seller(
    "Amazon Web Services India Private Limited",
    ("Block E, 14th Floor, International Trade Tower", "Nehru Place, New Delhi 110019", "India"),
    "GSTIN: 07AAJCA9880A1ZB",
    "INR",
    INDIAN_ENGLISH,
    "AIN",
    reports=True,
)

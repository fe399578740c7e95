"""Sellers of record as printed on papers, and the words of their papers."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Words:
    """A paper's labels in one language; `date_form` is for strftime, `lakhs` groups digits as in
    India.
    """

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
    vat_id: str = "Tax ID"
    amount_due: str = "Total amount due on"
    amount_paid: str = "Amount paid on"
    amount_credited: str = "Total credit"
    payment: str = "Description"
    payment_of: str = "Payment of invoice"
    method: str = "Payment method"
    sold_by: str = "sold by"
    credit_note: str = "This credit is refunded to the payment method that the invoice was paid by."
    source: str = "Billed for account"
    page_of: str = "Page {} of {}"
    date_form: str = "%B %d, %Y"
    thousands: str = ","
    point: str = "."
    lakhs: bool = False


ENGLISH = Words()
BRITISH = Words(date_form="%d %b %Y", vat_id="VAT number")
SWISS_ENGLISH = Words(date_form="%d.%m.%Y", thousands="'", vat_id="VAT number")
JAPANESE_ENGLISH = Words(tax_invoice="Qualified Invoice", date_form="%Y-%m-%d")
INDIAN_ENGLISH = Words(
    invoice="Tax Invoice", date_form="%d-%b-%Y", vat_id="GSTIN of recipient", lakhs=True
)
CANADIAN = Words(
    invoice="Invoice / Facture",
    credit_memo="Credit Memo / Note de crédit",
    receipt="Payment Receipt / Reçu",
    bill_to="Bill to / Facturé à",
    seller="Seller of record / Vendeur",
    number="Number / Numéro",
    account="Account number / Compte",
    date="Date",
    due="Due date / Échéance",
    paid="Paid on / Payé le",
    reference="Refers to / Référence",
    order="Purchase order / Bon de commande",
    period="Period / Période",
    amount_due="Total amount due on / Montant total dû le",
    amount_paid="Amount paid on / Montant payé le",
    payment_of="Payment of invoice / Paiement de la facture",
    method="Payment method / Mode",
    date_form="%Y-%m-%d",
    vat_id="GST/HST number / No TPS/TVH",
)
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
    discount="Rabatte / Discounts",
    before_tax="Nettobetrag / Total before tax",
    total="Gesamtbetrag / Total",
    exchange="Wechselkurs / Exchange rate",
    vat_id="USt-IdNr. / VAT ID",
    amount_due="Gesamtbetrag fällig am / Total amount due on",
    amount_credited="Gutschrift / Total credit",
    page_of="Seite {} von {}",
    date_form="%d.%m.%Y",
    thousands=".",
    point=",",
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
    vat_id="CNPJ do tomador",
    amount_due="Valor total com vencimento em",
    page_of="Página {} de {}",
    date_form="%d/%m/%Y",
    thousands=".",
    point=",",
)


@dataclass(frozen=True)
class Seller:
    """A legal entity that issues invoices.

    `invoice_prefix` begins the ids that its country demands. One that `reports` declares each
    invoice to the tax authority and gives all of them such ids, as does one that `numbers_all`;
    others mostly use ten digits. `notes` are the text of its country's papers below the totals.
    """

    name: str
    address: tuple[str, ...]
    registration: str
    currency: str
    words: Words
    invoice_prefix: str = ""
    reports: bool = False
    numbers_all: bool = False
    page: str = "A4"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tax:
    """A tax; `rate` is in percent."""

    name: str
    rate: Decimal


AWS_INC = Seller(
    "Amazon Web Services, Inc.",
    ("410 Terry Avenue North", "Seattle, WA 98109-5210", "United States"),
    "Federal Tax ID: 20-4938068",
    "USD",
    ENGLISH,
    page="Letter",
    notes=(
        "This invoice is charged to the default payment method of the account on the day of issue.",
        "Sales tax is charged where the seller is registered for it and by the address of use.",
    ),
)
AWS_EMEA_GERMANY = Seller(
    "Amazon Web Services EMEA SARL, Niederlassung Deutschland",
    ("Marcel-Breuer-Straße 12", "80807 München", "Deutschland"),
    "USt-IdNr. / VAT ID: DE 317 013 094",
    "EUR",
    GERMAN,
    "EUINDE",
    notes=(
        "Leistungszeitraum entspricht dem Abrechnungszeitraum. Zahlbar ohne Abzug per Überweisung.",
        "Sitz der Gesellschaft: 38 avenue John F. Kennedy, L-1855 Luxemburg. HRB 242240, München.",
    ),
)
AWS_EMEA_NETHERLANDS = Seller(
    "Amazon Web Services EMEA SARL, Dutch Branch",
    ("Mr. Treublaan 7", "1097 DP Amsterdam", "The Netherlands"),
    "VAT ID: NL 8590 61447 B01",
    "EUR",
    BRITISH,
    "EUINNL",
    notes=(
        "Services supplied by the Dutch branch; Dutch VAT is charged at the standard rate.",
        "Registered office: 38 avenue John F. Kennedy, L-1855 Luxembourg. KvK 73100889.",
    ),
)
AWS_EMEA_UK = Seller(
    "Amazon Web Services EMEA SARL, UK Branch",
    ("1 Principal Place, Worship Street", "London EC2A 2FA", "United Kingdom"),
    "VAT Number: GB 305 4179 68",
    "GBP",
    BRITISH,
    "EUINGB",
    notes=(
        "Sterling amounts are converted at the rate stated above, for VAT purposes as well.",
        "Registered office: 38 avenue John F. Kennedy, L-1855 Luxembourg. UK BR019315.",
    ),
)
AWS_JAPAN = Seller(
    "Amazon Web Services Japan G.K.",
    ("3-1-1 Kamiosaki, Shinagawa-ku", "Tokyo 141-0021", "Japan"),
    "Qualified Invoice Issuer Number: T4-0110-0309-2718",
    "JPY",
    JAPANESE_ENGLISH,
    notes=(
        "Taxable at 10% (standard rate). No item of this invoice is taxed at the reduced rate.",
        "Amounts in JPY are rounded once for each rate of consumption tax.",
    ),
)
AWS_BRAZIL = Seller(
    "Amazon AWS Serviços Brasil Ltda.",
    ("Av. Presidente Juscelino Kubitschek, 2041", "São Paulo - SP, 04543-011", "Brasil"),
    "CNPJ: 23.412.247/0001-10",
    "BRL",
    PORTUGUESE,
    "EINBR",
    reports=True,
    notes=(
        "Prestador não optante pelo Simples Nacional. ISS devido em São Paulo.",
        "Código do serviço 02919. Tributos aproximados conforme a Lei 12.741/2012.",
    ),
)
AWS_INDIA = Seller(
    "Amazon Web Services India Private Limited",
    ("Block E, 14th Floor, International Trade Tower", "Nehru Place, New Delhi 110019", "India"),
    "GSTIN: 07AAJCA9880A1ZB",
    "INR",
    INDIAN_ENGLISH,
    "AIN",
    reports=True,
    notes=(
        "SAC 998315, hosting and information technology infrastructure provisioning services.",
        "Place of supply as per the address of the recipient. Tax payable on reverse charge: No.",
        "The IRN is registered with the Invoice Registration Portal. Computer generated.",
    ),
)
AWS_EMEA_KUWAIT = Seller(
    "Amazon Web Services EMEA SARL",
    ("38 avenue John F. Kennedy", "L-1855 Luxembourg", "Luxembourg"),
    "R.C.S. Luxembourg: B186284",
    "KWD",
    BRITISH,
    "EUINLU",
    notes=(
        "Supplied from Luxembourg to a business customer in Kuwait: outside the scope of EU VAT.",
        "Amounts in KWD have three decimals (fils).",
    ),
)
AWS_EMEA_ISRAEL = Seller(
    "Amazon Web Services EMEA SARL, Israel Branch",
    ("121 Menachem Begin Road", "Tel Aviv 6701203", "Israel"),
    "VAT dealer number: 560 032 917",
    "ILS",
    BRITISH,
    "ILIN",
    notes=("Original for tax purposes. Allocation number is stated where the law asks for one.",),
)
AWS_EMEA_SWITZERLAND = Seller(
    "Amazon Web Services EMEA SARL, Luxembourg, Zurich Branch",
    ("Mythenquai 10", "8002 Zürich", "Switzerland"),
    "UID: CHE-412.908.337 MWST",
    "CHF",
    SWISS_ENGLISH,
    "EUINCH",
    notes=("VAT is stated in CHF at the monthly mean rate of the Federal Office for Customs.",),
)
AWS_CANADA = Seller(
    "Amazon Web Services Canada, Inc.",
    ("120 Bremner Boulevard, 26th Floor", "Toronto, ON M5J 0A8", "Canada"),
    "GST/HST registration: 85730 5932 RT0001",
    "CAD",
    CANADIAN,
    "CAIN",
    numbers_all=True,
    page="Letter",
    notes=("HST is charged by the province of the recipient's address. Cet avis vaut facture.",),
)
AWS_AUSTRALIA = Seller(
    "Amazon Web Services Australia Pty Ltd",
    ("Level 37, 2-26 Park Street", "Sydney NSW 2000", "Australia"),
    "ABN: 63 605 345 891",
    "AUD",
    Words(invoice="Tax Invoice", date_form="%d %b %Y", vat_id="ABN of recipient"),
    "AUIN",
    numbers_all=True,
    notes=(
        "GST of 10% is included where stated. Keep this tax invoice for your activity statement.",
    ),
)
AWS_SINGAPORE = Seller(
    "Amazon Web Services Singapore Private Limited",
    ("23 Church Street, #10-01", "Capital Square, Singapore 049481", "Singapore"),
    "GST Reg. No.: 201009191C",
    "SGD",
    Words(invoice="Tax Invoice", date_form="%d %b %Y", vat_id="UEN of customer"),
    "SGIN",
    numbers_all=True,
    notes=("GST at 9%. Exchange rate for GST purposes as stated above.",),
)

"""The made-up payer accounts and the behaviour of each."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from lambdas.domain.billing_period import BillingPeriod
from sandbox.organization.sellers import (
    AWS_AUSTRALIA,
    AWS_BRAZIL,
    AWS_CANADA,
    AWS_EMEA_GERMANY,
    AWS_EMEA_ISRAEL,
    AWS_EMEA_KUWAIT,
    AWS_EMEA_NETHERLANDS,
    AWS_EMEA_SWITZERLAND,
    AWS_EMEA_UK,
    AWS_INC,
    AWS_INDIA,
    AWS_JAPAN,
    AWS_SINGAPORE,
    Seller,
    Tax,
)


@dataclass(frozen=True)
class MadeUpUnit:
    """An invoice unit: one of the payer's linked accounts, the `receiver`, gets an invoice of its
    own for the usage of the unit's accounts, from the billing period `since` on.
    """

    name: str
    receiver: str
    linked_accounts: tuple[str, ...]
    legal_entity: str
    address: tuple[str, ...]
    monthly_usd: Decimal
    since: BillingPeriod
    tax_id: str = ""


@dataclass(frozen=True)
class MadeUpPayer:
    """A payer account. `monthly_usd` is its usual spend; `owner` is the responsible person in the
    customer's finance department.

    `customs` are the papers it gets in each period beside the anniversary invoice, by the names in
    `invoices`; one that has "no_charges" gets none at all. `linked_accounts` are those it pays for,
    without itself. The papers have `printed_name`, if there is one, in place of `legal_entity`.
    `shows_receivers`: its own listing has the invoices of its units too. One that `is_standalone`
    is in no organization.
    """

    account_id: str
    name: str
    legal_entity: str
    owner: str
    address: tuple[str, ...]
    seller: Seller
    taxes: tuple[Tax, ...]
    monthly_usd: Decimal
    discount: Decimal = Decimal(0)
    purchase_order: str = ""
    customs: frozenset[str] = frozenset()
    tax_id: str = ""
    linked_accounts: tuple[str, ...] = ()
    units: tuple[MadeUpUnit, ...] = ()
    shows_receivers: bool = False
    is_standalone: bool = False
    printed_name: str = ""

    @property
    def owner_email(self) -> str:
        """The owner's address at a company that exists nowhere; empty without an owner."""
        plain = unicodedata.normalize("NFKD", self.owner).encode("ascii", "ignore").decode()
        words = re.findall("[a-z]+", plain.lower())
        return f"{'.'.join(words)}@example.com" if words else ""

    @property
    def name_on_paper(self) -> str:
        return self.printed_name or self.legal_entity


_REGISTER_COLUMNS = ("account_id", "name", "legal_entity", "owner", "owner_email")
_NO_SALES_TAX = (Tax("US Sales Tax", Decimal(0)),)

MADE_UP_PAYERS = (
    MadeUpPayer(
        "104718293645",
        "Alder & Finch Holdings",
        "Alder & Finch Holdings, Inc.",
        "Dana Whitlock",
        ("220 East Gay Street", "Columbus, OH 43215", "United States"),
        AWS_INC,
        (Tax("US Sales Tax", Decimal("7.5")),),
        Decimal(48200),
        discount=Decimal(6),
        customs=frozenset({"support", "marketplace", "credit_memo"}),
        linked_accounts=("104718293672", "550263917408", "550263917411", "809136427755"),
    ),
    MadeUpPayer(
        "020417736915",
        "Brightwater Robotics",
        "Brightwater Robotics LLC",
        "Luis Ortega",
        ("1700 Pearl Street, Suite 400", "Boulder, CO 80302", "United States"),
        AWS_INC,
        _NO_SALES_TAX,
        Decimal(9150),
        customs=frozenset({"one_time_purchase", "payment_receipt", "rendered_anew"}),
    ),
    MadeUpPayer(
        "236481957204",
        "Kessler Antriebstechnik",
        "Kessler Antriebstechnik GmbH",
        "Miriam Vogt",
        ("Industriestraße 48", "70565 Stuttgart", "Deutschland"),
        AWS_EMEA_GERMANY,
        (Tax("MwSt. / VAT", Decimal(19)),),
        Decimal(31400),
        discount=Decimal(4),
        customs=frozenset({"tax_copy", "late_invoice"}),
        tax_id="DE 281 736 455",
        linked_accounts=("236481957219", "407715930286"),
    ),
    MadeUpPayer(
        "357902468813",
        "Minato Seimitsu",
        "Minato Seimitsu K.K.",
        "Haruka Nishida",
        ("〒108-0023", "東京都港区芝浦二丁目14番5号", "Tokyo, Japan"),
        AWS_JAPAN,
        (Tax("Consumption Tax", Decimal(10)),),
        Decimal(18700),
        customs=frozenset({"marketplace", "slow_pdf"}),
        tax_id="T7-0104-0111-3358",
        linked_accounts=("357902468829",),
        printed_name="株式会社ミナト精密",
    ),
    MadeUpPayer(
        "481516234277",
        "Verdejante Alimentos",
        "Verdejante Alimentos S.A.",
        "Camila Prado",
        ("Rua Haddock Lobo, 595", "São Paulo - SP, 01414-001", "Brasil"),
        AWS_BRAZIL,
        (Tax("ISS", Decimal("2.9")), Tax("PIS/COFINS", Decimal("3.65"))),
        Decimal(12300),
        customs=frozenset({"government_invoice"}),
        tax_id="41.907.358/0001-63",
    ),
    MadeUpPayer(
        "528491730066",
        "Sarvodaya Retail",
        "Sarvodaya Retail Private Limited",
        "Anil Deshpande",
        ("Plot 21, MIDC Andheri East", "Mumbai 400093, Maharashtra", "India"),
        AWS_INDIA,
        (Tax("IGST", Decimal(18)),),
        Decimal(7600),
        customs=frozenset({"late_supplement"}),
        tax_id="27AAKCS4417Q1Z5",
        linked_accounts=("528491730074", "614208835519", "614208835526"),
    ),
    MadeUpPayer(
        "693174820559",
        "Polderhaven Logistics",
        "Polderhaven Logistics B.V.",
        "Sanne de Wit",
        ("Waalhaven Zuidzijde 30", "3089 JH Rotterdam", "The Netherlands"),
        AWS_EMEA_NETHERLANDS,
        (Tax("VAT", Decimal(21)),),
        Decimal(540),
        customs=frozenset({"daily_invoices"}),
        tax_id="NL 8241 77305 B01",
    ),
    MadeUpPayer(
        "817263540912",
        "Thornbury Media",
        "Thornbury Media Ltd",
        "Priya Raman",
        ("14 Canal Wharf", "Leeds LS11 5PS", "United Kingdom"),
        AWS_EMEA_UK,
        (Tax("VAT", Decimal(20)),),
        Decimal(22850),
        purchase_order="TM-PO-40418",
        customs=frozenset({"marketplace"}),
        tax_id="GB 291 5538 04",
        linked_accounts=("817263540937", "930155728604"),
    ),
    MadeUpPayer(
        "142857306914",
        "Straits Meridian Holdings",
        "Straits Meridian Holdings Pte. Ltd.",
        "Tan Wei Ling",
        ("9 Raffles Place, #27-00", "Republic Plaza, Singapore 048619", "Singapore"),
        AWS_SINGAPORE,
        (Tax("GST", Decimal(9)),),
        Decimal(5300),
        tax_id="201733846K",
        linked_accounts=("142857306915", "142857306916"),
    ),
    MadeUpPayer(
        "915037284461",
        "Lantern Bay Foods",
        "Lantern Bay Foods Pte. Ltd.",
        "Tan Wei Ling",
        ("31 Pandan Loop", "Singapore 128252", "Singapore"),
        AWS_SINGAPORE,
        (Tax("GST", Decimal(9)),),
        Decimal(8800),
        tax_id="201420915M",
        linked_accounts=("915037284488",),
    ),
    MadeUpPayer(
        "934820175563",
        "Kampong Timber & Board",
        "Kampong Timber & Board Pte. Ltd.",
        "Tan Wei Ling",
        ("52 Sungei Kadut Loop", "Singapore 729504", "Singapore"),
        AWS_SINGAPORE,
        (Tax("GST", Decimal(9)),),
        Decimal(2450),
        tax_id="199907722D",
    ),
    MadeUpPayer(
        "660219384750",
        "Al Marfa Desalination",
        "Al Marfa Desalination Company K.S.C.C.",
        "Noura Al-Sabti",
        ("Block 3, Ahmed Al Jaber Street", "Sharq, Kuwait City 15000", "Kuwait"),
        AWS_EMEA_KUWAIT,
        (Tax("VAT", Decimal(0)),),
        Decimal(27600),
        customs=frozenset({"support", "credit_memo"}),
        linked_accounts=("660219384763",),
    ),
    MadeUpPayer(
        "771930284615",
        "Fernhollow Trust",
        "Fernhollow Trust",
        "Dana Whitlock",
        ("4 Mill Lane", "Concord, NH 03301", "United States"),
        AWS_INC,
        _NO_SALES_TAX,
        Decimal(0),
        customs=frozenset({"no_charges"}),
        is_standalone=True,
    ),
    MadeUpPayer(
        "284650917332",
        "Côté, Fils & Associés",
        "Côté, Fils & Associés inc.",
        "Marc-André L'Heureux",
        ("1250, boul. René-Lévesque Ouest", "Ottawa, ON K1P 5Z9", "Canada"),
        AWS_CANADA,
        (Tax("HST", Decimal(13)),),
        Decimal(6720),
        purchase_order="BC-2291",
        tax_id="73928 4410 RT0001",
        customs=frozenset({"payment_receipt", "receipt_supplement", "one_time_purchase"}),
        linked_accounts=("284650917340", "284650917357", "701938462215"),
        units=(
            MadeUpUnit(
                "Logiciels",
                "284650917340",
                ("284650917340", "284650917357"),
                "Côté Logiciels inc.",
                ("130, rue Albert, bureau 900", "Ottawa, ON K1P 5G4", "Canada"),
                Decimal(1840),
                BillingPeriod(2026, 1),
                "80117 2263 RT0001",
            ),
        ),
    ),
    MadeUpPayer(
        "509174628830",
        "Wattlebird Analytics",
        "Wattlebird Analytics Pty Ltd",
        "Joanne Tully",
        ("Level 8, 333 Ann Street", "Brisbane QLD 4000", "Australia"),
        AWS_AUSTRALIA,
        (Tax("GST", Decimal(10)),),
        Decimal(1190),
        purchase_order="WA-PO-118",
        tax_id="48 612 337 905",
        customs=frozenset({"covered_by_credits", "marketplace"}),
    ),
    MadeUpPayer(
        "318406957221",
        "Ramat Orchard Systems",
        "Ramat Orchard Systems Ltd.",
        "Yael Goren",
        ("רחוב הברזל 7", "תל אביב-יפו 6971012", "Israel"),
        AWS_EMEA_ISRAEL,
        (Tax("VAT", Decimal(18)),),
        Decimal(14250),
        purchase_order="RO-40772",
        tax_id="514 882 306",
        printed_name='פרדס רמת מערכות בע"מ',
        customs=frozenset({"tax_copy"}),
    ),
    MadeUpPayer(
        "430718265994",
        "Vereinigung Brugg",
        "Schweizerisch-Liechtensteinische Vereinigung der landwirtschaftlichen "
        "Ein- und Verkaufsgenossenschaften AG",
        "Regula Ambühl",
        ("Laurstrasse 10", "5201 Brugg AG", "Switzerland"),
        AWS_EMEA_SWITZERLAND,
        (Tax("VAT", Decimal("8.1")),),
        Decimal(3980),
        tax_id="CHE-105.822.640 MWST",
        linked_accounts=("430718266007", "862041937750"),
        units=(
            MadeUpUnit(
                "Molkerei-Informatik",
                "862041937750",
                ("862041937750",),
                "Molkerei-Informatik Brugg GmbH",
                ("Aarauerstrasse 51", "5200 Brugg AG", "Switzerland"),
                Decimal(610),
                BillingPeriod(2026, 1),
                "CHE-219.044.781 MWST",
            ),
        ),
        shows_receivers=True,
    ),
)


def register_csv(payers: Iterable[MadeUpPayer]) -> bytes:
    """The payer register of these accounts, as a file."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_REGISTER_COLUMNS)
    rows.writerows([getattr(payer, name) for name in _REGISTER_COLUMNS] for payer in payers)
    return text.getvalue().encode()


def plain_payer(account_id: str, name: str) -> MadeUpPayer:
    """A believable payer for an account that nobody made up: an American customer with one
    anniversary invoice a month.
    """
    spend = Decimal(900 + int(account_id) % 40_000)
    address = (
        f"{100 + int(account_id) % 8900} Market Street",
        "Wilmington, DE 19801",
        "United States",
    )
    return MadeUpPayer(account_id, name, name, "", address, AWS_INC, _NO_SALES_TAX, spend)

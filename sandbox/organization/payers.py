"""The made-up payer accounts: who they are and what each of them shows."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.organization.sellers import (
    AWS_BRAZIL,
    AWS_EMEA_GERMANY,
    AWS_EMEA_NETHERLANDS,
    AWS_EMEA_UK,
    AWS_INC,
    AWS_INDIA,
    AWS_JAPAN,
    Seller,
    Tax,
)


@dataclass(frozen=True)
class MadeUpPayer:
    """A payer account. `monthly_usd` is its usual spend; `owner` is who answers for it in the
    customer's finance department.

    `customs` are the papers it gets in each period beside the anniversary invoice, by the names in
    `invoices`.
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
    linked_accounts: tuple[str, ...] = ()


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
    ),
    MadeUpPayer(
        "357902468813",
        "Minato Seimitsu",
        "Minato Seimitsu K.K.",
        "Haruka Nishida",
        ("2-14-5 Shibaura, Minato-ku", "Tokyo 108-0023", "Japan"),
        AWS_JAPAN,
        (Tax("Consumption Tax", Decimal(10)),),
        Decimal(18700),
        customs=frozenset({"marketplace", "slow_pdf"}),
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
    ),
)


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

"""The made-up organization: reproducible, believable, and with one special case for every payer."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.runs.payer_register import parse_register
from sandbox.invoicing import CatalogueInvoice, Document, model
from sandbox.organization import FIRST_PERIOD, MADE_UP_PAYERS, Organization, papers
from tests.sizes import THOROUGH, sample

ALDER, BRIGHTWATER, KESSLER, MINATO = "104718293645", "020417736915", "236481957204", "357902468813"
VERDEJANTE, SARVODAYA, POLDERHAVEN, THORNBURY = (
    "481516234277",
    "528491730066",
    "693174820559",
    "817263540912",
)
STRAITS, LANTERN, KAMPONG, AL_MARFA = (
    "142857306914",
    "915037284461",
    "934820175563",
    "660219384750",
)
FERNHOLLOW, COTE, WATTLEBIRD, ORCHARD, VEREINIGUNG = (
    "771930284615",
    "284650917332",
    "509174628830",
    "318406957221",
    "430718265994",
)
PLAIN = "123123123123"
REGISTER = {payer.account_id: payer.name for payer in MADE_UP_PAYERS} | {PLAIN: "Nobody's Bakery"}
SEPTEMBER = BillingPeriod(2026, 9)
DEFAULT_RUN = datetime(2026, 10, 12, tzinfo=UTC)
FAR = datetime(2027, 12, 31, tzinfo=UTC)


@cache
def organization() -> Organization:
    return Organization(REGISTER)


def invoices(payer: str, period: BillingPeriod = SEPTEMBER) -> list[CatalogueInvoice]:
    wanted = {"Year": period.year, "Month": period.month}
    everything = organization().invoices(payer, FAR).values()
    return [invoice for invoice in everything if invoice.summary["BillingPeriod"] == wanted]


def one(payer: str, **wanted: Any) -> CatalogueInvoice:
    """The payer's only invoice of September with these members."""
    (found,) = [
        invoice
        for invoice in invoices(payer)
        if all(invoice.summary.get(name) == value for name, value in wanted.items())
    ]
    return found


def anniversary(payer: str) -> CatalogueInvoice:
    return invoices(payer)[0]


def one_of_each_kind() -> list[tuple[str, CatalogueInvoice]]:
    """An invoice of every kind that a payer has; all invoices in the slow tests."""
    if THOROUGH:
        return everything()
    kinds: dict[object, tuple[str, CatalogueInvoice]] = {}
    for payer, invoice in everything():
        row = invoice.summary
        kind = payer, row["InvoiceType"], row.get("BillType"), str(row["Entity"])
        kinds.setdefault((*kind, len(invoice.supplements)), (payer, invoice))
    return list(kinds.values())


@cache
def downloaded(document: Document) -> bytes:
    """The paper, made once for all tests that look at it."""
    return document.read()


def text(paper: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(paper), strict=True)
    return "\n".join(page.extract_text() for page in reader.pages)


def everything() -> list[tuple[str, CatalogueInvoice]]:
    return [(payer, invoice) for payer in REGISTER for invoice in invoices(payer)]


# What holds for every invoice


def test_the_register_of_the_repository_lists_the_made_up_payers() -> None:
    path = Path(__file__).parents[2] / "payers.csv"
    register = parse_register(path.read_bytes(), path.name)
    assert [
        (p.account_id, p.name, p.legal_entity, p.owner, p.owner_email) for p in register.payers
    ] == [(p.account_id, p.name, p.legal_entity, p.owner, p.owner_email) for p in MADE_UP_PAYERS]
    with path.open(encoding="utf-8", newline="") as file:
        columns = ["account_id", "name", "legal_entity", "owner", "owner_email"]
        assert next(csv.reader(file)) == columns
    assert any(payer.account_id.startswith("0") for payer in register.payers)


@pytest.mark.sized
def test_two_organizations_of_a_seed_are_the_same_and_another_seed_differs() -> None:
    again, other = Organization(REGISTER), Organization(REGISTER, seed="another")
    for payer in sample([*REGISTER], 4):
        first = organization().invoices(payer, DEFAULT_RUN)
        second = again.invoices(payer, DEFAULT_RUN)
        assert list(first) == list(second)
        assert [one.summary for one in first.values()] == [one.summary for one in second.values()]
        assert [one.visible_from for one in first.values()] == [
            one.visible_from for one in second.values()
        ]
        assert set(first).isdisjoint(other.invoices(payer, DEFAULT_RUN))


def test_a_payer_does_not_depend_on_the_rest_of_the_register() -> None:
    alone = Organization({KESSLER: "Kessler"})
    assert list(alone.invoices(KESSLER, FAR)) == list(organization().invoices(KESSLER, FAR))
    assert alone.invoices(ALDER, FAR) == {}


def test_every_row_and_every_supplement_fits_the_service_model() -> None:
    for _, invoice in everything():
        model.write_response("ListInvoiceSummaries", {"InvoiceSummaries": [invoice.summary]})
        for supplement in invoice.supplements:
            document = {
                "DocumentType": supplement.document_type,
                "DocumentId": supplement.document_id,
            }
            model.write_response(
                "GetInvoicePDF", {"InvoicePDF": {"SupplementalDocuments": [document]}}
            )


def test_no_invoice_id_exists_twice_in_the_organization() -> None:
    ids = [invoice_id for payer in REGISTER for invoice_id in organization().invoices(payer, FAR)]
    made = sum(
        len(invoices(payer, FIRST_PERIOD.shifted(n))) for payer in REGISTER for n in range(36)
    )
    assert len(set(ids)) == len(ids) == made


def test_amounts_are_exact_decimals_that_add_up_in_each_currency() -> None:
    for _, invoice in everything():
        for name in ("BaseCurrencyAmount", "TaxCurrencyAmount", "PaymentCurrencyAmount"):
            amount = invoice.summary.get(name)
            if amount is None:
                assert "CommercialInvoiceId" in invoice.summary
                continue
            breakdown = amount["AmountBreakdown"]
            discount = Decimal(breakdown.get("Discounts", {"TotalAmount": "0"})["TotalAmount"])
            taxes = breakdown["Taxes"]
            before_tax = Decimal(amount["TotalAmountBeforeTax"])
            assert Decimal(breakdown["SubTotalAmount"]) + discount == before_tax
            assert sum(Decimal(tax["Amount"]) for tax in taxes["Breakdown"]) == Decimal(
                taxes["TotalAmount"]
            )
            assert before_tax + Decimal(taxes["TotalAmount"]) == Decimal(amount["TotalAmount"])
            unit = {"JPY": 0, "KWD": -3}.get(amount["CurrencyCode"], -2)
            assert Decimal(amount["TotalAmount"]).as_tuple().exponent == unit
            for tax in taxes["Breakdown"]:
                exact = before_tax * Decimal(tax["Rate"]) / 100
                assert abs(Decimal(tax["Amount"]) - exact) <= Decimal(1).scaleb(unit) / 2


def test_the_exchange_rate_explains_the_payment_amount() -> None:
    for payer in (KESSLER, MINATO, VERDEJANTE, SARVODAYA, THORNBURY):
        summary = anniversary(payer).summary
        base, paid = summary["BaseCurrencyAmount"], summary["PaymentCurrencyAmount"]
        rate = Decimal(paid["CurrencyExchangeDetails"]["Rate"])
        charged = [Decimal(each["AmountBreakdown"]["SubTotalAmount"]) for each in (base, paid)]
        assert abs(charged[0] * rate - charged[1]) <= Decimal("0.5")
        assert (
            paid["CurrencyExchangeDetails"]["TargetCurrencyCode"] == paid["CurrencyCode"] != "USD"
        )


@pytest.mark.sized
def test_a_paper_states_account_number_total_and_invoice_number_of_its_row() -> None:
    for payer, invoice in one_of_each_kind():
        paper = text(downloaded(invoice.document))
        total = invoice.summary["TaxCurrencyAmount"]["TotalAmount"]
        assert invoice.summary["AccountId"] in paper
        assert total.replace(".", "") in re.sub(r"[.,']", "", paper)
        assert (invoice.invoice_id in paper) is (payer != VERDEJANTE)
        assert "Sandbox document of a made-up customer" in paper


def test_a_paper_is_made_only_at_its_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(*_: Any, **__: Any) -> bytes:
        raise AssertionError("a paper was drawn")

    for paper in ("invoice", "annexure", "receipt", "government_invoice"):
        monkeypatch.setattr(papers, paper, drawn)
    listed = Organization(REGISTER).invoices(KESSLER, DEFAULT_RUN)
    assert len(listed) > 50
    with pytest.raises(AssertionError, match="a paper was drawn"):
        next(iter(listed.values())).document.read()


@pytest.mark.sized
def test_a_paper_has_the_same_bytes_at_each_download() -> None:
    for payer, invoice in one_of_each_kind():
        if payer in (ALDER, KESSLER, MINATO, VERDEJANTE):
            for document in (invoice.document, *invoice.supplements):
                assert document.read() == downloaded(document)


def test_a_row_is_listed_before_its_document_is_ready_but_not_before_it_is_issued() -> None:
    for _, invoice in everything():
        assert invoice.summary["IssuedDate"] < invoice.visible_from < invoice.document.ready_from


@pytest.mark.parametrize(
    ("period", "transferred"),
    [
        (FIRST_PERIOD, set()),
        (BillingPeriod(2025, 12), {KAMPONG}),
        (BillingPeriod(2026, 1), {LANTERN, KAMPONG}),
        (BillingPeriod(2026, 3), {LANTERN, KAMPONG}),
        (BillingPeriod(2026, 4), {LANTERN}),
        (BillingPeriod(2026, 5), {LANTERN}),
        (BillingPeriod(2026, 6), {LANTERN, KAMPONG}),
        (BillingPeriod(2027, 2), {LANTERN, KAMPONG}),
    ],
)
def test_every_payer_has_invoices_in_any_period_in_which_it_is_billed(
    period: BillingPeriod, transferred: set[str]
) -> None:
    after = period.first_day_after
    without = {payer for payer in REGISTER if not invoices(payer, period)}
    assert without == {FERNHOLLOW} | transferred
    for payer in REGISTER.keys() - without:
        issued = invoices(payer, period)[0].summary["IssuedDate"]
        assert (issued.year, issued.month) == (after.year, after.month)
        assert 2 <= issued.day <= 5


def test_there_is_nothing_before_the_first_period() -> None:
    assert organization().invoices(ALDER, datetime(2024, 12, 31, tzinfo=UTC)) == {}


# What each payer shows


def test_alder_has_support_on_day_six_or_seven_marketplace_and_a_credit_memo() -> None:
    issued = {invoice.summary["IssuedDate"].day for invoice in invoices(ALDER)}
    assert issued & {6, 7}
    marketplace = one(
        ALDER,
        Entity={"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS_MARKETPLACE"},
    )
    assert marketplace.summary["IssuedDate"].day == 3
    credit = one(ALDER, InvoiceType="CREDIT_MEMO", BillType="REFUND").summary
    assert Decimal(credit["PaymentCurrencyAmount"]["TotalAmount"]) < 0
    assert (credit["IssuedDate"].month, credit["IssuedDate"].day) == (9, 20)
    original = organization().invoices(ALDER, FAR)[credit["OriginalInvoiceId"]]
    assert original.summary["BillingPeriod"] == {"Year": 2026, "Month": 8}


def test_the_first_period_has_no_credit_memo_since_nothing_came_before() -> None:
    assert all(one.summary["InvoiceType"] == "INVOICE" for one in invoices(ALDER, FIRST_PERIOD))


def test_brightwater_pays_upfront_in_mid_month_and_gets_a_receipt() -> None:
    purchase = one(BRIGHTWATER, BillType="PURCHASE", InvoiceFrequency="ONE_TIME").summary
    assert (purchase["IssuedDate"].month, purchase["IssuedDate"].day) == (9, 15)
    receipt = one(BRIGHTWATER, InvoiceType="PAYMENT_RECEIPT").summary
    assert receipt["OriginalInvoiceId"] == anniversary(BRIGHTWATER).invoice_id


def test_brightwaters_anniversary_pdf_differs_in_bytes_at_each_download_but_not_in_text() -> None:
    first, second = (anniversary(BRIGHTWATER).document.read() for _ in range(2))
    assert first != second
    assert text(first) == text(second)


def test_kessler_has_a_tax_copy_that_names_its_commercial_invoice() -> None:
    commercial = anniversary(KESSLER)
    copy = one(KESSLER, CommercialInvoiceId=commercial.invoice_id)
    assert copy.invoice_id.startswith("EUINDE26-")
    assert "PaymentCurrencyAmount" not in copy.summary
    assert copy.summary["TaxCurrencyAmount"] == commercial.summary["TaxCurrencyAmount"]
    assert "Steuerrechnung" in text(downloaded(copy.document))


def test_kessler_has_an_invoice_that_comes_after_the_default_run() -> None:
    (late,) = [invoice for invoice in invoices(KESSLER) if invoice.visible_from > DEFAULT_RUN]
    assert late.summary["IssuedDate"].day == 18


def test_minatos_paper_is_addressed_in_japanese_and_orchards_in_hebrew() -> None:
    minato, orchard = (downloaded(anniversary(payer).document) for payer in (MINATO, ORCHARD))
    assert "株式会社ミナト精密" in text(minato).replace("\0", "")
    assert "רחוב הברזל" in text(orchard)
    assert "?" not in text(minato) + text(orchard)


def test_minatos_pdf_is_not_ready_at_the_default_run_but_three_days_later() -> None:
    slow = anniversary(MINATO)
    assert slow.visible_from < DEFAULT_RUN + timedelta(days=1) <= slow.document.ready_from
    assert slow.document.ready_from < datetime(2026, 10, 15, tzinfo=UTC)
    assert slow.summary["PaymentCurrencyAmount"]["CurrencyCode"] == "JPY"


def test_verdejantes_paper_states_only_the_governments_number() -> None:
    invoice = anniversary(VERDEJANTE)
    assert invoice.invoice_id.startswith("EINBR26-")
    assert invoice.summary["TaxAuthorityStatus"] == "ISSUED"
    government, electronic = invoice.supplements
    number = government.document_id.removeprefix("NFSE-")
    for paper in (downloaded(invoice.document), downloaded(government)):
        assert number in text(paper)
        assert invoice.invoice_id not in text(paper)
    assert (government.document_type, electronic.document_type) == (
        "GOVERNMENT_INVOICE",
        "TAX_E_INVOICE",
    )
    assert electronic.content_type == "application/xml"
    assert len(electronic.document_id) == 44
    root = ET.fromstring(electronic.read())  # noqa: S314 - made by this project
    assert root.findtext(".//Numero") == number
    assert root.findtext(".//ValorTotal") == invoice.summary["TaxCurrencyAmount"]["TotalAmount"]


def test_sarvodayas_annexure_comes_two_weeks_after_its_invoice() -> None:
    invoice = anniversary(SARVODAYA)
    (annexure,) = invoice.supplements
    assert invoice.invoice_id.startswith("AIN26-")
    assert invoice.document.ready_from < DEFAULT_RUN < annexure.ready_from
    assert annexure.ready_from.day == 16
    assert annexure.document_type == "SUPPLEMENT"
    paper = text(downloaded(annexure))
    assert invoice.invoice_id in paper
    rows = re.findall(r"^(\d{12})  .*? ([\d,]+\.\d\d)$", paper, re.MULTILINE)
    assert {account for account, _ in rows} == {
        SARVODAYA,
        *organization().linked_accounts(SARVODAYA),
    }
    amount = invoice.summary["BaseCurrencyAmount"]
    listed = sum(Decimal(charge.replace(",", "")) for _, charge in rows)
    assert listed == Decimal(amount["AmountBreakdown"]["SubTotalAmount"])


@pytest.mark.parametrize("period", [SEPTEMBER, BillingPeriod(2026, 2)])
def test_polderhavens_listing_has_more_rows_than_the_largest_page(period: BillingPeriod) -> None:
    rows = invoices(POLDERHAVEN, period)
    assert len(rows) == 112
    daily = rows[1:]
    days = {invoice.summary["IssuedDate"].date() for invoice in daily}
    assert min(days) == period.first_day + timedelta(days=1)
    assert max(days) == period.first_day_after
    assert {invoice.summary["PurchaseOrderNumber"] for invoice in daily} == {
        "CC-4100",
        "CC-4110",
        "CC-4120",
        "CC-4130",
    }


def test_thornburys_marketplace_invoice_has_an_exchange_rate_of_its_own() -> None:
    aws, marketplace = (invoice.summary for invoice in invoices(THORNBURY))
    rates = [
        each["PaymentCurrencyAmount"]["CurrencyExchangeDetails"]["Rate"]
        for each in (aws, marketplace)
    ]
    assert rates[0] != rates[1]
    assert aws["PurchaseOrderNumber"] == "TM-PO-40418"


def test_straits_gets_its_own_invoice_and_one_for_each_account_that_it_pays_for() -> None:
    own, *transferred = (invoice.summary for invoice in invoices(STRAITS))
    assert "BillSourceAccounts" not in own
    assert [summary["BillSourceAccounts"] for summary in transferred] == [[LANTERN], [KAMPONG]]
    for summary in transferred:
        assert summary["AccountId"] == STRAITS
        assert summary["BillSourceAccountsTotalCount"] == 1
        assert summary["InvoiceId"].startswith("SGIN26-")
    papers = [text(downloaded(invoice.document)) for invoice in invoices(STRAITS)[1:]]
    assert [source in paper for source, paper in zip((LANTERN, KAMPONG), papers, strict=True)] == [
        True,
        True,
    ]


def test_linked_accounts_are_no_payers_and_have_one_payer_each() -> None:
    linked = [one for payer in REGISTER for one in organization().linked_accounts(payer)]
    assert len(linked) == len(set(linked)) > 20
    assert set(linked).isdisjoint(REGISTER)
    assert organization().linked_accounts("000000000000") == ()


def test_fernhollow_is_alone_and_never_has_an_invoice() -> None:
    assert organization().invoices(FERNHOLLOW, FAR) == {}
    standalone = {payer for payer in REGISTER if organization().is_standalone(payer)}
    assert standalone == {FERNHOLLOW}


def test_a_transfer_begins_and_ends_with_a_month_and_straits_gets_each_bill_once() -> None:
    for transfer in organization().transfers():
        assert transfer.start.day == 1
        assert transfer.start == transfer.start.replace(hour=0, minute=0, second=0)
        if transfer.end:
            assert (transfer.end + timedelta(seconds=1)).day == 1
        instants = [instant for instant, _ in transfer.history]
        assert instants == sorted(instants)
    for month in range(24):
        period = FIRST_PERIOD.shifted(month)
        billed_to_straits = [
            source
            for one in invoices(STRAITS, period)
            for source in one.summary.get("BillSourceAccounts", ())
        ]
        own = [source for source in (LANTERN, KAMPONG) if invoices(source, period)]
        assert sorted(billed_to_straits + own) == sorted((LANTERN, KAMPONG))


def test_a_transfer_that_was_declined_or_never_answered_changes_nothing() -> None:
    statuses = {transfer.source: transfer.status(FAR) for transfer in organization().transfers()}
    assert statuses[THORNBURY] == "DECLINED"
    assert statuses[WATTLEBIRD] == "EXPIRED"
    for payer in (THORNBURY, WATTLEBIRD):
        assert invoices(payer, BillingPeriod(2026, 11))


@pytest.mark.parametrize(("payer", "is_shown"), [(COTE, False), (VEREINIGUNG, True)])
def test_an_invoice_unit_has_an_invoice_of_its_own_to_its_receiver(
    payer: str, is_shown: bool
) -> None:
    (unit,) = organization().invoice_units(payer)
    assert unit.receiver in unit.linked_accounts
    assert set(unit.linked_accounts) <= set(organization().linked_accounts(payer))
    assert organization().shows_receivers(payer) is is_shown
    paper = text(downloaded(one(payer, AccountId=unit.receiver).document))
    assert unit.receiver in paper
    assert unit.description in paper
    before = invoices(payer, BillingPeriod(2025, 12))
    assert {invoice.summary["AccountId"] for invoice in before} == {payer}


def test_al_marfa_is_billed_in_a_currency_of_three_decimals() -> None:
    amounts = [invoice.summary["PaymentCurrencyAmount"] for invoice in invoices(AL_MARFA)]
    assert {amount["CurrencyCode"] for amount in amounts} == {"KWD"}
    assert all(re.fullmatch(r"-?\d+\.\d{3}", amount["TotalAmount"]) for amount in amounts)
    credit = one(AL_MARFA, InvoiceType="CREDIT_MEMO").summary
    assert Decimal(credit["PaymentCurrencyAmount"]["TotalAmount"]) < 0


def test_a_credit_is_not_due_and_a_receipt_lists_the_invoice_that_was_paid() -> None:
    credit = one(ALDER, InvoiceType="CREDIT_MEMO")
    assert "Due date" not in text(downloaded(credit.document))
    receipt = text(downloaded(one(BRIGHTWATER, InvoiceType="PAYMENT_RECEIPT").document))
    assert f"Payment of invoice {anniversary(BRIGHTWATER).invoice_id}" in receipt
    assert "Elastic" not in receipt


def test_cote_has_a_receipt_as_an_invoice_and_another_as_a_supplement() -> None:
    invoice = anniversary(COTE)
    (receipt,) = invoice.supplements
    assert (receipt.document_type, receipt.document_id) == (
        "PAYMENT_RECEIPT",
        f"RCPT-{invoice.invoice_id}",
    )
    paper = text(downloaded(receipt))
    assert "Payment Receipt" in paper
    assert invoice.invoice_id in paper
    assert one(COTE, InvoiceType="PAYMENT_RECEIPT").summary["OriginalInvoiceId"] == (
        invoice.invoice_id
    )
    assert one(COTE, BillType="PURCHASE").summary["IssuedDate"].month == 9


def test_wattlebirds_credits_cover_its_bill_to_the_cent() -> None:
    amount = anniversary(WATTLEBIRD).summary["PaymentCurrencyAmount"]
    assert (amount["TotalAmount"], amount["CurrencyCode"]) == ("0.00", "AUD")
    assert "AWS Activate credits" in text(downloaded(anniversary(WATTLEBIRD).document))


def test_no_amount_is_a_negative_zero() -> None:
    assert not [one for _, one in everything() if re.search(r"'-0\.?0*'", repr(one.summary))]


def test_a_long_name_goes_on_in_the_next_line_of_its_paper() -> None:
    paper = text(downloaded(anniversary(VEREINIGUNG).document))
    (legal_entity,) = [
        payer.legal_entity for payer in MADE_UP_PAYERS if payer.account_id == VEREINIGUNG
    ]
    assert legal_entity not in paper
    assert legal_entity in paper.replace("\n", " ")


def test_amounts_are_written_as_in_their_country() -> None:
    papers = {
        payer: text(downloaded(anniversary(payer).document))
        for payer in (KESSLER, SARVODAYA, VEREINIGUNG, THORNBURY)
    }
    forms = {
        KESSLER: r"EUR \d{2}\.\d{3},\d{2}",
        SARVODAYA: r"INR \d,\d{2},\d{3}\.\d{2}",
        VEREINIGUNG: r"CHF \d'\d{3}\.\d{2}",
        THORNBURY: r"GBP \d{2},\d{3}\.\d{2}",
    }
    for payer, form in forms.items():
        assert re.search(form, papers[payer]), papers[payer]


FEATURES = {
    "currencies": {
        *("USD", "EUR", "GBP", "JPY", "BRL", "INR"),
        *("KWD", "ILS", "CHF", "CAD", "AUD", "SGD"),
    },
    "types": {"INVOICE", "CREDIT_MEMO", "PAYMENT_RECEIPT"},
    "bills": {"ANNIVERSARY", "PURCHASE", "REFUND"},
    "billing entities": {"AWS", "AWS_MARKETPLACE"},
    "supplements": {
        ("GOVERNMENT_INVOICE", "application/pdf"),
        ("TAX_E_INVOICE", "application/xml"),
        ("SUPPLEMENT", "application/pdf"),
        ("PAYMENT_RECEIPT", "application/pdf"),
    },
    "signs": {-1, 0, 1},
    "sources": {(), (LANTERN,), (KAMPONG,)},
    "tax copies": {True, False},
}


@pytest.mark.parametrize("month", range(6, 10))
def test_four_periods_in_a_row_each_show_everything(month: int) -> None:
    period = BillingPeriod(2026, month)
    made = [one for payer in REGISTER for one in invoices(payer, period)]
    rows = [one.summary for one in made]
    totals = [Decimal(row["BaseCurrencyAmount"]["TotalAmount"]) for row in rows]
    assert {
        "currencies": {row["TaxCurrencyAmount"]["CurrencyCode"] for row in rows},
        "types": {row["InvoiceType"] for row in rows},
        "bills": {row["BillType"] for row in rows},
        "billing entities": {row["Entity"]["BillingEntity"] for row in rows},
        "supplements": {
            (each.document_type, each.content_type) for one in made for each in one.supplements
        },
        "signs": {int(total.compare(Decimal(0))) for total in totals},
        "sources": {tuple(row.get("BillSourceAccounts", ())) for row in rows},
        "tax copies": {"CommercialInvoiceId" in row for row in rows},
    } == FEATURES
    assert len(REGISTER) - 1 == len(MADE_UP_PAYERS) >= 14
    assert 140 <= len(made) <= 160


def test_any_other_account_of_a_register_gets_a_plain_american_invoice() -> None:
    (invoice,) = invoices(PLAIN)
    summary: Mapping[str, Any] = invoice.summary
    assert summary["PaymentCurrencyAmount"]["CurrencyCode"] == "USD"
    assert Decimal(summary["PaymentCurrencyAmount"]["TotalAmount"]) > 0
    assert "Nobody's Bakery" in text(downloaded(invoice.document))


@pytest.mark.parametrize(
    "name", ["Łódź Żegluga Sp. z o.o.", "Αθήνα", "Жуковский завод", "株式会社 港"]
)
def test_a_name_in_other_letters_is_printed(name: str) -> None:
    (invoice, *_) = Organization({PLAIN: name}).invoices(PLAIN, DEFAULT_RUN).values()
    assert name in text(downloaded(invoice.document)).replace("\0", "")


@pytest.mark.parametrize("name", ["Orchard 🍊 ᚠ", "=cmd|' /C calc'!A0", "x" * 300, "Zürich\nAG"])
def test_a_name_that_the_fonts_do_not_have_or_that_is_hostile_still_gives_a_paper(
    name: str,
) -> None:
    (invoice, *_) = Organization({PLAIN: name}).invoices(PLAIN, DEFAULT_RUN).values()
    assert PLAIN in text(downloaded(invoice.document))

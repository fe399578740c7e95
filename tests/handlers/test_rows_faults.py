"""Rows that no plain month has, and questions that AWS refuses, fault by fault (docs/faults.md):
the month survives them.
"""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.aws.invoicing import Invoicing
from lambdas.aws.witness_errors import WitnessNotRead
from lambdas.domain.evidence import records
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.invoices import summary
from lambdas.domain.json_text import sha256_hex
from lambdas.telemetry import logger
from sandbox.invoicing.faults import GET, LIST, Fault
from tests.handlers.conftest import (
    ACME,
    BOREAL,
    LONG_AGO,
    TARGET,
    Month,
    World,
    invoice,
    pdf,
    transfer,
    unit,
)

SOURCE = "777788889999"
UNNUMBERED = {"INVOICE_ID_NOT_IN_TEXT": "info"}


def details(world: World, code: str, period: str = "2026-10", payer: str = ACME) -> list[str]:
    findings = world.payer(payer, period)["findings"]
    return [one["detail"] for one in findings if one["code"] == code]


def calls(world: World) -> int:
    return int(world.requests()["calls"][ACME][LIST])


LEDGER = f"periods/{TARGET}/ledger.csv"


def rows_of(*amounts: str) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"PaymentCurrencyAmount": {"TotalAmount": one, "CurrencyCode": "USD"}} for one in amounts
    )


def newest_record(world: World, invoice_id: str, period: str = TARGET) -> dict[str, Any]:
    keys = world.keys(f"records/{period}/{ACME}/{safe_segment(invoice_id)}/")
    return dict(world.read(max(keys)))


def refuses(world: World, **filters: Any) -> None:
    world.emulator.faults.add(
        Fault(ACME, "ValidationException", None, operation=LIST, filters=filters)
    )


DIFFER = {"ROWS_DIFFER": "blocking"}


def test_l29_rows_of_one_id_that_differ_block_and_no_amount_is_lost(month: Month) -> None:
    month.lists(invoice("Estimated", amount="900.00", more_rows=rows_of("40.00", "3.50")))
    month.suffers("PARTIAL", DIFFER)
    (told,) = details(month.world, "ROWS_DIFFER")
    assert told.startswith("AWS lists 3 different rows with this id: 900.00 USD, ")
    assert "40.00 USD" in told
    assert "3.50 USD" in told
    kept = newest_record(month.world, "Estimated")
    beside = sorted(row["PaymentCurrencyAmount"]["TotalAmount"] for row in kept["other_rows"])
    assert (kept["summary"]["PaymentCurrencyAmount"]["TotalAmount"], beside) == (
        "900.00",
        ["3.50", "40.00"],
    )
    assert month.world.payer()["totals"] == [{"currency": "USD", "amount": "1000.00"}]
    month.lists(invoice("Estimated", amount="900.00"))
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_l29_rows_that_differ_and_come_in_another_order_are_no_change(month: Month) -> None:
    month.lists(invoice("A2", amount="900.00", more_rows=rows_of("40.00", "3.50")))
    month.suffers("PARTIAL", DIFFER)
    month.lists(invoice("A2", amount="3.50", more_rows=rows_of("900.00", "40.00")))
    month.recovers("PARTIAL", DIFFER)
    assert newest_record(month.world, "A2")["sequence"] == 1


def test_l29_rows_that_differ_and_have_no_document_are_reported_all_the_same(month: Month) -> None:
    never = datetime(2027, 1, 1, tzinfo=UTC)
    rows = rows_of("40.00", "3.50")
    month.lists(invoice("A2", amount="900.00", more_rows=rows, ready_from=never))
    month.suffers("PARTIAL", DIFFER | {"PDF_NOT_READY": "blocking"})
    assert "900.00 USD, " in details(month.world, "ROWS_DIFFER")[0]
    month.recovers("PARTIAL", DIFFER | {"PDF_NOT_READY": "blocking"})


def test_l29_a_row_that_is_repeated_or_differs_in_the_receivers_role_alone_is_one(
    month: Month,
) -> None:
    month.lists(
        invoice("A2", more_rows=({},)),
        invoice("A3", more_rows=({"ReceiverRole": "SELLER"}, {"ReceiverRole": "BUYER"})),
    )
    month.suffers("COMPLETE", {})
    assert month.world.payer()["totals"] == [{"currency": "USD", "amount": "300.00"}]
    month.recovers()


def test_l29_of_two_listings_the_later_reading_counts_and_is_a_change(month: Month) -> None:
    month.lists(invoice("A2", amount="40.00", issued="2026-11-08"))
    month.suffers("COMPLETE", {})
    month.lists(invoice("A2", amount="41.00", issued="2026-11-08"))
    stale = {"PaymentCurrencyAmount.TotalAmount": "40.00"}
    month.world.emulator.faults.add(Fault(ACME, "changed_row", 1, invoice_id="A2", members=stale))
    month.suffers("COMPLETE", {"INVOICE_CHANGED": "warning"})
    assert details(month.world, "INVOICE_CHANGED") == [
        "PaymentCurrencyAmount.TotalAmount: 40.00 → 41.00"
    ]
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_l30_an_estimate_is_reported_and_neither_expected_nor_fetched_nor_missed_when_it_goes(
    month: Month,
) -> None:
    month.lists(invoice("estimate-2610"), invoice("Estimate-2611", BillingPeriod=None))
    asked = month.world.requests()["calls"][ACME].get(GET, 0)
    month.suffers("COMPLETE", {"ESTIMATE_LISTED": "info"})
    assert (month.world.payer()["expected"], month.world.payer()["archived"]) == (1, 1)
    assert month.world.requests()["calls"][ACME].get(GET, 0) == asked
    month.lists()
    month.recovers()


def test_l30_a_payer_with_nothing_but_estimates_is_as_one_without_a_row(month: Month) -> None:
    month.at = datetime(2026, 12, 12, 6, tzinfo=UTC)
    month.lists(invoice("estimate-2611", period="2026-11"))
    found = {"NO_INVOICES_LISTED": "blocking", "ESTIMATE_LISTED": "info"}
    month.suffers("MISSING", found, other="MISSING")
    month.lists(invoice("A2", period="2026-11"))
    month.recovers(other="MISSING")


def test_l30_an_estimate_that_the_first_release_expected_is_missed_no_more(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = datetime(2027, 1, 1, tzinfo=UTC)
    month.lists(invoice("estimate-1", ready_from=never), invoice("estimate-2"))
    with monkeypatch.context() as patch:
        patch.setattr("lambdas.domain.invoices.summary._ESTIMATE", "no id begins so")
        month.suffers("PARTIAL", {"PDF_NOT_READY": "blocking"})
    month.lists()
    month.recovers(findings={})


UNOFFERED: dict[str, dict[str, Any]] = {
    "receipt": {"InvoiceType": "PAYMENT_RECEIPT", "OriginalInvoiceId": "A1"},
    "tax copy": {"CommercialInvoiceId": "A1"},
}


@pytest.mark.parametrize("kind", UNOFFERED)
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("ResourceNotFoundException", "PDF_NOT_READY"),
        ("ValidationException", "NO_DOCUMENT_URL"),
        ("AccessDeniedException", "NO_DOCUMENT_URL"),
        ("no_url", "NO_DOCUMENT_URL"),
    ],
)
def test_l30_a_receipt_or_a_tax_copy_that_aws_does_not_hand_out_is_a_warning(
    month: Month, kind: str, fault: str, code: str
) -> None:
    month.lists(invoice("A2", **UNOFFERED[kind]))
    month.world.emulator.faults.add(Fault(ACME, fault, None, invoice_id="A2"))
    month.suffers("COMPLETE", {code: "warning"})
    assert (month.world.payer()["expected"], month.world.payer()["archived"]) == (2, 1)
    month.recovers(findings={"LATE_INVOICE": "info"})
    assert month.world.payer()["archived"] == 2


def test_l30_a_document_of_another_account_that_aws_denies_costs_no_other_invoice(
    month: Month,
) -> None:
    receiver = "777788889999"
    month.lists(invoice("A2", receiver), invoice("A3"))
    month.world.emulator.faults.add(Fault(ACME, "AccessDeniedException", None, invoice_id="A2"))
    month.suffers("COMPLETE", {})
    assert month.world.payer()["archived"] == 2
    assert month.world.findings(receiver) == {"NO_DOCUMENT_URL": "blocking"}
    month.recovers()
    assert month.world.payer(receiver)["verdict"] == "COMPLETE"


def test_l30_units_of_before_the_account_existed_that_aws_refuses_hide_none_of_now(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICE_UNITS", "true")
    receiver = "777788889999"
    month.world.catalogue.units[ACME] = [unit(receiver)]
    month.world.catalogue.linked[ACME] = (receiver,)
    ask = Invoicing.invoice_unit_receivers

    def refused(of: Invoicing, at: datetime | None) -> set[str]:
        if at:
            raise WitnessNotRead("AWS refused invoicing:ListInvoiceUnits (ValidationException).")
        return ask(of, at)

    with monkeypatch.context() as patch:
        patch.setattr(Invoicing, "invoice_unit_receivers", refused)
        month.suffers("COMPLETE", {"WITNESS_NOT_READ": "warning"})
    (told,) = details(month.world, "WITNESS_NOT_READ")
    assert "As of 2026-11-01: AWS refused invoicing:ListInvoiceUnits" in told
    manifest = month.world.read(month.world.keys("periods/2026-10/manifests/")[-1])
    acme = next(one for one in manifest["payers"] if one["payer_account_id"] == ACME)
    assert acme["witnesses"]["invoice_units"]["receivers"] == [receiver]
    month.recovers()


AUGUST = {"BillingPeriod": {"Year": 2026, "Month": 8}}


@pytest.fixture
def looks_back(month: Month, monkeypatch: pytest.MonkeyPatch) -> Month:
    """A month end that asks for August and September too, of which Boreal has invoices."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "2")
    boreals = [invoice(f"B-{one}", BOREAL, period=one) for one in ("2026-08", "2026-09")]
    month.world.catalogue.payers[BOREAL] += boreals
    month.lists(invoice("A-9", period="2026-09"))
    return month


def test_l30_a_period_before_the_account_existed_that_aws_refuses_is_a_warning_on_it_alone(
    looks_back: Month,
) -> None:
    month = looks_back
    refuses(month.world, **AUGUST)
    month.suffers("COMPLETE", {})
    assert month.world.payer(period="2026-09")["verdict"] == "COMPLETE"
    august = month.world.payer(period="2026-08")
    assert (august["verdict"], august["checked_at"]) == ("COMPLETE", None)
    assert month.world.findings(period="2026-08") == {"LISTING_REFUSED": "warning"}
    told = details(month.world, "LISTING_REFUSED", "2026-08")
    assert told == ["AWS refused to list 2026-08 (ValidationException, other)."]
    month.world.catalogue.payers[ACME].append(invoice("A-8", period="2026-08"))
    month.recovers()
    assert month.world.findings(period="2026-08") == {"LATE_INVOICE": "info"}


def test_l30_a_period_that_was_listed_once_loses_nothing_when_aws_refuses_it(
    looks_back: Month,
) -> None:
    month = looks_back
    month.world.catalogue.payers[ACME].append(invoice("A-8", period="2026-08"))
    month.suffers("COMPLETE", {})
    month.world.catalogue.payers[ACME].pop()
    refuses(month.world, **AUGUST)
    month.suffers("COMPLETE", {})
    assert month.world.findings(period="2026-08") == {"LISTING_REFUSED": "warning"}
    assert month.world.payer(period="2026-08")["archived"] == 1
    month.recovers()
    assert month.world.findings(period="2026-08") == {"INVOICE_VANISHED": "warning"}


def test_l30_a_refused_target_period_blocks_and_the_rest_is_archived(looks_back: Month) -> None:
    month = looks_back
    month.lists(invoice("A2"), invoice("A-9", period="2026-09"))
    refuses(month.world, BillingPeriod={"Year": 2026, "Month": 10})
    month.suffers("NOT_CHECKED", {"NOT_CHECKED": "blocking"})
    assert details(month.world, "NOT_CHECKED") == [
        "AWS refused to list 2026-10 (ValidationException, other)."
    ]
    assert month.world.payer()["archived"] == 2  # the listing by issued date shows the other one
    assert month.world.payer(period="2026-09")["archived"] == 1
    month.recovers()


def test_l30_issued_dates_that_aws_refuses_are_a_warning_unless_they_reach_today(
    looks_back: Month,
) -> None:
    month = looks_back
    refuses(month.world, TimeInterval={"StartDate": "2026-09-01"})
    month.suffers("COMPLETE", {"LISTING_REFUSED": "warning"})
    assert details(month.world, "LISTING_REFUSED") == [
        "AWS refused to list what was issued from 2026-09-01 to 2026-09-30 (ValidationException, "
        "other)."
    ]
    refuses(month.world, TimeInterval={"EndDate": "2026-11-13"})
    month.suffers("COMPLETE", {"LISTING_REFUSED": "warning", "NOT_CHECKED": "warning"})
    month.recovers()


@pytest.mark.parametrize(
    "moves",
    [
        [],
        [transfer(SOURCE, ACME, LONG_AGO, datetime(2026, 10, 1, tzinfo=UTC))],
        [transfer(ACME, SOURCE, datetime(2026, 10, 9, tzinfo=UTC))],
    ],
)
def test_l32_an_invoice_of_a_bill_source_without_a_transfer_is_a_warning(
    month: Month, monkeypatch: pytest.MonkeyPatch, moves: list[Any]
) -> None:
    monkeypatch.setenv("BILLING_TRANSFERS", "true")
    month.world.catalogue.moves = moves
    of_source = pdf(f"Invoice for account number: {SOURCE}")
    month.lists(invoice("A2", document=of_source, BillSourceAccounts=[SOURCE]))
    warned = UNNUMBERED | {"SOURCE_WITHOUT_TRANSFER": "warning"}
    month.suffers("COMPLETE", warned)
    assert details(month.world, "SOURCE_WITHOUT_TRANSFER") == [
        f"An invoice for {ACME} names it as the source; AWS names no transfer from it to {ACME} "
        "in 2026-10."
    ]
    assert month.world.payer()["archived"] == 2
    month.world.catalogue.moves = [transfer(SOURCE, ACME, datetime(2026, 10, 9, tzinfo=UTC))]
    month.recovers(findings=UNNUMBERED)


def test_l32_nobody_is_warned_of_a_bill_source_as_long_as_transfers_are_not_read(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_source = pdf(f"Invoice for account number: {SOURCE}")
    month.lists(invoice("A2", document=of_source, BillSourceAccounts=[SOURCE]))
    month.suffers("COMPLETE", UNNUMBERED)
    monkeypatch.setenv("BILLING_TRANSFERS", "true")
    month.recovers(findings=UNNUMBERED)  # the month is closed: it is told nothing new


MONDAY = datetime(2026, 11, 16, 6, tzinfo=UTC)


@pytest.fixture
def weekly(month: Month) -> Month:
    """The month end of the schedule: complete, and on the Monday after its deadline."""
    month.suffers("COMPLETE", {})
    month.at, month.is_scheduled = MONDAY, True
    return month


@pytest.mark.parametrize("role", ["SELLER", "RESELLER", "BUYER"])
@pytest.mark.parametrize("named", [True, False])
def test_l34_what_only_a_receiver_role_shows_is_archived_with_its_role(
    weekly: Month, role: str, named: bool
) -> None:
    world = weekly.world
    weekly.lists(invoice("A2", only_as=role, ReceiverRole=role if named else None))
    before = calls(world)
    weekly.suffers("COMPLETE", {"LATE_INVOICE": "info"})
    assert calls(world) == before + 2 + 3
    assert newest_record(world, "A2")["sightings"][0]["listings"] == [
        f"receiver_role_{role.lower()}"
    ]
    ledger = csv.DictReader(io.StringIO(world.content(LEDGER).decode("utf-8-sig")))
    roles = {row["invoice_id"].strip(): row["receiver_role"] for row in ledger}
    assert roles == {"A1": "", "A2": role, "B1": "", "B2": ""}
    page = world.content(f"periods/{TARGET}/index.html").decode()
    assert f"Received as {role.lower()}" in page
    weekly.recovers(
        findings={"LATE_INVOICE": "info"}
    )  # the next day asks by no role: it is not missed


def test_l34_what_the_archive_has_gets_nothing_new_from_a_role(month: Month) -> None:
    world = month.world
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    closed, fetched = world.versions(), world.asked(GET)[ACME]
    month.at, month.is_scheduled = datetime(2026, 12, 14, 6, tzinfo=UTC), True
    month.lists(
        invoice("A2", ReceiverRole="BUYER", DueDate=datetime(2026, 12, 1, tzinfo=UTC)),
        invoice("A3", period="2026-11", ReceiverRole="BUYER"),
    )
    month.suffers("COMPLETE", {}, other="MISSING")
    october = {key: version for key, version in world.versions().items() if TARGET in key}
    assert october == {key: version for key, version in closed.items() if TARGET in key}
    assert newest_record(world, "A3", "2026-11")["sightings"][0]["listings"] == [
        "billing_period",
        "issued_date",
    ]
    assert world.asked(GET)[ACME] == fetched + 1
    month.recovers(other="MISSING")


def test_l34_a_row_that_names_the_receivers_role_all_of_a_sudden_is_no_change(
    weekly: Month,
) -> None:
    def known() -> object:
        versions = weekly.world.versions().items()
        return [one for one in versions if ACME in one[0]], weekly.world.asked(GET)[ACME]

    settled = known()
    first = weekly.world.catalogue.payers[ACME]
    for week, role in enumerate(("BUYER", None)):
        weekly.at = MONDAY + timedelta(days=7 * week)
        first[0] = invoice("A1", issued="2026-10-02", ReceiverRole=role)
        weekly.suffers("COMPLETE", {})
        assert known() == settled
    weekly.recovers()


def test_l34_what_a_role_shows_and_has_no_document_yet_has_not_vanished_the_next_day(
    weekly: Month,
) -> None:
    ready = weekly.at + timedelta(days=1)
    weekly.lists(invoice("A2", only_as="SELLER", ready_from=ready))
    weekly.suffers("PARTIAL", {"PDF_NOT_READY": "blocking"})
    weekly.recovers(findings={"LATE_INVOICE": "info"})  # after the deadline it is asked for daily


def test_l34_no_month_before_the_archives_first_one_is_drawn_in_by_a_role(weekly: Month) -> None:
    old = invoice("A0", period="2026-08", only_as="BUYER")
    weekly.lists(old, invoice("A2", only_as="BUYER"))
    weekly.suffers("COMPLETE", {"LATE_INVOICE": "info"})
    assert not weekly.world.keys("records/2026-08/")
    weekly.recovers(findings={"LATE_INVOICE": "info"})


def test_l34_a_row_without_a_period_that_the_archive_has_is_known_by_its_role(
    month: Month,
) -> None:
    world = month.world
    world.catalogue.payers[ACME].append(invoice("A0", period="2026-09"))
    world.run({"billing_period": "2026-09"}, at=month.at)
    month.lists(invoice("A2", issued="2026-10-20", ReceiverRole="BUYER"))
    no_period = {"BillingPeriod.Month": None}
    world.emulator.faults.add(Fault(ACME, "changed_row", None, invoice_id="A2", members=no_period))
    month.suffers("COMPLETE", {})
    asked = world.asked(GET)[ACME]
    world.catalogue.payers[ACME].append(invoice("A3", period="2026-11"))
    month.at, month.is_scheduled = datetime(2026, 12, 14, 6, tzinfo=UTC), True
    month.suffers("COMPLETE", {}, other="MISSING")
    assert [key.split("/")[1] for key in world.keys("records/") if "/A2/" in key] == [TARGET]
    assert world.asked(GET)[ACME] == asked + 1
    month.recovers(other="MISSING")


@pytest.mark.parametrize("error", ["AccessDeniedException", "ValidationException"])
def test_l35_roles_that_aws_refuses_are_a_warning_and_never_red(month: Month, error: str) -> None:
    month.at, month.is_scheduled = datetime(2026, 11, 9, 6, tzinfo=UTC), True
    month.lists(invoice("A2", only_as="BUYER"))
    month.world.emulator.faults.add(
        Fault(ACME, error, None, operation=LIST, filters={"ReceiverRole": "SELLER"})
    )
    month.suffers("AWAITING", {"ROLES_NOT_LISTED": "warning"}, other="AWAITING")
    (told,) = details(month.world, "ROLES_NOT_LISTED")
    assert "by receiver role SELLER" in told
    assert f"({error}" in told
    assert month.world.payer()["archived"] == 2
    month.at = datetime(2026, 11, 10, 6, tzinfo=UTC)
    month.suffers("AWAITING", {"ROLES_NOT_LISTED": "warning"}, other="AWAITING")
    month.at = MONDAY - timedelta(days=1)
    month.recovers()


# L38 to L41: amounts in other digits, halves of letters, letters that hide, texts without end

FULL_WIDTH, ARABIC = (
    "".maketrans({str(digit): chr(ord(zero) + digit) for digit in range(10)})
    for zero in ("\N{FULLWIDTH DIGIT ZERO}", "\N{ARABIC-INDIC DIGIT ZERO}")
)
OTHER_DIGITS = (
    "123.45".translate(FULL_WIDTH),
    "123".translate(ARABIC),
    "1_000",
    " 5 ",
    "1e5_0",
    "5\N{ZERO WIDTH SPACE}",
    "0x10",
)


def is_listed_as(month: Month, invoice_id: str, **members: Any) -> None:
    """AWS lists the invoice with these members in its row."""
    month.world.emulator.faults.add(
        Fault(
            ACME,
            "changed_row",
            None,
            invoice_id=invoice_id,
            members={name.replace("__", "."): value for name, value in members.items()},
        )
    )


def test_l38_an_amount_in_other_digits_is_reported_and_is_in_no_total(month: Month) -> None:
    ids = [f"A{number}" for number, _ in enumerate(OTHER_DIGITS, 2)]
    month.lists(*map(invoice, ids))
    for invoice_id, amount in zip(ids, OTHER_DIGITS, strict=True):
        is_listed_as(month, invoice_id, PaymentCurrencyAmount__TotalAmount=amount)
    month.suffers("COMPLETE", {"AMOUNT_NOT_READ": "warning"})
    told = [one["subject"] for one in month.world.payer()["findings"]]
    assert sorted(told) == sorted(ids)
    assert month.world.payer()["totals"] == [{"currency": "USD", "amount": "100.00"}]
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_l38_an_amount_with_an_exponent_is_the_number_that_it_is(month: Month) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    is_listed_as(month, "A2", PaymentCurrencyAmount__TotalAmount="1.5E+2")
    is_listed_as(month, "A3", PaymentCurrencyAmount__TotalAmount="-25e-1")
    month.suffers("COMPLETE", {})
    assert month.world.payer()["totals"] == [{"currency": "USD", "amount": "247.50"}]
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


@pytest.mark.parametrize(
    "day",
    [
        "1793664000".translate(FULL_WIDTH),
        "1_793_664_000",
        f"Tue, {'03'.translate(ARABIC)} Nov 2026 06:00:00 GMT",
    ],
)
def test_l38_a_day_in_other_digits_is_reported_and_its_invoice_archived(
    month: Month, day: str
) -> None:
    month.lists(invoice("A2"))
    is_listed_as(month, "A2", DueDate=day)
    month.suffers("COMPLETE", {"ROW_NOT_READ": "warning"})
    assert "DueDate is the text" in details(month.world, "ROW_NOT_READ")[0]
    month.recovers()


HALF = "\ud800"


def everything_is_utf_8(world: World) -> None:
    """Every object but the signed manifests, whose form every release checks."""
    for key in world.keys(""):
        content = world.content(key)
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as workbook:
                content = b"".join(map(workbook.read, workbook.namelist()))
        if not content.startswith(b"%PDF") and "/manifests/" not in key:
            content.decode()


def test_l39_half_a_letter_makes_nothing_that_is_not_utf_8(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = io.TextIOWrapper(io.BytesIO(), "utf-8")
    monkeypatch.setattr(logger().handlers[0], "stream", printed)
    month.lists(invoice("A2"), invoice("A3"))
    is_listed_as(
        month,
        "A2",
        Entity__InvoicingEntity=f"Amazon{HALF}",
        PurchaseOrderNumber=HALF,
        OriginalInvoiceId=HALF,
        BillType=f"{HALF}X",
    )
    is_listed_as(month, "A3", PaymentCurrencyAmount__CurrencyCode=f"U{HALF}")
    found = {"UNKNOWN_VALUE": "info", "ORIGINAL_NOT_ARCHIVED": "warning"}
    month.suffers("COMPLETE", found)
    everything_is_utf_8(month.world)
    kept = newest_record(month.world, "A2")
    assert kept["summary"]["Entity"]["InvoicingEntity"] == f"Amazon{HALF}"
    assert "\\ud800" in kept["row_received"]  # as AWS sent it
    for subject, text in month.world.topic.letters:
        (subject + text).encode()
    for entry in month.world.bus.entries:
        entry["Detail"].encode()
    assert HALF not in printed.buffer.getvalue().decode()
    month.recovers(findings={"INVOICE_CHANGED": "warning"})
    everything_is_utf_8(month.world)


def as_in_the_first_release(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2)
    return f"{text}\n".encode("utf-8", "surrogatepass")


def test_l39_a_row_with_half_a_letter_that_an_earlier_release_recorded_is_no_change(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.lists(invoice("A2"))
    is_listed_as(month, "A2", PurchaseOrderNumber=HALF)
    with monkeypatch.context() as patch:
        patch.setattr(records, "to_json", as_in_the_first_release)
        patch.setattr(summary, "to_hashed_json", as_in_the_first_release)
        month.suffers("COMPLETE", {})
    first = newest_record(month.world, "A2")
    (sighting,) = first["sightings"]
    assert sighting["fingerprint"] == sha256_hex(as_in_the_first_release(first["summary"]))
    month.at += timedelta(days=1)
    month.suffers("COMPLETE", {})
    assert newest_record(month.world, "A2") == first
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


TURNS = "\u202e"
HIDDEN = f"{TURNS}\u2066\u200b\u200f\ufeff\u00ad\U000e0041\u3164\u034f"
NAME = "\u05e9\u05dc\u05d5\u05dd \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
"""Hebrew and Persian, with the joiner that Persian is written with."""


def test_l40_a_letter_that_turns_or_hides_text_is_shown_as_its_number(month: Month) -> None:
    month.lists(invoice("A2"))
    is_listed_as(month, "A2", Entity__InvoicingEntity=f"{NAME}{HIDDEN}", BillType=HIDDEN)
    month.suffers("COMPLETE", {"UNKNOWN_VALUE": "info"})
    views = [f"periods/{TARGET}/{name}" for name in ("index.html", "ledger.xlsx")]
    page = month.world.content(views[0]).decode()
    with zipfile.ZipFile(io.BytesIO(month.world.content(views[1]))) as workbook:
        sheets = b"".join(map(workbook.read, workbook.namelist())).decode()
    for text in (page, sheets, *details(month.world, "UNKNOWN_VALUE")):
        assert not set(HIDDEN) & set(text)
        assert "\\u202e" in text
    assert NAME in sheets
    ledger = month.world.content(LEDGER).decode("utf-8-sig")
    assert f"{NAME}{HIDDEN}" in ledger  # programs compare it with the record
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_l41_texts_of_100_kib_cost_no_run_and_fill_no_finding(month: Month) -> None:
    month.lists(invoice("A2"))
    found = {"AMOUNT_NOT_READ": "warning", "UNKNOWN_VALUE": "info"}
    for letter in "\N{KATAKANA LETTER A}", "\N{KATAKANA LETTER I}":
        long = letter * 100_000
        month.world.emulator.faults.clear()
        is_listed_as(
            month,
            "A2",
            Entity__InvoicingEntity=long,
            BillType=long,
            PaymentCurrencyAmount__TotalAmount=long,
        )
        month.suffers("COMPLETE", found)
        month.at += timedelta(days=1)
        found["INVOICE_CHANGED"] = "warning"
    told = [*month.world.payer()["findings"], *newest_record(month.world, "A2")["notes"]]
    assert max(len(one["detail"].encode()) for one in told) <= 8_000
    assert len(month.world.content(f"periods/{TARGET}/index.html")) < 500_000
    month.recovers(findings={"INVOICE_CHANGED": "warning"})

"""What goes wrong while listing, row by row (docs/faults.md), and that the month survives it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import ClientError
from botocore.retries.bucket import TokenBucket

from lambdas.aws import clients, invoicing
from lambdas.aws.clients import RoleCredentials
from lambdas.aws.invoicing import Invoicing, ListedRows
from lambdas.domain.errors import InvalidExecutionInput, InvalidRegister, ServiceUnavailable
from lambdas.handlers import enumerate_payer_accounts, list_invoice_summaries
from sandbox.invoicing.faults import GET, LIST, Fault
from sandbox.invoicing.tokens import PageTokens
from tests.handlers.conftest import (
    ACME,
    BOREAL,
    Month,
    World,
    charge,
    invoice,
    pdf,
    transfer,
)

NO_ACCESS = {"NO_ACCESS": "blocking"}
NOT_FETCHED = {"NOT_FETCHED": "blocking"}
NOT_CHECKED = {"NOT_CHECKED": "blocking"}
TAX_AMOUNT = {"TotalAmount": "19.00", "CurrencyCode": "EUR"}


def calls(world: World, operation: str = LIST, payer: str = ACME) -> int:
    return int(world.requests()["calls"][payer].get(operation, 0))


def record(world: World, invoice_id: str, number: int = 1, payer: str = ACME) -> dict[str, Any]:
    return dict(world.read(f"records/2026-10/{payer}/{invoice_id}/{number:04d}.json"))


def document(invoice_id: str, kind: str = "INVOICE", payer: str = ACME) -> str:
    return f"invoices/2026-10/{payer}/2026-10_{payer}_{kind}_{invoice_id}.pdf"


def details(world: World) -> str:
    return " ".join(one["detail"] for one in world.payer()["findings"])


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoicing, "_LARGEST_PAGE", 2)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that botocore waits between tries, kept instead of waited.

    So is the pace of its adaptive mode, which has tests of its own.
    """
    noted: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=noted.append))
    monkeypatch.setattr(TokenBucket, "acquire", lambda *_, **__: True)
    return noted


def test_l01_a_payers_role_cannot_be_assumed(month: Month) -> None:
    month.world.roles.denied.add(ACME)
    month.suffers("NO_ACCESS", NO_ACCESS)
    assert f"arn:aws:iam::{ACME}:role/Reader" in details(month.world)
    month.world.roles.denied.clear()
    month.recovers()


def test_l02_a_role_that_lands_in_another_account_reads_and_stores_nothing(month: Month) -> None:
    month.lists(invoice("A2"))
    month.world.roles.leads_to[ACME] = BOREAL
    before = [calls(month.world, payer=payer) for payer in (ACME, BOREAL)]
    month.suffers("NO_ACCESS", {"WRONG_ACCOUNT": "blocking"})
    boreals_own = 2  # by billing period and by issued date
    assert [calls(month.world, payer=payer) for payer in (ACME, BOREAL)] == [
        before[0],
        before[1] + boreals_own,
    ]
    assert f"leads to account {BOREAL}, not to {ACME}" in details(month.world)
    assert document("A2") not in month.world.keys("invoices/")
    month.world.roles.leads_to.clear()
    month.recovers()


@pytest.mark.parametrize(("operation", "findings"), [(LIST, {}), (GET, NOT_FETCHED)])
def test_l03_a_denied_call_is_reported_by_its_code_names_the_action_and_is_not_retried(
    month: Month, operation: str, findings: dict[str, str]
) -> None:
    month.lists(invoice("A2"))
    before = calls(month.world, operation)
    month.world.emulator.faults.add(Fault(ACME, "AccessDeniedException", None, operation=operation))
    month.suffers("NO_ACCESS", NO_ACCESS | findings)
    assert f"AWS denied invoicing:{operation} (AccessDeniedException)" in details(month.world)
    assert calls(month.world, operation) == before + 1
    month.recovers()


def test_l04_a_short_storm_of_throttling_is_waited_out_with_jitter(
    month: Month, waits: list[float]
) -> None:
    month.world.emulator.faults.add(Fault(ACME, "ThrottlingException", 2))
    month.suffers("COMPLETE", {})
    assert len(waits) == 2
    assert all(0 < wait < 2**n and wait % 1 for n, wait in enumerate(waits))
    month.recovers()


def test_l04_a_storm_that_does_not_end_is_given_up_and_the_listing_made_later(
    month: Month, waits: list[float]
) -> None:
    before = calls(month.world)
    month.world.emulator.faults.add(Fault(ACME, "ThrottlingException", None))
    month.suffers("NOT_CHECKED", NOT_CHECKED)
    assert calls(month.world) == before + clients._INVOICING_ATTEMPTS
    assert len(waits) == clients._INVOICING_ATTEMPTS - 1
    assert max(waits) <= 20
    assert [type(error) for error in month.world.errors] == [ServiceUnavailable]
    month.recovers()


@pytest.mark.usefixtures("waits")
def test_l04_a_storm_in_the_middle_of_fetching_is_resumed_where_it_broke_off(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETCH_THREADS", "1")
    month.lists(invoice("A2"), invoice("A3"), invoice("A4"))
    month.world.emulator.faults.add(Fault(ACME, "ThrottlingException", None, invoice_id="A3"))
    month.suffers("NOT_CHECKED", NOT_CHECKED | NOT_FETCHED)
    assert month.world.payer()["archived"] == 2
    assert [type(error) for error in month.world.errors] == [ServiceUnavailable]
    downloads = month.world.requests()["downloads"][ACME]
    month.recovers()
    assert month.world.requests()["downloads"][ACME] == downloads + 2


def test_l05_the_wait_that_aws_asks_for_is_kept_before_the_next_call(
    month: Month, waits: list[float]
) -> None:
    month.world.emulator.faults.add(
        Fault(ACME, "InternalServerException", 1, retry_after_seconds=37)
    )
    month.suffers("COMPLETE", {})
    assert waits == [37]
    month.recovers()


def test_l05_a_wait_that_is_too_long_for_the_function_is_left_to_the_workflow(
    month: Month, waits: list[float]
) -> None:
    before = calls(month.world)
    month.world.emulator.faults.add(
        Fault(ACME, "InternalServerException", 1, retry_after_seconds=3600)
    )
    month.suffers("NOT_CHECKED", NOT_CHECKED)
    assert (calls(month.world), waits) == (before + 1, [])
    assert [type(error) for error in month.world.errors] == [ServiceUnavailable]
    month.recovers()


@pytest.mark.usefixtures("small_pages")
def test_l06_an_error_in_the_middle_of_the_pages_leaves_no_partial_list(month: Month) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    month.world.emulator.faults.add(Fault(ACME, "ValidationException", 1, later_pages=True))
    month.suffers("NOT_CHECKED", NOT_CHECKED)
    assert (month.world.payer()["expected"], month.world.payer()["archived"]) == (1, 1)
    month.recovers()
    assert month.world.payer()["archived"] == 3


@pytest.mark.usefixtures("small_pages")
def test_l06_a_function_that_dies_while_listing_leaves_no_partial_list(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Invoicing._summaries

    def dies(self: Invoicing, account_id: str, time_filter: Any) -> ListedRows:
        rows = whole(self, account_id, time_filter)
        if account_id == ACME:
            raise MemoryError
        return rows

    month.lists(invoice("A2"), invoice("A3"))
    with monkeypatch.context() as patch:
        patch.setattr(Invoicing, "_summaries", dies)
        month.suffers("NOT_CHECKED", NOT_CHECKED)
    listings = [key for key in month.world.keys("runs/") if key.endswith("listing.json")]
    assert len([key for key in listings if ACME in key]) == 1  # of the run before the fault
    month.recovers()
    assert month.world.payer()["archived"] == 3


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("later_pages", [False, True])
def test_l07_an_empty_page_with_a_token_is_not_the_end(month: Month, later_pages: bool) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    month.world.emulator.faults.add(Fault(ACME, "empty_page", 4, later_pages=later_pages))
    month.suffers("COMPLETE", {})
    assert month.world.payer()["archived"] == 3
    month.recovers()


@pytest.mark.usefixtures("small_pages")
def test_l08_an_invoice_on_two_pages_is_stored_and_counted_once(month: Month) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    month.world.emulator.faults.add(Fault(ACME, "repeated_row", None))
    month.suffers("COMPLETE", {})
    payer = month.world.payer()
    assert (payer["expected"], payer["archived"], payer["documents"]) == (3, 3, 3)
    assert payer["totals"] == [{"currency": "USD", "amount": "300.00"}]
    (sighting,) = record(month.world, "A2")["sightings"]
    assert sighting["listings"] == ["billing_period", "issued_date"]
    month.recovers()


def test_l08_an_invoice_that_two_payers_see_is_stored_once_with_both_sightings(
    month: Month,
) -> None:
    month.lists(invoice("SHARED"))
    month.world.catalogue.payers[BOREAL].append(invoice("SHARED"))
    month.suffers("COMPLETE", {})
    assert [key for key in month.world.keys("invoices/") if "SHARED" in key] == [document("SHARED")]
    sightings = record(month.world, "SHARED", 2)["sightings"]
    assert [one["payer_account_id"] for one in sightings] == [ACME, BOREAL]
    assert (month.world.payer()["expected"], month.world.payer(BOREAL)["expected"]) == (2, 2)
    month.recovers()


def test_l09_zero_invoices_where_last_month_had_some_is_no_success(month: Month) -> None:
    month.at = datetime(2026, 12, 12, 6, tzinfo=UTC)
    month.world.catalogue.payers[BOREAL].append(invoice("B3", BOREAL, period="2026-11"))
    month.suffers("MISSING", {"NO_INVOICES_LISTED": "blocking"})
    month.lists(invoice("A2", period="2026-11"))
    month.recovers()


@pytest.fixture
def november(month: Month, monkeypatch: pytest.MonkeyPatch) -> Month:
    """A month in which AWS lists nothing of Acme, and Cost Explorer is asked."""
    monkeypatch.setenv("COST_EXPLORER", "true")
    month.at = datetime(2026, 12, 12, 6, tzinfo=UTC)
    month.world.catalogue.payers[BOREAL].append(invoice("B3", BOREAL, period="2026-11"))
    return month


def test_l09_zero_invoices_are_no_charges_where_a_witness_says_so(november: Month) -> None:
    november.suffers("NO_CHARGES", {})
    november.recovers("NO_CHARGES")


def test_l09_zero_invoices_with_charges_are_reported_by_both_witnesses(november: Month) -> None:
    november.world.catalogue.charges[ACME] = [charge(amount="3.00", period="2026-11")]
    november.suffers(
        "MISSING", {"NO_INVOICES_LISTED": "blocking", "CHARGES_WITHOUT_INVOICE": "blocking"}
    )
    november.lists(invoice("A2", period="2026-11"))
    november.recovers()


def test_l09_zero_invoices_stay_a_gap_where_the_witness_cannot_be_read(november: Month) -> None:
    november.world.emulator.faults.add(
        Fault(ACME, "AccessDeniedException", None, operation="GetCostAndUsage")
    )
    november.suffers("MISSING", {"NO_INVOICES_LISTED": "blocking", "WITNESS_NOT_READ": "warning"})
    november.recovers("NO_CHARGES")


def test_l36_support_that_the_groups_leave_out_is_charged_all_the_same(november: Month) -> None:
    support = charge(amount="23.67", period="2026-11", record_type="Support")
    november.world.catalogue.charges[ACME] = [support]
    november.world.emulator.faults.add(Fault(ACME, "ungrouped_support", None))
    november.suffers(
        "MISSING", {"NO_INVOICES_LISTED": "blocking", "CHARGES_WITHOUT_INVOICE": "blocking"}
    )
    november.lists(invoice("A2", period="2026-11"))
    november.recovers()


def test_l36_where_groups_and_total_show_nothing_there_are_no_charges(november: Month) -> None:
    dust = charge(amount="0.0000001", period="2026-11", record_type="Support")
    november.world.catalogue.charges[ACME] = [dust]
    november.world.emulator.faults.add(Fault(ACME, "ungrouped_support", None))
    november.suffers("NO_CHARGES", {})
    assert november.world.asked("GetCostAndUsage") == {ACME: 2, BOREAL: 1}
    november.recovers("NO_CHARGES")


def test_l37_days_at_both_ends_of_the_calendar_cost_no_invoice(month: Month) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    first, last = -62_135_596_800, 253_402_300_799  # of the years 1 and 9999
    for invoice_id, issued, due in (("A2", first, last), ("A3", last, first)):
        members = {"IssuedDate": issued, "DueDate": due}
        month.world.emulator.faults.add(
            Fault(ACME, "changed_row", None, invoice_id=invoice_id, members=members)
        )
    month.suffers("COMPLETE", {})
    month.at += timedelta(days=7)
    month.suffers("COMPLETE", {})
    ledger = month.world.content("periods/2026-10/ledger.csv").decode("utf-8-sig")
    assert ",0001-01-01," in ledger
    assert ",9999-12-31," in ledger
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_l10_a_broken_register_is_refused_before_any_work_with_all_its_problems(
    month: Month,
) -> None:
    before, calls_before = month.world.keys(""), month.world.requests()
    good = enumerate_payer_accounts.REGISTER.read_text()
    for register, problems in (
        ("", ["payers.csv is empty"]),
        ("account_id,name\n", ["payers.csv lists no payer account"]),
        (
            "account_id,name\n11122223333,Acme\n0111122223333,Acme\n1,\n"
            "111122223333,Acme\n111122223333,Acme again\n",
            ["line 2", "line 3", "line 4", "line 4", "line 6"],
        ),
    ):
        enumerate_payer_accounts.REGISTER.write_text(register)
        with pytest.raises(InvalidRegister) as refused:
            month.world.run()
        assert len(refused.value.problems) == len(problems)
        for told, expected in zip(refused.value.problems, problems, strict=True):
            assert expected in told
    assert (month.world.keys(""), month.world.requests()) == (before, calls_before)
    enumerate_payer_accounts.REGISTER.write_text(good)
    month.recovers()


def test_l10_a_missing_register_names_the_file(month: Month) -> None:
    before = month.world.keys()
    there: Path = enumerate_payer_accounts.REGISTER
    there.rename(there.with_suffix(".gone"))
    with pytest.raises(FileNotFoundError, match=r"payers\.csv"):
        month.world.run()
    assert month.world.keys() == before
    there.with_suffix(".gone").rename(there)
    month.recovers()


def test_l11_an_unknown_enumeration_value_is_archived_and_flagged(month: Month) -> None:
    month.lists(invoice("A2"))
    odd = {"InvoiceType": "PROFORMA", "Entity.BillingEntity": "AWS_SPACE"}
    month.world.emulator.faults.add(Fault(ACME, "changed_row", None, invoice_id="A2", members=odd))
    month.suffers("COMPLETE", {"UNKNOWN_VALUE": "info"})
    assert "InvoiceType=PROFORMA, Entity.BillingEntity=AWS_SPACE" in details(month.world)
    assert document("A2", "OTHER-PROFORMA") in month.world.keys("invoices/")
    month.recovers(findings={"INVOICE_CHANGED": "warning"})
    assert document("A2") not in month.world.keys("invoices/")  # the first record fixed its name


def test_l11_a_row_without_its_optional_members_is_archived_and_flagged(month: Month) -> None:
    month.lists(invoice("A2"))
    absent = ("AccountId", "IssuedDate", "InvoiceType", "Entity", "PaymentCurrencyAmount")
    month.world.emulator.faults.add(
        Fault(
            ACME,
            "changed_row",
            None,
            invoice_id="A2",
            members=dict.fromkeys((*absent, "BillingPeriod")),
        )
    )
    month.suffers("COMPLETE", {"AMOUNT_NOT_READ": "warning"})
    assert document("A2", "UNTYPED") in month.world.keys("invoices/")
    assert record(month.world, "A2")["summary"] == {"InvoiceId": "A2"}
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_l11_a_row_without_an_id_cannot_be_archived_and_blocks(month: Month) -> None:
    month.lists(invoice("A2"))
    month.world.emulator.faults.add(
        Fault(ACME, "changed_row", None, invoice_id="A2", members={"InvoiceId": None})
    )
    month.suffers("PARTIAL", {"INVOICE_WITHOUT_ID": "blocking"})
    assert (month.world.payer()["expected"], month.world.payer()["archived"]) == (2, 1)
    month.recovers()


def credit_memo() -> Any:
    return invoice("C1", InvoiceType="CREDIT_MEMO", OriginalInvoiceId="OLD", amount="40.00")


def test_l12_a_credit_memo_is_linked_to_its_original_and_counts_as_negative(
    month: Month,
) -> None:
    month.lists(invoice("OLD"), credit_memo())
    month.suffers("COMPLETE", {})
    assert record(month.world, "C1")["summary"]["OriginalInvoiceId"] == "OLD"
    assert document("C1", "CREDIT_MEMO") in month.world.keys("invoices/")
    assert month.world.payer()["totals"] == [{"currency": "USD", "amount": "160.00"}]
    month.recovers()


def test_l12_a_credit_memo_whose_original_is_not_archived_is_reported(month: Month) -> None:
    month.lists(credit_memo())
    month.suffers("COMPLETE", {"ORIGINAL_NOT_ARCHIVED": "warning"})
    assert record(month.world, "C1")["summary"]["OriginalInvoiceId"] == "OLD"
    month.lists(invoice("OLD"), credit_memo())
    month.recovers(findings={"LATE_INVOICE": "info"})


def test_l12_an_original_that_is_archived_under_another_account_is_found(month: Month) -> None:
    month.world.catalogue.payers[BOREAL].append(
        invoice("OLD", BOREAL, period="2026-09", issued="2026-11-02")
    )
    month.lists(credit_memo())
    month.suffers("COMPLETE", {})
    month.recovers()


def test_l13_an_invoice_issued_after_the_first_run_is_picked_up(month: Month) -> None:
    month.lists(invoice("A2", issued="2026-11-09"))
    month.suffers("COMPLETE", {})
    assert document("A2") in month.world.keys("invoices/")
    month.recovers()


def test_l13_an_invoice_after_the_close_is_archived_reported_as_late_and_reopens_nothing(
    month: Month,
) -> None:
    month.suffers("COMPLETE", {})
    closed = month.world.read("periods/2026-10/completeness.json")["manifest"]
    month.at = datetime(2026, 11, 19, 6, tzinfo=UTC)
    month.lists(invoice("A2", issued="2026-11-18"))
    month.suffers("COMPLETE", {"LATE_INVOICE": "info"})
    newest = month.world.read("periods/2026-10/completeness.json")["manifest"]
    closed_at = [month.world.read(key)["closed_at"] for key in (closed, newest)]
    assert closed_at == ["2026-11-12T06:00:00Z"] * 2
    month.recovers(findings={"LATE_INVOICE": "info"})


def test_l14_an_invoice_that_is_gone_from_a_later_list_is_reported_and_keeps_its_document(
    month: Month,
) -> None:
    month.world.emulator.faults.add(Fault(ACME, "hidden_row", None, invoice_id="A1"))
    month.suffers("COMPLETE", {"INVOICE_VANISHED": "warning"})
    assert document("A1") in month.world.keys("invoices/")
    assert record(month.world, "A1", 2)["sightings"][0]["is_listed"] is False
    month.recovers(findings={"INVOICE_VANISHED": "warning", "INVOICE_CHANGED": "warning"})
    assert record(month.world, "A1", 3)["sightings"][0]["is_listed"] is True


def test_l15_a_status_that_turns_cancelled_is_noted_and_the_document_stays(month: Month) -> None:
    month.lists(invoice("A2", TaxAuthorityStatus="ISSUED"))
    month.suffers("COMPLETE", {})
    month.lists(invoice("A2", TaxAuthorityStatus="CANCELLED"))
    noted = {"INVOICE_CANCELLED": "warning", "INVOICE_CHANGED": "warning"}
    month.suffers("COMPLETE", noted)
    assert "TaxAuthorityStatus: ISSUED → CANCELLED" in details(month.world)
    assert document("A2") in month.world.keys("invoices/")
    month.recovers(findings=noted)


def test_l16_totals_are_exact_and_per_currency_whatever_the_amounts(month: Month) -> None:
    month.lists(
        invoice("J1", amount="1234567", currency="JPY"),
        invoice("K1", amount="0.105", currency="KWD"),
        invoice("K2", amount="0.205", currency="KWD"),
        invoice("Z1", amount="-0.00", currency="CHF"),
        invoice("E1", amount="999999999999999999.99", currency="EUR"),
        invoice("E2", amount="0.01", currency="EUR", TaxCurrencyAmount={"TotalAmount": "7"}),
        invoice(
            "THREE",
            amount="5.00",
            currency="BRL",
            BaseCurrencyAmount={"TotalAmount": "1.00", "CurrencyCode": "USD"},
            TaxCurrencyAmount=TAX_AMOUNT,
        ),
        invoice("T1", amount="19.00", currency="EUR", CommercialInvoiceId="E1"),
        invoice("C1", amount="50.00", InvoiceType="CREDIT_MEMO", OriginalInvoiceId="A1"),
        invoice("R1", amount="100.00", InvoiceType="PAYMENT_RECEIPT", OriginalInvoiceId="A1"),
    )
    month.suffers("COMPLETE", {})
    assert month.world.payer()["totals"] == [
        {"currency": "BRL", "amount": "5.00"},
        {"currency": "CHF", "amount": "0.00"},
        {"currency": "EUR", "amount": "1000000000000000000.00"},
        {"currency": "JPY", "amount": "1234567"},
        {"currency": "KWD", "amount": "0.310"},
        {"currency": "USD", "amount": "50.00"},
    ]
    month.recovers()


@pytest.mark.parametrize(
    ("at", "period"),
    [("2027-01-12", "2026-12"), ("2027-03-12", "2027-02"), ("2028-03-12", "2028-02")],
)
def test_l17_a_run_in_january_and_after_february_is_for_the_month_before(
    month: Month, at: str, period: str
) -> None:
    month.at = datetime.fromisoformat(f"{at}T06:00:00+00:00")
    month.lists(invoice("A2", period=period))
    month.world.catalogue.payers[BOREAL].append(invoice("B3", BOREAL, period=period))
    month.suffers("COMPLETE", {})
    assert f"invoices/{period}/{ACME}/{period}_{ACME}_INVOICE_A2.pdf" in month.world.keys(
        "invoices/"
    )
    month.recovers()


def test_l17_a_month_that_does_not_exist_or_has_not_begun_is_refused(month: Month) -> None:
    before = month.world.keys("")
    for period in ("2026-13", "2026-00", "2026-1", "2027-01", 202610, "October"):
        with pytest.raises(InvalidExecutionInput, match=f"billing_period '?{period}"):
            month.world.run({"billing_period": period})
    assert month.world.keys("") == before
    month.recovers()


def test_l17_a_year_without_data_is_no_success(month: Month) -> None:
    answer = month.world.run({"billing_period": "2019-10"}, at=month.at)
    assert answer["verdict"] == "ACTION_REQUIRED"
    for payer in (ACME, BOREAL):
        assert month.world.payer(payer, "2019-10")["verdict"] == "MISSING"
        assert month.world.findings(payer, "2019-10") == {"NO_INVOICES_LISTED": "blocking"}
    month.recovers()


OTHER_SOURCE = "777788889999"


def transferred(month: Month) -> None:
    """In November Acme gets an invoice of its own and one for each of two other organizations."""
    month.at = datetime(2026, 12, 12, 6, tzinfo=UTC)
    month.lists(
        invoice("A2", period="2026-11"),
        *(
            invoice(
                f"T-{source}",
                period="2026-11",
                BillSourceAccounts=[source],
                BillSourceAccountsTotalCount=1,
                document=pdf(f"Invoice for account number: {source}"),
            )
            for source in (BOREAL, OTHER_SOURCE)
        ),
    )


UNNUMBERED = {"INVOICE_ID_NOT_IN_TEXT": "info"}


def test_l18_a_billing_transfer_is_split_by_source_and_the_source_is_transferred(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_TRANSFERS", "true")
    transferred(month)
    for source in (BOREAL, OTHER_SOURCE):
        month.world.catalogue.moves.append(
            transfer(source, ACME, datetime(2026, 11, 1, tzinfo=UTC))
        )
    month.suffers("COMPLETE", UNNUMBERED, other="TRANSFERRED")
    for source in (BOREAL, OTHER_SOURCE):
        kept = month.world.read(f"records/2026-11/{ACME}/T-{source}/0001.json")
        assert kept["summary"]["BillSourceAccounts"] == [source]
        assert len(kept["documents"]) == 1
    split = month.world.payer(ACME, "2026-11")["sources"]
    assert [(one["bill_source_accounts"], one["invoices"]) for one in split] == [
        ([], 1),
        ([BOREAL], 1),
        ([OTHER_SOURCE], 1),
    ]
    assert month.world.findings(BOREAL, "2026-11") == {}
    month.recovers(findings=UNNUMBERED, other="TRANSFERRED")


def test_l18_a_transfer_of_a_part_of_the_period_explains_nothing(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_TRANSFERS", "true")
    transferred(month)
    month.world.catalogue.moves = [
        transfer(source, ACME, datetime(2026, 11, 2, tzinfo=UTC))
        for source in (BOREAL, OTHER_SOURCE)
    ]
    month.suffers("COMPLETE", UNNUMBERED, other="MISSING")
    assert month.world.findings(BOREAL, "2026-11") == {"NO_INVOICES_LISTED": "blocking"}
    month.recovers(findings=UNNUMBERED, other="MISSING")


def test_l18_a_source_that_no_witness_shows_is_never_silently_complete(month: Month) -> None:
    transferred(month)
    month.suffers("COMPLETE", UNNUMBERED, other="MISSING")
    assert month.world.findings(BOREAL, "2026-11") == {"NO_INVOICES_LISTED": "blocking"}
    month.recovers(findings=UNNUMBERED, other="MISSING")


def test_l18_a_source_without_its_invoice_is_missed_at_the_receiver(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_TRANSFERS", "true")
    transferred(month)
    late = month.world.catalogue.payers[ACME].pop()
    for source in (BOREAL, OTHER_SOURCE):
        month.world.catalogue.moves.append(
            transfer(source, ACME, datetime(2026, 11, 1, tzinfo=UTC))
        )
    lacks = UNNUMBERED | {"SOURCE_WITHOUT_INVOICE": "blocking"}
    month.suffers("MISSING", lacks, other="TRANSFERRED")
    month.world.catalogue.payers[ACME].append(late)
    month.recovers(findings=UNNUMBERED, other="TRANSFERRED")


def test_l19_a_role_with_another_external_id_is_no_access(month: Month) -> None:
    month.world.roles.external_ids[ACME] = "of-somebody-else"
    month.suffers("NO_ACCESS", NO_ACCESS)
    month.world.roles.external_ids.clear()
    month.recovers()


@pytest.mark.usefixtures("small_pages")
def test_l20_a_page_token_that_expires_in_the_middle_begins_the_listing_again(
    month: Month,
) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    month.world.emulator.faults.add(Fault(ACME, "ExpiredNextToken", 1, later_pages=True))
    month.suffers("COMPLETE", {})
    assert month.world.errors == []
    assert month.world.payer()["archived"] == 3
    month.recovers()


@pytest.mark.usefixtures("small_pages")
def test_l21_a_listing_that_goes_in_circles_ends_and_is_not_taken_for_the_whole(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = PageTokens.issue
    first: dict[str, str] = {}

    def same_again(self: PageTokens, query: Any, position: Any) -> str:
        return first.setdefault(str(query), issue(self, query, position))

    month.lists(invoice("A2"), invoice("A3"), invoice("A4"), invoice("A5"))
    with monkeypatch.context() as patch:
        patch.setattr(PageTokens, "issue", same_again)
        month.suffers("NOT_CHECKED", NOT_CHECKED)
    assert "page 2 leads back to an earlier one" in details(month.world)
    month.recovers()
    assert month.world.payer()["archived"] == 5


def changes_rows(month: Month, *changes: dict[str, Any]) -> list[str]:
    """AWS lists A2, A3 and so on, each with members of its row changed."""
    ids = [f"A{number}" for number, _ in enumerate(changes, 2)]
    month.lists(*map(invoice, ids))
    for invoice_id, members in zip(ids, changes, strict=True):
        month.world.emulator.faults.add(
            Fault(ACME, "changed_row", None, invoice_id=invoice_id, members=members)
        )
    return ids


def test_l22_an_amount_that_cannot_be_read_is_reported_and_is_in_no_total(month: Month) -> None:
    amounts = ("1.234,56", "NaN", "Infinity", "", "100.00 USD")
    ids = changes_rows(month, *({"PaymentCurrencyAmount.TotalAmount": one} for one in amounts))
    month.suffers("COMPLETE", {"AMOUNT_NOT_READ": "warning"})
    assert [one["subject"] for one in month.world.payer()["findings"]] == ids
    assert month.world.payer()["totals"] == [{"currency": "USD", "amount": "100.00"}]
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_l23_a_row_whose_account_is_no_account_gets_a_safe_key(month: Month) -> None:
    accounts = ("../../periods", "A/B", "12345", "=cmd", "")
    ids = changes_rows(month, *({"AccountId": one} for one in accounts))
    month.suffers("COMPLETE", {})
    for invoice_id, account_id in zip(ids, accounts, strict=True):
        assert document(invoice_id) in month.world.keys("invoices/")
        assert record(month.world, invoice_id)["summary"]["AccountId"] == account_id
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_l24_a_row_with_half_a_billing_period_is_archived_under_the_one_asked_for(
    month: Month,
) -> None:
    ids = changes_rows(
        month, {"BillingPeriod.Month": None}, {"BillingPeriod.Month": 13}, {"BillingPeriod": {}}
    )
    month.suffers("COMPLETE", {})
    for invoice_id in ids:
        assert document(invoice_id) in month.world.keys("invoices/")
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


@pytest.mark.parametrize(
    "members", [{"BillingPeriod": {"Month": 8, "Year": 2026}}, {"AccountId": "777788889999"}]
)
def test_l25_a_row_that_moves_to_another_period_or_account_stays_where_it_was_first(
    month: Month, members: dict[str, Any]
) -> None:
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    month.world.emulator.faults.add(
        Fault(ACME, "changed_row", None, invoice_id="A2", members=members)
    )
    month.suffers("COMPLETE", {"INVOICE_CHANGED": "warning"})
    assert [key for key in month.world.keys("invoices/") if "A2" in key] == [document("A2")]
    month.recovers(findings={"INVOICE_CHANGED": "warning"})
    assert len(record(month.world, "A2", 3)["notes"]) == 2


def test_l26_credentials_that_end_while_listing_are_renewed_and_the_listing_made_again(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.lists(invoice("A2"))
    ended: list[str] = []

    def ends_once(**_: Any) -> None:
        if not ended:
            ended.append(ACME)
            raise ClientError({"Error": {"Code": "ExpiredTokenException"}}, LIST)

    whole = list_invoice_summaries.invoicing_client

    def client(credentials: RoleCredentials) -> Any:
        made = whole(credentials)
        if credentials.access_key_id == ACME:
            made.meta.events.register("before-call.invoicing.ListInvoiceSummaries", ends_once)
        return made

    monkeypatch.setattr(list_invoice_summaries, "invoicing_client", client)
    month.suffers("COMPLETE", {})
    assert (ended, month.world.errors) == ([ACME], [])
    month.recovers()


def test_l27_an_invoice_that_another_clock_issued_tomorrow_is_picked_up(month: Month) -> None:
    month.lists(invoice("A2", issued="2026-11-13"))
    month.suffers("COMPLETE", {})
    assert document("A2") in month.world.keys("invoices/")
    month.recovers()

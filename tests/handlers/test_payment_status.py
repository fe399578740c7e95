"""The payment status of the months, through the real handlers: who is asked what, what is written,
and what people see of it.
"""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from lambdas.aws.archive import Archive
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.evidence.archive_layout import is_evidence
from lambdas.handlers import enumerate_payer_accounts
from sandbox.invoicing import CatalogueInvoice, Payment
from sandbox.invoicing.faults import Fault
from tests.handlers.conftest import ACME, AFTER_DEADLINE, BOREAL, BUCKET, World, invoice

NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)
DECEMBER = datetime(2026, 12, 12, 6, tzinfo=UTC)
NOVEMBER_8 = datetime(2026, 11, 8)  # noqa: DTZ001 - a spreadsheet knows no zone
NEVER = Payment(paid_after=None)
VIEW = "periods/2026-10/payment_status.json"
LIST, BATCH = "ListFinancialRecords", "BatchGetFinancialRecord"


@pytest.fixture
def october(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """October alone; Acme has an invoice that nobody pays, Boreal one that is paid on day 8."""
    monkeypatch.setenv("PAYMENTS", "true")
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    world.catalogue.payers = {
        ACME: [of("A1", NEVER, amount="12450.10", currency="EUR")],
        BOREAL: [of("B1", Payment(paid_after=timedelta(days=5)), payer=BOREAL)],
    }
    return world


def of(invoice_id: str, payment: Payment, **row: Any) -> CatalogueInvoice:
    return invoice(invoice_id, payment=payment, **row)


def statuses(world: World, key: str = VIEW) -> dict[str, str]:
    """Status by invoice id."""
    payers = world.read(key)["payers"]
    return {one["invoice_id"]: one["status"] for payer in payers for one in payer["records"]}


def page(world: World, key: str = "periods/2026-10/index.html") -> str:
    return world.content(key).decode()


def written(world: World, before: dict[str, str]) -> set[str]:
    """The keys that have another version now."""
    return {key for key, version in world.versions().items() if before.get(key) != version}


def test_a_month_has_the_status_of_each_invoice_and_evidence_has_nothing_of_it(
    october: World,
) -> None:
    assert october.run()["verdict"] == "COMPLETE"

    assert statuses(october) == {"A1": "OUTSTANDING", "B1": "SETTLED"}
    for key in [*october.keys()]:
        if is_evidence(key) or key.endswith((".csv", "completeness.json", "find.json")):
            assert b"OUTSTANDING" not in october.content(key), key
            assert b"SETTLED" not in october.content(key), key
    head = october.s3.head_object(Bucket=BUCKET, Key=VIEW)
    assert "ObjectLockMode" not in head


def test_page_workbook_and_first_page_say_what_is_past_due(october: World) -> None:
    october.run(at=DECEMBER, given={"billing_period": "2026-10"})

    assert "<h3>Past due</h3>" in page(october)
    assert "past due since 4 December 2026" in page(october)
    assert "paid 8 November 2026" in page(october)
    first = page(october, "index.html")
    assert "1 invoice is past due: 12,450.10 EUR." in first
    book = openpyxl.load_workbook(io.BytesIO(october.content("periods/2026-10/ledger.xlsx")))
    rows = [[cell.value for cell in row] for row in book["payments"].iter_rows(max_col=13)]
    assert rows[1][:5] == ["A1", ACME, "Acme", "Invoice", "past due since 4 December 2026"]
    assert (rows[1][6], rows[1][8], rows[1][9], rows[1][10]) == ("yes", "EUR", 12450.1, 12450.1)
    assert (rows[2][0], rows[2][6], rows[2][7]) == ("B1", "no", NOVEMBER_8)


def test_nothing_is_past_due_is_said_too(october: World) -> None:
    october.run()

    said = "Nothing is past due. The next invoice is due on 3 December 2026."
    assert said in page(october, "index.html")


def test_a_payment_is_a_new_view_and_no_evidence(october: World) -> None:
    october.run()
    before = october.versions()
    october.catalogue.payers[ACME] = [
        of("A1", Payment(paid_after=timedelta(days=10)), amount="12450.10", currency="EUR")
    ]
    october.run(at=NEXT_DAY)

    assert statuses(october)["A1"] == "SETTLED"
    changed = written(october, before)
    assert VIEW in changed
    assert not [key for key in changed if is_evidence(key)]
    assert "paid 13 November 2026" in page(october)


def test_a_run_that_finds_the_same_writes_nothing(october: World) -> None:
    october.run()
    before = october.versions()
    october.run(at=AFTER_DEADLINE + timedelta(hours=2))

    assert written(october, before) == set()


def test_a_day_on_which_nothing_becomes_past_due_writes_no_page(october: World) -> None:
    october.run()
    before = october.evidence()
    for days in (1, 2):
        october.run(at=AFTER_DEADLINE + timedelta(days=days))

    assert october.evidence() == before


def test_an_old_debt_is_asked_for_by_its_id_until_it_is_paid(october: World) -> None:
    october.run()
    october.catalogue.payers[ACME] = [
        of("A1", Payment(paid_after=timedelta(days=36)), amount="12450.10", currency="EUR")
    ]
    november = {"billing_period": "2026-11"}
    october.run(november, at=datetime(2026, 12, 5, 6, tzinfo=UTC))
    assert statuses(october)["A1"] == "OUTSTANDING"

    # it is neither open any more nor issued since November began
    october.run(november, at=DECEMBER)

    assert statuses(october)["A1"] == "SETTLED"
    assert "paid late, 9 December 2026" in page(october)


def test_a_debt_from_before_the_archive_is_told_where_it_belongs(october: World) -> None:
    old = of("OLD", NEVER, period="2026-03", amount="500.00", issued="2026-04-03")
    october.catalogue.payers[ACME].append(old)
    assert october.run()["verdict"] == "COMPLETE"

    assert statuses(october, "periods/2026-03/payment_status.json") == {"OLD": "OUTSTANDING"}
    assert october.keys("periods/2026-03/") == ["periods/2026-03/payment_status.json"]
    first = page(october, "index.html")
    assert "1 invoice is past due: 500.00 USD." in first
    assert "March 2026 <span" in first
    assert "Its folder exists" not in first
    # no run judges the month because of it
    assert october.run(at=NEXT_DAY)["verdict"] == "COMPLETE"
    assert october.keys("periods/2026-03/") == ["periods/2026-03/payment_status.json"]


def test_who_denies_aws_payments_is_named_and_keeps_the_last_status(october: World) -> None:
    october.run()
    october.emulator.faults.add(Fault(ACME, "AccessDeniedException", None, operation=LIST))
    october.run(at=NEXT_DAY)

    assert statuses(october)["A1"] == "OUTSTANDING"
    [acme] = [one for one in october.read(VIEW)["payers"] if one["payer_account_id"] == ACME]
    assert "payments:ListFinancialRecords" in acme["not_read"]
    assert f"AWS Payments could not be read for {ACME}" in page(october, "index.html")
    assert "payments:ListFinancialRecords" in page(october)


def test_of_an_account_that_cannot_be_read_the_status_may_be_old(october: World) -> None:
    october.run()
    october.roles.denied = {ACME}
    october.run(at=NEXT_DAY)

    [acme] = [one for one in october.read(VIEW)["payers"] if one["payer_account_id"] == ACME]
    assert [one["invoice_id"] for one in acme["records"]] == ["A1"]
    assert "cannot be assumed" in acme["not_read"]
    assert f"AWS Payments could not be read for {ACME}" in page(october, "index.html")


def test_of_an_account_that_no_run_asks_any_more_the_status_may_be_old(october: World) -> None:
    remark = f"Runs no longer ask {ACME}: their status may be old."
    october.run()
    assert remark not in page(october, "index.html")
    register = enumerate_payer_accounts.REGISTER
    register.write_text(f"account_id,name,active_to\n{ACME},Acme,2026-10\n{BOREAL},Boreal,\n")
    october.run(at=datetime(2027, 1, 12, 6, tzinfo=UTC))

    first = page(october, "index.html")
    assert "1 invoice is past due, as far as is known: 12,450.10 EUR." in first
    assert remark in first


def test_without_the_setting_nobody_is_asked_and_nothing_is_shown(
    october: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMENTS", "false")
    october.run()

    assert october.asked(LIST) == {}
    assert VIEW not in set(october.keys())
    assert "Payment status" not in page(october)
    assert "AWS Payments" not in page(october, "index.html")


def test_it_can_be_switched_off_again(october: World, monkeypatch: pytest.MonkeyPatch) -> None:
    october.run()
    monkeypatch.setenv("PAYMENTS", "false")
    october.run(at=NEXT_DAY)

    assert "Payment status" not in page(october)
    assert "AWS Payments" not in page(october, "index.html")


@pytest.mark.parametrize("view", ["index.html", "ledger.xlsx", "payment_status.json"])
def test_a_crash_leaves_to_the_next_run_what_shows_a_payment(
    october: World, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    october.run()
    pays = Payment(paid_after=timedelta(days=10))
    october.catalogue.payers[ACME] = [of("A1", pays, amount="12450.10", currency="EUR")]
    november, replaces = {"billing_period": "2026-11"}, Archive._replace_view

    def fails(archive: Archive, key: str, *given: Any) -> bool:
        if key == f"periods/2026-10/{view}":
            raise ConnectionError("the function ended here")
        return replaces(archive, key, *given)

    at = datetime(2026, 12, 5, 6, tzinfo=UTC)
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "_replace_view", fails)
        with pytest.raises(ServiceUnavailable):
            october.run(november, at=at)
    october.run(november, at=at + timedelta(hours=1))

    assert statuses(october)["A1"] == "SETTLED"
    assert "paid 13 November 2026" in page(october)


def test_a_page_shows_what_another_run_wrote_meanwhile(
    october: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    october.run()
    november = {"billing_period": "2026-11"}
    pays = Payment(paid_after=timedelta(days=10))
    october.catalogue.payers[ACME] = [of("A1", pays, amount="12450.10", currency="EUR")]
    october.catalogue.debts[BOREAL] = [of("B2", NEVER, payer=BOREAL)]
    merge, at = Archive.merge_view, datetime(2026, 12, 5, 6, tzinfo=UTC)

    def another_was_first(archive: Archive, key: str, *given: Any) -> bool:
        monkeypatch.setattr(Archive, "merge_view", merge)
        october.run({**november, "payer_account_ids": [BOREAL]}, at=at)
        return merge(archive, key, *given)

    monkeypatch.setattr(Archive, "merge_view", another_was_first)
    october.run({**november, "payer_account_ids": [ACME]}, at=at)

    assert statuses(october) == {"A1": "SETTLED", "B1": "SETTLED", "B2": "OUTSTANDING"}
    assert "paid 13 November 2026" in page(october)
    assert "B2" in page(october)


def test_an_unreadable_view_is_made_anew(october: World) -> None:
    october.run()
    october.s3.put_object(Bucket=BUCKET, Key=VIEW, Body=b"{}")
    october.run(at=NEXT_DAY)

    assert statuses(october) == {"A1": "OUTSTANDING", "B1": "SETTLED"}


def test_a_run_of_one_payer_account_keeps_the_others(october: World) -> None:
    october.run()
    october.run({"billing_period": "2026-10", "payer_account_ids": [BOREAL]}, at=NEXT_DAY)

    assert statuses(october) == {"A1": "OUTSTANDING", "B1": "SETTLED"}


def test_mail_and_chat_have_a_line_on_what_is_past_due(
    october: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_TOPIC", "arn:aws:sns:us-east-1:123456789012:chat")
    october.catalogue.debts[ACME] = [of("A2", NEVER, amount="7.00", issued="2026-11-03")]
    assert october.run(given={"billing_period": "2026-10"}, at=DECEMBER)["verdict"] == (
        "ACTION_REQUIRED"
    )

    [letter] = october.topic.letters
    line = (
        "As AWS Payments shows it on 12 December 2026, 2 invoices are past due: 12,450.10 EUR and "
        "7.00 USD."
    )
    assert line in letter[1]
    [(_, message)] = october.topic.chats
    assert line in message["content"]["description"]
    assert "Acme (111122223333): invoice A2" in letter[1]
    assert (
        "USD 7.00 of Amazon Web Services, Inc. (AWS Payments; AWS Invoicing does not list it), "
        "issued 3 November 2026, due 3 December 2026, outstanding since 12 December 2026"
    ) in letter[1]


def test_what_is_past_due_causes_no_mail(october: World) -> None:
    october.run(given={"billing_period": "2026-10"}, at=DECEMBER)
    october.topic.letters.clear()
    october.run(given={"billing_period": "2026-10"}, at=DECEMBER + timedelta(days=1))

    assert "1 invoice is past due: " in page(october, "index.html")
    assert october.topic.letters == []


def test_two_calls_read_a_hundred_records(october: World) -> None:
    october.run()

    assert october.asked(LIST) == {ACME: 2, BOREAL: 2}
    assert october.asked(BATCH) == {ACME: 1, BOREAL: 1}

"""What goes wrong with AWS's answers and with sessions, row by row (docs/faults.md), and that it
costs no more than what it is about.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.loaders
import pytest
from botocore.exceptions import ClientError

from lambdas.aws import clients, invoicing
from lambdas.aws.clients import RoleCredentials
from lambdas.domain.runs.payer_run import Listing
from lambdas.handlers import fetch_invoice_documents, list_invoice_summaries
from sandbox.invoicing.faults import COSTS, GET, INBOUND, LIST, UNITS, Fault
from tests.handlers.conftest import ACME, TARGET, Month, World, charge, invoice, supplement, unit
from tests.sizes import sample

NOT_CHECKED = {"NOT_CHECKED": "blocking"}
NO_LIST = (
    '{"NextToken": "t-1"}',
    "{}",
    '{"InvoiceSummaries": null}',
    '{"InvoiceSummaries": "x"}',
    "<html>Bad gateway</html>",
    "",
    "\udcff\udcfe",
)
TRIES = 3


def details(month: Month, account_id: str = ACME) -> str:
    return " ".join(
        one["detail"] for one in month.world.payer(account_id, month.period)["findings"]
    )


def answers(month: Month, body: str, times: int | None = None, **limits: Any) -> None:
    """AWS answers Acme this body."""
    limits = {"operation": LIST} | limits
    month.world.emulator.faults.add(Fault(ACME, "raw_answer", times, body=body, **limits))


def row_is(month: Month, invoice_id: str, body: str) -> None:
    """AWS lists this text as the row."""
    month.world.emulator.faults.add(Fault(ACME, "raw_row", None, invoice_id=invoice_id, body=body))


def record(month: Month, invoice_id: str, number: int = 1) -> dict[str, Any]:
    return dict(month.world.read(f"records/{TARGET}/{ACME}/{invoice_id}/{number:04d}.json"))


def records(month: Month, invoice_id: str) -> int:
    return len(month.world.keys(f"records/{TARGET}/{ACME}/{invoice_id}/"))


def documents(month: Month) -> list[str]:
    """The ids of Acme's archived invoices of the target period."""
    keys = month.world.keys(f"invoices/{TARGET}/{ACME}/")
    return [key.rpartition("_")[2].removesuffix(".pdf") for key in keys]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoicing, "_LARGEST_PAGE", 2)


# L28: an answer without its list; a member that cannot be read


@pytest.mark.sized
@pytest.mark.parametrize("body", sample(NO_LIST, 4))
def test_l28_an_answer_without_its_list_is_no_empty_list(month: Month, body: str) -> None:
    month.lists(invoice("A2"))
    answers(month, body)
    month.suffers("NOT_CHECKED", NOT_CHECKED)
    assert "AWS's listing of 2026-10 is not whole: on page 1, " in details(month)
    assert (records(month, "A1"), month.world.errors) == (1, [])  # nothing vanished from it
    month.recovers()


def test_l28_an_answer_without_its_list_once_is_asked_for_again(month: Month) -> None:
    month.lists(invoice("A2"))
    answers(month, '{"NextToken": "t-1"}', TRIES - 1)
    month.suffers("COMPLETE", {})
    month.recovers()


def test_l28_what_the_other_listing_shows_is_archived(month: Month) -> None:
    month.lists(invoice("A2"))
    answers(month, "{}", TRIES)  # the listing by billing period, which is asked first
    month.suffers("NOT_CHECKED", NOT_CHECKED)
    assert documents(month) == ["A1", "A2"]
    month.recovers()


@pytest.mark.usefixtures("small_pages")
def test_l28_the_pages_before_and_behind_a_bad_one_are_archived(month: Month) -> None:
    month.lists(invoice("A2"), *(invoice(f"A{n}", issued="2026-10-02") for n in (3, 4, 5)))
    fault = Fault(
        ACME,
        "changed_answer",
        TRIES,
        operation=LIST,
        later_pages=True,
        members={"InvoiceSummaries": None},
    )
    month.world.emulator.faults.add(fault)
    month.suffers("NOT_CHECKED", NOT_CHECKED)
    assert "on page 2, it has no InvoiceSummaries" in details(month)
    assert documents(month) == ["A1", "A2", "A5"]
    month.recovers()
    assert documents(month) == ["A1", "A2", "A3", "A4", "A5"]


@pytest.mark.parametrize("token", [5, {}])
def test_l28_a_page_token_that_is_no_text_leaves_the_listing_unfinished(
    month: Month, token: Any
) -> None:
    month.lists(invoice("A2"))
    members = {"NextToken": token}
    month.world.emulator.faults.add(
        Fault(ACME, "changed_answer", TRIES, operation=LIST, members=members)
    )
    month.suffers("NOT_CHECKED", NOT_CHECKED)
    assert "its NextToken is " in details(month)
    assert documents(month) == ["A1", "A2"]
    month.recovers()


def test_l28_an_unfinished_look_back_period_leaves_the_target_complete(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKBACK_PERIODS", "1")
    month.world.catalogue.payers[ACME].append(invoice("A0", period="2026-09"))
    answers(month, "{}", filters={"BillingPeriod": {"Year": 2026, "Month": 9}})
    month.suffers("COMPLETE", {})
    assert month.world.payer(ACME, "2026-09")["verdict"] == "NOT_CHECKED"
    assert "AWS's listing of 2026-09" in str(month.world.payer(ACME, "2026-09")["findings"])
    month.recovers()
    assert month.world.payer(ACME, "2026-09")["verdict"] == "COMPLETE"


def test_l28_from_a_listing_that_is_no_answer_nobody_concludes_that_there_were_no_charges(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COST_EXPLORER", "true")
    month.at = datetime(2026, 12, 12, 6, tzinfo=UTC)
    boreals = month.world.catalogue.payers["044455556666"]
    boreals.append(invoice("B3", "044455556666", period="2026-11"))
    answers(month, "{}")
    month.suffers("NOT_CHECKED", NOT_CHECKED)
    month.recovers("NO_CHARGES")


@pytest.mark.parametrize("body", ["null", "[]", '{"InvoiceId": 5}', '{"a": }'])
def test_l28_a_row_that_is_none_blocks_and_costs_no_other(month: Month, body: str) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    row_is(month, "A2", body)
    month.suffers("PARTIAL", {"INVOICE_WITHOUT_ID": "blocking"})
    assert documents(month) == ["A1", "A3"]
    month.recovers()


def test_l28_an_invoice_whose_row_can_no_longer_be_read_has_not_vanished(month: Month) -> None:
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    row_is(month, "A2", '{"InvoiceId": {}}')
    month.suffers("COMPLETE", {"INVOICE_WITHOUT_ID": "warning"})  # the period is closed by now
    assert "InvoiceId is an object, not a text" in details(month)
    assert records(month, "A2") == 1
    month.recovers()


AMOUNT = {"AMOUNT_NOT_READ": "warning"}


MEMBERS = (
    ({"IssuedDate": "soon"}, True),
    ({"DueDate": {}}, False),
    ({"AccountId": 5}, True),
    ({"BillSourceAccounts": [None]}, True),
    ({"BillSourceAccounts": "777788889999"}, False),
    ({"BillSourceAccountsTotalCount": float("nan")}, False),
    ({"Entity": "AWS"}, True),
    ({"BillingPeriod": {"Month": 10, "Year": "x"}}, True),
    ({"PaymentCurrencyAmount.TotalAmount": {}}, True),
    ({"PaymentCurrencyAmount.TotalAmount": 100.5}, True),
)


@pytest.mark.sized
@pytest.mark.parametrize(("members", "changes"), sample(MEMBERS, 5))
def test_l28_a_member_that_cannot_be_read_is_reported_and_its_invoice_archived(
    month: Month, members: Mapping[str, Any], changes: bool
) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    month.world.emulator.faults.add(
        Fault(ACME, "changed_row", None, invoice_id="A2", members=members)
    )
    findings = {"ROW_NOT_READ": "warning"} | (AMOUNT if "Amount" in str(members) else {})
    month.suffers("COMPLETE", findings)
    assert next(iter(members)).partition(".")[0] in details(month)
    assert len(documents(month)) == 3
    month.suffers("COMPLETE", findings)
    assert records(month, "A2") == 1
    month.recovers(findings={"INVOICE_CHANGED": "warning"} if changes else {})


HOSTILE = (
    '"InvoiceId": "A2", "InvoiceId": "A2"',
    '"InvoiceId": "A2", "DueDate": ' + "9" * 5000,
    '"InvoiceId": "A2", "PurchaseOrderNumber": "\udcff"',
    '"InvoiceId": "A2", "Entity": NaN',
    '"InvoiceId": "A2", "BillType": ["' + "]" * 500 + '"]',
)


@pytest.mark.parametrize("members", HOSTILE)
def test_l28_a_hostile_row_is_kept_as_it_came_and_flagged(month: Month, members: str) -> None:
    period = '"BillingPeriod": {"Month": 10, "Year": 2026}'
    amount = '"PaymentCurrencyAmount": {"TotalAmount": "1", "CurrencyCode": "USD"}'
    text = f"{{{members}, {period}, {amount}}}"
    month.lists(invoice("A2"), invoice("A3"))
    row_is(month, "A2", text)
    month.suffers("COMPLETE", {"ROW_NOT_READ": "warning"})
    assert record(month, "A2")["row_received"] == text.replace("\udcff", "\ufffd")
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


NO_OFFER = ("{}", '{"InvoicePDF": null}', "<html>", "\udcff")


@pytest.mark.parametrize("body", NO_OFFER)
def test_l28_an_answer_without_its_documents_costs_one_invoice(month: Month, body: str) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    answers(month, body, operation=GET, invoice_id="A2")
    month.suffers("PARTIAL", {"NO_DOCUMENT_URL": "blocking"})
    assert "AWS's answer to invoicing:GetInvoicePDF" in details(month)
    assert documents(month) == ["A1", "A3"]
    month.recovers()


@pytest.mark.parametrize("supplements", ["x", [None], [{"DocumentId": 5}]])
def test_l28_supplements_that_cannot_be_read_cost_no_invoice_document(
    month: Month, supplements: Any
) -> None:
    month.lists(invoice("A2", supplements=(supplement("T-1", b"<e/>"),)))
    members = {"InvoicePDF.SupplementalDocuments": supplements}
    month.world.emulator.faults.add(
        Fault(ACME, "changed_answer", None, operation=GET, invoice_id="A2", members=members)
    )
    month.suffers("PARTIAL", {"NO_DOCUMENT_URL": "blocking"})
    assert "in a form that cannot be read" in details(month)
    assert documents(month) == ["A1", "A2"]
    month.recovers(findings={"LATE_DOCUMENT": "info"})


def test_l28_an_answer_without_its_documents_is_no_look_for_late_ones(month: Month) -> None:
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    late = supplement("T-1", b"<e/>", ready_from=month.at + timedelta(days=1))
    month.lists(invoice("A2", supplements=(late,)))
    month.at += timedelta(days=7)  # beyond the fixed age of 14 days
    answers(month, "{}", operation=GET)
    month.suffers("COMPLETE", {})
    assert records(month, "A2") == 1
    month.recovers(findings={"LATE_DOCUMENT": "info"})


UNREAD = {"WITNESS_NOT_READ": "warning"}


@pytest.mark.parametrize(
    ("setting", "operation", "name"),
    [
        ("INVOICE_UNITS", UNITS, "InvoiceUnits"),
        ("BILLING_TRANSFERS", INBOUND, "ResponsibilityTransfers"),
    ],
)
@pytest.mark.parametrize("form", ["{}", '{"%s": "x"}', "<html>"])
def test_l28_a_witness_without_its_list_was_not_read(
    month: Month, setting: str, operation: str, name: str, form: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(setting, "true")
        answers(month, form.replace("%s", name), operation=operation)
        month.suffers("COMPLETE", UNREAD)
        assert operation in details(month)
        month.recovers()


def test_l28_receivers_that_were_known_stay_known_when_the_units_are_not_answered(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICE_UNITS", "true")
    month.world.catalogue.units[ACME] = [unit("777788889999")]
    month.world.catalogue.linked[ACME] = ("777788889999",)
    month.suffers("COMPLETE", {})
    answers(month, "{}", operation=UNITS)
    month.suffers("COMPLETE", UNREAD)
    manifest = month.world.read(month.world.keys(f"periods/{TARGET}/manifests/")[-1])
    acme = next(one for one in manifest["payers"] if one["payer_account_id"] == ACME)
    assert acme["witnesses"]["invoice_units"]["receivers"] == ["777788889999"]
    month.recovers()


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"ResultsByTime": "x"}',
        '{"ResultsByTime": [{"Estimated": false}]}',
        '{"ResultsByTime": [{"Estimated": false, "Groups": [{}]}]}',
        "<html>",
    ],
)
def test_l28_charges_that_are_no_answer_are_not_no_charges(
    month: Month, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setenv("COST_EXPLORER", "true")
    month.at = datetime(2026, 12, 12, 6, tzinfo=UTC)
    boreals = month.world.catalogue.payers["044455556666"]
    boreals.append(invoice("B3", "044455556666", period="2026-11"))
    month.world.catalogue.charges["044455556666"] = [charge("044455556666", period="2026-11")]
    answers(month, body, operation=COSTS)
    month.suffers("MISSING", {"NO_INVOICES_LISTED": "blocking", **UNREAD})
    assert "ce:GetCostAndUsage" in details(month)
    month.recovers("NO_CHARGES")


@pytest.mark.parametrize("amount", ["\N{FULLWIDTH DIGIT ONE}", "1_0", " 1 ", "Infinity"])
def test_l38_charges_in_other_digits_than_amounts_have_are_not_read(
    month: Month, monkeypatch: pytest.MonkeyPatch, amount: str
) -> None:
    monkeypatch.setenv("COST_EXPLORER", "true")
    month.at = datetime(2026, 12, 12, 6, tzinfo=UTC)
    month.world.catalogue.payers["044455556666"].append(
        invoice("B3", "044455556666", period="2026-11")
    )
    cost = {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}
    results = [{"Estimated": False, "Groups": [{"Keys": [ACME, "AWS"], "Metrics": cost}]}]
    answers(month, json.dumps({"ResultsByTime": results}), operation=COSTS)
    month.suffers("MISSING", {"NO_INVOICES_LISTED": "blocking", **UNREAD})
    assert "ce:GetCostAndUsage gave what cannot be read" in details(month)
    month.recovers("NO_CHARGES")


# L31: a member that the model does not know; a newer model

OF_TOMORROW = {"SettlementStatus": "PAID", "Entity.LegalEntityId": "DE-1"}


def grown_model(folder: Path) -> Path:
    """botocore's data with a service model of Invoicing that knows what AWS sends tomorrow."""
    model = deepcopy(botocore.loaders.Loader().load_service_model("invoicing", "service-2"))
    text = {"shape": "BasicString"}
    model["shapes"]["InvoiceSummary"]["members"]["SettlementStatus"] = text
    model["shapes"]["Entity"]["members"]["LegalEntityId"] = text
    place = folder / "invoicing" / "2024-12-01"
    place.mkdir(parents=True)
    (place / "service-2.json.gz").write_bytes(gzip.compress(json.dumps(model).encode()))
    return folder


@pytest.fixture
def takes_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bool], None]:
    """Lets the functions load the grown model, or again the one that is installed."""
    folder = grown_model(tmp_path / "models")

    def take(is_grown: bool) -> None:
        clients._session.cache_clear()
        if is_grown:
            monkeypatch.setenv("AWS_DATA_PATH", str(folder))
        else:
            monkeypatch.delenv("AWS_DATA_PATH", raising=False)
        shape = clients.invoicing_client(RoleCredentials("a", "b", "c")).meta.service_model
        assert is_grown is ("SettlementStatus" in shape.shape_for("InvoiceSummary").members)

    return take


@pytest.fixture
def of_tomorrow(month: Month) -> Month:
    month.lists(invoice("A2"))
    month.world.emulator.faults.add(
        Fault(ACME, "changed_row", None, invoice_id="A2", members=OF_TOMORROW)
    )
    return month


def test_l31_a_row_is_kept_as_aws_sent_it_with_what_no_model_knows(of_tomorrow: Month) -> None:
    of_tomorrow.suffers("COMPLETE", {})
    kept = record(of_tomorrow, "A2")
    received = json.loads(kept["row_received"])
    assert (received["SettlementStatus"], received["Entity"]["LegalEntityId"]) == ("PAID", "DE-1")
    assert "SettlementStatus" not in kept["summary"]
    manifest = of_tomorrow.world.keys(f"periods/{TARGET}/manifests/")[-1]
    assert b"SettlementStatus" not in of_tomorrow.world.content(manifest)
    of_tomorrow.recovers()


@pytest.mark.parametrize("grown_first", [True, False])
@pytest.mark.parametrize("is_old_record", [True, False])
def test_l31_another_model_is_no_change_and_asks_for_no_document(
    of_tomorrow: Month,
    monkeypatch: pytest.MonkeyPatch,
    takes_model: Callable[[bool], None],
    grown_first: bool,
    is_old_record: bool,
) -> None:
    month = of_tomorrow
    takes_model(grown_first)
    with monkeypatch.context() as patch:
        if is_old_record:
            patch.setattr(Listing, "to_data", without_text(Listing.to_data))
        month.suffers("COMPLETE", {})
    assert ("row_received" in record(month, "A2")) is not is_old_record
    asked = month.world.asked(GET)
    takes_model(not grown_first)
    settled = month.world.versions()
    month.suffers("COMPLETE", {})
    assert (month.world.versions(), month.world.asked(GET)) == (settled, asked)
    month.recovers()


def without_text(to_data: Callable[[Listing], dict[str, Any]]) -> Callable[[Listing], Any]:
    """A listing as it was written before rows were kept as they came."""

    def old(listing: Listing) -> dict[str, Any]:
        data = to_data(listing)
        for invoice_data in data["invoices"]:
            del invoice_data["row_received"]
        del data["unfinished"]
        return data

    return old


def test_l31_an_unknown_member_that_changes_is_kept_with_the_next_record(
    of_tomorrow: Month,
) -> None:
    month = of_tomorrow
    month.suffers("COMPLETE", {})
    month.world.emulator.faults.clear()
    later = OF_TOMORROW | {"SettlementStatus": "DUE"}
    month.world.emulator.faults.add(
        Fault(ACME, "changed_row", None, invoice_id="A2", members=later)
    )
    month.suffers("COMPLETE", {})
    assert records(month, "A2") == 1
    month.world.emulator.faults.add(
        Fault(ACME, "changed_row", None, invoice_id="A2", members={"BillType": "REFUND"})
    )
    month.suffers("COMPLETE", {"INVOICE_CHANGED": "warning"})
    kept = [json.loads(record(month, "A2", number)["row_received"]) for number in (1, 2)]
    assert [one["SettlementStatus"] for one in kept] == ["PAID", "DUE"]
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


# R15: a stale page token, credentials that end


@pytest.mark.usefixtures("small_pages")
def test_r15_a_stale_page_token_begins_the_listing_anew_in_the_same_step(month: Month) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    month.world.emulator.faults.add(Fault(ACME, "ExpiredNextToken", 2, later_pages=True))
    month.suffers("COMPLETE", {})
    assert (month.world.errors, documents(month)) == ([], ["A1", "A2", "A3"])
    month.recovers()


@pytest.mark.usefixtures("small_pages")
def test_r15_a_page_token_that_stays_stale_is_left_to_the_workflow(month: Month) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    month.world.emulator.faults.add(Fault(ACME, "ExpiredNextToken", 3, later_pages=True))
    month.world.attempts = 2
    month.suffers("COMPLETE", {})
    assert [type(error).__name__ for error in month.world.errors] == ["ServiceUnavailable"]
    month.recovers()


def ended_sessions(
    world: World, monkeypatch: pytest.MonkeyPatch, step: Any, *, after: int, code: str
) -> list[int]:
    """Acme's sessions of the step end after so many calls each; the calls that each served."""
    made, served = step.invoicing_client, []

    def client(credentials: RoleCredentials) -> Any:
        one = made(credentials)
        if credentials.access_key_id == ACME:
            number = len(served)
            served.append(0)

            def count(**_: Any) -> None:
                if served[number] == after:
                    raise ClientError({"Error": {"Code": code}}, LIST)
                served[number] += 1

            one.meta.events.register("before-call.invoicing", count)
        return one

    monkeypatch.setattr(step, "invoicing_client", client)
    return served


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_r15_credentials_that_end_while_listing_are_renewed_in_the_same_step(
    month: Month, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    month.lists(invoice("A2"))
    with monkeypatch.context() as patch:
        served = ended_sessions(month.world, patch, list_invoice_summaries, after=1, code=code)
        month.suffers("COMPLETE", {})
    assert (served, month.world.errors) == ([1, 1], [])
    month.recovers()


def test_r15_credentials_that_end_while_fetching_are_renewed_in_the_same_pass(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.lists(*(invoice(f"A{number}") for number in range(2, 12)))
    with monkeypatch.context() as patch:
        served = ended_sessions(
            month.world, patch, fetch_invoice_documents, after=4, code="ExpiredToken"
        )
        month.suffers("COMPLETE", {})
    assert (sum(served), month.world.errors) == (10, [])
    assert len(served) == 3  # each session is renewed once, whatever the threads
    month.recovers()


def test_r15_credentials_that_cannot_be_renewed_leave_the_rest_to_a_later_run(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETCH_THREADS", "1")
    month.lists(invoice("A2"), invoice("A3"))
    with monkeypatch.context() as patch:
        served = ended_sessions(
            month.world, patch, fetch_invoice_documents, after=0, code="ExpiredToken"
        )
        month.suffers("NOT_CHECKED", NOT_CHECKED | {"NOT_FETCHED": "blocking"})
    assert served == [0, 0, 0]
    assert [type(error).__name__ for error in month.world.errors] == ["ServiceUnavailable"]
    month.recovers()

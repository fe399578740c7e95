from dataclasses import replace

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, Transfers
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.statements import InvoiceUnits, PayerWitnesses
from tests.domain.example_months import due, month, page_of_month, payer_state
from tests.domain.examples import ACME, BOREAL, outstanding, summary_row
from tests.views.pages.reading import Node, read

CARDINAL = "999900001111"


def lines(*payers: PayerState) -> list[Node]:
    page = read(page_of_month(month(*payers, verdict="ACTION_REQUIRED")))
    return page.all("details", "payer")


def test_each_payer_account_has_its_counts_and_totals_per_currency() -> None:
    state = payer_state(invoices=(due("1", "1234.50"), due("2", "-7", "JPY"), due("3", "2.50")))
    (line,) = lines(state)
    assert line.one("summary").text == (
        f"Acme {ACME} Complete 3 of 3 invoices \N{MINUS SIGN}7 JPY 1,237.00 USD"
    )


def test_the_number_of_documents_is_said_only_if_it_is_another() -> None:
    one = due("1", "1.00")
    twice = replace(one, documents=(*one.documents, replace(one.documents[0], revision=2)))
    (line,) = lines(payer_state(invoices=(twice,)))
    assert line.one("span", "counts").text == "1 of 1 invoice, 2 documents"


def test_payers_that_need_attention_come_first_and_the_others_by_name() -> None:
    shown = lines(
        payer_state("000000000001", "zulu"),
        payer_state("000000000002", "Alpha"),
        payer_state("000000000003", "Mike", verdict="AWAITING"),
        payer_state("000000000004", "Yankee", verdict="MISSING"),
    )
    assert [one.one("span", "name").text for one in shown] == ["Yankee", "Mike", "Alpha", "zulu"]


def test_only_the_total_that_may_change_is_provisional() -> None:
    gap = outstanding("3")
    assert gap.summary.stated_amount().currency == "USD"
    partial = payer_state(
        invoices=(due("1", "1.00", "USD"), due("2", "1", "JPY")),
        outstanding=(gap,),
        verdict="PARTIAL",
    )
    manifest = replace(month(partial, verdict="ACTION_REQUIRED"), last_day="2026-11-10")
    line = read(page_of_month(manifest)).one("details", "payer")
    assert line.one("span", "money").text == "1 JPY 1.00 USD provisional"


def test_a_transferred_account_says_to_whom_it_is_billed() -> None:
    transfer = BillingTransfer("t-1", ACME, BOREAL, "ACCEPTED", "2026-01-01T00:00:00Z", None)
    source = payer_state(verdict="TRANSFERRED")
    receiver = replace(
        payer_state(BOREAL, "Boreal <Holding>"),
        witnesses=PayerWitnesses(transfers=Transfers("r", "2026-11-12T06:00:00Z", (transfer,))),
    )
    for payers in ((source, receiver), (with_transfer(source, transfer), payer_state(CARDINAL))):
        line = next(one for one in lines(*payers) if "Transferred" in one.text)
        named = f"Boreal <Holding> {BOREAL}" if receiver in payers else f"register {BOREAL}"
        (sentence, *_) = line.one("div", "inside").all("p")
        assert sentence.text.endswith(f"{named} by billing transfer.")
        assert sentence.text.startswith("Billed to ")


def with_transfer(state: PayerState, *transfers: BillingTransfer) -> PayerState:
    answer = Transfers("r", "2026-11-12T06:00:00Z", transfers)
    return replace(state, witnesses=PayerWitnesses(transfers=answer))


def test_a_transfer_that_does_not_cover_the_month_names_nobody() -> None:
    over = BillingTransfer(
        "t-1", ACME, BOREAL, "ACCEPTED", "2026-01-01T00:00:00Z", "2026-10-15T00:00:00Z"
    )
    assert not over.covers(BillingPeriod(2026, 10))
    (line,) = lines(with_transfer(payer_state(verdict="TRANSFERRED"), over))
    assert "Billed to another payer account by billing transfer." in line.text


def test_no_charges_names_its_source_and_its_day() -> None:
    charges = Charges("run-2", "2026-11-05T06:00:00Z", is_final=True)
    state = replace(payer_state(verdict="NO_CHARGES"), witnesses=PayerWitnesses(charges=charges))
    (line,) = lines(state)
    assert (
        "Cost Explorer shows no charges for October 2026: final figures, read on 5 November 2026."
    ) in line.text


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (payer_state(invoices=(due("1", "1.00"),)),
         "Every expected invoice is archived with all its documents."),
        (replace(payer_state(invoices=(due("1", "1.00"),)), expected=2),
         "Archived: 1 of 2 invoices. The rest are accepted gaps, or documents that AWS does not "
         "provide."),
        (payer_state(), "No invoice is expected for October 2026."),
    ],
)  # fmt: skip
def test_a_complete_account_says_why(state: PayerState, text: str) -> None:
    (line,) = lines(state)
    assert line.one("div", "inside").all("p")[0].text == text


def test_accounts_outside_the_register_and_listed_nowhere_say_so() -> None:
    stranger = replace(due("1", "1.00"), seen_by=(CARDINAL,))
    (line,) = lines(payer_state(CARDINAL, "", invoices=(stranger,)))
    assert line.one("span", "name").text == "Not in the payer register"


def test_the_step_of_a_gap_is_that_of_the_day_of_the_page() -> None:
    gap = payer_state(outstanding=(outstanding(),), verdict="PARTIAL")
    for at, step in (
        ("2026-11-05T06:00:00Z", "No action until 11 November 2026; we retry daily. After"),
        ("2026-11-12T06:00:00Z", "Open an AWS Billing case."),
    ):
        manifest = replace(
            month(gap, verdict="ACTION_REQUIRED"), generated_at=at, last_day="2026-11-10"
        )
        found = read(page_of_month(manifest)).one("ul", "findings").one("em")
        assert found.text.startswith(f"Next step: {step}")


def test_a_gap_that_does_not_block_asks_for_nothing() -> None:
    (accepted,) = outstanding().findings
    state = payer_state(findings=(replace(accepted, severity="warning"),))
    manifest = replace(month(state), last_day="2026-11-10")
    found = read(page_of_month(manifest)).one("ul", "findings").one("em")
    assert found.text == (
        "Next step: No action needed for the close. If you need it: Open an AWS Billing case."
    )


ACCEPTED = Acknowledgement(
    "No workload.", "Dana", "2026-12-31", "run-1", "2026-11-12T06:00:00Z", ()
)


@pytest.mark.parametrize(
    ("verdict", "witnesses", "text"),
    [
        ("NO_CHARGES", PayerWitnesses(acknowledgements=(ACCEPTED,)),
         "Dana accepted that October 2026 has no invoices, until 31 December 2026."),
        ("COMPLETE", PayerWitnesses(acknowledgements=(ACCEPTED,)),
         "Dana accepted that October 2026 has no invoices, until 31 December 2026."),
        ("COMPLETE", PayerWitnesses(units=InvoiceUnits(BOREAL, receivers=(BOREAL,))),
         "Its invoices are listed under the receivers of its invoice units."),
        ("NO_CHARGES", PayerWitnesses(), "No invoice is expected for October 2026."),
    ],
)  # fmt: skip
def test_an_account_without_invoices_names_the_source_that_says_so(
    verdict: str, witnesses: PayerWitnesses, text: str
) -> None:
    (line,) = lines(replace(payer_state(verdict=verdict), witnesses=witnesses))
    assert line.one("div", "inside").all("p")[0].text == text


@pytest.mark.parametrize(
    ("members", "text"),
    [({}, "Accepted gap: PDF not ready"),
     ({"InvoiceType": "PAYMENT_RECEIPT"}, "No document from AWS: PDF not ready")],
)  # fmt: skip
def test_what_nobody_has_to_deliver_is_not_called_outstanding(
    members: dict[str, str], text: str
) -> None:
    row = InvoiceSummary(summary_row("2", **members))
    gap = replace(outstanding("2"), summary=row)
    state = payer_state(outstanding=(gap,))
    accepted = tuple(replace(found, severity="warning") for found in state.findings)
    (line,) = lines(replace(state, findings=accepted, unarchived=0))
    assert text in line.text
    assert "Outstanding" not in line.text

from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.runs.known_to_pass import KnownToPass
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_run import BY_BILLING_PERIOD, Listing, union_by_invoice_id
from lambdas.domain.witnesses.billing_transfers import BillingTransfer
from lambdas.domain.witnesses.statements import InvoiceUnits
from tests.domain.examples import ACME, BOREAL, INVOICE_ID, OCTOBER, summary_row
from tests.domain.judging import transfers

REGISTERED, RECEIVER, SOURCE, TARGET = "1" * 12, "2" * 12, "3" * 12, "4" * 12


def moved(source: str, target: str) -> BillingTransfer:
    return BillingTransfer("rt-1", source, target, "ACCEPTED", "2026-10-01T00:00:00Z", None)


def known() -> KnownToPass:
    rows = [
        summary_row(),
        summary_row("COPY-1", AccountId=BOREAL, CommercialInvoiceId=INVOICE_ID),
        summary_row("OF-SOURCE", BillSourceAccounts=["5" * 12]),
    ]
    invoices, _ = union_by_invoice_id(
        [(BY_BILLING_PERIOD, OCTOBER, InvoiceSummary(row)) for row in rows], ACME
    )
    listing = Listing(
        ACME,
        CHECKED,
        "",
        (OCTOBER,),
        tuple(invoices),
        units=InvoiceUnits("run", "at", (RECEIVER,)),
        transfers=transfers(moved(SOURCE, ACME), moved(ACME, TARGET), moved("", ACME)),
    )
    return KnownToPass.of(listing, {REGISTERED}, {"DOUBTED"})


def test_a_pass_knows_the_accounts_of_the_register_and_of_its_listing() -> None:
    expected = {ACME, BOREAL, REGISTERED, RECEIVER, SOURCE, TARGET, "5" * 12}
    assert known().others.accounts - {""} == expected


def test_a_paper_may_carry_its_account_the_asking_one_and_those_whose_bill_it_is() -> None:
    rows = [summary_row("1", AccountId=BOREAL, BillSourceAccounts=["5" * 12])]
    (listed,), _ = union_by_invoice_id(
        [(BY_BILLING_PERIOD, OCTOBER, InvoiceSummary(row)) for row in rows], ACME
    )
    assert known().accounts_of(listed) == {BOREAL, ACME, "5" * 12, SOURCE}


def test_a_pass_knows_which_listed_invoices_are_copies_and_which_are_in_doubt() -> None:
    assert known().copies == {INVOICE_ID: ["COPY-1"]}
    assert known().in_doubt == {"DOUBTED"}

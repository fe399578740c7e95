from dataclasses import replace
from decimal import Decimal

import pytest

from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.money import Amount
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.charges import Residual
from lambdas.domain.witnesses.statements import PayerWitnesses
from tests.domain.example_months import digest, due, month, page_of_month, payer_state
from tests.domain.examples import BOREAL
from tests.views.pages.reading import read

COST_EXPLORER = "Cost Explorer, AWS marketplace"


def about(state: PayerState) -> dict[str, str]:
    """The terms that the page has of a payer account, with what it says of each."""
    before = digest(payer_state(invoices=(due("0", "10.00"), due("00", "5", "JPY"))))
    others = payer_state(BOREAL, "Boreal")
    shown = read(page_of_month(month(state, others), [before])).all("dl", "about")[0]
    terms, said = shown.all("dt"), shown.all("dd")
    return {term.text: what.text for term, what in zip(terms, said, strict=True)}


def test_it_is_said_whose_the_account_is_when_it_was_asked_and_what_the_month_before_had() -> None:
    assert about(replace(payer_state(), settled_at="2026-11-09T06:00:00Z")) == {
        "Legal entity": "Acme Ltd.",
        "Owner": "Finance",
        "Last checked with AWS": "12 November 2026, 06:00 UTC",
        "Nothing outstanding since": "9 November 2026, 06:00 UTC",
        "September 2026": "5 JPY and 10.00 USD in 2 invoices",
    }


def test_what_is_unknown_is_not_said() -> None:
    bare = replace(payer_state(legal_entity=""), checked_at=None)
    assert list(about(bare)) == ["Owner", "September 2026"]


def test_it_is_said_in_whose_listings_the_invoices_of_another_account_are() -> None:
    payer = payer_state(name="Acme <Holding>", invoices=())
    seen = replace(due("1", "10.00"), payer_account_id="999900001111")
    receiver = payer_state("999900001111", name="", legal_entity="", invoices=(seen,))
    page = read(page_of_month(month(receiver, payer)))
    (shown,) = [what for what in page.all("dd") if "Acme <Holding>" in what.text]
    assert shown.links() == [f"#payer-{payer.payer_account_id}"]


def test_the_bills_of_other_accounts_are_told_apart() -> None:
    state = payer_state(
        invoices=(
            due("1", "10.00"),
            due("2", "7.00", BillSourceAccounts=["999900001111"]),
            due("3", "1.00", BillSourceAccounts=["999900001111"]),
            due("4", "2.00", BillSourceAccounts=[BOREAL]),
        )
    )
    said = about(state)
    assert said["Own usage"] == "10.00 USD in 1 invoice"
    assert said["Billed for Boreal (044455556666)"] == "2.00 USD in 1 invoice"
    assert said["Billed for 999900001111"] == "8.00 USD in 2 invoices"


@pytest.mark.parametrize(
    ("charged", "invoiced", "not_compared", "said"),
    [
        ("100.00", "99.50", 0, "100.00 USD charged, 99.50 USD invoiced, difference +0.50"),
        ("100.00", "100.00", 1, "100.00 USD charged, 100.00 USD invoiced, no difference"),
        ("99.9951234", "100", 0, "100.00 USD charged, 100.00 USD invoiced, no difference"),
        ("98.7649999", "100", 0, "98.76 USD charged, 100.00 USD invoiced, difference \u22121.24"),
    ],
)
def test_what_cost_explorer_shows_is_held_against_the_invoices_in_the_currencys_own_units(
    charged: str, invoiced: str, not_compared: int, said: str
) -> None:
    residual = Residual(
        "AWS_MARKETPLACE",
        Amount("USD", Decimal(charged)),
        Amount("USD", Decimal(invoiced)),
        not_compared,
    )
    shown = about(replace(payer_state(), residuals=(residual,)))[COST_EXPLORER]
    assert shown.startswith(said)
    assert shown.endswith("1 invoice without an amount in USD") == bool(not_compared)


@pytest.mark.parametrize(
    ("until", "term"), [("2026-12-31", "Accepted"), ("2026-11-11", "Accepted, now over")]
)
def test_an_acknowledgement_is_shown_with_who_gave_it_also_when_it_is_over(
    until: str, term: str
) -> None:
    given = Acknowledgement("Paid <by> card.", "A. Person", until, "run-1", "x", ())
    state = replace(payer_state(), witnesses=PayerWitnesses(acknowledgements=(given,)))
    assert about(state)[term].startswith("Paid <by> card. (A. Person, until ")

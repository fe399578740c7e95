from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archived_invoice import OutstandingInvoice
from lambdas.domain.findings import finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.runs.payer_register import Payer
from tests.domain.example_months import amount, due, invoice, month, page_of_month, payer_state
from tests.domain.examples import ACME, BOREAL, outstanding, summary_row
from tests.views.pages.reading import read

CARDINAL = "999900001111"
OWNERS = Owners([Payer(ACME, "Acme", owner="Dana Whitlock"), Payer(BOREAL, "Boreal", owner="Luis")])
BEFORE, AFTER = "2026-11-05T06:00:00Z", "2026-11-12T06:00:00Z"


def gap(invoice_id: str, total: str = "3303781", currency: str = "JPY") -> OutstandingInvoice:
    row = summary_row(invoice_id, PaymentCurrencyAmount=amount(total, currency))
    return replace(outstanding(invoice_id), summary=InvoiceSummary(row))


def partial(*gaps: OutstandingInvoice, account_id: str = ACME, name: str = "Acme") -> PayerState:
    of = tuple(replace(one, payer_account_id=account_id) for one in gaps)
    return payer_state(account_id, name, invoices=(due("1", "1"),), outstanding=of,
                       verdict="PARTIAL")  # fmt: skip


def lead(*payers: PayerState, at: str = AFTER, **members: Any) -> str:
    manifest = replace(month(*payers, **{"verdict": "ACTION_REQUIRED"} | members), generated_at=at)
    return lead_of(replace(manifest, last_day="2026-11-10"))


def lead_of(manifest: Manifest) -> str:
    return read(page_of_month(manifest, owners=OWNERS)).one("p", "lead").text.replace(" ,", ",")


def test_the_lead_names_what_is_outstanding_and_who_does_what() -> None:
    assert lead(partial(gap("2"))) == (
        "1 of 2 invoices is outstanding: JPY 3,303,781 of Acme. "
        "Dana Whitlock: open an AWS Billing case."
    )


def test_several_accounts_and_currencies_are_summed_up() -> None:
    gaps = [gap(f"A-{n}", "1", currency) for n, currency in enumerate(("EUR", "GBP", "JPY", "USD"))]
    text = lead(partial(*gaps), partial(gap("9", "5", "EUR"), account_id=BOREAL, name="Boreal"))
    assert text == (
        "5 of 7 invoices are outstanding: EUR 6.00, GBP 1.00, JPY 1 and 1 more currency of Acme "
        "and Boreal. "
        "Dana Whitlock and Luis: open an AWS Billing case."
    )


def test_more_than_two_accounts_are_counted() -> None:
    payers = [partial(gap(f"A-{n}", "1"), account_id=f"{n:012d}", name=f"P{n}") for n in range(3)]
    assert "JPY 3 of 3 payer accounts." in lead(*payers)


def test_the_step_that_most_need_comes_first_with_those_who_take_it() -> None:
    owners = Owners(Payer(f"{n:012d}", f"P{n}", owner=f"Person {n}") for n in range(4))
    payers = [partial(gap(f"G-{n}"), account_id=f"{n:012d}", name=f"P{n}") for n in range(3)]
    denied = finding("NO_ACCESS", f"{3:012d}", "Denied.")
    payers.append(payer_state(f"{3:012d}", "P3", findings=(denied,), verdict="NO_ACCESS"))
    manifest = replace(month(*payers, verdict="ACTION_REQUIRED"), last_day="2026-11-10")
    text = read(page_of_month(manifest, owners=owners)).one("p", "lead").text
    assert text.endswith(
        "P3: no access. Person 0 and 2 more: open an AWS Billing case. 1 more step is listed below."
    )


def test_before_the_deadline_it_says_until_when_nobody_acts() -> None:
    assert lead(partial(gap("2")), at=BEFORE, verdict="AWAITING") == (
        "1 of 2 invoices is outstanding: JPY 3,303,781 of Acme. "
        "No action until 11 November 2026; we retry daily."
    )


def test_an_account_without_access_is_named_and_its_step_is_for_the_cloud_admin() -> None:
    denied = finding("NO_ACCESS", ACME, "The role cannot be assumed.")
    text = lead(payer_state(findings=(denied,), verdict="NO_ACCESS"))
    assert text.startswith("Acme: no access. Cloud admin: deploy or repair")


def test_damage_of_the_archive_comes_before_anything_else() -> None:
    damaged = finding("MANIFEST_DAMAGED", "periods/x", "It is gone.")
    text = lead(partial(gap("2"), gap("3")), findings=(damaged,))
    assert text.startswith("The archive itself is damaged. Nothing else on this page counts")
    assert "Cloud admin: find out who changed the manifest." in text


def test_a_month_without_accounts_says_so() -> None:
    assert lead() == "No payer account was checked for this month. Start a run."


def test_an_account_that_needs_a_person_is_named_even_if_no_finding_says_why() -> None:
    text = lead(payer_state(invoices=(invoice(),), verdict="NOT_CHECKED"), payer_state(BOREAL))
    assert text == "Acme: No run has checked this payer account to the end."
    both = (payer_state(verdict="NOT_CHECKED"), payer_state(BOREAL, verdict="MISSING"))
    assert lead(*both) == "2 payer accounts need attention: see the list below."


def test_a_month_in_progress_reads_as_one() -> None:
    state = payer_state(invoices=(invoice(),), verdict="AWAITING")
    assert lead(state, at="2026-10-20T06:00:00Z", verdict="AWAITING") == (
        "October 2026 is in progress. The 1 invoice that AWS lists is archived. AWS may list more "
        "until the deadline, 10 November 2026; no action until then."
    )
    assert "in progress" not in lead(state, at=BEFORE, verdict="AWAITING")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (payer_state(invoices=(invoice(),)),
         "Everything is archived: 1 invoice."),
        (payer_state(invoices=(due("1", "1"), due("2", "2"))),
         "Everything is archived: 2 invoices."),
        (replace(payer_state(invoices=(due("1", "1"),)), expected=2),
         "Archived: 1 of 2 invoices. The rest are accepted gaps"),
    ],
)  # fmt: skip
def test_a_complete_month_says_what_is_archived(state: PayerState, text: str) -> None:
    assert lead_of(month(state)).startswith(text)


def test_an_account_outside_the_register_is_named_by_its_id() -> None:
    shown = replace(gap("2"), payer_account_id=CARDINAL, seen_by=(ACME,))
    child = payer_state(CARDINAL, "", outstanding=(shown,), verdict="PARTIAL")
    text = lead(payer_state(invoices=(invoice(),)), child)
    assert f"JPY 3,303,781 of {CARDINAL}. Dana Whitlock: " in text

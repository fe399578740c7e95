from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lambdas.domain.close.open_items import OpenItem, open_items
from lambdas.domain.close.owners import Owner, Owners
from lambdas.domain.evidence.archived_invoice import OutstandingInvoice
from lambdas.domain.findings import KINDS, Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest, OutstandingSince
from lambdas.domain.money import Amount
from lambdas.domain.runs.payer_register import Payer
from tests.domain.example_months import month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, summary_row

OWNERS = Owners([Payer(ACME, "Acme", owner="Dana Whitlock", owner_email="dana@example.com")])
WAITING = [
    code for code, kind in KINDS.items() if (kind.severity, kind.fixed_by) == ("blocking", "time")
]
BEFORE, AFTER = "2026-11-05T06:00:00Z", "2026-11-12T06:00:00Z"


def listed(invoice_id: str, *codes: str, total: str = "41.10") -> OutstandingInvoice:
    row = summary_row(
        invoice_id, PaymentCurrencyAmount={"TotalAmount": total, "CurrencyCode": "EUR"}
    )
    found = tuple(finding(code, invoice_id, "Not there.") for code in codes)
    return OutstandingInvoice(invoice_id, OCTOBER, ACME, (ACME,), InvoiceSummary(row), found)


def of(
    *outstanding: OutstandingInvoice, more: tuple[Finding, ...] = (), at: str = AFTER
) -> Manifest:
    payer = payer_state(verdict="PARTIAL", outstanding=outstanding, findings=more)
    return replace(month(payer), generated_at=at, last_day="2026-11-10")


def only(manifest: Manifest) -> OpenItem:
    (item,) = open_items(manifest, OWNERS).items
    return item


def test_an_outstanding_invoice_has_an_owner_an_amount_and_a_day() -> None:
    manifest = of(listed("1", "PDF_NOT_READY"), at=BEFORE)
    since = (OutstandingSince("1", "2026-11-04T06:00:00Z"),)
    (payer,) = manifest.payers
    item = only(replace(manifest, payers=(replace(payer, outstanding_since=since),)))
    assert (item.owner.name, item.owner.email) == ("Dana Whitlock", "dana@example.com")  # type: ignore[union-attr]
    assert (item.invoice_id, item.amount) == ("1", Amount("EUR", Decimal("41.10")))
    assert (item.issued, item.since) == (date(2026, 11, 3), "2026-11-04T06:00:00Z")
    assert item.is_outstanding_invoice


def test_before_the_deadline_aws_acts_and_afterwards_finance() -> None:
    early, late = (only(of(listed("1", "PDF_NOT_READY"), at=at)) for at in (BEFORE, AFTER))
    assert (early.actor, late.actor) == ("AWS", "finance")
    assert early.action == (
        "No action until 11 November 2026; we retry daily. After that: Open an AWS Billing case."
    )
    assert late.action == "Open an AWS Billing case."


def test_what_needs_a_person_needs_one_before_the_deadline_too() -> None:
    item = only(of(more=(finding("NO_ACCESS", ACME, "Denied."),), at=BEFORE))
    assert (item.actor, item.action) == ("cloud admin", KINDS["NO_ACCESS"].step)
    assert (item.invoice_id, item.amount, item.is_outstanding_invoice) == ("", None, False)


@pytest.mark.parametrize("code", WAITING)
@pytest.mark.parametrize("at", [BEFORE, AFTER])
def test_nothing_to_do_yet_is_never_said_after_the_deadline(code: str, at: str) -> None:
    item = only(of(listed("1", code), at=at))
    assert item.action.startswith("No action until") is (at == BEFORE)


def test_several_reasons_for_one_gap_are_one_item_and_count_once() -> None:
    found = open_items(
        of(listed("1", "PDF_NOT_READY", "ROWS_DIFFER"), listed("2", "NOT_FETCHED")), OWNERS
    )
    assert [len(item.findings) for item in found.items] == [2, 1]
    assert found.totals == (Amount("EUR", Decimal("82.20")),)


def test_a_missing_document_of_an_archived_invoice_is_in_the_totals_already() -> None:
    gap = finding("DOWNLOAD_FAILED", "2609293185 TAX_E_INVOICE T-1", "Status 500.")
    one = replace(archived(), findings=(gap,))
    payer = payer_state(verdict="PARTIAL", invoices=(one,), findings=(gap,))
    item = only(replace(month(payer), last_day="2026-11-10"))
    assert (item.invoice_id, item.is_archived, item.amount) == ("2609293185", True, None)


def test_a_gap_that_a_person_accepted_is_no_item() -> None:
    manifest = of(listed("1", "PDF_NOT_READY"))
    (payer,) = manifest.payers
    accepted = tuple(replace(found, severity="warning") for found in payer.findings)
    found = open_items(
        replace(manifest, payers=(replace(payer, findings=accepted, unarchived=0),)), OWNERS
    )
    assert (found.items, found.invoices, found.totals) == ((), 0, ())


def test_an_account_outside_the_register_inherits_from_the_payer_that_showed_it() -> None:
    shown = replace(listed("1", "PDF_NOT_READY"), payer_account_id=BOREAL, seen_by=(ACME,))
    child = payer_state(
        BOREAL, name="", legal_entity="", verdict="PARTIAL", outstanding=(shown,),
        findings=shown.findings,
    )  # fmt: skip
    parent = payer_state(ACME, name="Acme", legal_entity="Acme Ltd.")
    who = only(month(parent, child)).who
    assert who is not None
    assert (who.account_id, who.name, who.legal_entity) == (BOREAL, "Acme", "Acme Ltd.")
    assert (who.inherited_from, who.owner.name) == (ACME, "Dana Whitlock")


def test_an_account_of_the_register_without_an_owner_has_the_default_one() -> None:
    owners = Owners([Payer(ACME, "Acme")], default="Accounts payable")
    (item,) = open_items(of(listed("1", "PDF_NOT_READY")), owners).items
    assert item.owner == owners.default


def test_an_owner_without_a_name_has_the_address_as_one() -> None:
    owners = Owners([Payer(ACME, "Acme", owner_email="dana@example.com")])
    assert owners.of(ACME) == Owner("dana@example.com", "dana@example.com")


def test_a_gap_of_the_period_comes_first_and_has_no_owner() -> None:
    manifest = of(listed("1", "PDF_NOT_READY"))
    broken = finding("MANIFEST_DAMAGED", manifest.key, "Changed.")
    first, _ = open_items(replace(manifest, findings=(broken,)), OWNERS).items
    assert (first.who, first.owner, first.actor) == (None, None, "cloud admin")


def test_kept_for_a_message_it_still_counts_all() -> None:
    many = of(*(listed(str(number), "PDF_NOT_READY", total="1.00") for number in range(9)))
    few = open_items(many, OWNERS).first(2)
    assert (len(few.items), few.count) == (2, 9)
    assert few.totals == (Amount("EUR", Decimal("9.00")),)


def test_a_manifest_from_before_the_deadline_is_overdue_as_of_a_later_day() -> None:
    manifest = of(listed("1", "PDF_NOT_READY"), at=BEFORE)
    (item,) = open_items(manifest, OWNERS, datetime(2026, 11, 11, tzinfo=UTC)).items
    assert (item.is_overdue, item.action) == (True, "Open an AWS Billing case.")


def test_owners_are_concerned_by_what_is_to_do_now_and_not_by_what_waits() -> None:
    early, late = (of(listed("1", "PDF_NOT_READY"), at=at) for at in (BEFORE, AFTER))
    assert open_items(early, OWNERS).owner_emails == ()
    assert open_items(late, OWNERS).owner_emails == ("dana@example.com",)
    assert open_items(late, Owners([])).owner_emails == ()


def test_an_account_that_cannot_be_read_is_repaired_first() -> None:
    denied = finding("NO_ACCESS", ACME, "Denied.")
    nameless = finding("INVOICE_WITHOUT_ID", ACME, "One row.")
    manifest = of(listed("1", "PDF_NOT_READY"), more=(denied, nameless), at=BEFORE)
    actions = {
        one.finding.code: (one.actor, one.action) for one in open_items(manifest, OWNERS).items
    }
    assert actions == {
        "NO_ACCESS": ("cloud admin", KINDS["NO_ACCESS"].step),
        "PDF_NOT_READY": ("cloud admin", KINDS["NO_ACCESS"].step),
        "INVOICE_WITHOUT_ID": ("finance", KINDS["INVOICE_WITHOUT_ID"].step),
    }


def test_a_reason_for_a_person_comes_before_one_that_waits() -> None:
    item = only(of(listed("1", "PDF_NOT_READY", "OTHER_INVOICE"), at=BEFORE))
    assert [found.code for found in item.findings] == ["OTHER_INVOICE", "PDF_NOT_READY"]
    assert (item.waits, item.action) == (False, KINDS["OTHER_INVOICE"].step)


def test_items_for_a_person_come_before_those_that_wait() -> None:
    manifest = of(listed("1", "PDF_NOT_READY"), listed("2", "OTHER_INVOICE"), at=BEFORE)
    assert [one.invoice_id for one in open_items(manifest, OWNERS).items] == ["2", "1"]


def test_an_outstanding_invoice_is_one_item_whatever_documents_it_misses() -> None:
    pdf, tax = (finding("DOWNLOAD_FAILED", subject, "No.") for subject in ("1", "1 TAX T-1"))
    one = replace(listed("1", "PDF_NOT_READY"), findings=(pdf, tax))
    item = only(of(one))
    assert (len(item.findings), item.amount) == (2, Amount("EUR", Decimal("41.10")))


def test_several_sources_that_miss_one_invoice_are_one_item() -> None:
    expected = [
        finding("NO_INVOICES_LISTED", ACME, "None."),
        finding("CHARGES_WITHOUT_INVOICE", "AWS", "Charges."),
        finding("USUAL_INVOICE_MISSING", "an invoice of AWS", "Usual."),
        finding("SOURCE_WITHOUT_INVOICE", BOREAL, "No bill."),
    ]
    items = open_items(of(more=tuple(expected)), OWNERS).items
    assert sorted(len(one.findings) for one in items) == [1, 3]


def test_on_the_last_day_nothing_is_overdue_and_on_the_next_all_is() -> None:
    manifest = of(listed("1", "PDF_NOT_READY"), at=BEFORE)
    for day, is_overdue in ((10, False), (11, True)):
        as_of = datetime(2026, 11, day, 6, tzinfo=UTC)
        (item,) = open_items(manifest, OWNERS, as_of).items
        assert item.is_overdue is is_overdue


def test_an_invoice_of_two_payer_accounts_counts_once_and_not_if_it_is_archived() -> None:
    one = listed("1", "PDF_NOT_READY")
    twice = replace(one, payer_account_id=BOREAL)
    acme = payer_state(verdict="PARTIAL", outstanding=(one,))
    boreal = payer_state(BOREAL, verdict="PARTIAL", outstanding=(twice,))
    assert open_items(month(acme, boreal), OWNERS).totals == (Amount("EUR", Decimal("41.10")),)
    boreal = payer_state(BOREAL, invoices=(archived("1", payer=BOREAL),))
    assert open_items(month(acme, boreal), OWNERS).totals == ()


def test_an_account_is_shown_by_the_payer_that_lists_most_of_it() -> None:
    cardinal = "999900001111"
    shown = tuple(
        replace(listed(str(n), "PDF_NOT_READY"), payer_account_id=BOREAL, seen_by=(by,))
        for n, by in enumerate((ACME, ACME, cardinal))
    )
    child = payer_state(BOREAL, name="", legal_entity="", verdict="PARTIAL", outstanding=shown)
    manifest = month(payer_state(ACME), payer_state(cardinal, name="Cardinal"), child)
    assert {one.who and one.who.inherited_from for one in open_items(manifest, OWNERS).items} == {
        ACME
    }


def test_an_account_of_a_manifest_that_notes_no_number_counts_what_nobody_accepted() -> None:
    accepted, open_one = listed("1", "PDF_NOT_READY"), listed("2", "PDF_NOT_READY")
    payer = payer_state(verdict="PARTIAL", outstanding=(accepted, open_one))
    findings = tuple(
        replace(found, severity="warning") if found.subject == "1" else found
        for found in payer.findings
    )
    bare = replace(payer, findings=findings, unarchived=None)
    assert open_items(month(bare), OWNERS).invoices == 1
    complete = replace(bare, verdict="COMPLETE")
    assert open_items(month(complete), OWNERS).invoices == 0

import json
from dataclasses import replace
from datetime import date

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import finding
from lambdas.domain.invoices.received_rows import read_row
from lambdas.domain.invoices.summary import InvoiceSummary, one_a_listing
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_run import (
    BY_BILLING_PERIOD,
    BY_ISSUED_DATE,
    ListedInvoice,
    Listing,
    ListingNote,
    PayerRun,
    UnusableRow,
    estimates,
    union_by_invoice_id,
)
from tests.domain.examples import ACME, AFTER_DEADLINE, BOREAL, OCTOBER, summary_row

SEPTEMBER = BillingPeriod(2026, 9)
Row = tuple[str, BillingPeriod | None, InvoiceSummary]


def by_period(row: dict[str, object]) -> tuple[str, BillingPeriod | None, InvoiceSummary]:
    return BY_BILLING_PERIOD, OCTOBER, InvoiceSummary(row)


def by_date(row: dict[str, object]) -> tuple[str, BillingPeriod | None, InvoiceSummary]:
    return BY_ISSUED_DATE, None, InvoiceSummary(row)


def test_an_item_of_the_runs_list_carries_its_whole_identity() -> None:
    run = PayerRun(
        "manual-1",
        AFTER_DEADLINE,
        True,
        BOREAL,
        "Boreal",
        f"arn:aws:iam::{BOREAL}:role/Reader",
        (OCTOBER, SEPTEMBER),
        date(2026, 9, 1),
        date(2026, 11, 13),
    )
    assert PayerRun.from_data(json.loads(json.dumps(run.to_data()))) == run


def test_a_listing_reads_back() -> None:
    (invoice,), _ = union_by_invoice_id([by_period(summary_row()), by_date(summary_row())], ACME)
    listing = Listing(
        ACME, CHECKED, "", (OCTOBER,), (invoice,), (UnusableRow(OCTOBER, "0123456789ab"),)
    )
    assert Listing.from_data(json.loads(json.dumps(listing.to_data()))) == listing


def test_an_invoice_of_both_listings_is_one_invoice_seen_in_both() -> None:
    invoices, unusable = union_by_invoice_id(
        [by_period(summary_row()), by_date(summary_row()), by_date(summary_row())], ACME
    )
    assert [invoice.listings for invoice in invoices] == [(BY_BILLING_PERIOD, BY_ISSUED_DATE)]
    assert unusable == []


def test_every_invoice_of_either_listing_counts() -> None:
    invoices, _ = union_by_invoice_id(
        [by_period(summary_row("1")), by_date(summary_row("2")), by_period(summary_row("3"))], ACME
    )
    assert [invoice.invoice_id for invoice in invoices] == ["1", "2", "3"]


def test_the_rows_account_is_the_payer_and_the_asked_one_only_where_it_names_none() -> None:
    invoices, _ = union_by_invoice_id(
        [
            by_period(summary_row("1", AccountId=BOREAL)),
            by_period(summary_row("2", AccountId=None)),
        ],
        ACME,
    )
    assert [invoice.payer_account_id for invoice in invoices] == [BOREAL, ACME]


def test_the_rows_own_period_goes_before_the_one_asked_for() -> None:
    september = summary_row(BillingPeriod={"Month": 9, "Year": 2026})
    (invoice,), _ = union_by_invoice_id([by_period(september)], ACME)
    assert invoice.billing_period == SEPTEMBER


def test_a_row_without_an_id_is_unusable_once_however_often_it_is_listed() -> None:
    nameless = summary_row(None)
    other = summary_row(None, DueDate="2026-12-01")
    invoices, unusable = union_by_invoice_id(
        [by_period(nameless), by_date(nameless), by_date(other)], ACME
    )
    assert invoices == []
    assert [one.billing_period for one in unusable] == [OCTOBER, OCTOBER]
    assert len({one.fingerprint for one in unusable}) == 2


NAMELESS = summary_row(None, BillingPeriod=None, IssuedDate="2026-10-03T00:00:00Z")


@pytest.mark.parametrize(
    ("rows", "period"),
    [
        ([by_period(NAMELESS)], OCTOBER),
        ([by_date(NAMELESS)], SEPTEMBER),
        ([by_date(NAMELESS), by_period(NAMELESS)], OCTOBER),
        ([by_period(NAMELESS), by_date(NAMELESS)], OCTOBER),
        ([by_period(NAMELESS | {"BillingPeriod": {"Month": 9, "Year": 2026}})], SEPTEMBER),
    ],
)
def test_a_row_without_an_id_belongs_to_one_period(rows: list[Row], period: BillingPeriod) -> None:
    _, unusable = union_by_invoice_id(rows, ACME)
    assert [one.billing_period for one in unusable] == [period]


@pytest.mark.parametrize("invoice_id", [None, "1"])
def test_a_row_with_nothing_that_says_its_period_is_unusable(invoice_id: str | None) -> None:
    row = summary_row(invoice_id, BillingPeriod=None, IssuedDate=None)
    invoices, (unusable,) = union_by_invoice_id([by_date(row)], ACME)
    assert (invoices, unusable.billing_period) == ([], None)


def test_a_row_without_an_id_is_found_under_a_subject_of_its_own() -> None:
    _, (one, other) = union_by_invoice_id(
        [by_period(summary_row(None)), by_period(summary_row(None, DueDate="2026-12-01"))], ACME
    )
    found = one.finding(ACME)
    assert found.code == "INVOICE_WITHOUT_ID"
    assert found.subject == f"{ACME} row {one.fingerprint}"
    assert found.subject != other.finding(ACME).subject


def test_a_row_whose_period_only_the_question_says_is_usable_in_both_listings() -> None:
    row = summary_row(BillingPeriod=None, IssuedDate=None)
    for rows in ([by_period(row), by_date(row)], [by_date(row), by_period(row)]):
        invoices, unusable = union_by_invoice_id(rows, ACME)
        assert [invoice.billing_period for invoice in invoices] == [OCTOBER]
        assert unusable == []


def test_a_listed_invoice_keeps_its_row_whole() -> None:
    row = summary_row(MemberOfTomorrow={"x": ["y"]})
    (invoice,), _ = union_by_invoice_id([by_period(row)], ACME)
    assert ListedInvoice.from_data(json.loads(json.dumps(invoice.to_data()))).summary.row == row


TEXT = '{"InvoiceId": "1", "AccountId": "111122223333", "OfTomorrow": 1}'


def received(text: str) -> Row:
    return BY_BILLING_PERIOD, OCTOBER, InvoiceSummary(read_row(text).row, text)


def read_back(listing: Listing) -> Listing:
    return Listing.from_data(json.loads(json.dumps(listing.to_data())))


def test_a_listing_keeps_rows_as_they_came_and_one_of_before_is_read_without() -> None:
    invoices, unusable = union_by_invoice_id([received(TEXT), received("null")], ACME)
    listing = Listing(ACME, CHECKED, "", (OCTOBER,), tuple(invoices), tuple(unusable))
    (invoice,), (row,) = read_back(listing).invoices, read_back(listing).unusable
    assert (invoice.summary.received, row.received) == (TEXT, "null")
    old = json.loads(json.dumps(listing.to_data()))
    del old["unfinished"]
    del old["invoices"][0]["row_received"], old["unusable_rows"][0]["row_received"]
    assert Listing.from_data(old) == replace(
        listing, unusable=(replace(unusable[0], received=None),)
    )
    assert Listing.from_data(old).invoices[0].summary.received is None


def test_a_listing_says_why_it_may_not_be_all_of_a_period() -> None:
    listing = Listing(ACME, CHECKED, "", (OCTOBER, SEPTEMBER), unfinished={OCTOBER: "a page"})
    assert read_back(listing) == listing
    assert listing.periods_without_gap == (SEPTEMBER,)


def test_a_period_with_a_row_without_an_id_has_a_gap() -> None:
    listing = Listing(
        ACME, CHECKED, "", (OCTOBER, SEPTEMBER), unusable=(UnusableRow(OCTOBER, "0123456789ab"),)
    )
    assert listing.periods_without_gap == (SEPTEMBER,)


def test_rows_of_which_nothing_can_be_read_are_told_apart_by_their_text() -> None:
    texts = ("null", "5", '{"InvoiceId": 5}', '{"InvoiceId": 6}')
    _, unusable = union_by_invoice_id([received(text) for text in (*texts, *texts)], ACME)
    assert [row.received for row in unusable] == list(texts)
    details = [row.finding(ACME).detail for row in unusable]
    assert details[0].endswith("): the row is null, not an object.")
    assert details[3].endswith("): InvoiceId is the number 6, not a text.")
    assert len({row.finding(ACME).subject for row in unusable}) == 4


def test_a_row_with_an_id_and_nothing_that_says_its_period_is_reported_by_its_id() -> None:
    text = '{"InvoiceId": "1", "IssuedDate": "soon"}'
    row = InvoiceSummary(read_row(text).row, text)
    _, (unusable,) = union_by_invoice_id([(BY_ISSUED_DATE, None, row)], ACME)
    assert "invoice 1 without anything that says its billing period" in (
        unusable.finding(ACME).detail
    )


def test_what_earlier_versions_wrote_of_an_item_and_of_a_listing_is_read() -> None:
    run = PayerRun(
        "1", AFTER_DEADLINE, False, ACME, "", "", (OCTOBER,), date(2026, 11, 1), date(2026, 11, 2)
    )
    data = run.to_data()
    del data["roles_from"]
    assert PayerRun.from_data(data) == run
    (invoice,), _ = union_by_invoice_id([by_period(summary_row())], ACME)
    listing = Listing(ACME, CHECKED, "", (OCTOBER,), (invoice,)).to_data()
    for name in ("notes", "refused_periods", "receiver_roles_listed"):
        del listing[name]
    del listing["invoices"][0]["other_rows"]
    assert Listing.from_data(listing) == Listing(ACME, CHECKED, "", (OCTOBER,), (invoice,))


def test_a_listing_with_notes_refusals_and_rows_that_differ_reads_back() -> None:
    other = summary_row(DueDate="2026-12-01")
    (rows,) = one_a_listing([InvoiceSummary(summary_row()), InvoiceSummary(other)])
    (invoice,), _ = union_by_invoice_id([(BY_BILLING_PERIOD, OCTOBER, rows)], ACME)
    assert invoice.other_rows == (other,)
    estimate = by_period(summary_row("estimate-1"))
    listing = Listing(
        ACME,
        CHECKED,
        "",
        (OCTOBER,),
        (invoice,),
        notes=estimates([estimate]),
        refused={SEPTEMBER: "AWS refused it."},
        roles_listed=False,
    )
    assert Listing.from_data(json.loads(json.dumps(listing.to_data()))) == listing


@pytest.mark.parametrize("first", [BY_BILLING_PERIOD, "receiver_billing_period"])
def test_what_a_receiver_or_a_role_is_shown_replaces_no_row(first: str) -> None:
    changed = summary_row(DueDate="2026-12-01")
    rows = [
        (first, OCTOBER, InvoiceSummary(summary_row())),
        *(
            []
            if first != BY_BILLING_PERIOD
            else [("receiver_issued_date", None, InvoiceSummary(changed))]
        ),
        ("receiver_role_buyer", None, InvoiceSummary(changed)),
    ]
    (invoice,), _ = union_by_invoice_id(rows, ACME)
    assert invoice.summary.row == summary_row()
    assert "receiver_role_buyer" not in invoice.listings


def test_rows_that_differ_in_one_listing_all_stay_whatever_the_other_listing_shows() -> None:
    rows = [InvoiceSummary(summary_row(DueDate=f"2026-12-0{day}")) for day in (1, 2, 3)]
    (together,) = one_a_listing(rows)
    for listings in (
        [(BY_BILLING_PERIOD, OCTOBER, together), (BY_ISSUED_DATE, None, rows[2])],
        [(BY_BILLING_PERIOD, OCTOBER, rows[0]), (BY_ISSUED_DATE, None, together)],
    ):
        (invoice,), _ = union_by_invoice_id(listings, ACME)
        assert [invoice.summary.row, *invoice.other_rows] == [one.row for one in rows]


def test_of_a_month_that_aws_refuses_to_list_for_a_receiver_nothing_counts_as_gone() -> None:
    refused = finding("LISTING_REFUSED", BOREAL, "AWS refused.")
    dates = finding("LISTING_REFUSED", f"{BOREAL} issued from 2026-09-01", "AWS refused.")
    notes = (ListingNote(SEPTEMBER, refused), ListingNote(OCTOBER, dates))
    periods = (OCTOBER, SEPTEMBER)
    listing = Listing(ACME, CHECKED, "", periods, receivers_listed=(BOREAL,), notes=notes)
    assert listing.periods_without_gap == (OCTOBER,)

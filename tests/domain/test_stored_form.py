"""Stored forms are read as what they must be, down to each member, or not at all."""

import json
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.record_chain import first_record
from lambdas.domain.evidence.records import Gap, Note, Record
from lambdas.domain.evidence.references import references
from lambdas.domain.findings import finding
from lambdas.domain.invoices.issuers import Issuer
from lambdas.domain.invoices.row_arithmetic import contradictions
from lambdas.domain.invoices.summary import InvoiceSummary, row_changes, stated_text
from lambdas.domain.money import AmountNotRead
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.domain.runs.payer_run import ListedInvoice, Listing, ListingNote, UnusableRow
from lambdas.domain.stored_form import NotUnderstood, memory_of, read_form, read_json
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, Transfers
from lambdas.domain.witnesses.statements import InvoiceUnits
from tests.domain.examples import (
    ACME,
    BOREAL,
    INVOICE_ID,
    OCTOBER,
    invoice_document,
    learnt,
    stored,
    summary_row,
    supplement,
)
from tests.odd_values import Odd, with_odd_members
from tests.sizes import examples

AT = "2026-11-03T00:00:00Z"
ROW = summary_row(
    BillSourceAccounts=["123456789012"],
    BillSourceAccountsTotalCount=1,
    Entity={"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS"},
    OriginalInvoiceId="X",
)
RECORD = replace(
    first_record(
        INVOICE_ID,
        OCTOBER,
        ACME,
        learnt(
            ROW,
            documents=(invoice_document(flags=(("OTHER_INVOICE", "x"),)), supplement()),
            lacks=(Gap("PDF_NOT_READY", INVOICE_ID, "x"),),
        ),
    ),
    notes=(Note("INVOICE_CHANGED", "d", "run", AT),),
    row_received=json.dumps(ROW),
    other_rows=(ROW,),
)
OUTSTANDING = OutstandingInvoice(
    INVOICE_ID,
    OCTOBER,
    ACME,
    (ACME,),
    InvoiceSummary(ROW),
    (finding("NOT_FETCHED", INVOICE_ID, "x"),),
    ("SELLER",),
)
PASS = FetchPass(
    "CHECKED", "", (ArchivedInvoice.of(RECORD, stored(RECORD.key)),), (OUTSTANDING,), ("k",)
)
LISTING = Listing(
    ACME,
    "CHECKED",
    "",
    (OCTOBER,),
    (
        ListedInvoice(
            INVOICE_ID, OCTOBER, ACME, ("billing_period",), InvoiceSummary(ROW, "{}"), (ROW,)
        ),
    ),
    (UnusableRow(OCTOBER, "ff", "{}"),),
    InvoiceUnits("run", AT, (BOREAL,), ""),
    (BOREAL,),
    Transfers("run", AT, (BillingTransfer("t", ACME, BOREAL, "ACCEPTED", AT, None),), ""),
    (ListingNote(OCTOBER, finding("ESTIMATE_LISTED", "x", "y")),),
    {OCTOBER: "x"},
    True,
    {OCTOBER: "x"},
)
OPTIONAL = {"row_received", "other_rows", "sequence", "previous_sha256", "known", "notes"}
OPTIONAL |= {"refused_periods", "unfinished", "receiver_roles_listed", "receiver_roles", "2026-10"}
"""Members that an earlier release did not write, or that follow from others."""
NULLABLE = {
    "documents.*.document_id",
    "documents.*.document_type",
    "archived.*.documents.*.document_id",
    "archived.*.documents.*.document_type",
    "outcome",
    "row_received",
    "invoices.*.row_received",
    "unusable_rows.*.row_received",
    "unusable_rows.*.billing_period",
    "invoice_units",
    "invoice_units.run_id",
    "invoice_units.at",
    "billing_transfers",
    "billing_transfers.run_id",
    "billing_transfers.at",
    "receiver_roles_listed",
}
"""Members that may be null."""


def is_right(name: str, odd: Odd) -> bool:
    """Whether the member may be absent or have this value: AWS leaves out any of a row, and lists
    have any length.
    """
    *of, last = name.split(".")
    if odd.is_gone:
        return last in OPTIONAL or last == "*" or not {"summary", "other_rows"}.isdisjoint(of)
    is_nothing = last in ("receiver_roles", "other_rows") and odd.value == {}
    return is_nothing or (name in NULLABLE and isinstance(odd.value, str | None))


def is_understood(form: Any, data: Any) -> bool:
    try:
        read_form(form, json.dumps(data).encode())
    except NotUnderstood:
        return False
    return True


@pytest.mark.parametrize(
    ("form", "data"),
    [(Record, RECORD.to_data()), (FetchPass, PASS.to_data()), (Listing, LISTING.to_data())],
    ids=["a record", "a fetch pass", "a listing"],
)
def test_no_form_is_read_with_a_member_of_another_kind(form: Any, data: Any) -> None:
    data = json.loads(json.dumps(data))
    assert json.loads(json.dumps(read_form(form, json.dumps(data).encode()).to_data())) == data
    tried, taken = 0, []
    for name, odd in with_odd_members(data):
        if is_right(name, odd):
            continue
        tried += 1
        if is_understood(form, odd.data):
            taken.append((name, "nothing" if odd.is_gone else odd.value))
    assert tried > 500
    assert taken == []


def test_a_form_may_have_members_of_a_later_release_and_miss_those_of_a_row() -> None:
    data = RECORD.to_data()
    later = data | {"new": [{"of": "a later release"}]}
    later["documents"] = [one | {"new": 1} for one in data["documents"]]
    assert read_form(Record, json.dumps(later).encode()) == RECORD
    less = data | {"summary": {"InvoiceId": INVOICE_ID, "Unheard": {"Of": [None, 5, "x"]}}}
    assert read_form(Record, json.dumps(less).encode()).summary == less["summary"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"[1.5]", b"[NaN]", b"1" * 5000]
)
def test_what_is_no_json_of_ours_is_not_understood(content: bytes) -> None:
    with pytest.raises(NotUnderstood, match="it is no Record"):
        read_form(Record, content)


def test_the_reason_repeats_nothing_of_what_stands_there() -> None:
    with pytest.raises(NotUnderstood) as refused:
        read_form(Record, json.dumps({"schema": "x" * 100_000}).encode())
    assert str(refused.value) == "it is no Record (ValueError)"


@pytest.mark.parametrize(
    "dense", [b"[%s]" % b",".join([b"[]"] * 9999), b"[%s]" % b",".join([b'{"a":1}'] * 9999)]
)
def test_the_memory_that_data_takes_is_estimated_before_it_is_read(dense: bytes) -> None:
    for content in (dense, json.dumps([RECORD.to_data()] * 100).encode()):
        tracemalloc.start()
        data = read_json(content)
        took, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert data
        assert took / 2 < memory_of(content) < took * 4


def test_what_would_fill_the_memory_is_not_read() -> None:
    with pytest.raises(ValueError, match="it would fill the memory"):
        read_json(b"[" + b"[]," * 25_000_000 + b"[]]")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["1E+59", "0E-60", "-1", "NaN", "1e999999", "2026-11-03T00:00:00Z", ACME]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ROW, "TotalAmount", "CurrencyCode", "Year", "Month"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*ROW, "BaseCurrencyAmount", "DueDate"]), JSON))
@settings(max_examples=examples(25, 150))
def test_whatever_a_row_holds_can_be_asked_about(row: dict[str, Any]) -> None:
    summary = InvoiceSummary(row)
    for name in dir(InvoiceSummary):
        if isinstance(getattr(InvoiceSummary, name), property):
            getattr(summary, name)
    for asked in (summary.amount_due, summary.stated_amount):
        try:
            asked()
        except AmountNotRead:
            continue
    summary.amount_in("USD")
    summary.billing_period(OCTOBER)
    assert summary.fingerprint() in summary.same_fingerprints()
    assert isinstance(stated_text(row), str)
    list(summary.unknown_values())
    list(references(summary))
    list(contradictions(row))
    Issuer.of(ACME, summary)
    row_changes(row, ROW)

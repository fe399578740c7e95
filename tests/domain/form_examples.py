"""An example of every form that is stored, with each of its members set, and one with as few."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.evidence.record_chain import first_record, next_record
from lambdas.domain.evidence.records import Gap, Note
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.issuers import Issuer
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.money import Amount
from lambdas.domain.notifications.reasons import LastNotification
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.runs.payer_run import (
    ListedInvoice,
    Listing,
    ListingNote,
    PayerRun,
    UnusableRow,
)
from lambdas.domain.runs.stored_request import StoredRequest
from lambdas.domain.witnesses.acknowledgements import Acknowledgement, GivenAcknowledgement
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, Transfers
from lambdas.domain.witnesses.charges import (
    Charge,
    Charges,
    ChargesAnswer,
    EntityCharges,
    MonthTotal,
    ReceivedCharges,
    Residual,
)
from lambdas.domain.witnesses.statements import History, InvoiceUnits, Listings, PayerWitnesses
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

AT = "2026-11-03T00:00:00Z"
AS_OF = datetime(2026, 11, 12, 6, 0, 0, 250_000, UTC)
ROW = summary_row(
    BillSourceAccounts=["123456789012"],
    BillSourceAccountsTotalCount=1,
    Entity={"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS"},
    OriginalInvoiceId="\ud800 é",
)
FIRST = first_record(
    INVOICE_ID,
    OCTOBER,
    ACME,
    learnt(
        ROW,
        documents=(invoice_document(flags=(("OTHER_INVOICE", "x"),)), supplement()),
        lacks=(Gap("PDF_NOT_READY", INVOICE_ID, "x"),),
    ),
)
SECOND = next_record(FIRST, stored(FIRST.key), learnt(ROW, seen_by=BOREAL, run_id="run-3"), BOREAL)
assert SECOND
RECORD = replace(
    SECOND,
    notes=(Note("INVOICE_CHANGED", "d", "run", AT),),
    row_received='{"InvoiceId": "1"}',
    other_rows=(ROW,),
)
_CASE = "open a case with AWS Billing"
_NEXT_STEPS = {
    "NOT_FETCHED": "Cure what stopped the payer's part of the run; the next run fetches it.",
    "INVOICE_WITHOUT_ID": f"Download this invoice in the Billing console and {_CASE}.",
    "OTHER_INVOICE": "Compare it with the invoice that it repeats. If it should have a document of "
    f"its own, {_CASE}.",
    "PDF_NOT_READY": f"Nothing yet: every run asks again. If it lasts for a week, {_CASE}.",
    "ROWS_DIFFER": "Compare the rows with the Billing console. If they are several invoices, "
    f"{_CASE}; if the first one is right, acknowledge it.",
    "ESTIMATE_LISTED": "None; it is told so that a reviewer knows.",
}


def _worded(code: str, subject: str, detail: str) -> Finding:
    """A finding in the words of the release that wrote the forms."""
    return _of_then(finding(code, subject, detail))


def _of_then(found: Finding) -> Finding:
    return replace(found, next_step=_NEXT_STEPS.get(found.code, found.next_step))


FOUND = _worded("NOT_FETCHED", INVOICE_ID, "x")
_ARCHIVED_NOW = ArchivedInvoice.of(RECORD, stored(RECORD.key))
ARCHIVED = replace(_ARCHIVED_NOW, findings=tuple(map(_of_then, _ARCHIVED_NOW.findings)))
OUTSTANDING = OutstandingInvoice(
    INVOICE_ID, OCTOBER, ACME, (ACME,), InvoiceSummary(ROW, "{}"), (FOUND,), ("SELLER",)
)
USD = Amount("USD", Decimal("12.50"))
NOTHING = Amount("JPY", Decimal("-0.00"))
CHARGES = Charges("run", AT, True, (EntityCharges("AWS", 2, (USD, NOTHING)),), "not read", (USD,))
TRANSFERS = Transfers(
    "run",
    AT,
    (
        BillingTransfer("t", ACME, BOREAL, "ACCEPTED", AT, None),
        BillingTransfer("", ACME, BOREAL, "INVITED", "", AT),
    ),
    "x",
)
UNITS = InvoiceUnits("run", AT, (BOREAL,), "not read")
ISSUER = Issuer(BOREAL, "AWS EMEA SARL", "AWS", "ANNIVERSARY", False, ("444455556666",))
ACKNOWLEDGED = Acknowledgement(
    "Paid by card.", "A. Person", "2026-12-31", "run", AT, (("NOT_FETCHED", INVOICE_ID),)
)
WITNESSES = PayerWitnesses(
    Listings("run", AT, 3),
    History((OCTOBER.shifted(-1),), (ISSUER,), 3),
    CHARGES,
    TRANSFERS,
    UNITS,
    (ACKNOWLEDGED,),
)
STATE = PayerState(
    ACME,
    "Acme",
    "Acme Ltd.",
    "CHECKED",
    "PARTIAL",
    "run-1",
    AT,
    2,
    (ARCHIVED, replace(ARCHIVED, receiver_roles=("SELLER",))),
    (OUTSTANDING,),
    (_worded("INVOICE_WITHOUT_ID", ACME, "One row."),),
    (FOUND,),
    WITNESSES,
    AT,
    (Residual("AWS", USD, Amount("USD", Decimal("0.333")), 1),),
)
BARE_STATE = PayerState(BOREAL, "Boreal", "", None, "NOT_CHECKED", "run-1", None, 0, (), (), (), ())
LISTED = ListedInvoice(
    INVOICE_ID, OCTOBER, ACME, ("billing_period",), InvoiceSummary(ROW, "{}"), (ROW,)
)
EXAMPLES: dict[str, Any] = {
    "record": RECORD,
    "first record": FIRST,
    "archived invoice": ARCHIVED,
    "archived invoice by role": replace(ARCHIVED, receiver_roles=("SELLER", "BUYER")),
    "outstanding invoice": OUTSTANDING,
    "outstanding invoice of all listings": replace(OUTSTANDING, receiver_roles=()),
    "fetch pass": FetchPass("CHECKED", "", (ARCHIVED,), (OUTSTANDING,), ("k",)),
    "unfinished fetch pass": FetchPass(None, "more"),
    "listing": Listing(
        ACME,
        "CHECKED",
        "",
        (OCTOBER,),
        (LISTED, replace(LISTED, summary=InvoiceSummary(ROW), other_rows=())),
        (UnusableRow(OCTOBER, "ff", "{}"), UnusableRow(None, "ee")),
        UNITS,
        (BOREAL,),
        TRANSFERS,
        (ListingNote(OCTOBER, _worded("ESTIMATE_LISTED", "x", "y")),),
        {OCTOBER: "x"},
        True,
        {OCTOBER: "y", OCTOBER.shifted(1): "z"},
    ),
    "listing of nothing": Listing(ACME, "NO_ACCESS", "no", (OCTOBER, OCTOBER.shifted(-1))),
    "payer run": PayerRun(
        "run",
        AS_OF,
        False,
        ACME,
        "Acme",
        "",
        (OCTOBER,),
        date(2026, 10, 1),
        date(2026, 11, 13),
        date(2026, 9, 1),
    ),
    "payer run without roles": PayerRun(
        "run", AS_OF, True, ACME, "Acme", "", (), date(2026, 10, 1), date(2026, 11, 13)
    ),
    "run request": StoredRequest(
        "run",
        AS_OF,
        OCTOBER,
        False,
        {"billing_period": "2026-10"},
        (Payer(ACME, "Acme", owner="é", active_from=OCTOBER), Payer(BOREAL, "Boreal")),
        (GivenAcknowledgement(ACME, OCTOBER, "why", "who", date(2026, 12, 31)),),
        (OCTOBER.shifted(-3),),
    ),
    "charges": CHARGES,
    "charges that were never read": Charges(not_read="x"),
    "charges with a total of nothing": replace(CHARGES, total=()),
    "charges answer": ChargesAnswer(
        "run",
        AT,
        ReceivedCharges(
            2,
            True,
            (Charge(BOREAL, "AWS Marketplace", USD),),
            "",
            MonthTotal(True, (USD, NOTHING), "x"),
        ),
    ),
    "charges answer without a total": ChargesAnswer("run", AT, ReceivedCharges(1, not_read="x")),
    "amount": USD,
    "finding": FOUND,
    "issuer": ISSUER,
    "transfers": TRANSFERS,
    "invoice units that were never read": InvoiceUnits(),
    "acknowledgement": ACKNOWLEDGED,
    "acknowledgement as given": GivenAcknowledgement(
        ACME, OCTOBER, "Paid by card.", "A. Person", date(2026, 12, 31)
    ),
    "manifest head": ManifestHead(OCTOBER, 3, "ab" * 32, "run"),
    "told": LastNotification("ACTION_REQUIRED", True, AT, "run", (ACME,)),
    "told with items": LastNotification(
        "ACTION_REQUIRED", True, AT, "run", (ACME,), (f"{ACME} 1",), ("a@b.example",), True
    ),
    "told without a note of whom": LastNotification("COMPLETE", False, AT, "run"),
    "manifest": Manifest(
        "archive",
        OCTOBER,
        3,
        "ab" * 32,
        "run-1",
        AT,
        "ACTION_REQUIRED",
        AT,
        (STATE, BARE_STATE),
        (FOUND,),
        "2026-11-10",
        "business day 3",
    ),
    "first manifest": Manifest("archive", OCTOBER, 1, None, "run-1", AT, "COMPLETE", None, ()),
}

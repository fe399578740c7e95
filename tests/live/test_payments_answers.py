"""What AWS documents nowhere about AWS Payments, settled by the newest run of a deployed archive.

Its listings have AWS Invoicing's rows and AWS Payments' records of the same payer accounts. Reads
only. A failure names the assumption that does not hold, with ids. It is skipped where no payer
account has such an invoice.
"""

import os
from collections.abc import Iterator

import pytest

from lambdas.aws.archive import Archive
from lambdas.domain.evidence.archive_layout import (
    RUNS_PREFIX,
    is_listing,
    run_payers_prefix,
)
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.payer_run import (
    BY_BILLING_PERIOD,
    BY_ISSUED_DATE,
    ListedInvoice,
    Listing,
)
from lambdas.domain.stored_form import NotUnderstood, read_form
from ops.live.deployment import required_outputs
from ops.live.session import client

pytestmark = [
    pytest.mark.skipif("INVOICE_ARCHIVE_LIVE" not in os.environ, reason="asks a real account"),
    pytest.mark.live,
]

MOST_RUNS = 30
OWN = {BY_BILLING_PERIOD, BY_ISSUED_DATE}


class Answered:
    """The listing of a payer account with AWS Payments' whole answer."""

    def __init__(self, listing: Listing, answer: PaymentsAnswer) -> None:
        self.record_ids = {one.invoice_id for one in answer.records}
        self.answer = answer
        self.invoices = [one for one in listing.invoices if self._is_within(one)]

    def _is_within(self, invoice: ListedInvoice) -> bool:
        """True if AWS Payments was asked about the day of its issue."""
        issued = invoice.summary.issued_at
        since = self.answer.issued_from
        return bool(issued and since and issued.date() >= since)

    @property
    def own(self) -> list[ListedInvoice]:
        """The invoices and credit memos that the payer account's own listings show."""
        return [
            one
            for one in self.invoices
            if OWN & {*one.listings} and not one.summary.repeats_another
        ]


def newest_answers(archive: Archive) -> list[Answered]:
    """The payer accounts that AWS Payments answered in the newest run that asked it."""
    runs = sorted(archive.folders(RUNS_PREFIX), key=lambda run: run.partition("-")[2], reverse=True)
    for run_id in runs[:MOST_RUNS]:
        if found := list(_answers(archive, run_id)):
            return found
    return []


def _answers(archive: Archive, run_id: str) -> Iterator[Answered]:
    for item in archive.list(run_payers_prefix(run_id)):
        file = archive.read(item.key) if is_listing(item.key) else None
        try:
            listing = read_form(Listing, file.content) if file else None
        except NotUnderstood:  # the listing of another release
            continue
        answer = listing.payments if listing else None
        if listing and answer and answer.was_read and not answer.not_read:
            yield Answered(listing, answer)


@pytest.fixture(scope="module")
def answers() -> list[Answered]:
    archive = Archive(client("s3"), required_outputs()["ArchiveBucketName"], "GOVERNANCE")
    found = newest_answers(archive)
    if not found:
        pytest.skip("no run has an answer of AWS Payments yet")
    return found


def some(invoices: list[tuple[Answered, ListedInvoice]]) -> list[tuple[Answered, ListedInvoice]]:
    if not invoices:
        pytest.skip("no payer account has such an invoice")
    return invoices


def without_record(invoices: list[tuple[Answered, ListedInvoice]]) -> list[str]:
    return [one.invoice_id for at, one in invoices if one.invoice_id not in at.record_ids]


def with_record(invoices: list[tuple[Answered, ListedInvoice]]) -> list[str]:
    return [one.invoice_id for at, one in invoices if one.invoice_id in at.record_ids]


def test_an_invoice_has_its_record_under_the_id_that_invoicing_lists(
    answers: list[Answered],
) -> None:
    assert without_record(some([(at, one) for at in answers for one in at.own])) == []


def test_an_invoice_of_nothing_has_a_record_too(answers: list[Answered]) -> None:
    invoices = [(at, one) for at in answers for one in at.own]
    nothing = [
        (at, one)
        for at, one in invoices
        if (due := one.summary.amount_due_or_none) and not due.value
    ]
    assert without_record(some(nothing)) == []


def test_a_tax_copy_and_a_receipt_have_no_record(answers: list[Answered]) -> None:
    copies = [(at, one) for at in answers for one in at.invoices if one.summary.repeats_another]
    assert with_record(some(copies)) == []


def test_a_payer_account_has_no_record_of_an_invoice_that_its_receivers_alone_list(
    answers: list[Answered],
) -> None:
    others = [(at, one) for at in answers for one in at.invoices if not OWN & {*one.listings}]
    assert with_record(some(others)) == []


def test_records_reach_back_as_far_as_invoices(answers: list[Answered]) -> None:
    invoices = some([(at, one) for at in answers for one in at.own])
    earliest = min(
        (issued, one.invoice_id) for _, one in invoices if (issued := one.summary.issued_at)
    )
    records = [record.issued_on for at in answers for record in at.answer.records]
    assert records
    assert min(records) <= earliest[0].date(), earliest

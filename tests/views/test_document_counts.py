from lambdas.views.document_counts import document_counts
from tests.domain.example_months import due, month, payer_state
from tests.domain.examples import BOREAL


def test_documents_are_counted_as_a_ledger_does_and_an_id_once() -> None:
    invoices = (
        due("1", "5.00"),
        due("2", "-5.00", InvoiceType="CREDIT_MEMO"),
        due("3", "5.00", CommercialInvoiceId="1"),
        due("4", "-5.00", InvoiceType="CREDIT_MEMO", CommercialInvoiceId="2"),
        due("5", "5.00", InvoiceType="PAYMENT_RECEIPT", OriginalInvoiceId="1"),
    )
    twice = payer_state(BOREAL, invoices=invoices[:1])
    counts = document_counts(month(payer_state(invoices=invoices), twice))
    assert (counts.invoices, counts.credit_memos, counts.others) == (1, 1, 3)
    assert str(counts) == "1 invoice, 1 credit memo, 3 other documents"


def test_only_what_there_is_is_named() -> None:
    counts = document_counts(month(payer_state(invoices=(due("1", "1"), due("2", "1")))))
    assert str(counts) == "2 invoices"
    assert str(document_counts(month(payer_state()))) == "0 invoices"

import json
from decimal import Decimal

import pytest

from lambdas.domain.evidence.records import Record
from lambdas.domain.findings import KINDS
from lambdas.domain.money import Amount
from tests.domain.examples import invoice_document, record


def codes(state: Record) -> dict[str, str]:
    return {found.code: found.severity for found in state.findings()}


@pytest.mark.parametrize("schema", [None, "invoice-archive/record/1", ""])
def test_a_record_of_an_unknown_schema_is_not_read(schema: str | None) -> None:
    data = json.loads(record().to_bytes()) | {"schema": schema}
    with pytest.raises(ValueError, match="the record's schema is"):
        Record.from_data(data)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"InvoiceType": "DEBIT_NOTE"}, "UNKNOWN_VALUE"),
        ({"DueDate": "soon"}, "UNKNOWN_VALUE"),
        ({"TaxAuthorityStatus": "CANCELLED"}, "INVOICE_CANCELLED"),
        ({"PaymentCurrencyAmount": None}, "AMOUNT_NOT_READ"),
        (
            {"PaymentCurrencyAmount": {"TotalAmount": "n/a", "CurrencyCode": "USD"}},
            "AMOUNT_NOT_READ",
        ),
    ],
)
def test_what_is_odd_in_the_row_is_flagged_and_does_not_block(
    members: dict[str, object], code: str
) -> None:
    assert codes(record(**members)) == {code: KINDS[code].severity}
    assert KINDS[code].severity != "blocking"


def test_the_flags_of_a_document_are_findings_about_its_key() -> None:
    flagged = invoice_document(flags=(("PDF_WITH_SCRIPTS", "It contains JavaScript."),))
    (found,) = record(documents=(flagged,)).findings()
    assert (found.code, found.subject) == ("PDF_WITH_SCRIPTS", flagged.stored.key)


def test_an_ordinary_invoice_has_no_finding() -> None:
    assert record().findings() == []


def test_an_amount_that_cannot_be_read_adds_nothing() -> None:
    assert record().amount_due() == Amount("USD", Decimal("100.00"))
    assert record(PaymentCurrencyAmount=None).amount_due() is None

"""An invoice that others name is looked for in the periods around, under any account."""

from collections.abc import Iterator

import pytest

from lambdas.aws.archive import ListedObject
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import record_key
from lambdas.steps.judging.absent_invoices import absent_invoices, recorded_elsewhere
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived


class Bucket:
    """Records at some keys."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys
        self.lists: list[str] = []

    def list(self, prefix: str) -> Iterator[ListedObject]:
        self.lists.append(prefix)
        return (ListedObject(key, 1) for key in self._keys if key.startswith(prefix))


def in_archive(invoice_id: str, period: BillingPeriod, account_id: str = ACME) -> str:
    return record_key(period, account_id, invoice_id, 1)


@pytest.mark.parametrize("account_id", [ACME, BOREAL])
@pytest.mark.parametrize("months", [2, 1, -1, -12])
def test_a_financial_record_may_be_archived_in_another_period(months: int, account_id: str) -> None:
    bucket = Bucket(in_archive("7", OCTOBER.shifted(months), account_id))

    assert recorded_elsewhere(bucket, OCTOBER, [(ACME, "7"), (ACME, "8")]) == {"7"}  # type: ignore[arg-type]


@pytest.mark.parametrize("months", [3, 0, -13])
def test_it_is_not_looked_for_beyond_these_periods(months: int) -> None:
    bucket = Bucket(in_archive("7", OCTOBER.shifted(months)))

    assert recorded_elsewhere(bucket, OCTOBER, [(ACME, "7")]) == set()  # type: ignore[arg-type]


def test_an_id_with_signs_that_no_key_has_is_found_too() -> None:
    bucket = Bucket(in_archive("a/b=ß", OCTOBER.shifted(-1), BOREAL))

    assert recorded_elsewhere(bucket, OCTOBER, [(ACME, "a/b=ß")]) == {"a/b=ß"}  # type: ignore[arg-type]


def test_an_original_invoice_of_the_year_before_is_not_absent() -> None:
    memo = archived("9", InvoiceType="CREDIT_MEMO", OriginalInvoiceId="7")
    bucket = Bucket(in_archive("7", OCTOBER.shifted(-12), BOREAL))

    assert absent_invoices(bucket, OCTOBER, [memo]) == set()  # type: ignore[arg-type]
    assert absent_invoices(Bucket(), OCTOBER, [memo]) == {"7"}  # type: ignore[arg-type]


def test_thousands_of_ids_take_a_listing_of_each_period_and_not_one_of_each_id() -> None:
    bucket = Bucket(*(in_archive(f"{number}", OCTOBER.shifted(1)) for number in range(999)))
    wanted = [(ACME, f"{number}") for number in range(2_000)]

    assert recorded_elsewhere(bucket, OCTOBER, wanted) == {f"{number}" for number in range(999)}  # type: ignore[arg-type]
    assert len(bucket.lists) == 14

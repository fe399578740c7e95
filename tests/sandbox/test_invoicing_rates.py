"""Rate limits of the Invoicing emulator, per account and operation."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.invoicing import FixedCatalogue, InvoicingEmulator, Limit
from sandbox.invoicing.errors import ServiceError
from sandbox.invoicing.rates import RateLimits
from tests.sandbox.invoicing_calls import (
    FOREIGN,
    INVOICES,
    NOW,
    OTHER,
    PAYER,
    SEPTEMBER,
    client,
    control,
    listed,
    refusal,
)

pytestmark = pytest.mark.usefixtures("loopback")

LIST, GET = "ListInvoiceSummaries", "GetInvoicePDF"


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(limits: RateLimits, calls: int, payer: str = PAYER, operation: str = GET) -> int:
    count = 0
    for _ in range(calls):
        try:
            limits.check(payer, operation)
        except ServiceError as error:
            assert error.code == "ThrottlingException"  # noqa: PT017 - counted, not expected
        else:
            count += 1
    return count


def test_a_bucket_allows_its_burst_and_then_its_rate() -> None:
    clock = Clock()
    limits = RateLimits([Limit(4, burst=10)], clock=clock)
    assert allowed(limits, 20) == 10
    clock.now += 1
    assert allowed(limits, 20) == 4
    clock.now += 0.25
    assert allowed(limits, 20) == 1
    clock.now += 0.2
    assert allowed(limits, 20) == 0
    clock.now += 3600
    assert allowed(limits, 20) == 10


def test_a_refused_call_takes_nothing_off_the_rate() -> None:
    clock = Clock()
    limits = RateLimits([Limit(1)], clock=clock)
    assert allowed(limits, 500) == 1
    clock.now += 1
    assert allowed(limits, 1) == 1


def test_a_slow_rate_still_allows_a_first_call() -> None:
    assert allowed(RateLimits([Limit(0.1)], clock=Clock()), 3) == 1


def test_each_account_and_each_operation_has_a_bucket_of_its_own() -> None:
    limits = RateLimits([Limit(1)], clock=Clock())
    for payer in (PAYER, OTHER):
        for operation in (LIST, GET):
            assert allowed(limits, 3, payer, operation) == 1


def test_the_last_limit_that_was_set_holds() -> None:
    limits = RateLimits([Limit(1)], clock=Clock())
    limits.set(Limit(2, operation=GET))
    limits.set(Limit(5, payer_account_id=OTHER))
    assert allowed(limits, 9) == 2
    assert allowed(limits, 9, OTHER) == 5
    assert allowed(limits, 9, operation=LIST) == 1
    limits.set(Limit(2))
    assert allowed(limits, 9) == 2
    limits.set(Limit(None))
    assert allowed(limits, 9) == 9


@pytest.fixture
def emulator() -> Iterator[InvoicingEmulator]:
    with InvoicingEmulator(FixedCatalogue({PAYER: INVOICES, OTHER: [FOREIGN]}), now=NOW) as running:
        yield running


def test_without_a_limit_nothing_is_throttled(emulator: InvoicingEmulator) -> None:
    invoicing = client(emulator)
    for _ in range(60):
        invoicing.get_invoice_pdf(InvoiceId="1000000001")
    assert emulator.requests.snapshot()["refused"] == {}


def test_calls_beyond_the_limit_are_throttled_and_counted(emulator: InvoicingEmulator) -> None:
    limit = {"calls_per_second": 0.01, "burst": 3, "operation": GET, "payer_account_id": PAYER}
    assert control(emulator, "POST", "limits", limit)[0] == 200
    invoicing = client(emulator)
    for _ in range(3):
        invoicing.get_invoice_pdf(InvoiceId="1000000001")
    for _ in range(2):
        with pytest.raises(invoicing.exceptions.ThrottlingException):
            invoicing.get_invoice_pdf(InvoiceId="1000000001")
    client(emulator, OTHER).get_invoice_pdf(InvoiceId=FOREIGN.invoice_id)
    assert listed(emulator, SEPTEMBER)
    _, told = control(emulator, "GET", "requests")
    assert told["calls"][PAYER] == {GET: 5, LIST: 1}
    assert told["refused"] == {PAYER: {GET: 2}}
    assert control(emulator, "POST", "limits", {"calls_per_second": None})[0] == 200
    assert invoicing.get_invoice_pdf(InvoiceId="1000000001")


def test_a_programmed_throttle_counts_as_refused_and_another_error_does_not(
    emulator: InvoicingEmulator,
) -> None:
    for kind in ("ThrottlingException", "InternalServerException"):
        control(emulator, "POST", "faults", {"payer_account_id": PAYER, "kind": kind, "times": 1})
        refusal(client(emulator).get_invoice_pdf, InvoiceId="1000000001")
    assert emulator.requests.snapshot()["refused"] == {PAYER: {GET: 1}}


def test_the_rate_is_of_real_time() -> None:
    with InvoicingEmulator(
        FixedCatalogue({PAYER: INVOICES}), now=NOW, limits=[Limit(40, burst=1)]
    ) as emulator:
        invoicing = client(emulator)
        began, served = time.monotonic(), 0
        while time.monotonic() < began + 1:
            try:
                invoicing.get_invoice_pdf(InvoiceId="1000000001")
            except ClientError:
                time.sleep(0.005)
            else:
                served += 1
        assert 15 <= served <= 42


@pytest.mark.parametrize(
    ("limit", "problem"),
    [
        ({"calls_per_second": 0}, "calls_per_second is 0"),
        ({"calls_per_second": 1, "burst": 0}, "burst is 0"),
        ({"calls_per_second": 1, "burst": 1.5}, "burst is 1.5"),
        ({"calls_per_second": 1, "operation": "Pay"}, "operation 'Pay' is not one of"),
        ({"calls_per_second": "fast"}, "TypeError"),
        ({}, "calls_per_second"),
    ],
)
def test_a_limit_that_means_nothing_is_refused(
    emulator: InvoicingEmulator, limit: dict[str, Any], problem: str
) -> None:
    status, answer = control(emulator, "POST", "limits", limit)
    assert status == 400
    assert problem in answer["error"]

"""The live suite's questions about AWS Payments, asked of the emulator: each is answered as it is
assumed, and a wrong assumption is seen.
"""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.aws.archive import Archive
from tests.handlers.conftest import ACME, BOREAL, BUCKET, World, invoice, unit
from tests.live import test_payments_answers as live
from tests.live.test_payments_answers import Answered

RECEIVER = "777788889999"
Question = Callable[[list[Answered]], None]
QUESTIONS: dict[str, Question] = {
    name.removeprefix("test_"): question
    for name, question in inspect.getmembers(live, inspect.isfunction)
    if name.startswith("test_")
}


@pytest.fixture
def asking(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("PAYMENTS", "INVOICE_UNITS"):
        monkeypatch.setenv(name, "true")
    world.catalogue.linked = {ACME: (RECEIVER,)}
    world.catalogue.units = {ACME: [unit(RECEIVER)]}
    world.catalogue.payers = {
        ACME: [
            invoice("A1"),
            invoice("A0", amount="0.00"),
            invoice("T1", CommercialInvoiceId="A1"),
            invoice("R1", RECEIVER),
        ],
        BOREAL: [invoice("B1", BOREAL)],
    }
    return world


def answers(world: World) -> list[Answered]:
    world.run({"dry_run": True})
    return live.newest_answers(Archive(world.s3, BUCKET, "GOVERNANCE"))


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_the_emulator_answers_as_it_is_assumed(asking: World, question: Question) -> None:
    question(answers(asking))


def test_a_run_that_asked_nobody_answers_nothing(
    asking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMENTS", "false")
    assert answers(asking) == []


@pytest.mark.parametrize(
    ("question", "invoice_id", "has_record"),
    [
        ("an_invoice_has_its_record_under_the_id_that_invoicing_lists", "A1", False),
        ("an_invoice_of_nothing_has_a_record_too", "A0", False),
        ("a_tax_copy_and_a_receipt_have_no_record", "T1", True),
        ("a_payer_account_has_no_record_of_an_invoice_that_its_receivers_alone_list", "R1", True),
    ],
)
def test_a_wrong_assumption_is_seen_by_its_id(
    asking: World, question: str, invoice_id: str, has_record: bool
) -> None:
    found: Any = answers(asking)
    for one in found:
        one.record_ids = (one.record_ids - {invoice_id}) | ({invoice_id} if has_record else set())
    with pytest.raises(AssertionError, match=invoice_id):
        QUESTIONS[question](found)


def test_that_records_reach_back_less_far_is_seen(asking: World) -> None:
    asking.catalogue.payers[ACME].append(invoice("OLD", period="2026-09"))
    found = answers(asking)
    for one in found:
        recent = tuple(r for r in one.answer.records if r.invoice_id != "OLD")
        one.answer = type(one.answer)(issued_from=one.answer.issued_from, records=recent)
    with pytest.raises(AssertionError, match="OLD"):
        QUESTIONS["records_reach_back_as_far_as_invoices"](found)

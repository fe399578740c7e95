"""Cost Explorer costs money: when it is asked, and when it is not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lambdas.domain.findings import finding
from lambdas.domain.invoices.issuers import Issuer
from lambdas.domain.judgement.charges_wanted import charges_are_wanted
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.money import Amount
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.charges import Charges, EntityCharges
from lambdas.domain.witnesses.payments import PaymentRecords, UnlistedRecord
from lambdas.domain.witnesses.statements import History, PayerWitnesses
from tests.domain.examples import ACME, AFTER_DEADLINE, OCTOBER

ASKED = "2026-11-12T06:00:00Z"
DAY_7 = datetime(2026, 11, 7, 6, tzinfo=UTC)
USUAL = History((OCTOBER.shifted(-1),), (Issuer(ACME, "AWS", "AWS", "", False, ()),), 4)
UNCONFIRMED = Charges("run-1", "2026-11-01T06:00:00Z", is_final=True)
CONFIRMED = replace(UNCONFIRMED, total=())
PAID = (Amount("USD", Decimal(7)),)
ACCEPTED = Acknowledgement("Nothing.", "Dana", "2026-12-31", "run-1", ASKED, ())


def state(
    verdict: str = "COMPLETE",
    *codes: str,
    outcome: str = "CHECKED",
    whole: bool = True,
    **witnesses: Any,
) -> PayerState:
    return PayerState(
        ACME,
        "Acme",
        "",
        outcome,
        verdict,  # type: ignore[arg-type]
        "run-1",
        ASKED,
        1,
        (),
        (),
        (),
        tuple(finding(code, ACME, "") for code in codes),
        PayerWitnesses(**{"history": USUAL} | witnesses),
        ASKED if whole else None,
    )


def accepted(one: PayerState) -> PayerState:
    """The same, whose findings a person accepted."""
    return replace(
        one, findings=tuple(replace(found, severity="warning") for found in one.findings)
    )


def waiting(asked: str, entities: tuple[EntityCharges, ...] = ()) -> PayerState:
    """Without invoices, and with an estimate of that day."""
    charges = Charges("run-1", asked, entities=entities)
    return state("MISSING", "NO_INVOICES_LISTED", whole=False, charges=charges)


def wanted(
    one: PayerState, as_of: datetime = AFTER_DEADLINE, *, overdue: bool = True, closed: bool = False
) -> bool:
    return charges_are_wanted(
        one, OCTOBER, as_of=as_of, is_overdue=overdue, is_closed=closed, asks_payments=True
    )


@pytest.mark.parametrize(
    ("one", "is_wanted"),
    [
        (state(), True),
        (state("MISSING", "NO_INVOICES_LISTED", whole=False), True),
        (state("MISSING", "USUAL_INVOICE_MISSING", whole=False), True),
        (state(outcome="NO_ACCESS"), False),
        (state(outcome="NOT_CHECKED"), False),
        (state("TRANSFERRED"), False),
        # a person's word is no witness to what AWS charges
        (state(acknowledgements=(ACCEPTED,)), True),
        (state("NO_CHARGES", acknowledgements=(ACCEPTED,)), True),
        (
            state("MISSING", "NO_INVOICES_LISTED", whole=False, acknowledgements=(ACCEPTED,)),
            True,
        ),
        # it stays red whatever Cost Explorer says
        (state("PARTIAL", "PDF_NOT_READY", whole=False), False),
        (state("MISSING", "NO_INVOICES_LISTED", "ARCHIVE_DAMAGED", whole=False), False),
        (state("MISSING", "SOURCE_WITHOUT_INVOICE", whole=False), False),
        # it was asked
        (state(charges=CONFIRMED), False),
        (state(charges=replace(UNCONFIRMED, entities=(EntityCharges("AWS", 1, PAID),))), False),
        (state(charges=Charges("run-1", ASKED)), False),
        (state(charges=Charges("run-1", "2026-11-05T06:00:00Z")), True),
        (state(charges=Charges("run-1", "2026-11-05T06:00:01Z")), False),
        # AWS estimates no charges, and the month waits for the final answer
        (waiting("2026-11-11T06:00:00Z"), True),
        (waiting(ASKED), False),
        (waiting("2026-11-11T06:00:00Z", (EntityCharges("AWS", 1, PAID),)), False),
        # no total confirms that nothing is to be paid to AWS
        (state("NO_CHARGES", charges=UNCONFIRMED), True),
        (state(charges=replace(UNCONFIRMED, entities=(EntityCharges("AWS", 1, ()),))), True),
        # the total could not be read, and the next day it may
        (state(charges=Charges("run-1", ASKED, not_read="Throttled.")), True),
        # nothing was paid for what was denied
        (state(charges=Charges(not_read="Denied.")), True),
    ],
)
def test_when_overdue_it_is_asked_once_where_it_can_change_the_verdict(
    one: PayerState, is_wanted: bool
) -> None:
    assert wanted(one) is is_wanted


@pytest.mark.parametrize(
    ("one", "is_wanted"),
    [
        (state(), False),
        (state(charges=Charges(not_read="Denied.")), False),
        (state("MISSING", "NO_INVOICES_LISTED", whole=False), True),
        # it was closed on an estimate
        (state(charges=Charges("run-1", "2026-11-05T06:00:00Z")), True),
        (state(charges=Charges("run-1", ASKED)), False),
        (state(charges=CONFIRMED), False),
        (state("NO_CHARGES", charges=UNCONFIRMED), False),
        # it was closed by a person, in a run that did not ask it
        (state(acknowledgements=(ACCEPTED,)), True),
    ],
)
def test_a_closed_period_is_asked_for_again_only_where_nothing_final_was_said(
    one: PayerState, is_wanted: bool
) -> None:
    assert wanted(one, closed=True) is is_wanted


@pytest.mark.parametrize(
    ("one", "is_wanted"),
    [
        (state("AWAITING"), True),
        (state("AWAITING", whole=False), False),
        (state("AWAITING", history=History()), False),
        (state("AWAITING", charges=Charges("run-1", "2026-10-01T06:00:00Z")), False),
        (state("AWAITING", charges=Charges(not_read="Denied.")), True),
        (state("AWAITING", charges=Charges("run-1", ASKED, not_read="Throttled.")), True),
        (state("COMPLETE"), False),
        (state("NO_ACCESS", outcome="NO_ACCESS"), False),
    ],
)
def test_before_the_deadline_it_is_asked_where_all_the_rest_is_proven(
    one: PayerState, is_wanted: bool
) -> None:
    assert wanted(one, DAY_7, overdue=False) is is_wanted


def test_before_the_deadline_it_is_not_asked_while_a_month_is_hardly_final() -> None:
    assert not wanted(state("AWAITING"), DAY_7 - timedelta(days=1), overdue=False)


@pytest.mark.parametrize("closed", [False, True])
def test_an_estimated_answer_is_paid_for_at_most_weekly(closed: bool) -> None:
    one, asked = state(charges=Charges("run-0", "2026-11-01T06:00:00Z")), []
    for day in range(60):
        as_of = AFTER_DEADLINE + timedelta(days=day)
        if wanted(one, as_of, closed=closed):
            asked.append(day)
            charges = Charges("run", as_of.isoformat())
            one = replace(one, witnesses=replace(one.witnesses, charges=charges))
    assert asked == list(range(0, 60, 7))


WHOLE = PaymentRecords("run-1", ASKED, 3)
UNLISTED = UnlistedRecord("7", "INVOICE", "AWS", "", PAID[0], date(2026, 11, 3), None)


@pytest.mark.parametrize(
    ("one", "is_wanted"),
    [
        (state(payments=WHOLE), False),
        (state(payments=WHOLE, charges=Charges("run-1", "2026-11-05T06:00:00Z")), False),
        (state(payments=WHOLE, charges=Charges(not_read="Denied.")), False),
        # new charges may have no invoice yet, and nobody knows what is usual
        (state(payments=WHOLE, history=History()), True),
        # AWS Payments does not vouch for the listing
        (state(payments=replace(WHOLE, records=0)), True),
        (state(payments=replace(WHOLE, not_read="1 record was not read.")), True),
        (state(payments=replace(WHOLE, unlisted=(UNLISTED,))), True),
        (state(payments=PaymentRecords(not_read="Denied.")), True),
        # no record is no proof of no charges
        (state("MISSING", "NO_INVOICES_LISTED", whole=False, payments=WHOLE), True),
        (state("MISSING", "USUAL_INVOICE_MISSING", whole=False, payments=WHOLE), True),
        # a person accepted that a usual invoice is missing
        (accepted(state("COMPLETE", "USUAL_INVOICE_MISSING", payments=WHOLE)), True),
    ],
)
def test_when_overdue_it_is_not_asked_where_aws_payments_vouches_for_the_listing(
    one: PayerState, is_wanted: bool
) -> None:
    assert wanted(one) is is_wanted


def test_before_the_deadline_it_is_asked_whatever_aws_payments_has() -> None:
    assert wanted(state("AWAITING", payments=WHOLE), DAY_7, overdue=False)

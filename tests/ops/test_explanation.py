"""Why a payer account has its verdict, in words."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.money import Amount
from lambdas.domain.witnesses.billing_transfers import Transfers
from lambdas.domain.witnesses.charges import Charge, Charges, ChargesAnswer, ReceivedCharges
from lambdas.domain.witnesses.statements import InvoiceUnits
from ops.explanation import explain
from tests.domain.examples import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    archived,
    outstanding,
)
from tests.domain.judgement.test_judged_witnesses import (
    AWS,
    BOTH,
    MARKET,
    NEXT_DAY,
    NOTHING,
    OUTSIDE,
    READ_NOT,
    RECEIVER,
    UNITS,
    accepts,
    bill,
    costs,
    issuer,
    of_receiver,
    past,
    said,
    transfer,
)
from tests.domain.judging import judged, outcome, payer, transfers
from tests.domain.payments.records import answer, financial_record


def explained(manifest: Manifest, account_id: str = ACME) -> dict[str, list[str]]:
    return {one.witness: list(one.lines) for one in explain(manifest, payer(manifest, account_id))}


def summed_up(entity: str, amount: str, accounts: int) -> Charges:
    """Charges of the same amount in each of so many linked accounts."""
    each = Amount("USD", Decimal(amount))
    charges = tuple(Charge(f"{number:012}", entity, each) for number in range(accounts))
    return ChargesAnswer(
        "run-2", "2026-11-12T06:00:00Z", ReceivedCharges(1, True, charges)
    ).statement()


def test_what_cost_explorer_shows_under_no_account_is_reported_beside_the_rest() -> None:
    charges = replace(costs("AWS Marketplace"), total=(Amount("USD", Decimal("123.67")),))
    told = explained(judged(outcome(), invoices=[bill()], charges=said(charges)))
    assert told["cost explorer"][1:4] == [
        "There are charges of AWS_MARKETPLACE in 1 linked account.",
        "The month's total is 23.67 USD more than the sum of its accounts: charges of AWS.",
        "AWS: charged 23.67, invoiced 100.00, difference -76.33 USD.",
    ]


def test_every_witness_speaks_in_order_and_the_verdict_comes_last() -> None:
    assert list(explained(judged(outcome(), invoices=[bill()]))) == [
        "listings",
        "history",
        "cost explorer",
        "aws payments",
        "billing transfers",
        "invoice units",
        "a person",
        "archive",
        "findings",
        "verdict",
    ]


def test_a_complete_payer_account_is_explained_by_what_was_and_was_not_asked() -> None:
    assert explained(judged(outcome(), invoices=[bill()])) == {
        "listings": [
            "AWS has listed no invoice of 2026-10 since 12 November 2026, 06:00 UTC.",
            f"See runs/run-2/payers/{ACME}/listing.json.",
        ],
        "history": ["No earlier month is known."],
        "cost explorer": ["Not checked for this month."],
        "aws payments": ["Not checked for this month."],
        "billing transfers": ["Not checked for this month."],
        "invoice units": ["Not checked for this month."],
        "a person": ["Nobody has accepted a gap."],
        "archive": ["Archived: 1 of 1 expected invoice, with 1 document."],
        "findings": ["None."],
        "verdict": [
            "COMPLETE, by run run-2. The deadline is 10 November 2026.",
            "Nothing has been outstanding since 12 November 2026, 06:00 UTC.",
            "See periods/2026-10/manifests/manifest-0001.json, written by run run-2 on "
            "business day 9.",
        ],
    }


def test_what_is_missing_is_explained_by_those_who_expect_it() -> None:
    manifest = judged(
        outcome(
            awaited=(outstanding(),),
            units=UNITS,
            transfers=transfers(transfer(source=OUTSIDE, target=ACME, end="2026-10-15T00:00:00Z")),
        ),
        invoices=[bill(), bill("2", documents=()), of_receiver()],
        past=past(issuer(), issuer(MARKET)),
        charges=said(costs("AWS", "AWS Marketplace", final=False)),
    )
    told = explained(manifest)
    history = "2026-07, 2026-08 and 2026-09 each have an invoice of Amazon Web Services, Inc."
    assert told["history"] == [
        f"{history} (AWS, ANNIVERSARY) for {ACME}. It is listed this month too.",
        f"{history} (AWS_MARKETPLACE, ANNIVERSARY) for {ACME}. It is missing this month.",
        "Everything is usually archived by day 4 of the following month.",
    ]
    assert told["cost explorer"] == [
        "Last checked on 12 November 2026, 06:00 UTC, with estimated figures.",
        "There are charges of AWS in 1 linked account.",
        "There are charges of AWS_MARKETPLACE in 1 linked account.",
        "AWS: charged 100.00, invoiced 400.00, difference -300.00 USD.",
        "AWS_MARKETPLACE: charged 100.00, invoiced 0, difference 100.00 USD.",
        f"See runs/run-2/payers/{ACME}/charges-2026-10.json.",
    ]
    assert told["billing transfers"] == [
        f"{OUTSIDE} is billed to Acme ({ACME}) by billing transfer from 1 January 2026, 00:00 UTC "
        "to 15 October 2026, 00:00 UTC (ACCEPTED). It covers a part of 2026-10."
    ]
    assert told["invoice units"] == [
        "AWS's lists of their receivers are checked too: 777788889999."
    ]
    assert told["archive"][1:] == [
        "Invoice AWAITED-1 is listed but not archived. It has been outstanding since "
        "12 November 2026, 06:00 UTC.",
        f"The document of invoice 2 is missing. See records/2026-10/{ACME}/2/0001.json.",
    ]
    assert [line.partition(" (")[0] for line in told["findings"]] == [
        "blocking CHARGES_WITHOUT_INVOICE",
        "blocking NO_DOCUMENT_URL",
        "blocking PDF_NOT_READY",
        "blocking USUAL_INVOICE_MISSING",
    ]
    assert told["verdict"][0].startswith("MISSING")
    assert told["verdict"][1] == "AWS does not list an invoice that is expected and overdue."


@pytest.mark.parametrize(
    ("facts", "witness", "line"),
    [
        ({"charges": said(costs())}, "cost explorer", "There are no charges."),
        (
            {"charges": said(READ_NOT)},
            "cost explorer",
            "The last attempt to read failed: AWS denied ce:GetCostAndUsage "
            "(AccessDeniedException).",
        ),
        (
            {"acknowledgements": [accepts()]},
            "a person",
            f"Dana accepted NO_INVOICES_LISTED of {ACME} on 12 November 2026, 06:00 UTC, "
            'until 31 December 2026: "The account has no workload any more."',
        ),
        (
            {"past": past(issuer(), count=1)},
            "history",
            "Only 2026-09 is known. An invoice is usual once two earlier months have it.",
        ),
        (
            {"past": past()},
            "history",
            "No invoice came in each of 2026-07, 2026-08 and 2026-09, so no invoice is usual.",
        ),
        (
            {"charges": said(summed_up("AWS", "0.0049", 5000))},
            "cost explorer",
            "There are charges of AWS in many linked accounts, each of them too small to be",
        ),
    ],
)
def test_each_witness_is_reported_in_a_sentence(
    facts: dict[str, Any], witness: str, line: str
) -> None:
    told = explained(judged(NOTHING, **facts))[witness]
    assert any(one.startswith(line) for one in told), told


def test_a_transferred_payer_account_names_who_gets_its_invoices() -> None:
    told = explained(judged(outcome(listed=(), transfers=transfers(transfer())), names=BOTH))
    assert told["billing transfers"] == [
        f"Acme ({ACME}) is billed to Boreal ({BOREAL}) by billing transfer from 1 January 2026, "
        "00:00 UTC (ACCEPTED). It covers the whole of 2026-10."
    ]
    none = explained(judged(outcome(transfers=transfers()), invoices=[bill()]))
    assert none["billing transfers"] == [
        "AWS has shown none for 2026-10 since 12 November 2026, 06:00 UTC."
    ]
    denied = Transfers(not_read="Denied.")
    assert explained(judged(outcome(transfers=denied)))["billing transfers"] == [
        "The last attempt to read failed: Denied."
    ]


def test_units_without_other_receivers_and_a_read_of_them_that_failed_are_named() -> None:
    read = InvoiceUnits("run-1", "2026-11-11T06:00:00Z")
    first = judged(outcome(units=read), invoices=[bill()])
    now = outcome(units=InvoiceUnits(not_read="Denied."))
    second = judged(now, invoices=[bill()], previous=first, as_of=NEXT_DAY)
    assert explained(second)["invoice units"] == [
        "AWS has shown no unit with another receiver since 11 November 2026, 06:00 UTC.",
        "The last attempt to read failed: Denied.",
    ]


def test_a_usual_invoice_that_another_witness_explains_is_explained_so() -> None:
    told = explained(
        judged(
            outcome(),
            invoices=[bill()],
            past=past(issuer(), issuer(MARKET)),
            charges=said(costs("AWS")),
        )
    )
    assert told["history"][1].endswith(
        "It is not listed this month and not expected: Cost Explorer shows no charges of "
        "AWS_MARKETPLACE."
    )
    away = judged(
        outcome(listed=()),
        outcome(BOREAL, transfers=transfers(transfer())),
        invoices=[bill("1", payer=BOREAL, BillSourceAccounts=[ACME])],
        past=past(issuer()),
        names=BOTH,
    )
    assert explained(away)["history"][0].endswith(
        "It is not listed this month and not expected: it is billed to Boreal "
        f"({BOREAL}) by billing transfer."
    )
    over = judged(
        outcome(transfers=transfers()), invoices=[bill()], past=past(issuer(AWS, ACME, OUTSIDE))
    )
    assert explained(over)["history"][0].endswith(
        "It is not listed this month and not expected: see the billing transfers below for "
        f"{OUTSIDE}."
    )


def test_a_usual_invoice_that_nobody_explains_is_not_said_to_be_explained() -> None:
    month = judged(outcome(), invoices=[bill()], past=past(issuer(), issuer(MARKET)))
    unsaid = replace(payer(month), findings=())
    (history,) = [one for one in explain(month, unsaid) if one.witness == "history"]
    assert history.lines[1].endswith("It is not listed this month.")


def test_a_usual_invoice_of_a_receiver_is_looked_for_where_it_is_filed() -> None:
    usual = past(issuer(AWS, RECEIVER))
    facts: dict[str, Any] = {"past": usual, "charges": said(costs())}
    here = judged(outcome(units=UNITS), invoices=[of_receiver()], **facts)
    assert explained(here)["history"][0].endswith("It is listed this month too.")
    absent = judged(outcome(units=UNITS), invoices=[bill()], **facts)
    assert "and not expected: Cost Explorer" in explained(absent)["history"][0]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, "its history names no usual invoice, and Cost Explorer has not been checked."),
        ({"past": past(issuer())}, "Cost Explorer has not been checked."),
        (
            {"past": past(issuer()), "charges": said(costs("AWS", final=False))},
            "Cost Explorer's answer is an estimate.",
        ),
        (
            {"past": past(issuer()), "charges": said(READ_NOT)},
            "Cost Explorer could not be read.",
        ),
        ({"charges": said(costs("AWS"))}, "its history names no usual invoice."),
    ],
)
def test_who_has_everything_and_awaits_sees_what_it_waits_for(
    facts: dict[str, Any], why: str
) -> None:
    told = explained(judged(outcome(), invoices=[bill()], as_of=BEFORE_DEADLINE, **facts))
    assert told["verdict"][:3] == [
        "AWAITING, by run run-2. The deadline is 10 November 2026.",
        "Every invoice that is expected by now is archived. The payer account becomes complete at "
        "the end of 10 November 2026, or earlier if its history and final figures of Cost Explorer "
        "prove that nothing is missing.",
        f"It is not proven yet: {why}",
    ]


def test_who_misses_something_and_awaits_sees_until_when() -> None:
    told = explained(judged(NOTHING, as_of=BEFORE_DEADLINE))
    assert (
        told["verdict"][1] == "Outstanding invoices and documents are expected by 10 November 2026."
    )


def test_an_acknowledgement_that_is_over_is_reported_as_over() -> None:
    first = judged(NOTHING, acknowledgements=[accepts(until=AFTER_DEADLINE.date())])
    second = judged(NOTHING, previous=first, as_of=NEXT_DAY)
    assert "until 12 November 2026, now expired:" in explained(second)["a person"][0]


def test_an_acknowledgement_that_a_later_one_replaces_is_reported_so() -> None:
    first = judged(NOTHING, acknowledgements=[accepts()], run_id="run-1")
    second = judged(NOTHING, previous=first, acknowledgements=[accepts(reason="Still none.")])
    old, new = explained(second)["a person"]
    assert "until 31 December 2026, replaced by a later one:" in old
    assert "replaces" not in new


def test_a_payer_account_that_was_never_read_is_reported_so() -> None:
    told = explained(judged())
    assert told["listings"] == ["AWS's list of its invoices has never been read for this month."]
    assert told["findings"][0].startswith("blocking NOT_CHECKED")


def test_an_account_that_only_others_were_shown_is_explained_too() -> None:
    manifest = judged(outcome(), invoices=[archived("1"), archived("2", payer=BOREAL, Entity=AWS)])
    assert explained(manifest, BOREAL)["verdict"][0].startswith("COMPLETE")


def test_a_gap_names_the_day_from_which_a_person_acts() -> None:
    waits = explained(judged(outcome(awaited=(outstanding(),)), as_of=BEFORE_DEADLINE))
    (before,) = waits["findings"]
    assert before.endswith(
        "No action until 11 November 2026; we retry daily. After that: Open an AWS Billing case."
    )
    (after,) = explained(judged(outcome(awaited=(outstanding(),))))["findings"]
    assert after.endswith(". Open an AWS Billing case.")
    assert "No action" not in after


def test_a_manifest_without_a_deadline_names_none() -> None:
    month = replace(judged(NOTHING, as_of=BEFORE_DEADLINE), last_day="")
    told = explained(month)
    assert told["verdict"][:2] == [
        "AWAITING, by run run-2.",
        "Outstanding invoices and documents are expected by the deadline.",
    ]


def test_aws_payments_is_explained_by_its_records() -> None:
    records = [financial_record("1"), financial_record("7", "12450.10", "EUR")]
    told = explained(
        judged(
            outcome(payments=answer(*records, not_read="1 record was not read.")),
            invoices=[bill(), bill("2")],
        )
    )
    whole = explained(judged(outcome(payments=answer(records[0])), invoices=[bill(), bill("2")]))

    assert told["aws payments"] == [
        "AWS Payments has shown 2 financial records since 12 November 2026, 06:00 UTC.",
        "AWS Invoicing does not list invoice 7 of Amazon Web Services EMEA SARL for 12,450.10 EUR, "
        "issued 3 November 2026, due 3 December 2026.",
        "The last attempt to read failed: 1 record was not read.",
    ]
    assert whole["aws payments"] == [
        "AWS Payments has shown 1 financial record since 12 November 2026, 06:00 UTC.",
        "AWS Invoicing lists all of them.",
        "AWS Payments has no record of 1 listed invoice: 2.",
    ]

"""How witnesses beside the listings decide the verdict on a payer account."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.records import ArchivedDocument, Gap
from lambdas.domain.findings import KINDS, document_subject, finding
from lambdas.domain.invoices.issuers import Issuer
from lambdas.domain.json_text import to_canonical_json
from lambdas.domain.judgement.history import PastPayer, PastPeriod
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.money import Amount
from lambdas.domain.runs.outcome import NO_ACCESS, NOT_CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.verdict_words import COMPLETE_VERDICTS, is_complete
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, Transfers
from lambdas.domain.witnesses.charges import Charge, Charges, ChargesAnswer, ReceivedCharges
from lambdas.domain.witnesses.statements import InvoiceUnits
from tests.domain.examples import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    OCTOBER,
    archived,
    outstanding,
    supplement,
)
from tests.domain.judging import codes, judged, outcome, payer, transfers
from tests.domain.payments.records import answer, financial_record

SEPTEMBER, AUGUST, JULY = (OCTOBER.shifted(-back) for back in (1, 2, 3))
RECEIVER = "777788889999"
OUTSIDE = "555566667777"
NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)
AWS = {"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS"}
MARKET = {"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS_MARKETPLACE"}
EMEA = {"InvoicingEntity": "Amazon Web Services EMEA SARL", "BillingEntity": "AWS"}
BOTH = {ACME: "Acme", BOREAL: "Boreal"}


def bill(
    invoice_id: str = "1", entity: dict[str, str] | None = None, **row: Any
) -> ArchivedInvoice:
    return archived(invoice_id, Entity=entity or AWS, BillType="ANNIVERSARY", **row)


def issuer(entity: dict[str, str] | None = None, account_id: str = ACME, *sources: str) -> Issuer:
    entity = entity or AWS
    return Issuer(
        account_id,
        entity["InvoicingEntity"],
        entity["BillingEntity"],
        "ANNIVERSARY",
        is_tax_copy=False,
        bill_source_accounts=sources,
    )


def past(
    *issuers: Issuer, account_id: str = ACME, day: int = 4, count: int = 3
) -> list[PastPeriod]:
    """The periods before October, in each of which the payer account had these invoices."""
    one = PastPayer(frozenset(issuers), day)
    return [PastPeriod(period, {account_id: one}) for period in (SEPTEMBER, AUGUST, JULY)[:count]]


def costs(*entities: str, amount: str = "100.00", final: bool = True) -> Charges:
    charges = tuple(Charge(ACME, entity, Amount("USD", Decimal(amount))) for entity in entities)
    return ChargesAnswer(
        "run-2", "2026-11-12T06:00:00Z", ReceivedCharges(1, final, charges)
    ).statement()


def said(charges: Charges, account_id: str = ACME) -> dict[str, Charges]:
    return {account_id: charges}


def accepts(
    account_id: str = ACME,
    period: BillingPeriod = OCTOBER,
    until: date = date(2026, 12, 31),
    reason: str = "The account has no workload any more.",
) -> GivenAcknowledgement:
    return GivenAcknowledgement(account_id, period, reason, "Dana", until)


def transfer(
    source: str = ACME,
    target: str = BOREAL,
    start: str = "2026-01-01T00:00:00Z",
    end: str | None = None,
    status: str = "ACCEPTED",
    *,
    transfer_id: str = "rt-1",
) -> BillingTransfer:
    return BillingTransfer(transfer_id, source, target, status, start, end)


NOTHING = outcome(listed=())
LACK = Gap("DOWNLOAD_FAILED", "1", "The invoice document: status 503.")
READ_NOT = Charges(not_read="AWS denied ce:GetCostAndUsage (AccessDeniedException).")


# Cost Explorer


@pytest.mark.parametrize(
    ("charges", "verdict", "found"),
    [
        (None, "MISSING", {"NO_INVOICES_LISTED": "blocking"}),
        (costs(), "NO_CHARGES", {}),
        (costs("AWS", amount="0.004"), "NO_CHARGES", {}),
        (costs("AWS", amount="-0.00"), "NO_CHARGES", {}),
        (costs(final=False), "MISSING", {"NO_INVOICES_LISTED": "blocking"}),
        (
            costs("AWS"),
            "MISSING",
            {"NO_INVOICES_LISTED": "blocking", "CHARGES_WITHOUT_INVOICE": "blocking"},
        ),
        (
            costs("AWS", final=False),
            "MISSING",
            {"NO_INVOICES_LISTED": "blocking", "CHARGES_WITHOUT_INVOICE": "blocking"},
        ),
        (READ_NOT, "MISSING", {"NO_INVOICES_LISTED": "blocking", "WITNESS_NOT_READ": "warning"}),
    ],
)
def test_without_invoices_cost_explorer_decides(
    charges: Charges | None, verdict: str, found: dict[str, str]
) -> None:
    manifest = judged(NOTHING, charges=said(charges) if charges else {})
    assert (payer(manifest).verdict, codes(manifest)) == (verdict, found)


@pytest.mark.parametrize(
    ("charges", "verdict", "found"),
    [
        (None, "COMPLETE", {}),
        (costs("AWS"), "COMPLETE", {}),
        (costs("AISPL"), "COMPLETE", {}),
        (costs("AWS", "AWS Marketplace"), "MISSING", {"CHARGES_WITHOUT_INVOICE": "blocking"}),
        (
            costs("AWS Marketplace"),
            "MISSING",
            {"CHARGES_WITHOUT_INVOICE": "blocking", "WITNESSES_DISAGREE": "info"},
        ),
        (costs(), "COMPLETE", {"WITNESSES_DISAGREE": "info"}),
        (costs(final=False), "COMPLETE", {}),
        (READ_NOT, "COMPLETE", {"WITNESS_NOT_READ": "warning"}),
    ],
)
def test_with_an_invoice_cost_explorer_can_only_be_stricter(
    charges: Charges | None, verdict: str, found: dict[str, str]
) -> None:
    manifest = judged(outcome(), invoices=[bill()], charges=said(charges) if charges else {})
    assert (payer(manifest).verdict, codes(manifest)) == (verdict, found)


def with_total(
    charges: Charges, *amounts: str, currency: str = "USD", final: bool = True
) -> Charges:
    """What Cost Explorer says once the month's total without groups was asked for as well."""
    total = tuple(Amount(currency, Decimal(amount)) for amount in amounts)
    return replace(charges, total=total, is_final=charges.is_final and final)


@pytest.mark.parametrize(
    ("charges", "is_charged"),
    [
        (with_total(costs(), "0"), False),
        (with_total(costs(), "0.0000001"), False),
        (with_total(costs("AWS", amount="0.0000001"), "0"), False),
        (with_total(costs(), "23.67"), True),
        (with_total(costs(), "23.67", final=False), True),
        (with_total(costs(), "-3.00"), True),
        (with_total(costs(), "1", currency="JPY"), True),
        # 20.00 of Support, and 20.00 of credits in an account
        (with_total(costs("AWS", amount="-20.00"), "0"), True),
    ],
)
def test_without_invoices_the_total_beyond_the_groups_is_charges_too(
    charges: Charges, is_charged: bool
) -> None:
    manifest = judged(NOTHING, charges=said(charges))
    expected = ("MISSING", UNBILLED | NO_INVOICE) if is_charged else ("NO_CHARGES", {})
    assert (payer(manifest).verdict, codes(manifest)) == expected


def test_what_the_groups_leave_out_is_named_as_such_and_is_in_the_residual() -> None:
    charges = with_total(costs("AWS Marketplace", amount="45.63"), "69.30")
    software = bill(entity=MARKET)
    manifest = judged(outcome(), invoices=[software], charges=said(charges))
    (found,) = payer(manifest).findings
    assert found.code == "CHARGES_WITHOUT_INVOICE"
    assert found.subject == f"{ACME} AWS"
    assert "charges of AWS in the total of 2026-10, under no account, and" in found.detail
    assert [str(one.charged.value) for one in payer(manifest).residuals] == ["23.67", "45.63"]


def test_a_usual_invoice_is_not_explained_by_groups_that_leave_its_charges_out() -> None:
    facts: dict[str, Any] = {
        "invoices": [bill(entity=MARKET)],
        "past": past(issuer(), issuer(MARKET)),
    }
    software = costs("AWS Marketplace", amount="45.63")
    explained = judged(outcome(), charges=said(with_total(software, "45.63")), **facts)
    assert payer(explained).verdict == "COMPLETE"
    charged = judged(outcome(), charges=said(with_total(software, "69.30")), **facts)
    assert codes(charged) == UNBILLED | {"USUAL_INVOICE_MISSING": "blocking"}
    early = judged(
        outcome(), charges=said(with_total(software, "69.30")), as_of=BEFORE_DEADLINE, **facts
    )
    assert payer(early).verdict == "AWAITING"


def test_a_credit_memo_is_not_all_where_the_total_leaves_something_to_pay() -> None:
    charges = with_total(costs("AWS", amount="-50.00"), "10.00")
    manifest = judged(outcome(listed=("9",)), invoices=[MEMO], charges=said(charges))
    assert (payer(manifest).verdict, codes(manifest)) == ("MISSING", UNBILLED | NO_INVOICE)


def test_charges_below_a_cent_in_each_of_many_accounts_are_charges_by_their_total() -> None:
    many = tuple(
        Charge(f"{number:012}", "AWS", Amount("USD", Decimal("0.0049"))) for number in range(5000)
    )
    charges = ChargesAnswer(
        "run-2", "2026-11-12T06:00:00Z", ReceivedCharges(1, True, many)
    ).statement()
    manifest = judged(NOTHING, charges=said(charges))
    assert payer(manifest).verdict == "MISSING"
    assert codes(manifest)["CHARGES_WITHOUT_INVOICE"] == "blocking"


def test_a_zero_invoice_and_no_charges_do_not_disagree() -> None:
    zero = bill(PaymentCurrencyAmount={"TotalAmount": "0.00", "CurrencyCode": "USD"})
    assert codes(judged(outcome(), invoices=[zero], charges=said(costs()))) == {}


MEMO = bill("9", InvoiceType="CREDIT_MEMO")
RECEIPT = bill("9", InvoiceType="PAYMENT_RECEIPT", OriginalInvoiceId="8")
TAX_COPY = bill("9", CommercialInvoiceId="8")
NO_INVOICE = {"NO_INVOICES_LISTED": "blocking"}
UNBILLED = {"CHARGES_WITHOUT_INVOICE": "blocking"}


@pytest.mark.parametrize("stand_in", [MEMO, RECEIPT, TAX_COPY])
def test_what_is_no_invoice_of_its_own_does_not_stand_in_for_one(
    stand_in: ArchivedInvoice,
) -> None:
    given = outcome(listed=("9",))
    charged = judged(given, invoices=[stand_in], charges=said(costs("AWS")))
    assert (payer(charged).verdict, codes(charged)) == ("MISSING", UNBILLED | NO_INVOICE)
    assert (payer(charged).expected, payer(charged).archived) == (2, 1)
    unread = judged(given, invoices=[stand_in])
    assert (payer(unread).verdict, codes(unread)) == ("MISSING", NO_INVOICE)
    before = judged(given, invoices=[stand_in], as_of=BEFORE_DEADLINE)
    assert (payer(before).verdict, payer(before).settled_at) == ("AWAITING", None)


@pytest.mark.parametrize("row", [{"InvoiceType": None}, {"InvoiceType": "PRO_FORMA"}])
def test_a_row_of_no_or_an_unknown_type_counts_as_an_invoice(row: dict[str, Any]) -> None:
    manifest = judged(outcome(), invoices=[bill(**row)], charges=said(costs("AWS")))
    assert payer(manifest).verdict == "COMPLETE"


@pytest.mark.parametrize(
    ("listed", "charges", "verdict", "found"),
    [
        (MEMO, costs(), "COMPLETE", {}),
        (MEMO, costs("AWS", amount="-50.00"), "COMPLETE", {}),
        (MEMO, costs("AWS", amount="-50.00", final=False), "MISSING", NO_INVOICE),
        (MEMO, costs("AWS Marketplace", amount="-50.00"), "MISSING", UNBILLED),
        (RECEIPT, costs(), "COMPLETE", {}),
        (RECEIPT, costs("AWS", amount="-50.00"), "MISSING", UNBILLED | NO_INVOICE),
        (TAX_COPY, costs("AWS", amount="-50.00"), "MISSING", UNBILLED | NO_INVOICE),
    ],
)
def test_a_credit_memo_alone_is_all_where_cost_explorers_final_figures_show_nothing_to_pay(
    listed: ArchivedInvoice, charges: Charges, verdict: str, found: dict[str, str]
) -> None:
    manifest = judged(outcome(listed=("9",)), invoices=[listed], charges=said(charges))
    assert (payer(manifest).verdict, codes(manifest)) == (verdict, found)


def test_a_usual_invoice_is_missing_beside_a_credit_memo() -> None:
    facts: dict[str, Any] = {"invoices": [MEMO], "past": past(issuer())}
    credited = judged(outcome(listed=("9",)), charges=said(costs("AWS", amount="-50.00")), **facts)
    assert codes(credited) == {"USUAL_INVOICE_MISSING": "blocking"}
    assert (payer(credited).expected, payer(credited).archived) == (2, 1)
    nothing = judged(outcome(listed=("9",)), charges=said(costs()), **facts)
    assert (payer(nothing).verdict, codes(nothing)) == ("COMPLETE", {})


def test_a_receipt_that_a_person_accepts_alone_is_complete_and_not_without_charges() -> None:
    manifest = judged(outcome(listed=("9",)), invoices=[RECEIPT], acknowledgements=[accepts()])
    assert payer(manifest).verdict == "COMPLETE"
    assert codes(manifest) == {"NO_INVOICES_LISTED": "warning", "ACKNOWLEDGED": "warning"}


def test_what_cost_explorer_expects_counts_as_expected_and_is_named() -> None:
    manifest = judged(outcome(), invoices=[bill()], charges=said(costs("AWS", "AWS Marketplace")))
    (found,) = payer(manifest).findings
    assert (payer(manifest).expected, payer(manifest).archived) == (2, 1)
    assert found.subject == f"{ACME} AWS_MARKETPLACE"
    assert "Cost Explorer shows charges of AWS_MARKETPLACE" in found.detail


def test_an_invoice_that_is_listed_and_not_archived_yet_is_no_gap_of_a_listing() -> None:
    waiting = outstanding()
    manifest = judged(outcome(awaited=(waiting,)), charges=said(costs("AWS")))
    assert codes(manifest) == {"PDF_NOT_READY": "blocking"}


def test_a_final_answer_is_kept_and_an_unread_one_keeps_what_was_said() -> None:
    first = judged(NOTHING, charges=said(costs()))
    later = judged(NOTHING, previous=first, as_of=NEXT_DAY)
    assert later.says_the_same_as(first)
    estimated = judged(NOTHING, charges=said(costs("AWS", final=False)))
    unread = judged(NOTHING, previous=estimated, as_of=NEXT_DAY, charges=said(READ_NOT))
    charges = payer(unread).witnesses.charges
    assert charges
    assert (charges.run_id, charges.charged) == ("run-2", {"AWS"})
    assert codes(unread)["WITNESS_NOT_READ"] == "warning"
    off = judged(NOTHING, previous=unread, as_of=NEXT_DAY, asks_cost_explorer=False)
    assert "WITNESS_NOT_READ" not in codes(off)


def test_the_residual_is_shown_and_not_forced_to_zero() -> None:
    euro = {"TotalAmount": "9.00", "CurrencyCode": "EUR"}
    dollars = {"TotalAmount": "99.70", "CurrencyCode": "USD"}
    manifest = judged(
        outcome(),
        invoices=[
            bill("1", BaseCurrencyAmount=dollars, PaymentCurrencyAmount=euro),
            bill("2", PaymentCurrencyAmount=euro),
            bill("3", CommercialInvoiceId="1"),
            bill("4", BillSourceAccounts=[BOREAL], PaymentCurrencyAmount=dollars),
        ],
        charges=said(costs("AWS", "AWS")),
    )
    assert [one.to_data() for one in payer(manifest).residuals] == [
        {
            "billing_entity": "AWS",
            "currency": "USD",
            "charged": "200.00",
            "invoiced": "99.70",
            "residual": "100.30",
            "not_compared": 1,
        }
    ]
    assert payer(manifest).verdict == "COMPLETE"  # no verdict by amounts alone


# history


def test_an_invoice_that_each_earlier_period_had_is_expected_again() -> None:
    usual = past(issuer(), issuer(MARKET))
    manifest = judged(outcome(), invoices=[bill()], past=usual)
    assert (payer(manifest).verdict, payer(manifest).expected) == ("MISSING", 2)
    (found,) = payer(manifest).findings
    assert (found.code, found.severity) == ("USUAL_INVOICE_MISSING", "blocking")
    assert found.subject == str(issuer(MARKET))
    assert "2026-07, 2026-08, 2026-09" in found.detail
    both = judged(outcome(), invoices=[bill(), bill("2", MARKET)], past=usual)
    assert payer(both).verdict == "COMPLETE"


def test_before_the_deadline_a_usual_invoice_is_awaited_and_named() -> None:
    manifest = judged(
        outcome(), invoices=[bill()], past=past(issuer(), issuer(MARKET)), as_of=BEFORE_DEADLINE
    )
    assert payer(manifest).verdict == "AWAITING"
    assert codes(manifest)["USUAL_INVOICE_MISSING"] == "blocking"


def test_a_usual_invoice_that_is_listed_and_not_archived_is_reported_once() -> None:
    waiting = outstanding()
    row = bill(invoice_id=waiting.invoice_id).summary
    manifest = judged(outcome(awaited=(replace(waiting, summary=row),)), past=past(issuer()))
    assert codes(manifest) == {"PDF_NOT_READY": "blocking"}


@pytest.mark.parametrize(
    ("charges", "verdict", "found"),
    [
        (costs("AWS"), "COMPLETE", {}),
        (costs("AWS", final=False), "MISSING", {"USUAL_INVOICE_MISSING": "blocking"}),
        (
            costs("AWS", "AWS Marketplace"),
            "MISSING",
            {"USUAL_INVOICE_MISSING": "blocking", "CHARGES_WITHOUT_INVOICE": "blocking"},
        ),
        (
            READ_NOT,
            "MISSING",
            {"USUAL_INVOICE_MISSING": "blocking", "WITNESS_NOT_READ": "warning"},
        ),
    ],
)
def test_only_a_final_answer_without_charges_explains_why_a_usual_invoice_is_missing(
    charges: Charges, verdict: str, found: dict[str, str]
) -> None:
    manifest = judged(
        outcome(),
        invoices=[bill()],
        past=past(issuer(), issuer(MARKET)),
        charges=said(charges),
    )
    assert (payer(manifest).verdict, codes(manifest)) == (verdict, found)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"past": past(issuer(), issuer(MARKET))}, "USUAL_INVOICE_MISSING"),
        ({"charges": said(costs("AWS", "AWS Marketplace"))}, "CHARGES_WITHOUT_INVOICE"),
        (
            {"outcome": outcome(transfers=transfers(transfer(OUTSIDE, ACME)))},
            "SOURCE_WITHOUT_INVOICE",
        ),
    ],
)
def test_a_payer_account_that_left_the_register_keeps_what_its_witnesses_expect(
    facts: dict[str, Any], code: str
) -> None:
    given = facts.get("outcome", outcome())
    first = judged(given, invoices=[bill()], **{k: v for k, v in facts.items() if k != "outcome"})
    assert codes(first) == {code: "blocking"}
    left = judged(invoices=[bill()], previous=first, names={}, as_of=NEXT_DAY)
    assert left.says_the_same_as(first)
    assert left.closed_at is None


def test_history_is_of_the_payer_accounts_of_the_register_and_ends_with_the_close() -> None:
    left = judged(outcome(), invoices=[bill()], past=past(issuer(), issuer(MARKET)), names={})
    assert codes(left) == {}
    closed = judged(outcome(), invoices=[bill()])
    assert closed.closed_at
    backfilled = judged(
        outcome(),
        invoices=[bill()],
        previous=closed,
        past=past(issuer(), issuer(MARKET)),
        as_of=NEXT_DAY,
    )
    assert backfilled.says_the_same_as(closed)


def test_a_usual_invoice_that_has_charges_too_is_reported_for_both_and_counted_once() -> None:
    usual = past(issuer(), issuer(EMEA))
    manifest = judged(NOTHING, past=usual, charges=said(costs("AWS", "AWS Marketplace")))
    told = sorted(found.code for found in payer(manifest).findings)
    assert told == [
        "CHARGES_WITHOUT_INVOICE",
        "CHARGES_WITHOUT_INVOICE",
        "NO_INVOICES_LISTED",
        "USUAL_INVOICE_MISSING",
        "USUAL_INVOICE_MISSING",
    ]
    assert payer(manifest).expected == 3


# a close before the deadline

PROVEN = {"invoices": [bill()], "past": past(issuer()), "charges": said(costs("AWS"))}


def test_history_and_cost_explorer_together_prove_completeness_before_the_deadline() -> None:
    manifest = judged(outcome(), as_of=BEFORE_DEADLINE, **PROVEN)
    assert (manifest.verdict, payer(manifest).verdict) == ("COMPLETE", "COMPLETE")
    assert manifest.closed_at is None
    after = judged(outcome(), previous=manifest, **PROVEN)
    assert (after.verdict, after.closed_at) == ("COMPLETE", "2026-11-12T06:00:00Z")


@pytest.mark.parametrize(
    "facts",
    [
        {"past": []},
        {"past": past(issuer(), count=1)},
        {"past": past(issuer(), issuer(EMEA))},
        {"charges": {}},
        {"charges": said(READ_NOT)},
        {"charges": said(costs("AWS", final=False))},
        {"charges": said(costs("AWS", "AWS Marketplace"))},
        {"invoices": []},
        {"invoices": [bill(), bill("2", documents=())]},
    ],
)
def test_one_witness_less_leaves_it_awaiting(facts: dict[str, Any]) -> None:
    manifest = judged(outcome(), as_of=BEFORE_DEADLINE, **PROVEN | facts)
    assert payer(manifest).verdict == "AWAITING"
    assert manifest.verdict == "AWAITING"


def test_an_invoice_that_comes_after_an_early_close_is_awaited_again() -> None:
    early = judged(outcome(), as_of=BEFORE_DEADLINE, **PROVEN)
    second = judged(
        outcome(listed=("1", "AWAITED-1"), awaited=(outstanding(),)),
        as_of=BEFORE_DEADLINE,
        previous=early,
        **PROVEN,
    )
    assert (second.verdict, payer(second).verdict) == ("AWAITING", "AWAITING")


# billing transfers


def test_a_transfer_that_covers_the_period_says_where_the_invoices_are() -> None:
    given = outcome(listed=(), transfers=transfers(transfer()))
    manifest = judged(given, names=BOTH, as_of=BEFORE_DEADLINE)
    assert payer(manifest).verdict == "TRANSFERRED"
    assert codes(manifest) == {}


@pytest.mark.parametrize(
    ("told", "covers"),
    [
        (transfer(start="2026-10-01T00:00:00Z"), True),
        (transfer(start="2026-10-01T00:00:01Z"), False),
        (transfer(start="2026-10-15T00:00:00Z"), False),
        (transfer(start="2026-11-01T00:00:00Z"), False),
        (transfer(end="2026-10-31T23:59:59Z", status="WITHDRAWN"), True),
        (transfer(end="2026-11-01T00:00:00Z", status="WITHDRAWN"), True),
        (transfer(end="2026-10-30T23:59:59Z", status="WITHDRAWN"), False),
        (transfer(end="2026-09-30T23:59:59Z", status="WITHDRAWN"), False),
        (transfer(status="WITHDRAWN"), False),
        (transfer(status="REQUESTED"), False),
        (transfer(status="DECLINED"), False),
        (transfer(status="CANCELED"), False),
        (transfer(status="EXPIRED"), False),
        (transfer(start=""), False),
        (transfer(source=BOREAL, target=ACME), False),
    ],
)
def test_only_a_transfer_of_the_whole_period_explains_that_there_are_no_invoices(
    told: BillingTransfer, covers: bool
) -> None:
    manifest = judged(outcome(listed=(), transfers=transfers(told)), names=BOTH)
    verdict = "TRANSFERRED" if covers else "MISSING"
    assert payer(manifest).verdict == verdict
    assert ("NO_INVOICES_LISTED" in codes(manifest)) is not covers


def test_a_receiver_can_show_a_transfer_that_its_source_does_not() -> None:
    manifest = judged(
        outcome(listed=()),
        outcome(BOREAL, transfers=transfers(transfer())),
        invoices=[bill("1", payer=BOREAL, BillSourceAccounts=[ACME])],
        names=BOTH,
    )
    assert payer(manifest, ACME).verdict == "TRANSFERRED"


def test_invoices_of_a_transferred_payer_account_count_and_the_contradiction_is_reported() -> None:
    given = outcome(transfers=transfers(transfer()))
    manifest = judged(given, invoices=[bill()], names=BOTH)
    assert payer(manifest).verdict == "COMPLETE"
    assert codes(manifest) == {"WITNESSES_DISAGREE": "info"}
    waiting = outcome(awaited=(outstanding(),), transfers=transfers(transfer()))
    assert payer(judged(waiting, names=BOTH)).verdict == "PARTIAL"


def test_a_transfer_to_a_payer_account_that_nobody_archives_is_a_warning() -> None:
    given = outcome(listed=(), transfers=transfers(transfer(target=OUTSIDE)))
    manifest = judged(given)
    assert payer(manifest).verdict == "TRANSFERRED"
    assert codes(manifest) == {"RECEIVER_NOT_IN_REGISTER": "warning"}


def test_a_usual_invoice_of_a_transferred_payer_account_is_not_missing() -> None:
    given = outcome(listed=(), transfers=transfers(transfer()))
    assert payer(judged(given, names=BOTH, past=past(issuer()))).verdict == "TRANSFERRED"
    part = transfers(transfer(start="2026-10-15T00:00:00Z"))
    manifest = judged(outcome(listed=(), transfers=part), names=BOTH, past=past(issuer()))
    assert codes(manifest)["USUAL_INVOICE_MISSING"] == "blocking"


def test_the_receiver_of_a_transfer_must_have_an_invoice_of_its_source() -> None:
    told = transfers(transfer(source=OUTSIDE, target=ACME))
    manifest = judged(outcome(transfers=told), invoices=[bill()])
    assert payer(manifest).verdict == "MISSING"
    (found,) = payer(manifest).findings
    assert (found.code, found.subject) == ("SOURCE_WITHOUT_INVOICE", OUTSIDE)
    has = [bill(), bill("2", BillSourceAccounts=[OUTSIDE])]
    assert payer(judged(outcome(transfers=told), invoices=has)).verdict == "COMPLETE"


@pytest.mark.parametrize(
    "members",
    [
        {"InvoiceType": "PAYMENT_RECEIPT"},
        {"InvoiceType": "CREDIT_MEMO"},
        {"CommercialInvoiceId": "1"},
    ],
)
def test_only_an_invoice_of_its_own_is_the_one_of_a_source(members: dict[str, Any]) -> None:
    told = transfers(transfer(source=OUTSIDE, target=ACME))
    listed = [bill(), bill("2", BillSourceAccounts=[OUTSIDE], **members)]
    assert codes(judged(outcome(transfers=told), invoices=listed))["SOURCE_WITHOUT_INVOICE"] == (
        "blocking"
    )


def test_a_row_that_does_not_name_its_source_may_be_the_one_that_is_thought_missing() -> None:
    told = transfers(*(transfer(source, ACME, transfer_id=source) for source in (OUTSIDE, BOREAL)))
    unnamed = [bill(), bill("2", BillSourceAccounts=[BOREAL], BillSourceAccountsTotalCount=2)]
    manifest = judged(outcome(transfers=told), invoices=unnamed)
    assert payer(manifest).verdict == "COMPLETE"
    assert codes(manifest) == {"WITNESSES_DISAGREE": "warning"}
    (found,) = payer(manifest).findings
    assert f"an invoice of {OUTSIDE} could not be checked" in found.detail


def test_a_source_without_a_transfer_is_reported_in_an_open_period_if_transfers_were_read() -> None:
    of_source = [bill(), bill("2", BillSourceAccounts=[OUTSIDE])]
    warned = {"SOURCE_WITHOUT_TRANSFER": "warning"}
    assert codes(judged(outcome(transfers=transfers()), invoices=of_source)) == warned
    part = transfers(transfer(OUTSIDE, ACME, start="2026-10-15T00:00:00Z"))
    assert codes(judged(outcome(transfers=part), invoices=of_source)) == {}
    other_way = transfers(transfer(ACME, OUTSIDE, start="2026-10-15T00:00:00Z"))
    assert codes(judged(outcome(transfers=other_way), invoices=of_source)) == warned
    unread = replace(transfers(), run_id=None, at=None, not_read="AWS denied it.")
    assert codes(judged(outcome(transfers=unread), invoices=of_source)) == {
        "WITNESS_NOT_READ": "warning"
    }
    closed = judged(outcome(), invoices=of_source)
    again = judged(outcome(transfers=transfers()), invoices=of_source, previous=closed)
    assert codes(again) == {}


def test_a_closed_month_that_knows_of_a_source_without_a_transfer_keeps_it_whatever_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_source = [bill(), bill("2", BillSourceAccounts=[OUTSIDE])]
    closed = judged(outcome(transfers=transfers()), invoices=of_source)
    kind = replace(KINDS["SOURCE_WITHOUT_TRANSFER"], step="Another.")
    monkeypatch.setitem(KINDS, "SOURCE_WITHOUT_TRANSFER", kind)  # type: ignore[arg-type]
    again = judged(outcome(transfers=transfers()), invoices=of_source, previous=closed)
    assert again.says_the_same_as(closed)


def test_more_sources_than_rows_without_a_name_are_missing_all_the_same() -> None:
    sources = (OUTSIDE, "666677778888")
    told = transfers(*(transfer(source, ACME, transfer_id=source) for source in sources))
    unnamed = [bill(), bill("2", BillSourceAccounts=[], BillSourceAccountsTotalCount=1)]
    manifest = judged(outcome(transfers=told), invoices=unnamed)
    assert payer(manifest).verdict == "MISSING"
    unarchived = [f.subject for f in payer(manifest).findings if f.code == "SOURCE_WITHOUT_INVOICE"]
    assert unarchived == list(sources)
    receipt = bill("3", InvoiceType="PAYMENT_RECEIPT", BillSourceAccountsTotalCount=9)
    two = judged(outcome(transfers=told), invoices=[*unnamed, receipt])
    assert payer(two).verdict == "MISSING"


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (transfers(), {}),
        (transfers(transfer(source=OUTSIDE, target=ACME)), {"SOURCE_WITHOUT_INVOICE": "blocking"}),
        (
            transfers(transfer(source=OUTSIDE, target=ACME, start="2026-10-09T00:00:00Z")),
            {"USUAL_INVOICE_MISSING": "blocking"},
        ),
        (None, {"USUAL_INVOICE_MISSING": "blocking"}),
        (
            Transfers(not_read="AWS denied organizations:ListInboundResponsibilityTransfers."),
            {"USUAL_INVOICE_MISSING": "blocking", "WITNESS_NOT_READ": "warning"},
        ),
    ],
)
def test_a_usual_invoice_of_a_source_is_expected_as_long_as_its_transfer_lasts(
    told: Transfers | None, found: dict[str, str]
) -> None:
    usual = past(issuer(), issuer(AWS, ACME, OUTSIDE))
    assert codes(judged(outcome(transfers=told), invoices=[bill()], past=usual)) == found


def test_a_failed_look_keeps_the_transfers_that_were_known() -> None:
    first = judged(outcome(listed=(), transfers=transfers(transfer())), names=BOTH)
    denied = Transfers(not_read="AWS denied organizations:ListOutboundResponsibilityTransfers.")
    second = judged(outcome(listed=(), transfers=denied), previous=first, names=BOTH)
    assert payer(second).verdict == "TRANSFERRED"
    assert codes(second) == {"WITNESS_NOT_READ": "warning"}
    off = judged(outcome(listed=()), previous=second, names=BOTH)
    assert (payer(off).verdict, codes(off)) == ("TRANSFERRED", {})


@pytest.mark.parametrize("transfer_id", ["rt-1", ""])
def test_a_transfer_that_is_no_longer_listed_still_explains_the_months_it_covered(
    transfer_id: str,
) -> None:
    told = transfers(transfer(transfer_id=transfer_id))
    first = judged(outcome(listed=(), transfers=told))
    assert first.closed_at
    gone = outcome(listed=(), transfers=transfers(run_id="run-3"))
    later = judged(gone, previous=first, as_of=NEXT_DAY, run_id="run-3")
    assert later.says_the_same_as(first)
    open_still = judged(outcome(listed=(), transfers=told), as_of=BEFORE_DEADLINE)
    after = judged(gone, previous=open_still)
    assert payer(after).verdict == "TRANSFERRED"


@pytest.mark.parametrize(
    "otherwise",
    [
        {"end": "2026-10-15T00:00:00Z"},
        {"status": "DECLINED"},
        {"end": "2026-09-30T23:59:59Z", "status": "WITHDRAWN"},
        {"target": OUTSIDE, "start": "2026-10-20T00:00:00Z"},
    ],
)
def test_what_is_said_anew_of_the_same_transfer_replaces_what_was_said_before(
    otherwise: dict[str, Any],
) -> None:
    first = judged(
        outcome(listed=(), transfers=transfers(transfer())), names=BOTH, as_of=BEFORE_DEADLINE
    )
    assert payer(first).verdict == "TRANSFERRED"
    told = transfers(transfer(**otherwise))
    second = judged(outcome(listed=(), transfers=told), previous=first, names=BOTH)
    assert payer(second).verdict == "MISSING"


def test_without_an_id_source_target_and_start_tell_transfers_apart() -> None:
    first = judged(
        outcome(listed=(), transfers=transfers(transfer(transfer_id=""))),
        names=BOTH,
        as_of=BEFORE_DEADLINE,
    )
    other = transfer(target=OUTSIDE, start="2026-10-20T00:00:00Z", transfer_id="")
    second = judged(outcome(listed=(), transfers=transfers(other)), previous=first, names=BOTH)
    assert payer(second).verdict == "TRANSFERRED"
    ended = transfer(end="2026-10-15T00:00:00Z", transfer_id="")
    third = judged(outcome(listed=(), transfers=transfers(ended)), previous=first, names=BOTH)
    assert payer(third).verdict == "MISSING"


def test_two_that_show_one_transfer_with_and_without_its_end_are_both_heard() -> None:
    with_end = transfer(end="2026-12-31T23:59:59Z")
    manifest = judged(
        outcome(listed=(), transfers=transfers(transfer())),
        outcome(BOREAL, transfers=transfers(with_end)),
        invoices=[bill("1", payer=BOREAL, BillSourceAccounts=[ACME])],
        names=BOTH,
    )
    assert payer(manifest).verdict == "TRANSFERRED"


@pytest.mark.parametrize("verdict", ["TRANSFERRED", "NO_CHARGES"])
def test_a_closed_period_keeps_its_verdict_where_nothing_blocks(verdict: str) -> None:
    facts: dict[str, Any] = {"charges": said(costs())}
    first = judged(NOTHING, **facts)
    closed = replace(
        first,
        closed_at="2026-11-12T06:00:00Z",
        payers=tuple(
            replace(one, verdict=verdict, witnesses=replace(one.witnesses, charges=None))
            for one in first.payers
        ),
    )
    for asked in (NOTHING, outcome(result=NO_ACCESS, listed=())):
        later = judged(asked, previous=closed, as_of=NEXT_DAY)
        assert payer(later).verdict == verdict
        assert payer(later).settled_at == payer(closed).settled_at
        assert all(found.severity != "blocking" for found in payer(later).findings)


def test_a_receivers_totals_are_split_by_source() -> None:
    def due(invoice_id: str, amount: str, **row: Any) -> ArchivedInvoice:
        paid = {"TotalAmount": amount, "CurrencyCode": "USD"}
        return bill(invoice_id, PaymentCurrencyAmount=paid, **row)

    manifest = judged(
        outcome(),
        invoices=[
            due("1", "1.00"),
            due("2", "2.00", BillSourceAccounts=[OUTSIDE]),
            due("3", "4.00", BillSourceAccounts=[OUTSIDE]),
            due("4", "8.00", BillSourceAccounts=[BOREAL]),
            due("5", "16.00", BillSourceAccounts=[ACME]),
        ],
    )
    (shown,) = manifest.completeness()["payers"]
    assert [(one["bill_source_accounts"], one["invoices"]) for one in shown["sources"]] == [
        ([], 2),
        ([BOREAL], 1),
        ([OUTSIDE], 2),
    ]
    assert [one["totals"][0]["amount"] for one in shown["sources"]] == ["17.00", "8.00", "6.00"]
    alone = judged(outcome(), invoices=[due("1", "1.00")]).completeness()["payers"][0]
    assert alone["sources"] == []


# invoice units

UNITS = InvoiceUnits("run-2", "2026-11-12T06:00:00Z", (RECEIVER,))


def of_receiver(invoice_id: str = "R1", **row: Any) -> ArchivedInvoice:
    """An invoice of Acme's charges that is filed under the receiver of a unit."""
    one = bill(invoice_id, payer=RECEIVER, **row)
    return replace(one, seen_by=(ACME,))


def test_a_payer_account_whose_units_receivers_get_all_invoices_is_complete() -> None:
    facts: dict[str, Any] = {"invoices": [of_receiver()], "charges": said(costs("AWS"))}
    manifest = judged(outcome(listed=("R1",), units=UNITS), **facts)
    assert (payer(manifest).verdict, payer(manifest, RECEIVER).verdict) == ("COMPLETE",) * 2
    assert codes(manifest) == {}
    before = judged(outcome(listed=("R1",), units=UNITS), as_of=BEFORE_DEADLINE, **facts)
    assert payer(before).verdict == "AWAITING"


def test_an_account_that_is_no_receiver_explains_nothing() -> None:
    manifest = judged(outcome(listed=("R1",)), invoices=[of_receiver()])
    assert codes(manifest) == {"NO_INVOICES_LISTED": "blocking"}


def test_a_receipt_of_its_own_beside_its_receivers_invoices_misses_nothing() -> None:
    listed = outcome(listed=("R1", "9"), units=UNITS)
    manifest = judged(listed, invoices=[of_receiver(), RECEIPT])
    assert (manifest.verdict, payer(manifest).verdict) == ("COMPLETE", "COMPLETE")


def test_a_credit_memo_for_a_receiver_is_no_invoice_of_the_payer_account() -> None:
    memo = of_receiver(InvoiceType="CREDIT_MEMO")
    manifest = judged(outcome(listed=("R1",), units=UNITS), invoices=[memo])
    assert codes(manifest) == NO_INVOICE
    assert payer(manifest, RECEIVER).verdict == "COMPLETE"  # nobody asks it itself
    again = judged(outcome(listed=("R1",), units=UNITS), invoices=[memo], previous=manifest)
    assert payer(again, RECEIVER).verdict == "COMPLETE"
    credited = judged(
        outcome(listed=("R1",), units=UNITS),
        invoices=[memo],
        charges=said(costs("AWS", amount="-50.00")),
    )
    assert (payer(credited).verdict, codes(credited)) == ("COMPLETE", {})


def test_a_usual_invoice_of_a_receiver_is_missed_at_the_payer_account() -> None:
    usual = past(issuer(), issuer(AWS, RECEIVER))
    manifest = judged(outcome(units=UNITS), invoices=[bill()], past=usual)
    (found,) = payer(manifest).findings
    assert (found.code, found.subject) == ("USUAL_INVOICE_MISSING", str(issuer(AWS, RECEIVER)))
    there = judged(outcome(units=UNITS), invoices=[bill(), of_receiver()], past=usual)
    assert payer(there).verdict == "COMPLETE"


def test_units_that_cannot_be_read_are_named_and_keep_what_they_said() -> None:
    first = judged(outcome(listed=("R1",), units=UNITS), invoices=[of_receiver()])
    denied = InvoiceUnits(not_read="AWS denied invoicing:ListInvoiceUnits.")
    second = judged(outcome(units=denied), invoices=[of_receiver()], previous=first)
    assert codes(second) == {"WITNESS_NOT_READ": "warning"}
    assert payer(second).verdict == "COMPLETE"
    off = judged(outcome(), invoices=[of_receiver()], previous=second)
    assert codes(off) == {}


# acknowledgements


def test_what_a_person_acknowledges_no_longer_blocks_and_is_reported() -> None:
    waiting = outcome(listed=("1", "AWAITED-1"), awaited=(outstanding(),))
    manifest = judged(waiting, invoices=[bill()], acknowledgements=[accepts()])
    assert (manifest.verdict, payer(manifest).verdict) == ("COMPLETE", "COMPLETE")
    assert manifest.closed_at
    assert codes(manifest) == {"PDF_NOT_READY": "warning", "ACKNOWLEDGED": "warning"}
    told = next(found for found in payer(manifest).findings if found.code == "ACKNOWLEDGED")
    for word in ("Dana", "2026-12-31", "run-2", "no workload"):
        assert word in told.detail
    (kept,) = payer(manifest).witnesses.acknowledgements
    assert kept.covers == (("PDF_NOT_READY", "AWAITED-1"),)
    assert (kept.run_id, kept.at) == ("run-2", "2026-11-12T06:00:00Z")


def test_no_invoices_that_a_person_acknowledges_are_no_charges() -> None:
    manifest = judged(NOTHING, acknowledgements=[accepts()])
    assert payer(manifest).verdict == "NO_CHARGES"
    assert codes(manifest) == {"NO_INVOICES_LISTED": "warning", "ACKNOWLEDGED": "warning"}
    usual = judged(NOTHING, past=past(issuer()), acknowledgements=[accepts()])
    assert payer(usual).verdict == "NO_CHARGES"


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("history", [[], past(issuer())])
def test_charges_without_an_invoice_that_a_person_accepts_are_not_called_no_charges(
    final: bool, history: list[PastPeriod]
) -> None:
    facts: dict[str, Any] = {"past": history, "charges": said(costs("AWS", final=final))}
    manifest = judged(NOTHING, acknowledgements=[accepts()], **facts)
    assert (manifest.verdict, payer(manifest).verdict) == ("COMPLETE", "COMPLETE")
    assert codes(manifest)["ACKNOWLEDGED"] == "warning"
    assert codes(manifest)["CHARGES_WITHOUT_INVOICE"] == "warning"
    assert judged(NOTHING, previous=manifest, as_of=NEXT_DAY, **facts).says_the_same_as(manifest)
    early = judged(NOTHING, acknowledgements=[accepts()], as_of=BEFORE_DEADLINE, **facts)
    assert payer(early).verdict == "AWAITING"


def test_charges_that_show_after_no_invoices_were_accepted_block() -> None:
    first = judged(NOTHING, acknowledgements=[accepts()], as_of=BEFORE_DEADLINE, run_id="run-1")
    second = judged(NOTHING, previous=first, charges=said(costs("AWS", final=False)))
    assert payer(second).verdict == "MISSING"
    assert codes(second)["CHARGES_WITHOUT_INVOICE"] == "blocking"


def test_no_invoices_can_be_acknowledged_before_the_deadline() -> None:
    early = judged(NOTHING, acknowledgements=[accepts()], as_of=BEFORE_DEADLINE, run_id="run-1")
    assert payer(early).verdict == "NO_CHARGES"
    assert codes(early) == {"ACKNOWLEDGED": "warning"}
    after = judged(NOTHING, previous=early)
    assert payer(after).verdict == "NO_CHARGES"


def test_a_usual_invoice_that_is_acknowledged_is_no_longer_expected() -> None:
    facts: dict[str, Any] = {"invoices": [bill()], "past": past(issuer(), issuer(MARKET))}
    manifest = judged(outcome(), acknowledgements=[accepts()], **facts)
    assert payer(manifest).verdict == "COMPLETE"
    assert (payer(manifest).expected, payer(manifest).archived) == (1, 1)
    assert codes(manifest)["USUAL_INVOICE_MISSING"] == "warning"


def test_a_payer_account_without_access_can_be_acknowledged() -> None:
    denied = outcome(result=NO_ACCESS)
    manifest = judged(denied, invoices=[bill()], acknowledgements=[accepts()])
    assert payer(manifest).verdict == "COMPLETE"


@pytest.mark.parametrize("result", [NO_ACCESS, NOT_CHECKED])
def test_no_invoices_of_an_account_that_was_not_read_are_accepted_by_nobody(result: str) -> None:
    unread = outcome(result=result, listed=())
    first = judged(unread, acknowledgements=[accepts()])
    assert (first.verdict, payer(first).verdict) == ("COMPLETE", "COMPLETE")
    assert (payer(first).outcome, codes(first)) == (
        result,
        {result: "warning", "ACKNOWLEDGED": "warning"},
    )
    (given,) = payer(first).witnesses.acknowledgements
    assert given.covers == ((result, ACME),)
    read = judged(NOTHING, previous=first, as_of=NEXT_DAY)
    assert (payer(read).verdict, codes(read)["NO_INVOICES_LISTED"]) == ("MISSING", "blocking")
    early = judged(unread, acknowledgements=[accepts()], as_of=BEFORE_DEADLINE)
    assert payer(early).verdict == "AWAITING"


def test_an_account_that_can_no_longer_be_read_is_not_without_charges_by_what_was_said() -> None:
    early = judged(NOTHING, acknowledgements=[accepts()], as_of=BEFORE_DEADLINE, run_id="run-1")
    unread = outcome(result=NO_ACCESS, listed=())
    lost = judged(unread, previous=early)
    assert payer(lost).verdict == "NO_ACCESS"
    accepted = judged(
        unread, previous=lost, acknowledgements=[accepts()], as_of=NEXT_DAY, run_id="run-3"
    )
    assert payer(accepted).verdict == "COMPLETE"


def test_a_new_gap_is_not_covered() -> None:
    waiting = outcome(listed=("1", "AWAITED-1"), awaited=(outstanding(),))
    first = judged(waiting, invoices=[bill()], acknowledgements=[accepts()], run_id="run-1")
    more = outcome(
        listed=("1", "AWAITED-1", "AWAITED-2"), awaited=(outstanding(), outstanding("AWAITED-2"))
    )
    second = judged(more, invoices=[bill()], previous=first, as_of=NEXT_DAY)
    assert (second.verdict, payer(second).verdict) == ("ACTION_REQUIRED", "PARTIAL")
    by_subject = {found.subject: found.severity for found in payer(second).findings}
    assert (by_subject["AWAITED-1"], by_subject["AWAITED-2"]) == ("warning", "blocking")


FAILURES = ("PDF_NOT_READY", "NO_DOCUMENT_URL", "DOWNLOAD_FAILED", "NOT_A_DOCUMENT")


@pytest.mark.parametrize("later", [*FAILURES, "DOCUMENT_DAMAGED", "NOT_FETCHED"])
@pytest.mark.parametrize("accepted", FAILURES)
def test_a_document_that_is_missing_for_another_reason_is_the_same_accepted_gap(
    accepted: str, later: str
) -> None:
    facts: dict[str, Any] = {"invoices": [bill()]}
    listed = ("1", "AWAITED-1")
    waiting = outcome(listed=listed, awaited=(outstanding(code=accepted),))
    first = judged(waiting, acknowledgements=[accepts()], run_id="run-1", **facts)
    changed = outcome(listed=listed, awaited=(outstanding(code=later),))
    second = judged(changed, previous=first, as_of=NEXT_DAY, **facts)
    assert (second.verdict, codes(second)[later]) == ("COMPLETE", "warning")


@pytest.mark.parametrize("later", ["OTHER_INVOICE", "FOREIGN_OBJECT", "DOCUMENT_URL_REFUSED"])
def test_what_a_person_must_look_at_is_not_covered_by_a_document_that_lacked(later: str) -> None:
    waiting = outcome(listed=("AWAITED-1",), awaited=(outstanding(),))
    first = judged(waiting, acknowledgements=[accepts()], run_id="run-1")
    changed = outcome(listed=("AWAITED-1",), awaited=(outstanding(code=later),))
    second = judged(changed, previous=first, as_of=NEXT_DAY)
    assert (second.verdict, codes(second)[later]) == ("ACTION_REQUIRED", "blocking")


def test_an_accepted_gap_of_a_supplement_excuses_no_other_document() -> None:
    def lacks(subject: str, *documents: ArchivedDocument) -> list[ArchivedInvoice]:
        gap = Gap("DOWNLOAD_FAILED", subject, "Status 503.")
        return [bill(lacks=(gap,), **({"documents": documents} if documents else {}))]

    accepted = document_subject("1", "TAX_E_INVOICE", "T1")
    first = judged(
        outcome(), invoices=lacks(accepted), acknowledgements=[accepts()], run_id="run-1"
    )
    assert payer(first).verdict == "COMPLETE"
    other = document_subject("1", "TAX_E_INVOICE", "T2")
    for more in (lacks("1", supplement()), lacks(other)):
        second = judged(outcome(), invoices=more, previous=first, as_of=NEXT_DAY)
        assert (second.verdict, codes(second)["DOWNLOAD_FAILED"]) == (
            "ACTION_REQUIRED",
            "blocking",
        )


def test_the_newest_acknowledgement_counts_for_what_it_covers() -> None:
    long = accepts(until=date(2027, 11, 1))
    first = judged(NOTHING, acknowledgements=[long], run_id="run-1")
    taken_back = accepts(until=NEXT_DAY.date(), reason="Given in error.")
    second = judged(
        NOTHING, previous=first, acknowledgements=[taken_back], as_of=NEXT_DAY, run_id="run-2"
    )
    (told,) = [found for found in payer(second).findings if found.code == "ACKNOWLEDGED"]
    assert "Given in error." in told.detail
    over = judged(NOTHING, previous=second, as_of=NEXT_DAY + timedelta(days=1), run_id="run-3")
    assert (over.verdict, payer(over).verdict) == ("ACTION_REQUIRED", "MISSING")
    assert "ACKNOWLEDGED" not in codes(over)
    assert len(payer(over).witnesses.acknowledgements) == 2


def test_what_a_closed_period_lets_pass_is_not_covered_and_so_blocks_on_no_later_day() -> None:
    closed = judged(outcome(), invoices=[bill()], run_id="run-1")
    unread = outcome(result=NO_ACCESS)
    facts: dict[str, Any] = {"invoices": [bill()]}
    until = accepts(until=NEXT_DAY.date())
    second = judged(unread, previous=closed, acknowledgements=[until], as_of=NEXT_DAY, **facts)
    assert payer(second).witnesses.acknowledgements[0].covers == ()
    over = judged(unread, previous=second, as_of=NEXT_DAY + timedelta(days=1), **facts)
    assert (over.verdict, codes(over)) == ("COMPLETE", {NO_ACCESS: "warning"})


def test_an_older_acknowledgement_goes_on_for_what_the_newer_does_not_cover() -> None:
    two = outcome(listed=("1", "A", "B"), awaited=(outstanding("A"), outstanding("B")))
    first = judged(two, invoices=[bill()], acknowledgements=[accepts()], run_id="run-1")
    one = outcome(listed=("1", "A", "B"), awaited=(outstanding("A"),))
    arrived = [bill(), bill("B")]
    second = judged(
        one,
        invoices=arrived,
        previous=first,
        acknowledgements=[accepts(until=NEXT_DAY.date())],
        as_of=NEXT_DAY,
    )
    assert len([f for f in payer(second).findings if f.code == "ACKNOWLEDGED"]) == 2
    over = judged(one, invoices=arrived, previous=second, as_of=NEXT_DAY + timedelta(days=1))
    assert {f.subject for f in payer(over).findings if f.severity == "blocking"} == {"A"}


@pytest.mark.parametrize(
    "lacks",
    [
        {"outcome": NOTHING},
        {"outcome": outcome(result=NO_ACCESS), "invoices": [bill()]},
        {"outcome": outcome(result=NOT_CHECKED), "invoices": [bill()]},
        {"outcome": outcome(awaited=(outstanding(),))},
        {"outcome": outcome(), "invoices": [bill()], "past": past(issuer(), issuer(MARKET))},
        {"outcome": outcome(), "invoices": [bill("1", documents=(), lacks=(LACK,))]},
    ],
)
def test_after_its_last_day_what_was_acknowledged_blocks_again(lacks: dict[str, Any]) -> None:
    given = lacks["outcome"]
    facts = {name: value for name, value in lacks.items() if name != "outcome"}
    until = accepts(until=NEXT_DAY.date())
    first = judged(given, acknowledgements=[until], run_id="run-1", **facts)
    assert first.verdict == "COMPLETE"
    last_day = judged(given, previous=first, as_of=NEXT_DAY.replace(hour=23), **facts)
    assert last_day.says_the_same_as(first)
    over = judged(given, previous=last_day, as_of=NEXT_DAY + timedelta(days=1), **facts)
    assert over.verdict == "ACTION_REQUIRED"
    assert "ACKNOWLEDGED" not in codes(over)
    assert payer(over).witnesses.acknowledgements == payer(first).witnesses.acknowledgements
    assert over.closed_at == first.closed_at


def test_nobody_can_acknowledge_damaged_evidence() -> None:
    damage = finding("ARCHIVE_DAMAGED", "invoices/x.pdf", "It is gone.")
    manifest = judged(
        outcome(), invoices=[bill()], damages={ACME: [damage]}, acknowledgements=[accepts()]
    )
    assert payer(manifest).verdict == "PARTIAL"
    assert codes(manifest)["ARCHIVE_DAMAGED"] == "blocking"


def test_an_acknowledgement_is_for_its_payer_account_and_period_alone() -> None:
    for other in (accepts(account_id=BOREAL), accepts(period=SEPTEMBER)):
        manifest = judged(NOTHING, acknowledgements=[other])
        assert payer(manifest).verdict == "MISSING"


def test_a_step_that_is_tried_again_keeps_what_was_covered_first() -> None:
    first = judged(NOTHING, acknowledgements=[accepts()])
    second = judged(
        outcome(listed=("AWAITED-1",), awaited=(outstanding(),)),
        previous=first,
        acknowledgements=[accepts()],
    )
    assert payer(second).witnesses.acknowledgements == payer(first).witnesses.acknowledgements
    assert payer(second).verdict == "PARTIAL"


# late ones, progress


def test_who_is_later_than_usual_is_reported_before_the_deadline() -> None:
    facts: dict[str, Any] = {"past": past(issuer(), day=4), "as_of": BEFORE_DEADLINE}
    late = judged(NOTHING, **facts)
    told = [found for found in payer(late).findings if found.code == "LATER_THAN_USUAL"]
    assert [(one.severity, "day 4" in one.detail) for one in told] == [("info", True)]
    assert payer(late).verdict == "AWAITING"
    next_day = judged(NOTHING, previous=late, **facts | {"as_of": BEFORE_DEADLINE + timedelta(1)})
    assert next_day.says_the_same_as(late)
    assert "LATER_THAN_USUAL" not in codes(judged(outcome(), invoices=[bill()], **facts))
    on_time = facts | {"past": past(issuer(), day=5)}
    assert "LATER_THAN_USUAL" not in codes(judged(NOTHING, **on_time))
    assert "LATER_THAN_USUAL" not in codes(judged(NOTHING, past=past(issuer(), day=4)))


def test_since_when_everything_is_archived_moves_with_the_last_invoice_until_the_close() -> None:
    first = judged(outcome(), invoices=[bill()], as_of=BEFORE_DEADLINE)
    assert payer(first).settled_at == "2026-11-05T06:00:00Z"
    same = judged(
        outcome(), invoices=[bill()], previous=first, as_of=BEFORE_DEADLINE.replace(day=6)
    )
    assert payer(same).settled_at == "2026-11-05T06:00:00Z"
    waiting = outcome(listed=("1", "AWAITED-1"), awaited=(outstanding(),))
    lacks = judged(waiting, invoices=[bill()], previous=same, as_of=BEFORE_DEADLINE.replace(day=7))
    assert payer(lacks).settled_at is None
    two = [bill(), bill("AWAITED-1")]
    whole = judged(outcome(), invoices=two, previous=lacks, as_of=BEFORE_DEADLINE.replace(day=8))
    assert payer(whole).settled_at == "2026-11-08T06:00:00Z"
    closed = judged(outcome(), invoices=two, previous=whole)
    late = judged(outcome(), invoices=[*two, bill("3")], previous=closed, as_of=NEXT_DAY)
    assert payer(late).settled_at == "2026-11-08T06:00:00Z"


def test_the_progress_names_who_has_nothing_outstanding_beside_who_is_complete() -> None:
    manifest = judged(
        outcome(),
        outcome(BOREAL, listed=()),
        invoices=[bill()],
        names=BOTH,
        as_of=datetime(2026, 11, 4, 6, tzinfo=UTC),
    )
    assert manifest.verdict == "AWAITING"
    assert manifest.completeness()["progress"] == {
        "complete": 0,
        "payers": 2,
        "close_day": "business day 3",
        "text": "0 of 2 complete on business day 3, 1 more with nothing outstanding",
    }
    assert manifest.completeness()["last_day"] == "2026-11-10"


# everything


def test_a_judgement_with_every_witness_reads_back_from_the_archive() -> None:
    given = outcome(
        listed=("R1",),
        units=UNITS,
        transfers=transfers(
            transfer(source=OUTSIDE, target=ACME, end="2026-12-31T23:59:59Z", status="WITHDRAWN")
        ),
    )
    facts: dict[str, Any] = {
        "invoices": [of_receiver(), bill("2", BillSourceAccounts=[BOREAL])],
        "past": past(issuer(), issuer(MARKET, ACME, BOREAL)),
    }
    first = judged(
        given, charges=said(costs("AWS", "AWS Marketplace")), acknowledgements=[accepts()], **facts
    )
    back = Manifest.from_data(json.loads(to_canonical_json(first.to_data())))
    assert back == first
    assert judged(given, previous=back, **facts).says_the_same_as(back)


charges_said = st.sampled_from(
    [
        None,
        READ_NOT,
        costs(),
        costs(final=False),
        costs("AWS"),
        costs("AWS", final=False),
        costs("AWS Marketplace"),
        costs("AWS", "AWS Marketplace"),
    ]
)
histories = st.sampled_from(
    [[], past(issuer()), past(issuer(MARKET)), past(issuer(), issuer(MARKET))]
)
transfers_told = st.sampled_from(
    [
        None,
        Transfers(not_read="Denied."),
        transfers(),
        transfers(transfer()),
        transfers(transfer(start="2026-10-15T00:00:00Z")),
        transfers(transfer(source=OUTSIDE, target=ACME)),
    ]
)
shown = st.sampled_from([[], [bill()], [bill("2", MARKET)], [bill(), bill("2", MARKET)]])
instants = st.sampled_from([BEFORE_DEADLINE, AFTER_DEADLINE])
RANK = dict.fromkeys(COMPLETE_VERDICTS, 0) | {"AWAITING": 1}


def rank(manifest: Manifest) -> int:
    """Complete, awaited, or in need of a person."""
    return RANK.get(payer(manifest).verdict, 2)


@st.composite
def everything(draw: st.DrawFn) -> dict[str, Any]:
    """The outcome and the facts of a judgement of Acme; what was said is among them."""
    charges, invoices = draw(charges_said), draw(shown)
    told = draw(transfers_told)
    return {
        "outcome": outcome(listed=[one.invoice_id for one in invoices], transfers=told),
        "invoices": invoices,
        "past": draw(histories),
        "charges": said(charges) if charges else {},
        "as_of": draw(instants),
        "names": BOTH,
    }


@given(everything(), st.sampled_from([[], [accepts()]]))
def test_whatever_the_witnesses_say_complete_is_never_blocked_nor_without_a_witness(
    facts: dict[str, Any], given: list[GivenAcknowledgement]
) -> None:
    asked: PayerOutcome = facts.pop("outcome")
    manifest = judged(asked, acknowledgements=given, **facts)
    state, charges = payer(manifest), facts["charges"].get(ACME)
    is_proof = bool(charges and charges.is_final)
    if is_complete(state.verdict):
        assert all(found.severity != "blocking" for found in state.findings)
    has_charges = bool(charges and charges.charged)
    if state.verdict == "COMPLETE":
        assert facts["invoices"] or (given and has_charges)
        assert facts["as_of"] == AFTER_DEADLINE or (is_proof and facts["past"])
    if state.verdict == "NO_CHARGES":
        assert not facts["invoices"]
        assert not has_charges
        assert given or is_proof
    if state.verdict == "TRANSFERRED":
        assert asked.transfers
        assert any(one.source == ACME and one.covers(OCTOBER) for one in asked.transfers.transfers)
    if any(statement and statement.not_read for statement in (charges, asked.transfers)):
        assert "WITNESS_NOT_READ" in codes(manifest)
    if facts["as_of"] == AFTER_DEADLINE:
        assert state.verdict != "AWAITING"


@given(everything(), st.sampled_from(["AWS", "AWS Marketplace"]))
def test_more_charges_never_make_the_verdict_milder(facts: dict[str, Any], entity: str) -> None:
    asked = facts.pop("outcome")
    all_of_them = ("AWS", "AWS Marketplace")
    ranks = [
        rank(judged(asked, **facts | {"charges": said(costs(*entities))}))
        for entities in ((), (entity,), all_of_them)
    ]
    assert ranks == sorted(ranks)


@given(everything())
def test_more_usual_invoices_never_make_the_verdict_milder(facts: dict[str, Any]) -> None:
    asked = facts.pop("outcome")
    ranks = [
        rank(judged(asked, **facts | {"past": past(*usual)}))
        for usual in (
            (issuer(),),
            (issuer(), issuer(EMEA)),
            (issuer(), issuer(EMEA), issuer(MARKET)),
        )
    ]
    assert ranks == sorted(ranks)


@given(everything())
def test_without_an_acknowledgement_the_verdict_is_never_milder(facts: dict[str, Any]) -> None:
    asked = facts.pop("outcome")
    with_one = judged(asked, acknowledgements=[accepts()], **facts)
    assert rank(with_one) <= rank(judged(asked, **facts))


def test_charges_a_usual_invoice_and_a_financial_record_may_be_one_invoice() -> None:
    marketplace = financial_record("7", line_of_business="AWS_MARKETPLACE")
    manifest = judged(
        outcome(payments=answer(financial_record("1"), marketplace)),
        invoices=[bill("1")],
        past=past(issuer(), issuer(MARKET)),
        charges={ACME: costs("AWS", "AWS Marketplace")},
    )

    assert {
        "CHARGES_WITHOUT_INVOICE",
        "USUAL_INVOICE_MISSING",
        "FINANCIAL_RECORD_WITHOUT_INVOICE",
    } <= codes(manifest).keys()
    assert (payer(manifest).expected, payer(manifest).unarchived) == (2, 1)


def test_a_financial_record_of_another_billing_entity_is_another_invoice() -> None:
    manifest = judged(
        outcome(payments=answer(financial_record("1"), financial_record("7"))),
        invoices=[bill("1")],
        past=past(issuer(), issuer(MARKET)),
    )

    assert (payer(manifest).expected, payer(manifest).unarchived) == (3, 2)

"""Whatever is told in whatever order, a red period says what blocks it, and a green one has nothing
that does.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lambdas.domain.evidence.records import Gap
from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.runs.outcome import CHECKED, NO_ACCESS, NOT_CHECKED, WRONG_ACCOUNT
from lambdas.domain.runs.payer_run import UnusableRow
from tests.domain.examples import ACME, BEFORE_DEADLINE, BOREAL, OCTOBER, outstanding
from tests.domain.judgement.test_judged_witnesses import (
    AFTER_DEADLINE,
    AWS,
    BOTH,
    MARKET,
    OUTSIDE,
    RECEIVER,
    UNITS,
    accepts,
    bill,
    charges_said,
    costs,
    issuer,
    of_receiver,
    past,
    said,
    transfer,
    transfers_told,
)
from tests.domain.judging import judged, outcome, transfers
from tests.sizes import examples

LACKS = tuple(
    Gap(code, "3", "It could not be fetched.")
    for code in ("PDF_NOT_READY", "DOCUMENT_TOO_LARGE", "REVISION_NOT_CHECKED")
)
invoices_archived = st.just([]) | st.lists(
    st.sampled_from(
        [
            bill("1"),
            bill("2", MARKET),
            bill("3", lacks=LACKS[:1]),
            bill("3", lacks=LACKS[1:2], documents=()),
            bill("3", lacks=LACKS[2:]),
            bill("4", documents=()),
            bill("5", InvoiceType="CREDIT_MEMO"),
            bill("6", InvoiceType="PAYMENT_RECEIPT"),
            bill("7", CommercialInvoiceId="1"),
            bill("8", BillSourceAccounts=[OUTSIDE]),
            bill("9", BillSourceAccounts=[], BillSourceAccountsTotalCount=1),
            bill("10", payer=BOREAL),
            of_receiver("11"),
            of_receiver("12", InvoiceType="CREDIT_MEMO"),
        ]
    ),
    max_size=3,
    unique_by=lambda one: one.invoice_id,
)
invoices_awaited = st.just([]) | st.lists(
    st.builds(
        outstanding,
        st.sampled_from(["A", "B"]),
        payer=st.sampled_from([ACME, RECEIVER]),
        code=st.sampled_from(["PDF_NOT_READY", "NO_DOCUMENT_URL", "OTHER_INVOICE", "NOT_FETCHED"]),
        seen_by=st.just(ACME),
    ),
    max_size=2,
    unique_by=lambda one: one.invoice_id,
)
rows_without_id = st.just([]) | st.lists(
    st.sampled_from([UnusableRow(OCTOBER, "a"), UnusableRow(OCTOBER.shifted(-1), "b")]),
    max_size=2,
    unique=True,
)
histories = st.sampled_from(
    [[], [], past(issuer()), past(issuer(MARKET)), past(issuer(), issuer(AWS, ACME, OUTSIDE))]
)
results = st.sampled_from([*[CHECKED] * 6, NO_ACCESS, WRONG_ACCOUNT, NOT_CHECKED])
registers = st.sampled_from([*[{ACME: "Acme"}] * 4, BOTH, {BOREAL: "Boreal"}])
accepted = st.just([]) | st.lists(
    st.builds(
        accepts,
        account_id=st.sampled_from([ACME, BOREAL]),
        until=st.sampled_from([date(2026, 11, 12), date(2026, 12, 31)]),
    ),
    max_size=1,
)
NO_RECEIVERS = replace(UNITS, receivers=())
DAMAGE = {ACME: [finding("ARCHIVE_DAMAGED", "invoices/x.pdf", "It is gone.")]}


QUIET: dict[str, Any] = {
    "outcomes": (outcome(listed=()),),
    "invoices": [],
    "past": [],
    "charges": {},
    "names": {ACME: "Acme"},
    "acknowledgements": [],
    "damages": {},
}
CHARGED_AFTER_THE_CLOSE = [
    QUIET,
    QUIET | {"charges": said(costs())},
    QUIET | {"charges": said(costs("AWS"))},
]
NO_RECEIVER_AFTER_THE_CLOSE = [
    QUIET,
    QUIET | {"outcomes": (outcome(units=UNITS),), "invoices": [of_receiver("11")]},
    QUIET | {"outcomes": (outcome(units=NO_RECEIVERS),)},
]
UNREAD_AND_ACCEPTED = [
    QUIET | {"outcomes": ()},
    QUIET | {"outcomes": (outcome(result=NO_ACCESS),), "acknowledgements": [accepts()]},
]


@st.composite
def day(draw: st.DrawFn) -> dict[str, Any]:
    """What one run learns of Acme, and what the archive holds then."""
    invoices, awaited = draw(invoices_archived), draw(invoices_awaited)
    charges = draw(charges_said)
    told = draw(st.one_of(transfers_told, st.just(transfers(transfer(RECEIVER, ACME)))))
    asked = outcome(
        result=draw(results),
        listed=[one.invoice_id for one in (*invoices, *awaited)],
        awaited=tuple(awaited),
        nameless=tuple(draw(rows_without_id)),
        units=draw(st.sampled_from([None, UNITS, NO_RECEIVERS])),
        transfers=told,
    )
    return {
        "outcomes": draw(st.sampled_from([(), (asked,), (asked,)])),
        "invoices": invoices,
        "past": draw(histories),
        "charges": said(charges) if charges else {},
        "names": draw(registers),
        "acknowledgements": draw(accepted),
        "damages": draw(st.sampled_from([*[{}] * 7, DAMAGE])),
    }


def lived(days: list[dict[str, Any]]) -> Iterator[Manifest]:
    """The manifests of these days, the first before the deadline; what is archived stays."""
    previous: Manifest | None = None
    archived: dict[str, Any] = {}
    for number, facts in enumerate(days):
        as_of = AFTER_DEADLINE + timedelta(days=number - 1) if number else BEFORE_DEADLINE
        archived = {one.invoice_id: one for one in facts["invoices"]} | archived
        previous = judged(
            *facts["outcomes"],
            **{name: value for name, value in facts.items() if name != "outcomes"}
            | {"invoices": list(archived.values())},
            previous=previous,
            as_of=as_of,
            run_id=f"run-{number}",
        )
        yield previous


@given(st.lists(day(), min_size=1, max_size=4))
@example(CHARGED_AFTER_THE_CLOSE)
@example(NO_RECEIVER_AFTER_THE_CLOSE)
@example(UNREAD_AND_ACCEPTED)
@settings(max_examples=examples(80, 500))
def test_a_red_period_has_a_finding_that_blocks_and_a_green_one_has_none(
    days: list[dict[str, Any]],
) -> None:
    for manifest in lived(days):
        blocking = [f for one in manifest.payers for f in one.findings if f.severity == "blocking"]
        assert manifest.verdict != "ACTION_REQUIRED" or blocking
        assert manifest.verdict != "COMPLETE" or not blocking


@given(st.lists(day(), min_size=2, max_size=4))
@example(CHARGED_AFTER_THE_CLOSE)
@example(UNREAD_AND_ACCEPTED)
@settings(max_examples=examples(80, 500))
def test_no_charges_is_said_neither_of_an_unread_account_nor_against_cost_explorer(
    days: list[dict[str, Any]],
) -> None:
    for manifest in lived(days):
        for state in manifest.payers:
            if state.verdict == "NO_CHARGES":
                charges = state.witnesses.charges
                assert state.checked_at
                assert not (charges and charges.charged)

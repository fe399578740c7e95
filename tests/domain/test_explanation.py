"""Why a payer account has its verdict, in words."""

from typing import Any

import pytest

from lambdas.domain.billing_transfers import Transfers
from lambdas.domain.explanation import explain
from lambdas.domain.manifests import Manifest
from tests.domain.examples import ACME, AFTER_DEADLINE, BOREAL, archived, outstanding
from tests.domain.judging import judged, outcome, payer, transfers
from tests.domain.test_judged_witnesses import (
    AWS,
    BOTH,
    MARKET,
    NEXT_DAY,
    NOTHING,
    OUTSIDE,
    READ_NOT,
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


def explained(manifest: Manifest, account_id: str = ACME) -> dict[str, list[str]]:
    return {one.witness: list(one.lines) for one in explain(manifest, payer(manifest, account_id))}


def test_every_witness_speaks_in_order_and_the_verdict_comes_last() -> None:
    assert list(explained(judged(outcome(), invoices=[bill()]))) == [
        "listings",
        "history",
        "cost explorer",
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
            "They show 0 invoices of 2026-10, since 2026-11-12T06:00:00Z.",
            f"See runs/run-2/payers/{ACME}/listing.json.",
        ],
        "history": ["No earlier period is known."],
        "cost explorer": ["It was not asked."],
        "billing transfers": ["It was not asked."],
        "invoice units": ["It was not asked."],
        "a person": ["Nobody accepted anything."],
        "archive": ["1 of 1 expected invoice archived, with 1 document."],
        "findings": ["None."],
        "verdict": [
            "COMPLETE, by run run-2; the deadline is 2026-11-10.",
            "It is settled since 2026-11-12T06:00:00Z.",
            "See periods/2026-10/manifests/manifest-0001.json, written by run run-2 on "
            "business day 9.",
        ],
    }


def test_what_lacks_is_explained_by_those_who_expect_it() -> None:
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
    history = "2026-07, 2026-08, 2026-09 each have an invoice of Amazon Web Services, Inc."
    assert told["history"] == [
        f"{history} (AWS, ANNIVERSARY) for {ACME}: it is here.",
        f"{history} (AWS_MARKETPLACE, ANNIVERSARY) for {ACME}: it is missing.",
        "Everything was usually archived by day 4 of the next month.",
    ]
    assert told["cost explorer"] == [
        "It answered on 2026-11-12T06:00:00Z, with an estimate:",
        "There are charges of AWS in 1 linked account.",
        "There are charges of AWS_MARKETPLACE in 1 linked account.",
        "AWS: charged 100.00, invoiced 400.00, residual -300.00 USD.",
        "AWS_MARKETPLACE: charged 100.00, invoiced 0, residual 100.00 USD.",
        f"See runs/run-2/payers/{ACME}/charges-2026-10.json.",
    ]
    assert told["billing transfers"] == [
        f"From {OUTSIDE} to {ACME} since 2026-01-01T00:00:00Z until 2026-10-15T00:00:00Z "
        "(ACCEPTED): it covers a part of 2026-10."
    ]
    assert told["invoice units"] == [
        "Their receivers were asked too, since 2026-11-12T06:00:00Z: 777788889999."
    ]
    assert told["archive"][1:] == [
        "AWAITED-1 is listed and not archived.",
        f"2 lacks its document; see records/2026-10/{ACME}/2/0001.json.",
    ]
    assert [line.partition(" (")[0] for line in told["findings"]] == [
        "blocking PDF_NOT_READY",
        "blocking USUAL_INVOICE_MISSING",
    ]
    assert told["verdict"][0].startswith("MISSING")


@pytest.mark.parametrize(
    ("facts", "witness", "line"),
    [
        ({"charges": said(costs())}, "cost explorer", "There are no charges."),
        (
            {"charges": said(READ_NOT)},
            "cost explorer",
            "Not read at last: AWS denied ce:GetCostAndUsage (AccessDeniedException).",
        ),
        (
            {"acknowledgements": [accepts()]},
            "a person",
            f"Dana accepted NO_INVOICES_LISTED of {ACME} on 2026-11-12T06:00:00Z until "
            '2026-12-31: "The account has no workload any more."',
        ),
        ({"past": past(issuer(), count=1)}, "history", "2026-09: nothing that each of them, and"),
    ],
)
def test_each_witness_is_told_in_a_sentence(facts: dict[str, Any], witness: str, line: str) -> None:
    told = explained(judged(NOTHING, **facts))[witness]
    assert any(one.startswith(line) for one in told), told


def test_a_transferred_payer_account_names_who_gets_its_invoices() -> None:
    told = explained(judged(outcome(listed=(), transfers=transfers(transfer())), names=BOTH))
    assert told["billing transfers"] == [
        f"From {ACME} to {BOREAL} since 2026-01-01T00:00:00Z (ACCEPTED): it covers the whole of "
        "2026-10."
    ]
    none = explained(judged(outcome(transfers=transfers()), invoices=[bill()]))
    assert none["billing transfers"] == ["None touches 2026-10, since 2026-11-12T06:00:00Z."]
    denied = Transfers(not_read="Denied.")
    assert explained(judged(outcome(transfers=denied)))["billing transfers"] == [
        "Not read at last: Denied."
    ]


def test_a_usual_invoice_that_another_witness_explains_is_told_so() -> None:
    told = explained(
        judged(
            outcome(),
            invoices=[bill()],
            past=past(issuer(), issuer(MARKET)),
            charges=said(costs("AWS")),
        )
    )
    assert told["history"][1].endswith("it is not here, and another witness explains that.")


def test_an_acknowledgement_that_is_over_is_told_as_over() -> None:
    first = judged(NOTHING, acknowledgements=[accepts(until=AFTER_DEADLINE.date())])
    second = judged(NOTHING, previous=first, as_of=NEXT_DAY)
    assert "until 2026-11-12, which is over:" in explained(second)["a person"][0]


def test_a_payer_account_that_was_never_read_is_told_so() -> None:
    told = explained(judged())
    assert told["listings"] == ["Its own listings were never read for this period."]
    assert told["findings"][0].startswith("blocking NOT_CHECKED")


def test_an_account_that_only_others_were_shown_is_explained_too() -> None:
    manifest = judged(outcome(), invoices=[archived("1"), archived("2", payer=BOREAL, Entity=AWS)])
    assert explained(manifest, BOREAL)["verdict"][0].startswith("COMPLETE")

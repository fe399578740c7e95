"""What a manifest says of itself is counted once more from its invoices, and from one manifest to
the next nothing that was expected is forgotten.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.findings import finding
from lambdas.domain.json_text import to_canonical_json
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.judgement.verdicts import period_verdict
from ops.check import expected
from ops.check.manifest import WholeManifest
from ops.check.recount import miscounts
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, outstanding, summary_row

AT = "2026-11-12T06:00:00Z"
Edit = Callable[[dict[str, Any]], object]


def payer(account_id: str, *invoices: ArchivedInvoice, **members: Any) -> PayerState:
    at = (account_id, "Acme", "", "CHECKED", "COMPLETE", "run", AT, 9)
    return replace(PayerState(*at, invoices, (), (), ()), **members)  # type: ignore[arg-type]


def manifest(*payers: PayerState) -> dict[str, Any]:
    verdict = period_verdict(one.verdict for one in payers)
    return Manifest("bucket", OCTOBER, 1, None, "run", AT, verdict, None, payers).to_data()


def wrong(said: dict[str, Any]) -> list[str]:
    return list(miscounts(read(said)))


def read(said: dict[str, Any]) -> WholeManifest:
    found = WholeManifest([to_canonical_json(said)], OCTOBER)
    assert found.damage is None
    return found


TWO = manifest(
    payer(ACME, archived("1"), archived("2"), archived("TWICE")),
    payer(BOREAL, archived("TWICE", payer=BOREAL), archived("4", payer=BOREAL)),
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([ACME, BOREAL]),
            st.sampled_from(["1", "2", "3", "4"]),
            st.sampled_from(["1", "2.50", "-0.00", "1e3", "no number", "0.001"]),
            st.sampled_from(["USD", "JPY"]),
            st.sampled_from([(), ("999999999999",), ("888888888888", "999999999999")]),
        ),
        unique_by=lambda one: one[:2],
    )
)
def test_what_the_domain_counts_is_counted_to_be_the_same(rows: list[Any]) -> None:
    invoices: dict[str, list[ArchivedInvoice]] = {ACME: [], BOREAL: []}
    for account_id, invoice_id, amount, currency, sources in rows:
        total = {"TotalAmount": amount, "CurrencyCode": currency}
        row = summary_row(
            invoice_id,
            AccountId=account_id,
            PaymentCurrencyAmount=total,
            BillSourceAccounts=list(sources) or None,
        )
        one = archived(invoice_id, payer=account_id)
        invoices[account_id].append(replace(one, summary=replace(one.summary, row=row)))
    states = [payer(account_id, *some) for account_id, some in invoices.items()]
    assert wrong(manifest(*states)) == []


def edit_payer(number: int, **members: Any) -> Edit:
    return lambda said: said["payers"][number].update(members)


def give_away(said: dict[str, Any]) -> None:
    said["payers"][1]["invoices"][1]["payer_account_id"] = ACME


def name_twice(said: dict[str, Any]) -> None:
    said["payers"][1] = said["payers"][0] | {"invoices": []}


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda said: said["totals"][0].update(amount="1.00"), "its totals are not those of its"),
        (lambda said: said["totals"].clear(), "its totals are not those of its invoices"),
        (lambda said: said.update(verdict="ACTION_REQUIRED"), "its status does not follow"),
        (edit_payer(0, verdict="MISSING"), "its status does not follow from those of its payer"),
        (edit_payer(0, archived=9), f"payer account {ACME} has other archived than its invoices"),
        (edit_payer(0, documents=9), f"payer account {ACME} has other documents than its invoices"),
        (edit_payer(1, totals=[]), f"payer account {BOREAL} has other totals than its invoices"),
        (edit_payer(1, sources=[{}]), f"payer account {BOREAL} has other sources than its"),
        (give_away, f"payer account {BOREAL} has an invoice of {ACME}"),
        (name_twice, f"it has payer account {ACME} twice"),
        (lambda said: said["payers"][0]["invoices"][0].update(summary=[]), "its invoice 1 cannot"),
        (lambda said: said["payers"][0]["invoices"][0]["documents"][0].pop("is_invoice_document"),
         "its invoice 1 cannot be counted"),
    ],
)  # fmt: skip
def test_what_does_not_follow_from_its_own_invoices_is_reported(edit: Edit, told: str) -> None:
    said = copy.deepcopy(TWO)
    edit(said)
    assert [one for one in wrong(said) if one.startswith(told)]


def forgotten(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    first = read(before)
    assert list(expected.forgotten(None, first)) == []
    return list(expected.forgotten(first, read(after)))


AWAITED = payer(ACME, outstanding=(outstanding("A"),), verdict="AWAITING")
FORGOTTEN = ["invoice A, which was awaited"]


@pytest.mark.parametrize(
    ("then", "told"),
    [
        (AWAITED, []),
        (payer(ACME, archived("A")), []),
        (payer(ACME, findings=(finding("INVOICE_VANISHED", "A", "No longer listed."),)), []),
        (payer(ACME, findings=(finding("PDF_NOT_READY", "A", "Not yet."),)), FORGOTTEN),
        (payer(ACME, archived("B")), FORGOTTEN),
        (payer(BOREAL, archived("A", payer=BOREAL)), [f"payer account {ACME}"]),
        (payer(BOREAL), [f"payer account {ACME}", *FORGOTTEN]),
    ],
)
def test_what_was_expected_is_archived_awaited_or_reported_as_vanished(
    then: PayerState, told: list[str]
) -> None:
    assert forgotten(manifest(AWAITED), manifest(then)) == told

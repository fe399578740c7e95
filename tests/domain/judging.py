"""Judgements of October 2026 by facts that a test names."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.findings import Finding
from lambdas.domain.json_text import instant_text, to_canonical_json
from lambdas.domain.judgement.facts import Facts
from lambdas.domain.judgement.history import PastPeriod
from lambdas.domain.judgement.judge import judge_payers, manifest_of
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.judgement.payer_case import PayerCase
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.close_calendar import CloseCalendar, CloseDeadline
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.runs.payer_run import UnusableRow
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, Transfers
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.statements import InvoiceUnits
from ops.check.judgement import Judgement
from ops.check.manifest import WholeManifest
from tests.domain.codes_of_rules import strange_codes
from tests.domain.examples import ACME, AFTER_DEADLINE, OCTOBER

HASH = "a" * 64


def outcome(
    account_id: str = ACME,
    result: str = CHECKED,
    *,
    listed: Sequence[str] = ("1",),
    periods: tuple[BillingPeriod, ...] = (OCTOBER,),
    awaited: tuple[OutstandingInvoice, ...] = (),
    nameless: tuple[UnusableRow, ...] = (),
    detail: str = "Denied.",
    units: InvoiceUnits | None = None,
    transfers: Transfers | None = None,
    payments: PaymentsAnswer | None = None,
) -> PayerOutcome:
    return PayerOutcome(
        account_id,
        result,
        detail,
        periods,
        frozenset(listed),
        nameless,
        (),
        awaited,
        units,
        transfers,
        payments=payments,
    )


def facts_of(
    *outcomes: PayerOutcome,
    invoices: Sequence[ArchivedInvoice] = (),
    previous: Manifest | None = None,
    as_of: datetime = AFTER_DEADLINE,
    names: Mapping[str, str] | None = None,
    damages: Mapping[str, Sequence[Finding]] | None = None,
    run_id: str = "run-2",
    past: Sequence[PastPeriod] = (),
    charges: Mapping[str, Charges] | None = None,
    acknowledgements: Sequence[GivenAcknowledgement] = (),
    absent: Sequence[str] = (),
    asks_cost_explorer: bool = True,
    recorded_elsewhere: Sequence[str] = (),
) -> Facts:
    """The facts of October, in the terms of a test."""
    return Facts(
        "archive",
        OCTOBER,
        run_id,
        as_of,
        CloseCalendar(CloseDeadline("day", 10)),
        {
            account_id: Payer(account_id, name, legal_entity=f"{name} Ltd.")
            for account_id, name in ({ACME: "Acme"} if names is None else names).items()
        },
        previous,
        HASH if previous else None,
        outcomes,
        sorted(invoices, key=lambda i: (i.payer_account_id, i.invoice_id)),
        damages or {},
        absent,
        past,
        recorded_elsewhere,
        charges or {},
        acknowledgements,
        asks_cost_explorer,
    )


def judged(*outcomes: PayerOutcome, **given: Any) -> Manifest:
    """The manifest that follows from `facts_of` these; each judgement is held to what is known of
    all.
    """
    facts = facts_of(*outcomes, **given)
    manifest = manifest_of(facts, judge_payers(facts))
    for state in manifest.payers:
        with suppress(*NOT_UNDERSTOOD):  # such an account is not judged
            assert strange_codes(PayerCase(facts, state.payer_account_id)) == []
    assert contradictions(manifest, facts.previous) == []
    return manifest


def contradictions(manifest: Manifest, previous: Manifest | None) -> list[str]:
    """What `invoices check` would say of it: nothing, of whatever is judged."""
    before = _read(previous, None, is_first=False) if previous else None
    return list(_read(manifest, before, is_first=previous is None).wrong)


def _read(manifest: Manifest, before: Judgement | None, *, is_first: bool) -> Judgement:
    period = manifest.billing_period
    whole = WholeManifest([to_canonical_json(manifest.to_data())], period)
    return Judgement(whole, period, before, is_first=is_first, now=None)


def payer(manifest: Manifest, account_id: str = ACME) -> PayerState:
    return next(state for state in manifest.payers if state.payer_account_id == account_id)


def codes(manifest: Manifest, account_id: str = ACME) -> dict[str, str]:
    """Code to severity of a payer account's findings."""
    return {found.code: found.severity for found in payer(manifest, account_id).findings}


def transfers(*told: BillingTransfer, run_id: str = "run-2") -> Transfers:
    return Transfers(run_id, instant_text(AFTER_DEADLINE), told)

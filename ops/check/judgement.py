"""Manifests that no run writes: their instants, counts and verdicts do not follow from each other,
or from the manifest before. Only the signer could write one.

Each rule holds for every manifest that `judge` writes, in this release and in earlier ones.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.findings import Finding
from lambdas.domain.judgement.invoice_findings import document_gaps, findings_of
from ops.check.instants import Judged, closing_differences, instant_differences
from ops.check.manifest_reader import PayerPart
from ops.check.payer_rules import Before, PayerClaim, PayerRules
from ops.check.statement import InvoiceStatement

_OF_BEFORE = ("generated_at", "closed_at")


class Judgement:
    """Judgement of one manifest as it is read.

    `members` fills as the file is read: in the signed form, the instants come before the payer
    accounts. `before` is the judgement of the manifest before it, None if there is none or it is
    not known.
    """

    def __init__(
        self,
        members: Mapping[str, Any],
        period: BillingPeriod,
        before: "Judgement | None",
        *,
        is_first: bool,
        now: datetime | None,
    ) -> None:
        self._members = members
        self._period = period
        self._is_first = is_first
        self._now = now
        self._members_before = (
            {name: before._members.get(name) for name in _OF_BEFORE} if before else None
        )
        self._payers_before = before._payers if before else {}
        self._payers: dict[str, PayerClaim] = {}
        self._wrong: list[str] = []
        self._of_this_run: dict[str, list[str]] = {}
        """Faults of each payer account if this run judged it."""
        self._invoices = 0
        self._found: list[Finding] = []
        self._is_anything_expected = False

    def invoice(self, statement: InvoiceStatement) -> None:
        self._invoices += 1
        data = statement.data
        try:
            if data["findings"] or not any(one["is_invoice_document"] for one in data["documents"]):
                invoice = ArchivedInvoice.from_data(data)
                self._found += [*findings_of(invoice), *document_gaps(invoice)]
        except NOT_UNDERSTOOD:
            self._wrong.append(f"its invoice {statement.invoice_id} cannot be judged")

    def payer(self, part: PayerPart) -> None:
        """Take a payer account, after its invoices."""
        invoices, self._invoices = self._invoices, 0
        found, self._found = self._found, []
        account_id = str(part.data.get("payer_account_id"))
        try:
            rules = PayerRules(part.data, invoices, found, Judged.of(self._members))
            always, of_this_run = list(rules.always()), list[str]()
            if self._knows_before:
                of_this_run += rules.of_this_run(self._before(account_id))
        except NOT_UNDERSTOOD:
            self._wrong.append(f"payer account {account_id} cannot be judged")
            return
        self._payers[account_id] = rules.claim
        self._is_anything_expected |= bool(rules.claim.expected)
        self._wrong += (f"payer account {account_id} {one}" for one in always)
        self._of_this_run[account_id] = of_this_run

    def wrong(self) -> Iterator[str]:
        """Yield all faults as parts of a sentence, once the manifest was read."""
        yield from self._wrong
        try:
            yield from self._wrong_instants()
        except NOT_UNDERSTOOD:
            yield "its instants and days are not those of a run"
        for account_id, claim in self._payers.items():
            by_run = self._by_run(claim, account_id)
            yield from (f"payer account {account_id} {one}" for one in by_run)

    def forget(self) -> None:
        """Drop what only the next manifest needed, to keep memory flat along the chain."""
        self._payers, self._payers_before, self._of_this_run = {}, {}, {}

    @property
    def _knows_before(self) -> bool:
        return self._is_first or self._members_before is not None

    def _before(self, account_id: str) -> Before:
        closed_at = (self._members_before or {}).get("closed_at")
        return Before(closed_at is not None, self._payers_before.get(account_id))

    def _wrong_instants(self) -> Iterator[str]:
        members = self._members
        yield from instant_differences(members, self._period, self._members_before, self._now)
        if self._knows_before:
            yield from closing_differences(members, self._members_before)
        if Judged.of(members).at.date() < self._period.first_day and not self._is_anything_expected:
            # A month to come is judged only if AWS already lists an invoice of it.
            yield f"it was generated at {members['generated_at']}, before its period began"

    def _by_run(self, claim: PayerClaim, account_id: str) -> Iterator[str]:
        """Check that this run's judgements follow from its facts, and that all others are
        unchanged.
        """
        if claim.run_id == self._members.get("run_id"):
            yield from self._of_this_run[account_id]
        elif self._knows_before and self._payers_before.get(account_id) != claim:
            yield f"says something new as of run {claim.run_id}, which did not write the manifest"

"""Manifests that no run writes: their instants, counts and verdicts do not follow from each other,
or from the manifest before. Only the signer could write one.

Each rule holds for every manifest that `judge` writes, in this release and in earlier ones.
"""

from collections.abc import Iterator
from datetime import datetime

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from ops.check.instants import Judged, closing_differences, instant_differences
from ops.check.manifest import ManifestPayer, WholeManifest
from ops.check.payer_rules import Before, PayerClaim, PayerRules

_OF_BEFORE = ("generated_at", "closed_at")


class Judgement:
    """Judgement of one manifest. `before` is that of the manifest before it, None if there is none
    or it is not known.
    """

    def __init__(
        self,
        manifest: WholeManifest,
        period: BillingPeriod,
        before: "Judgement | None",
        *,
        is_first: bool,
        now: datetime | None,
    ) -> None:
        self._members = manifest.members
        self._period = period
        self._now = now
        self._members_before = (
            {name: before._members.get(name) for name in _OF_BEFORE} if before else None
        )
        self._payers_before = before._payers if before else {}
        self._knows_before = is_first or before is not None
        self._payers: dict[str, PayerClaim] = {}
        self._of_this_run: dict[str, list[str]] = {}
        """Faults of each payer account if this run judged it."""
        self.wrong = list(self._wrong(manifest))
        """All faults, as parts of a sentence."""
        self._payers_before = {}  # nobody holds a whole chain

    def _wrong(self, manifest: WholeManifest) -> Iterator[str]:
        for payer in manifest.payers:
            yield from self._payer(payer)
        try:
            yield from self._wrong_instants()
        except NOT_UNDERSTOOD:
            yield "its instants and days are not those of a run"
        for account_id, claim in self._payers.items():
            by_run = self._by_run(claim, account_id)
            yield from (f"payer account {account_id} {one}" for one in by_run)

    def _payer(self, payer: ManifestPayer) -> Iterator[str]:
        yield from (f"its invoice {one} cannot be judged" for one in payer.not_judged)
        account_id = payer.account_id
        try:
            judged = Judged.of(self._members)
            rules = PayerRules(payer.data, len(payer.invoice_ids), payer.found, judged)
            always, of_this_run = list(rules.always()), list[str]()
            if self._knows_before:
                of_this_run += rules.of_this_run(self._before(account_id))
        except NOT_UNDERSTOOD:
            yield f"payer account {account_id} cannot be judged"
            return
        self._payers[account_id] = rules.claim
        self._of_this_run[account_id] = of_this_run
        yield from (f"payer account {account_id} {one}" for one in always)

    def _before(self, account_id: str) -> Before:
        closed_at = (self._members_before or {}).get("closed_at")
        return Before(closed_at is not None, self._payers_before.get(account_id))

    def _wrong_instants(self) -> Iterator[str]:
        members = self._members
        yield from instant_differences(members, self._period, self._members_before, self._now)
        if self._knows_before:
            yield from closing_differences(members, self._members_before)
        if Judged.of(members).at.date() < self._period.first_day and not any(
            claim.expected for claim in self._payers.values()
        ):
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

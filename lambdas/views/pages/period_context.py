"""The common source of all parts of a period's page."""

from collections.abc import Sequence
from functools import cached_property

from lambdas.domain.close.muted_remarks import NOTHING_MUTED, MutedRemarks
from lambdas.domain.evidence.archive_layout import file_name
from lambdas.domain.findings import Finding
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.views.comparison import Change
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.html import Html, element, join, name
from lambdas.views.pages.links import Links

_DEPTH = 2
"""Number of folders between the bucket's root and a period's page."""
NOT_IN_REGISTER = "Not in the payer register"
"""In place of the name of an account whose invoices are listed under a payer account."""


class PeriodContext:
    """One period, the archive's earlier ones, and links to objects and payer accounts."""

    def __init__(
        self,
        manifest: Manifest,
        periods: Sequence[PeriodDigest],
        region: str,
        muted: MutedRemarks = NOTHING_MUTED,
    ) -> None:
        self.manifest = manifest
        self.muted = muted
        self.period = manifest.billing_period
        self.now = PeriodDigest.of(manifest)
        self.links = Links(manifest.bucket, region, _DEPTH)
        earlier = [one for one in periods if one.billing_period < self.period]
        self.earlier = sorted(earlier, key=lambda one: one.billing_period, reverse=True)

    @cached_property
    def before(self) -> PeriodDigest | None:
        """The month before, if the archive has it."""
        month_before = self.period.shifted(-1)
        return next((one for one in self.earlier if one.billing_period == month_before), None)

    @cached_property
    def _evidence(self) -> frozenset[str]:
        return frozenset(stored.key for stored in self.manifest.evidence)

    def findings(self, payer: PayerState) -> tuple[Finding, ...]:
        """The payer account's findings that the page shows."""
        return self.muted.shown(payer)

    def subject(self, subject: str) -> Html:
        """An invoice id, or a file of the archive as a link."""
        if subject in self._evidence:
            return self.links.to(subject, file_name(subject))
        return name(subject) if subject else Html("")

    def payer(self, payer: PayerState | Change) -> Html:
        """A payer account as a link to its line on this page, if it has one."""
        who = payer.name if isinstance(payer, PayerState) else payer.payer_name
        account_id = payer.payer_account_id
        who_text = name(who) if who else NOT_IN_REGISTER
        label = join(who_text, " ", element("span", account_id, class_="id"))
        if account_id not in self.now.payer_of:
            return label
        return self.links.inside(payer_anchor(account_id), label)


def payer_anchor(payer_account_id: str) -> str:
    return f"payer-{payer_account_id}"

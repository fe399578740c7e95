"""The billing periods before a judged one, read once in a run."""

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.judgement.history import HISTORY_PERIODS, PastPeriod
from lambdas.domain.judgement.manifests import Manifest
from lambdas.steps.judging.manifest_chain import ChainBroken, ManifestChain


class PastPeriods:
    """A summary of each period; its manifest is not kept in memory."""

    def __init__(self, chain: ManifestChain) -> None:
        self._chain = chain
        self._known: dict[BillingPeriod, PastPeriod | None] = {}

    def add(self, period: BillingPeriod, manifest: Manifest | None) -> None:
        """Add a newly judged period; `manifest` is None if its chain cannot be trusted."""
        self._known[period] = _past(manifest)

    def before(self, period: BillingPeriod) -> list[PastPeriod]:
        """The periods that show what is usual in this one, latest first."""
        periods = []
        for earlier in period.with_earlier(HISTORY_PERIODS)[1:]:
            if earlier not in self._known:
                self._known[earlier] = _past(self._newest(earlier))
            past = self._known[earlier]
            if past:
                periods.append(past)
        return periods

    def _newest(self, period: BillingPeriod) -> Manifest | None:
        """The newest manifest; None if it cannot be trusted, which the run that judges the period
        reports.
        """
        try:
            link = self._chain.newest(period)
        except (ChainBroken, *NOT_UNDERSTOOD):
            return None
        return link.manifest if link else None


def _past(manifest: Manifest | None) -> PastPeriod | None:
    try:
        return PastPeriod.of(manifest) if manifest else None
    except NOT_UNDERSTOOD:
        return None

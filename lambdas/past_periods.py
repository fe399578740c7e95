"""The billing periods before the one that is judged, read once in a run."""

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.history import HISTORY_PERIODS, PastPeriod
from lambdas.domain.manifests import Manifest
from lambdas.judge_period import Judged
from lambdas.manifest_chain import ChainBroken, ManifestChain


class PastPeriods:
    """What is kept in mind of each period; a manifest is let go of as soon as it was looked at."""

    def __init__(self, chain: ManifestChain) -> None:
        self._chain = chain
        self._known: dict[BillingPeriod, PastPeriod | None] = {}

    def add(self, judged: Judged) -> None:
        """Keep a period in mind as it was judged just now, if its manifests can be trusted."""
        manifest = judged.manifest if judged.is_trusted else None
        self._known[judged.manifest.billing_period] = _past(manifest)

    def before(self, period: BillingPeriod) -> list[PastPeriod]:
        """The periods that say what is usual in this one, latest first."""
        found = []
        for earlier in period.with_earlier(HISTORY_PERIODS)[1:]:
            if earlier not in self._known:
                self._known[earlier] = _past(self._newest(earlier))
            past = self._known[earlier]
            if past:
                found.append(past)
        return found

    def _newest(self, period: BillingPeriod) -> Manifest | None:
        """Its newest manifest; what cannot be trusted says nothing, and the run that judges the
        period tells of it.
        """
        try:
            link = self._chain.newest(period)
        except ChainBroken:
            return None
        return link.manifest if link else None


def _past(manifest: Manifest | None) -> PastPeriod | None:
    return PastPeriod.of(manifest) if manifest else None

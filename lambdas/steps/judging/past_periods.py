"""The billing periods before the one that is judged, read once in a run."""

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.judgement.history import HISTORY_PERIODS, PastPeriod
from lambdas.domain.judgement.manifests import Manifest
from lambdas.steps.judging.manifest_chain import ChainBroken, ManifestChain


class PastPeriods:
    """What is kept in mind of each period; a manifest is let go of as soon as it was looked at."""

    def __init__(self, chain: ManifestChain) -> None:
        self._chain = chain
        self._known: dict[BillingPeriod, PastPeriod | None] = {}

    def add(self, period: BillingPeriod, manifest: Manifest | None) -> None:
        """Keep a period in mind as it was judged just now; None: its chain cannot be trusted."""
        self._known[period] = _past(manifest)

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
        except (ChainBroken, *NOT_UNDERSTOOD):
            return None
        return link.manifest if link else None


def _past(manifest: Manifest | None) -> PastPeriod | None:
    try:
        return PastPeriod.of(manifest) if manifest else None
    except NOT_UNDERSTOOD:
        return None

"""Updating the views that are behind.

Views of one period's manifest are made with it. Views of several periods (pages, workbooks and the
bucket's root) are made after a run has judged all its periods, so that all show the same state.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.aws.archive import Archive
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.judged import Judged
from lambdas.domain.close.muted_remarks import MutedRemarks
from lambdas.domain.close.owners import Owners
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import (
    ARCHIVE_PAGE_KEY,
    PUBLIC_KEY_KEY,
    README_KEY,
    completeness_key,
    invoices_csv_key,
    ledger_csv_key,
    ledger_workbook_key,
    period_page_key,
    sha256_sums_key,
)
from lambdas.domain.json_text import to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.steps.find_files import find_files, update_find_file
from lambdas.steps.judging.manifest_chain import ChainBroken, Link, ManifestChain
from lambdas.steps.payment_statuses import (
    changed_payment_statuses,
    payment_status,
    payment_statuses,
)
from lambdas.steps.periods_seen import of_each_period
from lambdas.steps.read_if_understood import read_if_understood
from lambdas.steps.run_outcomes import RunOutcomes
from lambdas.telemetry import logger
from lambdas.views.cells import CsvForm
from lambdas.views.digest import PeriodDigest
from lambdas.views.find import FindFile
from lambdas.views.invoices_csv import invoices_csv
from lambdas.views.ledger import ledger_csv
from lambdas.views.pages.archive_page import archive_page
from lambdas.views.pages.period_page import period_page
from lambdas.views.pages.search import Search
from lambdas.views.readme import readme_text
from lambdas.views.sha256_sums import sha256_sums
from lambdas.views.workbook import WorkbookNotMade, ledger_workbook

_OF_THE_ROOT = 0
"""Views at the root are of many manifests; the last writer wins, and the next run fixes them."""


@dataclass(frozen=True)
class PagesOfRun:
    """The knowledge of a run that makes pages, beside the manifests."""

    owners: Owners
    muted: MutedRemarks
    as_of: datetime
    outcomes: RunOutcomes | None
    """The run's answers of AWS Payments; None if it is switched off."""
    asked_accounts: Collection[str]
    """The payer accounts that daily runs ask."""


def update_manifest_views(archive: Archive, link: Link, owners: Owners, form: CsvForm) -> None:
    """Update a period's views of this manifest; a crash may have left some of them behind. `form`
    is that of the ledger.
    """
    manifest = link.manifest
    period, sequence = manifest.billing_period, manifest.sequence
    archive.update_view(sha256_sums_key(period), sha256_sums(manifest, link.sha256), sequence)
    archive.update_view(ledger_csv_key(period), ledger_csv(manifest, form), sequence)
    archive.update_view(invoices_csv_key(period), invoices_csv(manifest, owners), sequence)
    update_find_file(archive, link)
    update_completeness(archive, manifest, sequence)


def update_completeness(archive: Archive, manifest: Manifest, sequence: int) -> None:
    """Update the view of the verdict. If the chain cannot be trusted, the verdict is not in it and
    has only this view: then `sequence` is the highest number that the chain is known to have had.
    """
    key = completeness_key(manifest.billing_period)
    archive.update_view(key, to_json(manifest.completeness()), sequence)


def update_pages(
    archive: Archive,
    signer: ManifestSigner,
    chain: ManifestChain,
    judged: Iterable[Judged],
    seen: PagesOfRun,
) -> OpenPayments | None:
    """Update the payment status of each period, the pages and workbooks of the judged periods and
    of those whose payment status changed, and the views at the bucket's root. A page that cannot be
    made stays as it is.

    Returns the open payments of all periods; None if AWS Payments is switched off.
    """
    by_period = of_each_period(archive, _digest)
    by_period = {period: one and one.read_as_of(seen.as_of) for period, one in by_period.items()}
    periods = [one for one in by_period.values() if one]
    unread = [period for period, one in by_period.items() if one is None]
    _Pages(archive, chain, periods, seen).update(judged)
    payments = None
    if seen.outcomes:
        payments = OpenPayments.of(payment_statuses(archive), seen.asked_accounts)
    parents: dict[str, str] = {}
    search = Search.of(_noting(parents, find_files(archive, chain, periods)), seen.owners)
    page = archive_page(
        archive.bucket,
        archive.region,
        periods,
        unread,
        search=search,
        owners=seen.owners,
        parents=parents,
        payments=payments,
        day=seen.as_of.date(),
    )
    _update_root(archive, signer, page)
    return payments


def _noting(parents: dict[str, str], files: Iterable[FindFile]) -> Iterator[FindFile]:
    """The files. The payer account that lists the invoices of an account outside the register is
    noted, that of the newest file.
    """
    for file in files:
        for account_id, _, _, inherited_from in file.payers:
            if inherited_from:
                parents.setdefault(account_id, inherited_from)
        yield file


def _update_root(archive: Archive, signer: ManifestSigner, page: bytes) -> None:
    """Update the views at the bucket's root; `page` is that of the archive."""
    for key, content in (
        (PUBLIC_KEY_KEY, signer.public_key_pem()),
        (README_KEY, readme_text(archive.bucket)),
        (ARCHIVE_PAGE_KEY, page),
    ):
        archive.update_view(key, content, _OF_THE_ROOT)


class _Pages:
    """The pages and workbooks of single periods; `periods` are all of the archive."""

    def __init__(
        self,
        archive: Archive,
        chain: ManifestChain,
        periods: Sequence[PeriodDigest],
        seen: PagesOfRun,
    ) -> None:
        self._archive = archive
        self._chain = chain
        self._periods = {one.billing_period: one for one in periods}
        self._seen = seen

    def update(self, judged: Iterable[Judged]) -> None:
        """Update those of the judged periods, and the payment status of each period with those that
        it changes.
        """
        outcomes = self._seen.outcomes
        left = {one.manifest.billing_period: one for one in judged}
        for changed in changed_payment_statuses(self._archive, outcomes) if outcomes else ():
            period = changed.billing_period
            self._update_one(period, left.pop(period, None), changed)
        for period, one in left.items():
            self._update_one(
                period, one, payment_status(self._archive, period) if outcomes else None
            )

    def _update_one(
        self, period: BillingPeriod, judged: Judged | None, payments: PaymentStatus | None
    ) -> None:
        """Update the page and the workbook of a period, judged or not, from its manifest in the
        archive. They stay as they are if that cannot be understood.
        """
        try:
            if judged:
                self._update_judged(judged, payments)
            elif period in self._periods:
                with suppress(ChainBroken):  # the next run that judges the period reports it
                    if link := self._chain.newest(period):
                        self._update(link.manifest, payments)
        except NOT_UNDERSTOOD:
            logger().exception("could not make a page", extra={"billing_period": str(period)})

    def _update_judged(self, judged: Judged, payments: PaymentStatus | None) -> None:
        """Update both of a judged period. If its manifest has been replaced, they stay as they are,
        and the next run reports it.
        """
        period = judged.manifest.billing_period
        shown_from = self._chain.stored(period, judged.shown_from)
        if judged.is_trusted and (shown_from is None or shown_from.sha256 != judged.sha256):
            return
        payers = shown_from.manifest.payers if shown_from else ()
        manifest = replace(judged.manifest, payers=payers)
        self._update(manifest, payments, sequence=None if judged.is_trusted else judged.sequence)

    def _update(
        self, manifest: Manifest, payments: PaymentStatus | None, *, sequence: int | None = None
    ) -> None:
        """Update both of a manifest. If its chain cannot be trusted, `sequence` is the number that
        the page is made from, and the workbook stays as it is.
        """
        period, seen = manifest.billing_period, self._seen
        page = period_page(
            manifest,
            list(self._periods.values()),
            region=self._archive.region,
            owners=seen.owners,
            muted=seen.muted,
            as_of=seen.as_of,
            payments=payments,
        )
        made_from = manifest.sequence if sequence is None else sequence
        self._archive.update_view(period_page_key(period), page, made_from)
        if sequence is None:
            self._update_workbook(manifest, payments)

    def _update_workbook(self, manifest: Manifest, payments: PaymentStatus | None) -> None:
        """Update the workbook. If it cannot be made, the run logs this and goes on with its
        verdict.
        """
        key, seen = ledger_workbook_key(manifest.billing_period), self._seen
        before = self._periods.get(manifest.billing_period.shifted(-1))
        try:
            workbook = ledger_workbook(manifest, before, seen.owners, seen.as_of, payments)
        except WorkbookNotMade as error:
            logger().error("made no workbook", extra={"key": key, "reason": str(error)})
            return
        self._archive.update_view(key, workbook, manifest.sequence)


def _digest(archive: Archive, period: BillingPeriod) -> PeriodDigest | None:
    """Read the digest; None if the period's verdict is missing or unusable. The next run that
    judges the period writes that file again.
    """
    digest = read_if_understood(archive, completeness_key(period), PeriodDigest.from_data)
    return digest if digest and digest.billing_period == period else None

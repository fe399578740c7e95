"""Reading the `find.json` of each billing period for the search on the archive's page.

A run reads one small file a period, 36 in three years. It makes a missing one from the period's
newest manifest: archives of earlier releases have none.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import find_key, manifest_sequence
from lambdas.steps.judging.manifest_chain import Link, ManifestChain
from lambdas.steps.read_if_understood import read_if_understood
from lambdas.views.digest import PeriodDigest
from lambdas.views.find import FindFile, find_file

MOST_MADE = 12
"""Files that a run makes: each takes a whole manifest, and a run has 15 minutes. The next runs make
the others.
"""


def update_find_file(archive: Archive, link: Link) -> FindFile:
    """Update the file of this manifest's period."""
    manifest = link.manifest
    found = find_file(manifest)
    archive.update_view(find_key(manifest.billing_period), found.to_json(), manifest.sequence)
    return found


def find_files(
    archive: Archive, chain: ManifestChain, periods: Iterable[PeriodDigest]
) -> Iterator[FindFile]:
    """The files of the periods, newest first, each read when it is asked for."""
    left = MOST_MADE
    for one in sorted(periods, key=lambda one: one.billing_period, reverse=True):
        found = _read(archive, one.billing_period)
        if one.manifest and left and (found is None or found.manifest != one.manifest):
            left -= 1
            found = _made(archive, chain, one) or found
        if found:
            yield found


def _read(archive: Archive, period: BillingPeriod) -> FindFile | None:
    found = read_if_understood(archive, find_key(period), FindFile.from_data)
    return found if found and found.billing_period == period else None


def _made(archive: Archive, chain: ManifestChain, one: PeriodDigest) -> FindFile | None:
    """The file made from the manifest of the period's status; None if it cannot be read."""
    with suppress(*NOT_UNDERSTOOD):
        link = chain.stored(one.billing_period, manifest_sequence(one.manifest or "") or 0)
        return update_find_file(archive, link) if link else None
    return None

"""A whole archive, or some of its billing periods."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    ARCHIVE_PAGE_KEY,
    EVIDENCE_PREFIXES,
    PERIODS_PREFIX,
    PUBLIC_KEY_KEY,
    README_KEY,
    ROOT_VIEWS,
    RUNS_PREFIX,
    payment_status_key,
)
from ops.check.all_evidence import Progress, extra_object
from ops.check.coverage import gaps, unknown_to_heads
from ops.check.findings import CheckFinding, NotChecked, check_finding
from ops.check.limits import LARGEST_KEY_FILE
from ops.check.payments import finding_of_status_alone
from ops.check.period import PeriodCheck
from ops.check.period_checked import PeriodChecked
from ops.check.report import CheckReport
from ops.check.scope import Level, Scope
from ops.check.signing_keys import SigningKeys
from ops.errors import CannotRead
from ops.places import Place, PlacedObject, read

_PERIOD_FOLDERS = (*EVIDENCE_PREFIXES, PERIODS_PREFIX)
_A_KEY = "a public key of the curve P-256, as PEM"


def check_archive(
    place: Place, scope: Scope, given_keys: SigningKeys | None, progress: Progress
) -> CheckReport:
    """Check the requested scope and gather all findings. Raises CannotRead for a place that cannot
    be read as a whole.
    """
    own = _OwnKey(place)
    keys = given_keys or own.keys
    known = {*(scope.heads or ()), *scope.heads_left_out}
    periods = sorted(set(scope.periods) or {*_periods(place), *known})
    checked = _check_periods(periods, place, keys, scope, progress)
    findings = [
        *own.findings,
        *_obstacles(place),
        *_outside_the_periods(place, scope, periods),
        *(own.against(given_keys) if any(period.manifests for period in checked) else ()),
        *_nothing_read(place, scope, checked),
        *(finding for period in checked for finding in period.findings),
        *_payments_alone(place, scope, periods),
        *_unlisted(place),
    ]
    return CheckReport(
        place=place.name,
        scope=scope,
        keys=keys,
        periods=checked,
        findings=sorted(findings, key=lambda finding: (finding.object, finding.code)),
        not_checked=[
            *_not_checked(place, scope, keys, periods),
            *(one for period in checked for one in period.not_checked),
        ],
        passed_over=place.passed_over,
    )


def _check_periods(
    periods: Sequence[BillingPeriod],
    place: Place,
    keys: SigningKeys | None,
    scope: Scope,
    progress: Progress,
) -> list[PeriodChecked]:
    checked: list[PeriodChecked] = []
    with _readers(place) as pool:
        check = PeriodCheck(place, keys, scope, pool, progress)
        for period in periods:
            checked.append(check.run(period, checked[-1].bucket if checked else place.bucket))
    return checked


def _outside_the_periods(
    place: Place, scope: Scope, periods: Sequence[BillingPeriod]
) -> Iterator[CheckFinding]:
    """Report what belongs to no period, months without objects, and an archive without any."""
    if not periods:
        expected = f"billing periods below {' and '.join(_PERIOD_FOLDERS)}"
        yield check_finding("NOTHING_TO_CHECK", place.name, expected, "none")
    elif not scope.periods:
        for one in _beside_the_periods(place):
            # a link in place of a folder is reported as a link
            if f"{one.key}/" not in place.unlisted or not one.obstacle:
                yield extra_object(one)
        yield from gaps(periods)


def _nothing_read(
    place: Place, scope: Scope, checked: Sequence[PeriodChecked]
) -> Iterator[CheckFinding]:
    if scope.subset.parts > 1 and not any(period.objects_read for period in checked):
        expected = f"records or documents in part {scope.subset}"
        yield check_finding("NOTHING_TO_CHECK", place.name, expected, "none")


def _unlisted(place: Place) -> Iterator[CheckFinding]:
    for folder, why in place.unlisted.items():
        if not any(folder.startswith(above) for above in place.unlisted.keys() - {folder}):
            yield check_finding("OBJECT_UNREADABLE", folder, "a folder that can be listed", why)


@contextmanager
def _readers(place: Place) -> Iterator[ThreadPoolExecutor]:
    """Threads for reading. If the check is interrupted, each ends after its current task."""
    with ThreadPoolExecutor(place.readers) as pool:
        try:
            yield pool
        except BaseException:
            place.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _OwnKey:
    """The public key stored in the archive; `findings` are about reading it."""

    def __init__(self, place: Place) -> None:
        self.keys: SigningKeys | None = None
        self.findings: list[CheckFinding] = []
        self._is_there = False
        try:
            self._is_there = any(
                placed.key == PUBLIC_KEY_KEY and not placed.is_hidden for placed in place.files("")
            )
            if self._is_there:
                pem = read(place, PUBLIC_KEY_KEY, most=LARGEST_KEY_FILE)
                source = f"{PUBLIC_KEY_KEY} of the archive itself"
                self.keys = SigningKeys.read(pem, source, is_from_the_archive=True)
        except ValueError as error:
            self._find("SIGNING_KEY_WRONG", f"it {error}")
        except CannotRead as error:
            self._find("OBJECT_UNREADABLE", str(error))

    def against(self, given: SigningKeys | None) -> Iterator[CheckFinding]:
        """Compare with the key that was handed over outside the bucket."""
        if not self._is_there:
            code = "VIEW_ABSENT" if given else "SIGNING_KEY_ABSENT"
            yield check_finding(code, PUBLIC_KEY_KEY, _A_KEY, "nothing there")
        elif given and self.keys and not set(self.keys.fingerprints) <= set(given.fingerprints):
            yield check_finding(
                "SIGNING_KEY_WRONG",
                PUBLIC_KEY_KEY,
                f"the key of {given.source}, SHA-256 {', '.join(given.fingerprints)}",
                f"another, SHA-256 {', '.join(self.keys.fingerprints)}",
            )

    def _find(self, code: str, found: str) -> None:
        self.findings.append(check_finding(code, PUBLIC_KEY_KEY, _A_KEY, found))


def _obstacles(place: Place) -> Iterator[CheckFinding]:
    """Report links and pipes in place of views outside all periods; they are not read."""
    for placed in place.files(""):
        if placed.obstacle and placed.key in (README_KEY, ARCHIVE_PAGE_KEY):
            yield check_finding("OBJECT_UNREADABLE", placed.key, "a file", placed.obstacle)


def _periods(place: Place) -> Iterator[BillingPeriod]:
    """Billing periods with at least one object. One with a payment status alone has a debt from
    before the archive, and nothing to check.
    """
    for folder in _PERIOD_FOLDERS:
        for period in filter(None, map(_period, place.folders(folder))):
            objects = islice(place.objects(f"{folder}{period}/"), 2)
            if [one.key for one in objects] != [payment_status_key(period)]:
                yield period


def _payments_alone(
    place: Place, scope: Scope, periods: Sequence[BillingPeriod]
) -> Iterator[CheckFinding]:
    """Report files of such months that no run writes."""
    if scope.periods or scope.level < Level.bytes:
        return
    for period in sorted(filter(None, map(_period, place.folders(PERIODS_PREFIX)))):
        if period not in periods and (found := finding_of_status_alone(place, period)):
            yield found


def _beside_the_periods(place: Place) -> Iterator[PlacedObject]:
    """Objects outside all billing periods that belong nowhere."""
    for folder in _PERIOD_FOLDERS:
        yield from place.files(folder)
        for name in place.folders(folder):
            if _period(name) is None:
                yield from place.objects(f"{folder}{name}/")
    for name in place.folders(""):
        if f"{name}/" not in (*_PERIOD_FOLDERS, RUNS_PREFIX):
            yield from place.objects(f"{name}/")
    yield from (placed for placed in place.files("") if placed.key not in ROOT_VIEWS)


def _period(name: str) -> BillingPeriod | None:
    try:
        return BillingPeriod.parse(name)
    except ValueError:
        return None


def _not_checked(
    place: Place, scope: Scope, keys: SigningKeys | None, periods: Sequence[BillingPeriod]
) -> Iterable[NotChecked]:
    """Gaps in the scope of this check, whatever it finds."""
    if keys is None:
        yield NotChecked(
            "the signatures of the manifests",
            "there is no public key",
            f"give it with --key, or copy {PUBLIC_KEY_KEY} too",
        )
    elif keys.is_from_the_archive:
        yield NotChecked(
            "whether the signing key is the right one",
            "it was taken from the archive itself, where an attacker could have put another",
            "give the key that was handed over outside the bucket with --key",
        )
    yield from unknown_to_heads(scope, periods)
    if scope.periods:
        yield NotChecked(
            "other billing periods, and objects outside of any",
            "only some were asked for",
            "leave --period out",
        )
    yield from _not_looked_at(scope)
    if not place.has_versions:
        yield NotChecked(
            "versions, delete markers and locks",
            "a copy has none",
            "check the live bucket: invoices check s3://NAME --level presence",
        )
    elif scope.retention is None and scope.level >= Level.presence:
        yield NotChecked(
            "whether locks are as long as the retention policy requires",
            "the policy was not given",
            "give --retention YEARS,MODE,MONTH as in the deploy settings",
        )
    yield NotChecked(
        f"{RUNS_PREFIX}, ledger.xlsx, pages and README.txt",
        f"{RUNS_PREFIX} is a log, not evidence; the others are made for people from the manifests, "
        "and what a reader sees also depends on formats, hidden cells and links",
        "where it matters, open ledger.csv, completeness.json and the documents themselves",
    )


def _not_looked_at(scope: Scope) -> Iterable[NotChecked]:
    if scope.level < Level.presence:
        yield NotChecked(
            "whether records and documents are there", "--level structure", "--level presence"
        )
    if scope.level < Level.bytes:
        yield NotChecked(
            "the bytes of records and documents, and the views",
            f"--level {scope.level.name}",
            "--level bytes",
        )
        return
    yield NotChecked(
        "the column 'owner' of invoices.csv",
        "a run takes it from the payer register, which no manifest has",
        "compare it with the payer register",
    )
    if scope.subset.parts > 1:
        yield NotChecked(
            "the bytes of records and documents of the other parts",
            f"--subset {scope.subset}",
            f"check all {scope.subset.parts} parts, or leave --subset out",
        )

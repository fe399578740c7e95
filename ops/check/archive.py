"""A whole archive, or some of its billing periods."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from lambdas.domain.archive_layout import (
    ARCHIVE_PAGE_KEY,
    EVIDENCE_PREFIXES,
    PERIODS_PREFIX,
    PUBLIC_KEY_KEY,
    README_KEY,
)
from lambdas.domain.billing_period import BillingPeriod
from ops.check.all_evidence import Progress, extra_object
from ops.check.findings import CheckFinding, NotChecked, check_finding
from ops.check.period import PeriodCheck
from ops.check.report import CheckReport
from ops.check.scope import Level, Scope
from ops.check.signing_keys import SigningKeys
from ops.errors import CannotRead
from ops.places import Place, PlacedObject, read

_ROOT_VIEWS = (README_KEY, ARCHIVE_PAGE_KEY, PUBLIC_KEY_KEY)
_PERIOD_FOLDERS = (*EVIDENCE_PREFIXES, PERIODS_PREFIX)
_RUNS = "runs/"


def check_archive(
    place: Place, scope: Scope, given_keys: SigningKeys | None, progress: Progress
) -> CheckReport:
    """Check what was asked for and gather everything that is found. Raises CannotRead where the
    place as a whole cannot be read.
    """
    findings: list[CheckFinding] = []
    keys = _signing_keys(place, given_keys, findings)
    periods = set(scope.periods) or {*_periods(place), *(scope.heads or ())}
    checked = []
    bucket = place.bucket
    with ThreadPoolExecutor(place.readers) as pool:
        check = PeriodCheck(place, keys, scope, pool, progress)
        for period in sorted(periods):
            checked.append(check.run(period, bucket))
            bucket = checked[-1].bucket
    if not periods:
        expected = f"billing periods below {' and '.join(_PERIOD_FOLDERS)}"
        findings.append(check_finding("NOTHING_TO_CHECK", place.name, expected, "none"))
    elif not scope.periods:
        findings += map(extra_object, _beside_the_periods(place))
    findings += (finding for period in checked for finding in period.findings)
    return CheckReport(
        place.name,
        scope,
        keys,
        checked,
        sorted(findings, key=lambda finding: (finding.object, finding.code)),
        [*_not_checked(place, scope, keys), *(one for p in checked for one in p.not_checked)],
    )


def _signing_keys(
    place: Place, given: SigningKeys | None, findings: list[CheckFinding]
) -> SigningKeys | None:
    """The key that was given, else the archive's own; both where they agree."""
    try:
        there = any(o.key == PUBLIC_KEY_KEY and not o.is_hidden for o in place.files(""))
        pem = read(place, PUBLIC_KEY_KEY) if there else None
        own = (
            SigningKeys.read(
                pem, f"{PUBLIC_KEY_KEY} of the archive itself", is_from_the_archive=True
            )
            if pem is not None
            else None
        )
    except ValueError as error:
        expected = "a public key of the curve P-256, as PEM"
        findings.append(check_finding("SIGNING_KEY_WRONG", PUBLIC_KEY_KEY, expected, f"it {error}"))
        return given
    except CannotRead as error:
        findings.append(check_finding("OBJECT_UNREADABLE", PUBLIC_KEY_KEY, "its bytes", str(error)))
        return given
    if given and own and not set(own.fingerprints) <= set(given.fingerprints):
        findings.append(
            check_finding(
                "SIGNING_KEY_WRONG",
                PUBLIC_KEY_KEY,
                f"the key of {given.source}, SHA-256 {', '.join(given.fingerprints)}",
                f"another, SHA-256 {', '.join(own.fingerprints)}",
            )
        )
    return given or own


def _periods(place: Place) -> Iterator[BillingPeriod]:
    """The billing periods of which anything is there."""
    for folder in _PERIOD_FOLDERS:
        yield from filter(None, map(_period, place.folders(folder)))


def _beside_the_periods(place: Place) -> Iterator[PlacedObject]:
    """What lies outside of all billing periods and belongs nowhere."""
    for folder in _PERIOD_FOLDERS:
        yield from place.files(folder)
        for name in place.folders(folder):
            if _period(name) is None:
                yield from place.objects(f"{folder}{name}/")
    for name in place.folders(""):
        if f"{name}/" not in (*_PERIOD_FOLDERS, _RUNS):
            yield from place.objects(f"{name}/")
    yield from (placed for placed in place.files("") if placed.key not in _ROOT_VIEWS)


def _period(name: str) -> BillingPeriod | None:
    try:
        return BillingPeriod.parse(name)
    except ValueError:
        return None


def _not_checked(place: Place, scope: Scope, keys: SigningKeys | None) -> Iterable[NotChecked]:
    """What this kind of check says nothing of, whatever it finds."""
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
    if scope.heads is None:
        yield NotChecked(
            "whether the newest manifests were cut off or the whole archive rolled back",
            "no heads were given, and no archive shows by itself what was once newer",
            "give --heads FILE or --heads-table NAME",
        )
    if scope.periods:
        yield NotChecked(
            "other billing periods, and what lies outside of any",
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
            "whether locks are as long as the retention policy asks",
            "the policy was not given",
            "give --retention YEARS,MODE,MONTH as in the deploy settings",
        )
    yield NotChecked(
        "runs/, pages, spreadsheets and README.txt",
        "runs/ is a log and no evidence, and the others are made for people from the manifests",
        "trust ledger.csv, completeness.json and the documents themselves",
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
    elif scope.subset.parts > 1:
        yield NotChecked(
            "the bytes of records and documents of the other parts",
            f"--subset {scope.subset}",
            f"check all {scope.subset.parts} parts, or leave --subset out",
        )

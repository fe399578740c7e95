"""`invoices check`: verifies the archive against its signed manifests."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.retention import RETENTION_MODES, RetentionPolicy
from ops.check.archive import check_archive
from ops.check.given_file import read_given_file
from ops.check.heads_file import read_heads_file
from ops.check.limits import LARGEST_KEY_FILE
from ops.check.scope import Level, Scope, Subset
from ops.check.signing_keys import SigningKeys
from ops.check.text import print_report
from ops.console import Console
from ops.errors import WrongUsage
from ops.exit_codes import ExitCode
from ops.newest_manifest import archive_place
from ops.verb import Verb

_BUCKET = "s3://"
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_EXITS = {
    "ALL_WELL": ExitCode.ALL_WELL,
    "ACTION_REQUIRED": ExitCode.ACTION_REQUIRED,
    "NOTHING_TO_CHECK": ExitCode.NOTHING_THERE,
}
A = TypeVar("A")
T = TypeVar("T")


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "place",
        metavar="PATH|s3://BUCKET",
        help="the folder that holds a copy of the bucket, or the live bucket",
    )
    parser.add_argument(
        "--period",
        action="append",
        default=[],
        metavar="2026-10",
        help="check only this billing period; may be given several times",
    )
    parser.add_argument(
        "--level",
        choices=[level.name for level in Level],
        default=Level.bytes.name,
        help="structure: manifests, signatures and chains. presence: also that everything in the "
        "newest manifests is there and nothing else is, with versions and locks in a live bucket. "
        "bytes (default): also every byte of it, and the views",
    )
    parser.add_argument(
        "--subset",
        metavar="N/T",
        help="read the bytes of only the N-th of T parts, always the same ones",
    )
    parser.add_argument(
        "--heads",
        metavar="FILE",
        type=Path,
        help="the latest-manifest records of an earlier day: from 'invoices heads', or the --json "
        "report of an earlier check",
    )
    parser.add_argument(
        "--heads-table", metavar="NAME", help="the same, from the stack's DynamoDB table as of now"
    )
    parser.add_argument(
        "--key",
        metavar="PEM",
        type=Path,
        help="the public signing key that was handed over outside the bucket; without it the check "
        "uses the one in the archive, which proves less",
    )
    parser.add_argument(
        "--retention",
        metavar="YEARS[,MODE[,MONTH]]",
        help="the retention policy that locks must meet, as in the deploy settings: "
        "10,GOVERNANCE,12 is ten years after a fiscal year that ends in December",
    )


def _run(arguments: Namespace, console: Console) -> ExitCode:
    request = _Request(arguments)
    scope, keys = request.scope(), request.keys()
    if request.problems:
        raise WrongUsage(request.problems)
    if arguments.heads_table:
        from ops.live.heads import read_heads_table  # noqa: PLC0415 - a copy needs no boto3

        # Read before the bucket: runs update the bucket first, then these records.
        heads = read_heads_table(arguments.heads_table)
        scope = replace(scope, heads=heads, heads_are_current=True)
    place = archive_place(arguments.place)
    with console.progress() as progress:
        report = check_archive(place, scope, keys, progress)
    if arguments.as_json:
        console.give(report.to_data())
    else:
        print_report(report, console)
    return _EXITS[report.result]


class _Request:
    """Reads the command line's values and gathers their faults."""

    def __init__(self, arguments: Namespace) -> None:
        self._arguments = arguments
        self.problems: list[str] = []
        is_bucket = arguments.place.startswith(_BUCKET)
        bucket = arguments.place.removeprefix(_BUCKET).rstrip("/")
        if is_bucket and "/" in bucket:
            self.problems.append(
                f"'{arguments.place}' is a part of a bucket; name the bucket alone, and --period"
            )
        elif is_bucket and not _BUCKET_NAME.fullmatch(bucket):
            self.problems.append(f"'{arguments.place}' names no bucket; write it as s3://NAME")
        if arguments.retention and not is_bucket:
            self.problems.append("--retention is about locks, which only a live bucket has")
        if arguments.heads and arguments.heads_table:
            self.problems.append("give either --heads or --heads-table")
        if arguments.subset and arguments.level != Level.bytes.name:
            self.problems.append(f"--subset is of bytes, which --level {arguments.level} leaves")

    def scope(self) -> Scope:
        arguments = self._arguments
        periods = {self._try(BillingPeriod.parse, text) for text in arguments.period}
        known = self._try(read_heads_file, arguments.heads)
        return Scope(
            Level[arguments.level],
            self._try(Subset.parse, arguments.subset) or Subset(),
            tuple(sorted(period for period in periods if period)),
            known.heads if known else None,
            self._try(_retention, arguments.retention),
            known.left_out if known else (),
            now=datetime.now(UTC),
        )

    def keys(self) -> SigningKeys | None:
        return self._try(_read_keys, self._arguments.key)

    def _try(self, read: Callable[[A], T], text: A | None) -> T | None:
        if text is None:
            return None
        try:
            return read(text)
        except ValueError as error:
            self.problems.append(str(error))
            return None


def _read_keys(path: Path) -> SigningKeys:
    pem = read_given_file(path, LARGEST_KEY_FILE)
    try:
        return SigningKeys.read(pem, str(path), is_from_the_archive=False)
    except ValueError as error:
        raise ValueError(f"{path} {error}; give the public key as PEM") from None


def _retention(text: str) -> RetentionPolicy:
    years, mode, month, *more = [*text.split(","), *("GOVERNANCE", "12")[text.count(",") :]]
    if (
        more
        or not _is_number(years, 1, 100)
        or mode not in RETENTION_MODES
        or not _is_number(month, 1, 12)
    ):
        raise ValueError(f"'{text}' is no retention policy; write it as 10,GOVERNANCE,12")
    return RetentionPolicy(int(years), mode, int(month))


def _is_number(text: str, least: int, most: int) -> bool:
    return len(text) < 5 and text.isascii() and text.isdigit() and least <= int(text) <= most


VERB = Verb(
    "check",
    "prove that nothing in the archive was changed or left out",
    """
Checks a copy of the archive bucket, with no AWS at all, or the live bucket. Every billing period
has a chain of signed manifests; the newest names every record and document with its SHA-256. The
check only reads. It reports its findings, and what it could not check.
""",
    """
invoices check build/archive                       a copy: every byte, with the key in it
invoices check copy --key key.pem --heads h.json   the strongest proof without AWS
invoices check copy --period 2026-10 --subset 2/7  one period, a seventh of its bytes
invoices check copy --json > 2026.json             next year: --heads 2026.json
invoices check s3://NAME --level presence --retention 10,GOVERNANCE,12 --heads-table TABLE
                                                   the live bucket, versions and locks included
""",
    _add_arguments,
    _run,
)

"""`invoices heads`: keeps the latest-manifest records outside the bucket."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ops.check.heads_file import heads_file
from ops.console import Console
from ops.errors import NothingThere, WrongUsage
from ops.exit_codes import ExitCode
from ops.verb import Verb


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("table", metavar="TABLE", help="the stack's output ManifestHeadsTableName")
    parser.add_argument("file", metavar="FILE", type=Path, help="the new file to write")


def _run(arguments: Namespace, console: Console) -> ExitCode:
    from ops.live.heads import read_heads_table  # noqa: PLC0415 - other verbs need no boto3

    heads = read_heads_table(arguments.table)
    if not heads:
        raise NothingThere(
            f"table {arguments.table} has no latest-manifest record; no run has written a manifest"
        )
    path: Path = arguments.file
    content = heads_file(heads.values())
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise WrongUsage(
            [f"{path} exists and may be evidence of an earlier day; give another name"]
        ) from None
    except (OSError, ValueError) as error:  # a null byte in the path is the latter
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise WrongUsage([f"{path} cannot be written: {why}"]) from None
    if arguments.as_json:
        console.give({"table": arguments.table, "file": str(path), "heads": len(heads)})
    else:
        console.say(f"Wrote the latest-manifest records of {len(heads)} billing periods to {path}")
    return ExitCode.ALL_WELL


VERB = Verb(
    "heads",
    "save the latest-manifest record of each billing period, for a later check",
    """
Reads from DynamoDB which manifest is the newest of each billing period, and writes that to a new
file. Keep the file away from the bucket. With it, a later check finds removed manifests and an
archive that was rolled back.
""",
    """
invoices heads InvoiceArchive-ManifestHeads heads-2026-11-21.json
invoices check s3://NAME --heads heads-2026-11-21.json
""",
    _add_arguments,
    _run,
)

"""`invoices explain`: gives the reasons for a payer account's status."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.judgement.manifests import Manifest, PayerState
from ops.console import Console
from ops.errors import WrongUsage
from ops.exit_codes import ExitCode
from ops.explanation import Statement, explain
from ops.newest_manifest import archive_place, newest_manifest, payer_state, understood
from ops.payment_explanation import payment_statement
from ops.places import Place
from ops.verb import Verb

_HEADINGS = {"verdict": "status"}
"""A statement's heading for people, if it differs from the one for programs."""
_STYLES = {"blocking": "bold red", "warning": "yellow", "info": "dim"}


def add_period_and_payer(parser: ArgumentParser) -> None:
    """Add the arguments that name one verdict and its archive."""
    parser.add_argument("period", metavar="PERIOD", help="the billing period, 2026-10")
    parser.add_argument("payer", metavar="PAYER", help="the payer account's twelve digits")
    parser.add_argument(
        "--archive",
        metavar="PATH|s3://BUCKET",
        help="a folder that holds a copy of the bucket, or the live bucket; by default "
        "build/archive, and without it the bucket of the deployed stack",
    )


def read_period(text: str) -> BillingPeriod:
    """Read a billing period. Raises WrongUsage."""
    try:
        return BillingPeriod.parse(text)
    except ValueError as error:
        raise WrongUsage([str(error)]) from None


def _run(arguments: Namespace, console: Console) -> ExitCode:
    period = read_period(arguments.period)
    place = archive_place(arguments.archive)
    manifest = newest_manifest(place, period)
    state = payer_state(manifest, arguments.payer)
    with understood(manifest.key):
        today = datetime.now(UTC).date()
        payments = payment_statement(place, period, state.payer_account_id, today)
        statements = explain(manifest, state, payments)
        if arguments.as_json:
            console.give(_data(place, manifest, state, statements))
        else:
            _print(place, manifest, state, statements, console)
        if state.is_complete:
            return ExitCode.ALL_WELL
    return ExitCode.AWAITING if state.verdict == "AWAITING" else ExitCode.ACTION_REQUIRED


def _data(
    place: Place, manifest: Manifest, state: PayerState, statements: Sequence[Statement]
) -> dict[str, Any]:
    return {
        "archive": place.name,
        "billing_period": str(manifest.billing_period),
        "manifest": manifest.key,
        "payer_account_id": state.payer_account_id,
        "name": state.name,
        "verdict": state.verdict,
        "statements": [{"witness": one.witness, "lines": list(one.lines)} for one in statements],
        "witnesses": state.witnesses.to_data(),
        "findings": [found.to_data() for found in state.findings],
    }


def _print(
    place: Place,
    manifest: Manifest,
    state: PayerState,
    statements: Sequence[Statement],
    console: Console,
) -> None:
    account = f"{manifest.billing_period} {state.payer_account_id} {state.name}"
    console.say((f"{account}: {state.verdict}", "bold"), f", according to {place.name}")
    for one in statements:
        console.say("")
        console.say((_HEADINGS.get(one.witness, one.witness), "bold"))
        for line in one.lines:
            console.say("  ", (line, _STYLES.get(line.partition(" ")[0], "")))


VERB = Verb(
    "explain",
    "show, witness by witness, why a payer account has its status",
    """
Reads the newest manifest of the billing period. Prints what each witness says of one payer account:
its listings, its earlier months, Cost Explorer, AWS Payments, billing transfers, invoice units, a
person; beside AWS Payments, what is paid and past due today. Then prints what is archived, the
findings and the status. It only reads, and verifies nothing: 'invoices check' does that.
""",
    """
invoices explain 2026-10 111122223333
invoices explain 2026-10 111122223333 --archive s3://NAME --json
""",
    add_period_and_payer,
    _run,
)

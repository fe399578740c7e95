"""`invoices acknowledge`: a person accepts a known gap of a payer account, for a time."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from typing import Any

from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.runs.acknowledgement_input import Acknowledgeable, read_acknowledgement
from lambdas.domain.runs.payer_register import PayerRegister
from lambdas.domain.witnesses.acknowledgements import NEVER_ACKNOWLEDGED
from ops.console import Console
from ops.errors import WrongUsage
from ops.exit_codes import ExitCode
from ops.newest_manifest import archive_place, newest_manifest, payer_state, understood
from ops.verb import Verb
from ops.verbs.explain import add_period_and_payer, read_period

_Subjects = list[tuple[str, str]]
"""Code and subject of findings."""


def _add_arguments(parser: ArgumentParser) -> None:
    add_period_and_payer(parser)
    parser.add_argument(
        "--reason", required=True, help="why nothing more is expected; kept as evidence"
    )
    parser.add_argument("--by", required=True, metavar="NAME", help="who accepts it")
    parser.add_argument(
        "--until",
        required=True,
        metavar="2026-12-31",
        help="the last day on which it counts: today at the earliest, 13 months from now at the "
        "latest",
    )
    parser.add_argument(
        "--state-machine",
        metavar="ARN",
        help="the workflow to start; by default the deployed stack's",
    )
    parser.add_argument(
        "--everybody",
        action="store_true",
        help="let the run check all payer accounts; needed for one that has left the register",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be covered, and start nothing"
    )


def _run(arguments: Namespace, console: Console) -> ExitCode:
    period, now = read_period(arguments.period), datetime.now(UTC)
    manifest = newest_manifest(archive_place(arguments.archive), period)
    acknowledgement = _acknowledgement(arguments, manifest, now)
    state = payer_state(manifest, arguments.payer)
    with understood(manifest.key):
        covered, not_covered = _covered(state)
    run: dict[str, Any] = {"billing_period": str(period), "acknowledgements": [acknowledgement]}
    if not arguments.everybody:
        run["payer_account_ids"] = [state.payer_account_id]
    execution = None
    if not arguments.dry_run:
        execution = _start(arguments.state_machine, state, now, run)
    if arguments.as_json:
        console.give(
            {
                "input": run,
                "covers": [{"code": code, "subject": subject} for code, subject in covered],
                "does_not_cover": [
                    {"code": code, "subject": subject} for code, subject in not_covered
                ],
                "execution": execution,
            }
        )
    else:
        console.say(f"The acknowledgement covers until {arguments.until}, as of {manifest.key}:")
        _print(covered, not_covered, console)
        console.say(f"Started {execution}" if execution else "Nothing was started.")
    return ExitCode.ALL_WELL


def _acknowledgement(arguments: Namespace, manifest: Manifest, now: datetime) -> dict[str, str]:
    """The acknowledgement as the run's input has it. Raises WrongUsage."""
    acknowledgement = {
        "payer_account_id": arguments.payer,
        "reason": arguments.reason,
        "by": arguments.by,
        "until": arguments.until,
    }
    # The run checks it against the payer register; here only the manifest is known.
    account_ids = [payer.payer_account_id for payer in manifest.payers]
    period, register = manifest.billing_period, PayerRegister((), "")
    known = Acknowledgeable(now, period, 0, register, {period: account_ids})
    _, problems = read_acknowledgement(acknowledgement, known)
    if problems:
        raise WrongUsage(problems)
    return acknowledgement


def _print(covered: _Subjects, not_covered: _Subjects, console: Console) -> None:
    for code, subject in covered:
        console.say(f"  {code} of {subject}")
    if not covered:
        console.say(
            "  no blocking finding now; if the run reads the account and AWS lists no invoice, "
            "that is covered too"
        )
    for code, subject in not_covered:
        console.say(f"It does not cover {code} of {subject}: nobody can accept that")
    console.say("It covers the blocking findings of the run it starts with, not later gaps.")


def _covered(state: PayerState) -> tuple[_Subjects, _Subjects]:
    """Code and subject of each finding that blocks or is accepted now: those that can be accepted,
    and those that cannot.
    """
    blocking = sorted(
        {
            (one.code, one.subject)
            for one in state.findings
            if one.is_blocking or state.witnesses.acknowledgement_of(one)
        }
    )
    covered = [one for one in blocking if one[0] not in NEVER_ACKNOWLEDGED]
    return covered, [one for one in blocking if one not in covered]


def _start(
    state_machine: str | None, state: PayerState, now: datetime, acknowledgement: dict[str, Any]
) -> str:
    from ops.live.deployment import required_outputs  # noqa: PLC0415 - a dry run needs no boto3
    from ops.live.executions import start_execution  # noqa: PLC0415

    arn = state_machine or required_outputs()["StateMachineArn"]
    name = f"acknowledge-{state.payer_account_id}-{now:%Y%m%dT%H%M%SZ}"
    return start_execution(arn, name, acknowledgement)


VERB = Verb(
    "acknowledge",
    "accept a known gap, for a time and with a reason",
    """
Starts a run of the billing period with an acknowledgement in its input. An acknowledgement covers
the blocking findings of the run it starts with, not later gaps. They become warnings until the last
day named. The manifest keeps who accepted them, why and until when, and every status shows it.
Damaged evidence cannot be accepted.

Only the newest acknowledgement of a finding counts, and it also covers what is accepted already. To
take one back, give another until today: the finding blocks again tomorrow.
""",
    """
invoices acknowledge 2026-10 111122223333 --by "Dana Whitlock" --until 2026-12-31 \\
    --reason "No workload since September." --dry-run
""",
    _add_arguments,
    _run,
)

"""`invoices doctor`: finds problems that would stop a deployment or a month end."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ops.console import Console
from ops.errors import CannotRead
from ops.exit_codes import ExitCode
from ops.verb import Verb

if TYPE_CHECKING:
    from ops.doctor import Examined


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--project", type=Path, default=Path(), help="the folder with cdk.json (default: this one)"
    )
    parser.add_argument(
        "--payers",
        action="store_true",
        help="once deployed: start a dry run that tests the access to every payer account",
    )


def _run(arguments: Namespace, console: Console) -> ExitCode:
    try:
        # other verbs need neither boto3 nor the settings
        from ops import doctor, dry_run, subscriptions  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CannotRead(
            f"the doctor needs the whole project, and {error.name} is not installed: run "
            "'make setup' in the project's folder, and there '.venv/bin/invoices doctor'"
        ) from None
    from ops.live.deployment import required_outputs, stack_outputs  # noqa: PLC0415

    def examined() -> Iterator[doctor.Examined]:
        settings, of_settings = doctor.examine_settings(arguments.project)
        yield from of_settings
        if settings:
            yield from doctor.examine_holidays(settings, datetime.now(UTC).date())
            here = doctor.place()
            yield doctor.Examined(str(here))
            outputs = stack_outputs()
            yield doctor.examine_bucket(settings, outputs, here)
            yield from doctor.examine_break_glass_role(settings, here)
            yield doctor.examine_concurrency(settings)
            yield doctor.examine_workflow(settings, here)
            if outputs:
                yield from doctor.examine_deployment(settings, outputs)
                yield from subscriptions.examine_subscriptions(settings, outputs)
            else:
                yield from doctor.examine_failed_deployment()
                yield doctor.examine_names(here)
        if arguments.payers:
            yield from dry_run.examine_payers(required_outputs())

    found = []
    for one in examined():
        found.append(one)
        if not arguments.as_json:
            why = one.problem or one.not_tried
            console.say(_mark(one), one.what, f": {why}" if why else "")
    problems = sum(one.problem is not None for one in found)
    not_tried = sum(one.not_tried is not None for one in found)
    if arguments.as_json:
        console.give({"examined": [one.to_data() for one in found], "problems": problems})
    else:
        looked_at = f"{len(found) - not_tried} examined, {problems} to fix"
        console.say(looked_at + f", {not_tried} not tested" * bool(not_tried))
    return ExitCode.ACTION_REQUIRED if problems else ExitCode.ALL_WELL


def _mark(one: "Examined") -> tuple[str, str]:
    if one.problem is not None:
        return "problem    ", "bold red"
    return ("well       ", "green") if one.not_tried is None else ("not tested ", "yellow")


VERB = Verb(
    "doctor",
    "find problems before a deployment or a month end meets them",
    """
Reads the deploy settings and the payer register, and examines the account and region that it names.
Is the bucket's name free, or the stack's own? Are the names of roles and policies free? Does the
break-glass role exist? Does the list of holidays cover the next year? May as many functions run at
a time as the settings require? Does AWS accept the workflow? Once deployed: is the register the
deployed one, is the schedule on? Which e-mail addresses (notify_emails, escalate_to, the register's
owner_email) have not confirmed or have no subscription? Is a chat channel connected?

With --payers it starts a dry run of the deployed workflow, which tests the access to every payer
account. It shows every obstacle (no role, another external id, a missing permission, another
account) and every permission that a dry run cannot test. Nothing is changed.
""",
    """
invoices doctor                 before a deployment
invoices doctor --payers        after it, and whenever a payer account was added
""",
    _add_arguments,
    _run,
)

"""docs/iam.md: the table of required actions as a page."""

from collections.abc import Iterable, Iterator

from infra import required_actions as table
from infra.payer_parameters import INVOICES, READERS, WITNESSES
from infra.required_actions import REQUIRED_ACTIONS, Required
from infra.steps import STEPS

_HEAD = """\
# What it may read and write

Generated from `infra/required_actions.py` and `infra/payer_reader.py` by `python -m
infra.generated`. Do not edit. Tests compare it with the synthesized policies of every role and with
the policies of the resources: nothing is missing, and nothing else is granted. No role may delete
anything, shorten or bypass a lock, or change the bucket or a key.

`bucket/…` are objects of the archive bucket; `*` in their keys stands for a run, a billing period
or an account. The archive key is granted only by way of S3 and for the archive bucket
(`kms:ViaService`, `kms:EncryptionContext:aws:s3:arn`). With S3 bucket keys the encryption context
is the bucket and not the object, so the key cannot distinguish prefixes; the grants on objects do.
"""

_PAYER = """\
## In each payer account

The role that `payer-reader-role.yaml` makes. In the archive account only {readers}
may assume it, with the external id of the settings. Before they read anything, they verify that
they are in the right account. None of the actions has a resource. Switch off the options that the
archive's settings switch off under `witnesses`.

| action | needed |
|---|---|
"""

_TITLES = {
    **{step.state: f"{step.state} (role `{step.role_name}`)" for step in STEPS},
    table.PUBLIC_KEY: "The public half of the signing key (during a deployment)",
    table.WORKFLOW: "The state machine",
    table.SCHEDULE: "The schedule",
    table.ALARMS: "Alarms (CloudWatch itself, by the policies of the topic and of its key)",
}


def page() -> str:
    """The whole page in Markdown."""
    sections = [_HEAD]
    for role, needs in REQUIRED_ACTIONS.items():
        rows = "\n".join(_rows(needs))
        sections.append(f"## {_TITLES[role]}\n\n| action | on | why |\n|---|---|---|\n{rows}\n")
    readers = [f"`{step.role_name}`" for step in READERS]
    options = [
        f"| `{action}` | with `{name}`: {purpose} |"
        for name, (_, purpose, actions) in WITNESSES.items()
        for action in actions
    ]
    rows = "\n".join([*(f"| `{action}` | always |" for action in INVOICES), *options])
    names = f"{', '.join(readers[:-1])} and {readers[-1]}"
    sections.append(_PAYER.format(readers=names) + rows + "\n")
    return "\n".join(sections)


def _rows(needs: Iterable[Required]) -> Iterator[str]:
    """A line for each action and reason, with all its resources."""
    places: dict[tuple[str, str], list[str]] = {}
    for need in needs:
        places.setdefault((need.action, need.why), []).append(need.on)
    for (action, why), on in places.items():
        yield f"| `{action}` | {'<br>'.join(map(_place, on))} | {why} |"


def _place(on: str) -> str:
    return f"`{on}`" if "*" in on or "/" in on else on

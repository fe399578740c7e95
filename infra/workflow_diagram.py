"""docs/workflow.md: the picture of the workflow, drawn from the synthesized state machine."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.steps import STEPS

_HEAD = """\
# The workflow

Generated from the state machine that the stack deploys (`infra/workflow.py`) by
`python -m infra.generated`. Do not edit.

"""


def definition(template: Mapping[str, Any]) -> dict[str, Any]:
    """The state machine's definition; CloudFormation's values are shown as `${logical id}`."""
    [machine] = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else _placeholder(part) for part in parts)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def page(machine: Mapping[str, Any]) -> str:
    """The whole page in Markdown."""
    diagram = ["stateDiagram-v2", *_diagram(machine, "    ")]
    steps = [
        f"| {step.state} | [{step.name}](../lambdas/handlers/{step.name}.py) |" for step in STEPS
    ]
    retried = sorted(
        {
            name
            for state in _all_states(machine).values()
            if state["Type"] == "Task" and state["Resource"].endswith(":lambda:invoke")
            for retry in state["Retry"]
            for name in retry["ErrorEquals"]
        }
    )
    return (
        _HEAD
        + "```mermaid\n" + "\n".join(diagram) + "\n```\n\n"
        + "| state | function |\n|---|---|\n" + "\n".join(steps) + "\n\n"
        + "Tried again in each of these states: " + ", ".join(f"`{it}`" for it in retried) + ".\n"
        + "".join(_tried_again_whole(machine))
    )  # fmt: skip


def _tried_again_whole(machine: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each map that is tried again when it fails as a whole."""
    for name, state in machine["States"].items():
        if state["Type"] == "Map":
            errors = ", ".join(
                f"`{error}` (up to {retry['MaxAttempts']} times)"
                for retry in state["Retry"]
                for error in retry["ErrorEquals"]
            )
            yield f"\n{name} as a whole is tried again for {errors}; then the run goes on.\n"


def _diagram(machine: Mapping[str, Any], indent: str) -> Iterator[str]:
    """The states of a state machine in the order of a run."""
    states = machine["States"]
    yield f"{indent}[*] --> {machine['StartAt']}"
    waiting, drawn = [machine["StartAt"]], set()
    while waiting:
        name = waiting.pop(0)
        if name in drawn:
            continue
        drawn.add(name)
        state = states[name]
        if state["Type"] == "Map":
            yield f"{indent}state {name} {{"
            yield from _diagram(state["ItemProcessor"], indent + "    ")
            yield f"{indent}}}"
        for target, label in _ways_on(state):
            yield f"{indent}{name} --> {target}" + (f": {label}" if label else "")
            if target != "[*]":
                waiting.append(target)


def _ways_on(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The next states of a state, each with its reason."""
    for choice in state.get("Choices", ()):
        condition = choice["Condition"].removeprefix("{%").removesuffix("%}").strip()
        yield choice["Next"], condition.replace("$states.input.", "")
    if "Default" in state:
        yield state["Default"], "otherwise"
    if "Next" in state:
        yield state["Next"], ""
    for catch in state.get("Catch", ()):
        yield catch["Next"], "failed for good"
    if state["Type"] == "Fail":
        yield "[*]", f"the run fails with {state['Error']}"
    elif state["Type"] == "Succeed":
        yield "[*]", ""


def _all_states(machine: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(machine["States"])
    for state in machine["States"].values():
        if state["Type"] == "Map":
            found |= _all_states(state["ItemProcessor"])
    return found


def _placeholder(token: Mapping[str, Any]) -> str:
    [argument] = token.values()
    return f"${{{argument if isinstance(argument, str) else argument[0]}}}"

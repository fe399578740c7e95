"""A verb of the tool. Each has a module of its own in `ops/verbs`."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from ops.console import Console
from ops.exit_codes import ExitCode


@dataclass(frozen=True)
class Verb:
    """Its `run` gets the arguments of `add_arguments` and `as_json`, and returns the exit code."""

    name: str
    summary: str
    description: str
    examples: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Console], ExitCode]

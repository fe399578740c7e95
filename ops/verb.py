"""What a verb of the tool is. A verb has a module of its own in `ops/verbs`."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from ops.console import Console
from ops.exit_codes import ExitCode


@dataclass(frozen=True)
class Verb:
    """`run` gets what `add_arguments` defined and `as_json`, and returns how the tool ends."""

    name: str
    summary: str
    description: str
    examples: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Console], ExitCode]

"""Errors that end a verb early, each with a sentence for a person and an exit code."""

from collections.abc import Sequence

from ops.exit_codes import ExitCode


class ToolError(Exception):
    """`str()` is one sentence with the fault, the place and the next step."""

    exit_code = ExitCode.FAULT


class WrongUsage(ToolError):
    """The command cannot be understood; the text has every problem at once."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))


class NothingThere(ToolError):
    """There is nothing to work on."""

    exit_code = ExitCode.NOTHING_THERE


class CannotRead(ToolError):
    """A place, an object or a table could not be read."""

    exit_code = ExitCode.UNREADABLE


class NotWritten(ToolError):
    """The answer could not be written to its destination."""

    exit_code = ExitCode.NOT_WRITTEN

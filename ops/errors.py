"""What ends a verb early: a sentence for a person, and how the tool then ends."""

from collections.abc import Sequence

from ops.exit_codes import ExitCode


class ToolError(Exception):
    """`str()` is one sentence that says what is wrong, where, and what to do."""

    exit_code = ExitCode.FAULT


class WrongUsage(ToolError):
    """The command cannot be understood: every problem at once."""

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
    """The answer could not be written to where it should go."""

    exit_code = ExitCode.NOT_WRITTEN

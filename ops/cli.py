"""The command line: finds the verb, and turns every error into a sentence."""

import os
import sys
import textwrap
import traceback
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from ops.console import Console, written
from ops.errors import NotWritten, ToolError, WrongUsage
from ops.exit_codes import ExitCode
from ops.verb import Verb
from ops.verbs import VERBS

_EXITS = "how it ends:\n" + "\n".join(f"  {code:>3}  {code.meaning}" for code in ExitCode)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit code."""
    console = Console()
    words = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in words
    try:
        return _run(words, console)
    except (NotWritten, BrokenPipeError) as error:
        return _not_written(console, error)
    except ToolError as error:
        return _fail(console, str(error), error.exit_code, as_json=as_json)
    except ModuleNotFoundError as error:  # a verb imports what only it needs
        sentence = f"{error.name} is not installed, and this needs it: pip install {error.name}"
        return _fail(console, sentence, ExitCode.UNREADABLE, as_json=as_json)
    except KeyboardInterrupt:
        return _fail(console, "interrupted", ExitCode.INTERRUPTED, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, never a traceback
        return _fail(console, _fault(error), ExitCode.FAULT, as_json=as_json)


def _run(words: Sequence[str], console: Console) -> int:
    console.require_output()
    try:
        parsed = _parser().parse_args(words)
        verb: Verb = parsed.verb
        return verb.run(parsed, console)
    finally:
        console.close()


def _not_written(console: Console, error: NotWritten | BrokenPipeError) -> ExitCode:
    _give_up_stdout()
    if isinstance(error, BrokenPipeError):  # the reader of the output wants no more of it
        return ExitCode.INTERRUPTED
    console.complain(str(error))
    return error.exit_code


def _give_up_stdout() -> None:
    """Keep the interpreter from trying to write its buffer once more at its end."""
    with suppress(OSError, ValueError, AttributeError):  # there may be none, or none of the system
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(ArgumentParser):
    """Reports a wrong command like every other error."""

    def _print_message(self, message: str, file: Any = None) -> None:
        with written():  # argparse ignores help that could not be written
            (file or sys.stdout).write(message)

    def error(self, message: str) -> NoReturn:
        raise WrongUsage([f"{message}; '{self.prog} --help' shows help for it"])


def _parser() -> ArgumentParser:
    parser = _Parser(
        prog="invoices",
        description="Work with the invoice archive.",
        epilog=f"'invoices VERB --help' shows help for a verb.\n\n{_EXITS}",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in VERBS:
        one = verbs.add_parser(
            verb.name,
            help=verb.summary,
            description=verb.description.strip(),
            epilog=f"examples:\n{textwrap.indent(verb.examples.strip(), '  ')}\n\n{_EXITS}",
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        verb.add_arguments(one)
        one.add_argument(
            "--json", action="store_true", dest="as_json", help="answer as JSON, for programs"
        )
        one.set_defaults(verb=verb)
    return parser


def _fail(console: Console, sentence: str, code: ExitCode, *, as_json: bool) -> ExitCode:
    if not as_json:
        console.complain(sentence)
        return code
    try:
        console.give({"error": sentence, "exit_code": int(code)})
    except (NotWritten, BrokenPipeError):
        _give_up_stdout()
        console.complain(sentence)
    return code


def _fault(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"a fault of the tool itself: {type(error).__name__} ({error}) in "
        f"{os.path.basename(place.filename)}, line {place.lineno}; report this line"
    )

"""Errors that a retry may fix or that a person must fix now.

A gap in the archive is a finding (`lambdas.domain.findings`), not an exception. A class name is a
contract: Lambda reports it as `errorType`, and the workflow's retries and the console show it.
"""

from collections.abc import Sequence

from lambdas.domain.cut_text import within_bytes
from lambdas.domain.visible_text import shown

_MOST_BYTES = 40_000
"""Step Functions passes on at most 262,144 bytes of a state's error, as JSON with a stack trace. In
JSON a character of one or two bytes may take six.
"""
_CUT = "\n  [Cut here: there are more problems than an error message holds.]"

NOT_UNDERSTOOD = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""Errors of reading a stored form that is not valid: text that is no JSON or is nested too deeply,
members that are absent or of another kind, numbers beyond arithmetic, instants beyond the calendar.
Code that reads a stored form catches all of them and reports the consequence.
"""


class ServiceUnavailable(Exception):
    """A service did not answer in time or throttled; the same call may succeed later. The workflow
    retries it by this name.
    """


class _Problems(Exception):
    """Invalid input. Lists every problem at once, one a line, so that one correction is enough."""

    heading = "invalid input"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lines = (f"  - {shown(problem)}" for problem in self.problems)
        text = "\n".join([f"{self.heading}:", *lines])
        super().__init__(within_bytes(text, _MOST_BYTES, _CUT))


class InvalidExecutionInput(_Problems):
    """The execution input cannot be read, or names something that does not exist."""

    heading = "the execution input is not valid"


class InvalidRegister(_Problems):
    """The payer register cannot be used; nothing was read from AWS for it."""

    heading = "the payer register is not valid"


class InvalidSettings(_Problems):
    """The settings cannot be used; `heading` names their place."""

    heading = "the settings are not valid"


class ArchiveUnusable(_Problems):
    """The archive bucket cannot hold evidence: it is missing, not readable, or without versioning
    or Object Lock.
    """

    heading = "the archive bucket cannot be used"


class EvidenceConflict(Exception):
    """An object that is written once already exists with other content, which cannot be adopted."""

"""What is raised: errors that a retry may cure or that a person must fix now.

What the archive merely lacks is a finding (`lambdas.domain.findings`), not an exception. A class
name is a contract: Lambda reports it as `errorType`, and the workflow's retries and the console
show it.
"""

from collections.abc import Sequence

from lambdas.domain.cut_text import within_bytes
from lambdas.domain.visible_text import shown

_MOST_BYTES = 40_000
"""A state's error is passed on in at most 262,144, as JSON and with a stack trace. In JSON a
character of two bytes may take six, and one of one byte too."""
_CUT = "\n  [Cut here: there are more problems than an error message holds.]"

NOT_UNDERSTOOD = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What reading a stored form raises that is none: no JSON or beyond its depth, members that are not
there or of another kind, numbers beyond arithmetic, instants beyond the calendar. Whoever reads
what another wrote catches these, all of them, and says what that costs.
"""


class ServiceUnavailable(Exception):
    """A service did not answer in time or throttled; the same call may succeed later. The workflow
    retries it by this name.
    """


class _Problems(Exception):
    """Bad input: every problem at once, one a line, so that one correction round is enough."""

    heading = "invalid input"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lines = (f"  - {shown(problem)}" for problem in self.problems)
        text = "\n".join([f"{self.heading}:", *lines])
        super().__init__(within_bytes(text, _MOST_BYTES, _CUT))


class InvalidExecutionInput(_Problems):
    """The execution input cannot be understood or names what does not exist."""

    heading = "the execution input is not valid"


class InvalidRegister(_Problems):
    """The payer register cannot be used; nothing was read from AWS for it."""

    heading = "the payer register is not valid"


class InvalidSettings(_Problems):
    """The settings cannot be used; `heading` names their place."""

    heading = "the settings are not valid"


class ArchiveUnusable(_Problems):
    """The archive bucket is not what evidence needs (missing, without versioning or Object Lock, or
    not readable).
    """

    heading = "the archive bucket cannot be used"


class EvidenceConflict(Exception):
    """An object that is written once already exists with other content, and what it holds cannot be
    adopted.
    """

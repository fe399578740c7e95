"""Errors of a witness that cannot be read; the run names it and goes by the others."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from lambdas.aws.answers import AnswerNotRead
from lambdas.aws.busy import credentials_have_ended, is_busy, pages_are_stale
from lambdas.aws.payer_role import NoAccess
from lambdas.domain.cut_text import short
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.visible_text import shown
from lambdas.domain.witnesses.refusals import DENIED, REFUSED, UNANSWERED

DENIED_CODES = ("AccessDenied", "AccessDeniedException")
_REFUSED = "ValidationException"
_LONGEST = 1_000


class WitnessNotRead(Exception):
    """A witness did not answer; the message names the permission that its call needs."""


class QuestionRefused(WitnessNotRead):
    """The service refuses the question in this form; it may answer another one."""


@contextmanager
def witness(action: str) -> Iterator[None]:
    """Raise WitnessNotRead for any error of the service, as QuestionRefused if the question itself
    is at fault.

    botocore has retried by then. `action` is the permission, for example `ce:GetCostAndUsage`.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        is_refused = code == _REFUSED and not pages_are_stale(error)
        error_type = QuestionRefused if is_refused else WitnessNotRead
        raise error_type(f"{_verb(error, code)} {action} ({code}).") from None
    except (NoAccess, ServiceUnavailable) as error:
        raise WitnessNotRead(f"{action} was not read: {error}") from None
    except AnswerNotRead as error:
        raise WitnessNotRead(short(shown(str(error)), _LONGEST)) from None
    except (BotoCoreError, ResponseParserError, RecursionError) as error:
        raise WitnessNotRead(f"{UNANSWERED} {action} ({type(error).__name__}).") from None


def _verb(error: ClientError, code: str) -> str:
    if code in DENIED_CODES:
        return DENIED
    may_pass = is_busy(error) or credentials_have_ended(error) or pages_are_stale(error)
    return UNANSWERED if may_pass else REFUSED

"""A witness that cannot be read: it is named, and the others decide."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.answers import AnswerNotRead
from lambdas.aws.payer_role import NoAccess
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.refusals import DENIED, REFUSED, UNANSWERED

_DENIED = ("AccessDenied", "AccessDeniedException")
_BUSY = re.compile(r"Throttl|TooManyRequests|LimitExceeded|SlowDown")
_REFUSED = "ValidationException"


class WitnessNotRead(Exception):
    """A witness did not answer; the message names the permission that its call needs."""


class QuestionRefused(WitnessNotRead):
    """The service does not take the question as it is put; another one it may answer."""


@contextmanager
def witness(action: str) -> Iterator[None]:
    """Raise WitnessNotRead for whatever the service answers instead of what it is asked, as
    QuestionRefused where the question itself is at fault.

    Botocore has tried again by then. `action` is the permission, `ce:GetCostAndUsage`.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        verb = _verb(code, error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        error_type = QuestionRefused if code == _REFUSED else WitnessNotRead
        raise error_type(f"{verb} {action} ({code}).") from None
    except (NoAccess, ServiceUnavailable) as error:
        raise WitnessNotRead(f"{action} was not read: {error}") from None
    except AnswerNotRead as error:
        raise WitnessNotRead(str(error)) from None
    except BotoCoreError as error:
        raise WitnessNotRead(f"{UNANSWERED} {action} ({type(error).__name__}).") from None


def _verb(code: str, status: int) -> str:
    if code in _DENIED:
        return DENIED
    return UNANSWERED if status >= 500 or _BUSY.search(code) else REFUSED

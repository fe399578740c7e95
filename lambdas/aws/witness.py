"""A witness that cannot be read: it is named, and the others decide."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.answers import AnswerNotRead
from lambdas.aws.payer_role import NoAccess
from lambdas.domain.errors import ServiceUnavailable

_DENIED = ("AccessDenied", "AccessDeniedException")
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
        verb = "AWS denied" if code in _DENIED else "AWS did not answer"
        error_type = QuestionRefused if code == _REFUSED else WitnessNotRead
        raise error_type(f"{verb} {action} ({code}).") from None
    except (NoAccess, ServiceUnavailable) as error:
        raise WitnessNotRead(f"{action} was not read: {error}") from None
    except AnswerNotRead as error:
        raise WitnessNotRead(str(error)) from None
    except BotoCoreError as error:
        raise WitnessNotRead(f"AWS did not answer {action} ({type(error).__name__}).") from None

"""A witness that cannot be read: it is named, and the others decide."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.payer_role import NoAccess
from lambdas.domain.errors import ServiceUnavailable

_DENIED = ("AccessDenied", "AccessDeniedException")


class WitnessNotRead(Exception):
    """A witness did not answer; the message names the permission that its call needs."""


@contextmanager
def witness(action: str) -> Iterator[None]:
    """Raise WitnessNotRead for whatever the service answers instead of what it is asked.

    Botocore has tried again by then. `action` is the permission, `ce:GetCostAndUsage`.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        verb = "AWS denied" if code in _DENIED else "AWS did not answer"
        raise WitnessNotRead(f"{verb} {action} ({code}).") from None
    except (NoAccess, ServiceUnavailable) as error:
        raise WitnessNotRead(f"{action} was not read: {error}") from None
    except BotoCoreError as error:
        raise WitnessNotRead(f"AWS did not answer {action} ({type(error).__name__}).") from None

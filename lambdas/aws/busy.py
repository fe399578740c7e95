"""What a service answers while it cannot serve: the workflow tries again later."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as botocore

from lambdas.domain.errors import ServiceUnavailable

_THROTTLING = (
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)


_BEGIN_AGAIN = ("ExpiredToken", "ExpiredTokenException")
"""The role's credentials have ended; a step that begins again assumes the role anew."""
_STALE_PAGES = ("expiredNextToken", "invalidNextToken")
"""Reasons of ValidationException: the pages are to be read from the first one again."""


@contextmanager
def busy_is_unavailable(call: str) -> Iterator[None]:
    """Raise ServiceUnavailable when the service throttles, fails or cannot be reached.

    That is after botocore's own retries. Credentials and page tokens that ended in the middle are
    the same to a caller: the step is to begin again. `call` names the service and operation in the
    message.
    """
    try:
        yield
    except botocore.ClientError as error:
        code = error.response["Error"]["Code"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or code in _THROTTLING:
            raise ServiceUnavailable(f"{call} answers {code} after all retries") from error
        if code in _BEGIN_AGAIN or error.response.get("reason") in _STALE_PAGES:
            raise ServiceUnavailable(f"{call} answers {code} in the middle") from error
        raise
    except (botocore.ConnectionError, botocore.HTTPClientError) as error:
        raise ServiceUnavailable(f"{call} cannot be reached") from error

"""What a service answers while it cannot serve: the workflow tries again later."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from lambdas.domain.errors import ServiceUnavailable

_BUSY = frozenset(
    (
        *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        *TransientRetryableChecker._TRANSIENT_ERROR_CODES,
    )
)
"""What botocore itself tries again, by its own lists: they grow with it."""
_TOO_MANY_REQUESTS = 429
_CREDENTIALS_ENDED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
)
"""The role's credentials have ended, or the service does not know them yet or any more: others of
the same role may do.
"""
_STALE_PAGES = ("expiredNextToken", "invalidNextToken")
"""Reasons of ValidationException: the pages are to be read from the first one again."""


def credentials_have_ended(error: botocore.ClientError) -> bool:
    """Whether the same call may succeed with credentials that are assumed anew."""
    return _code(error) in _CREDENTIALS_ENDED


def pages_are_stale(error: botocore.ClientError) -> bool:
    """Whether the listing may succeed from its first page on."""
    return error.response.get("reason") in _STALE_PAGES


@contextmanager
def busy_is_unavailable(call: str) -> Iterator[None]:
    """Raise ServiceUnavailable when the service throttles, fails or cannot be reached.

    That is after botocore's own retries. Credentials and page tokens that ended in the middle, and
    an answer that nobody can read, are the same to a caller: the step is to begin again. `call`
    names the service and operation in the message.
    """
    try:
        yield
    except botocore.ClientError as error:
        code = _code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or status == _TOO_MANY_REQUESTS or code in _BUSY:
            raise ServiceUnavailable(f"{call} answers {code} after all retries") from error
        if credentials_have_ended(error) or pages_are_stale(error):
            raise ServiceUnavailable(f"{call} answers {code} in the middle") from error
        raise
    except (botocore.ConnectionError, botocore.HTTPClientError) as error:
        raise ServiceUnavailable(f"{call} cannot be reached") from error
    except ResponseParserError as error:
        raise ServiceUnavailable(f"{call} answers what cannot be read") from error


def _code(error: botocore.ClientError) -> str:
    return str(error.response["Error"]["Code"])

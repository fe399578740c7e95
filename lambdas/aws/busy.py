"""Answers of a service that cannot serve now; the workflow tries again later."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from urllib3.exceptions import HTTPError

from lambdas.domain.errors import ServiceUnavailable

_BUSY = frozenset(
    (
        *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        *TransientRetryableChecker._TRANSIENT_ERROR_CODES,
        *("InternalError", "InternalFailure", "InternalException"),
        *("InternalServerError", "InternalServerException", "ServiceException"),
        *("ServiceUnavailable", "ServiceUnavailableException", "Busy", "RequestTimeTooSkewed"),
        *("OperationAborted", "ConcurrentAccess", "ConcurrentModificationException"),
        *("TransactionConflictException", "ReplicatedWriteConflictException"),
        *("KMSInternalException", "KeyUnavailableException", "DependencyTimeoutException"),
        *("KMSThrottling", "KMSThrottlingException", "KMS.ThrottlingException"),
    )
)
"""Codes that botocore itself retries, from its own lists, which grow with its releases; and further
codes of these services, most of them with a status of 5xx.
"""
_TIMED_OUT, _TOO_MANY_REQUESTS = 408, 429
_CREDENTIALS_ENDED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
)
"""The role's credentials have expired, or the service does not know them yet or any more. New ones
of the same role may work.
"""
_STALE_PAGES = ("expiredNextToken", "invalidNextToken", "INVALID_PAGINATION_TOKEN")
"""Reasons of ValidationException that require reading from the first page again."""


_BODY_BROKEN = (
    botocore.IncompleteReadError,
    botocore.ChecksumError,
    botocore.FlexibleChecksumError,
    HTTPError,
    ConnectionError,
    TimeoutError,
)
"""Errors of botocore, and of the libraries that read bodies for it, when an answer breaks off,
stalls or arrives changed.
"""


def is_busy(error: botocore.ClientError) -> bool:
    """True if the service cannot serve the call now, after botocore's own retries."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status in (_TIMED_OUT, _TOO_MANY_REQUESTS) or _code(error) in _BUSY


def credentials_have_ended(error: botocore.ClientError) -> bool:
    """True if the same call may succeed with newly assumed credentials."""
    return _code(error) in _CREDENTIALS_ENDED


def pages_are_stale(error: botocore.ClientError) -> bool:
    """True if the listing may succeed when read again from its first page."""
    return error.response.get("reason") in _STALE_PAGES


@contextmanager
def busy_is_unavailable(call: str) -> Iterator[None]:
    """Raise ServiceUnavailable when the service throttles, fails or cannot be reached.

    botocore has retried by then. Credentials and page tokens that expire midway, and an answer that
    cannot be read, count as well: in each case the step starts again. `call` names the service and
    operation in the message. Read bodies within this context, so that their errors are covered too.
    """
    try:
        yield
    except botocore.ClientError as error:
        code = _code(error)
        if is_busy(error):
            raise ServiceUnavailable(f"{call} answers {code} after all retries") from error
        if credentials_have_ended(error) or pages_are_stale(error):
            raise ServiceUnavailable(f"{call} answers {code} in the middle") from error
        raise
    except (botocore.ConnectionError, botocore.HTTPClientError) as error:
        raise ServiceUnavailable(f"{call} cannot be reached") from error
    except _BODY_BROKEN as error:
        raise ServiceUnavailable(f"{call} broke off ({type(error).__name__})") from error
    except (ResponseParserError, RecursionError) as error:  # an answer that is nested too deeply
        raise ServiceUnavailable(f"{call} answers what cannot be read") from error


def _code(error: botocore.ClientError) -> str:
    return str(error.response["Error"]["Code"])

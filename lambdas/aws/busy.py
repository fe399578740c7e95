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


@contextmanager
def busy_is_unavailable(call: str) -> Iterator[None]:
    """Raise ServiceUnavailable when the service throttles, fails or cannot be reached.

    That is after botocore's own retries. `call` names the service and operation in the message.
    """
    try:
        yield
    except botocore.ClientError as error:
        code = error.response["Error"]["Code"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or code in _THROTTLING:
            raise ServiceUnavailable(f"{call} answers {code} after all retries") from error
        raise
    except (botocore.ConnectionError, botocore.HTTPClientError) as error:
        raise ServiceUnavailable(f"{call} cannot be reached") from error

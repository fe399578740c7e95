import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from lambdas.aws.busy import busy_is_unavailable
from lambdas.domain.errors import ServiceUnavailable


def client_error(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetObject")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [
        client_error("SlowDown", 503),
        client_error("Throttling", 400),
        client_error("ThrottlingException", 400),
        client_error("TooManyRequestsException", 429),
        client_error("429", 429),
        client_error("LimitExceededException", 400),
        client_error("ProvisionedThroughputExceededException", 400),
        client_error("BandwidthLimitExceeded", 400),
        client_error("RequestTimeout", 400),
        client_error("PriorRequestNotComplete", 400),
        client_error("ExpiredToken", 400),
        client_error("RequestExpired", 400),
        ResponseParserError("no XML"),
        client_error("InternalError", 500),
        client_error("504", 504),
        EndpointConnectionError(endpoint_url="https://s3.amazonaws.com"),
        ReadTimeoutError(endpoint_url="https://s3.amazonaws.com"),
    ],
)
def test_what_a_later_call_may_fix_is_left_to_the_workflows_retry(error: Exception) -> None:
    with (
        pytest.raises(ServiceUnavailable, match="s3:GetObject"),
        busy_is_unavailable("s3:GetObject"),
    ):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDenied", 403),
        client_error("NoSuchKey", 404),
        client_error("ValidationException", 400),
        KeyError("a mistake of the program"),
    ],
)
def test_what_no_later_call_fixes_is_raised_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, busy_is_unavailable("s3:GetObject"):
        raise error
    assert raised.value is error


def test_what_goes_well_is_let_be() -> None:
    with busy_is_unavailable("s3:GetObject"):
        done = True
    assert done


def test_botocores_own_lists_are_where_they_are_looked_for_and_are_all_taken() -> None:
    codes = (
        *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        *TransientRetryableChecker._TRANSIENT_ERROR_CODES,
    )
    assert len(codes) >= 17
    for code in codes:
        with pytest.raises(ServiceUnavailable), busy_is_unavailable("s3:GetObject"):
            raise client_error(code, 400)

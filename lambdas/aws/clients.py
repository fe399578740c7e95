"""Clients of AWS: their timeouts, retries and connection pools, in one place."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from lambdas.aws.answers import demand_shapes, keep_answers, shorten_errors

INVOICING_REGION = "us-east-1"  # the Invoicing API is global; its requests are signed for this
_GLOBAL_REGION = "us-east-1"  # likewise the other services of a payer account, and its credentials

LONGEST_WAIT_SECONDS = 60
_CONNECTIONS = 64
_MAKING = threading.Lock()
_INVOICING_ATTEMPTS = 8
_PAYMENTS_ATTEMPTS = 6
_IN_VAIN = {"MaxAttemptsReached", "RetryQuotaReached"}
"""Botocore's notes in an answer that it does not try for again."""


@dataclass(frozen=True)
class RoleCredentials:
    """Temporary credentials of a payer's reader role; the repr hides the secrets."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


def s3_client() -> Any:
    """S3 as the function's own role."""
    return _client("s3", config=_config("standard", 6))


def kms_client() -> Any:
    """KMS as the function's own role."""
    return _client("kms", config=_config("standard", 6))


def dynamodb_client() -> Any:
    """DynamoDB as the function's own role."""
    return _client("dynamodb", config=_config("standard", 6))


def sns_client() -> Any:
    """SNS as the function's own role."""
    return _client("sns", config=_config("standard", 6))


def events_client() -> Any:
    """EventBridge as the function's own role."""
    return _client("events", config=_config("standard", 6))


def cost_explorer_client(credentials: RoleCredentials) -> Any:
    """Cost Explorer as a payer's reader role."""
    client = _client(
        "ce", region_name=_GLOBAL_REGION, config=_config("standard", 6), **_as(credentials)
    )
    demand_shapes(client, "cost-explorer")
    return client


def organizations_client(credentials: RoleCredentials) -> Any:
    """Organizations as a payer's reader role."""
    client = _client(
        "organizations",
        region_name=_GLOBAL_REGION,
        config=_config("standard", 6),
        **_as(credentials),
    )
    demand_shapes(client, "organizations")
    return client


def sts_client(credentials: RoleCredentials | None = None) -> Any:
    """STS as the function's own role, or as the role whose credentials are given.

    Always in us-east-1: a region that the payer account has not enabled issues no credentials for
    its roles, and the archive's region may be one. All calls as that role are made in us-east-1.
    """
    return _client(
        "sts", region_name=_GLOBAL_REGION, config=_config("standard", 6), **_as(credentials)
    )


def _warm(make: Callable[[], Any]) -> Callable[[], Any]:
    """The maker of a client, which makes one in a process: a warm function keeps the clients of its
    own role with their open connections, and saves the handshakes of each invocation.

    After a call whose tries all failed the next invocation gets a new client, because an old one
    may have used up its retries: botocore allows each client only so many.
    """

    @cache
    def kept() -> Any:
        client = make()
        client.meta.events.register("after-call", forget_if_in_vain)
        client.meta.events.register("after-call-error", forget)
        return client

    def forget_if_in_vain(parsed: Mapping[str, Any], **_: object) -> None:
        if _IN_VAIN & parsed.get("ResponseMetadata", {}).keys():
            kept.cache_clear()

    def forget(**_: object) -> None:
        kept.cache_clear()

    return kept


warm_s3_client = _warm(s3_client)
warm_kms_client = _warm(kms_client)
warm_dynamodb_client = _warm(dynamodb_client)
warm_sns_client = _warm(sns_client)
warm_events_client = _warm(events_client)


def invoicing_client(credentials: RoleCredentials) -> Any:
    """Invoicing as a payer's reader role.

    One client per payer account: adaptive mode sets the pace of calls by this account's answers.
    Answers are returned as they were sent (`answers.keep_answers`).
    """
    client = _client(
        "invoicing",
        region_name=INVOICING_REGION,
        config=_config("adaptive", _INVOICING_ATTEMPTS),
        **_as(credentials),
    )
    _honour_waits(client, "invoicing", _INVOICING_ATTEMPTS)
    keep_answers(client, "invoicing")
    return client


def payments_client(credentials: RoleCredentials) -> Any:
    """AWS Payments as a payer's reader role, with a pace of its own and answers as they were sent,
    as Invoicing's.
    """
    client = _client(
        "payments",
        region_name=_GLOBAL_REGION,
        config=_config("adaptive", _PAYMENTS_ATTEMPTS),
        **_as(credentials),
    )
    _honour_waits(client, "payments", _PAYMENTS_ATTEMPTS)
    keep_answers(client, "payments")
    return client


def _honour_waits(client: Any, service: str, most_attempts: int) -> None:
    """Make the client honour `retryAfterSeconds` of an error, which botocore ignores.

    A wait too long for a function ends the tries: the workflow starts the step again.
    """

    def wait_as_asked(attempts: int, response: Any = None, **_: object) -> float | bool | None:
        """The seconds until the next try, False to stop, None to leave the choice to botocore."""
        seconds = response[1].get("retryAfterSeconds") if response else None
        if not isinstance(seconds, int | float) or seconds < 0 or attempts >= most_attempts:
            return None
        return float(seconds) if seconds <= LONGEST_WAIT_SECONDS else False

    client.meta.events.register_first(f"needs-retry.{service}", wait_as_asked)


def _client(service: str, **arguments: Any) -> Any:
    """Make a client. Locked, because boto3's session cannot make clients in several threads."""
    with _MAKING:
        client = _session().client(service, **arguments)
    shorten_errors(client)
    return client


@cache
def _session() -> boto3.Session:
    """The one session of a function's process, which loads each service model once."""
    return boto3.Session()


def _as(credentials: RoleCredentials | None) -> dict[str, str]:
    if credentials is None:
        return {}
    return {
        "aws_access_key_id": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key,
        "aws_session_token": credentials.session_token,
    }


def _config(mode: str, attempts: int) -> Config:
    return Config(
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": mode, "total_max_attempts": attempts},
    )

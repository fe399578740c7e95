"""Clients of AWS services, and sentences for AWS's errors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import CannotRead

READERS = 32


def client(service: str) -> Any:
    """Make a client with the caller's own credentials and region. Raises CannotRead.

    Boto3 alone does not read AWS_REGION, which CDK and the AWS command line put first.
    """
    with aws_errors(service):
        return _session(os.environ.get("AWS_REGION") or None).client(
            service,
            config=Config(
                connect_timeout=10,
                read_timeout=60,
                max_pool_connections=READERS,
                retries={"mode": "standard", "total_max_attempts": 6},
            ),
        )


@cache
def _session(region: str | None) -> boto3.Session:
    """One session for all clients, so that credentials and service models are read once."""
    return boto3.Session(region_name=region)


@contextmanager
def aws_errors(what: str) -> Iterator[None]:
    """Raise CannotRead for everything that AWS or the connection to it refuses."""
    try:
        yield
    except ClientError as error:
        answer = error.response.get("Error", {})
        code, message = answer.get("Code", "an error"), answer.get("Message", "")
        raise CannotRead(f"{what}: AWS answered {code}" + f" ({message})" * bool(message)) from None
    except BotoCoreError as error:
        raise CannotRead(f"{what}: {error}") from None

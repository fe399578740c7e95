"""Callers: the account behind the access key of a request's signature."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.invoicing.errors import ServiceError, internal

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 "
    r"Credential=(?P<key>\w+)/\d{8}/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request, *"
    r"SignedHeaders=[a-z0-9;-]+, *Signature=[0-9a-f]{64}",
    re.ASCII,
)
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)


class Callers:
    """Resolves access keys to accounts, each key once.

    A key of twelve digits is that account. STS at `sts_endpoint` resolves any other. The signature
    itself is not verified: only AWS and the caller know the secret.
    """

    def __init__(self, sts_endpoint: str | None) -> None:
        self._sts_endpoint = sts_endpoint
        self._accounts: dict[str, str] = {}

    def account_of(self, headers: Mapping[str, str], service: str) -> str:
        """The account that calls `service`. Raises AWS's error for an unsigned request or an
        unknown key.
        """
        authorization = headers.get("authorization")
        if not authorization:
            raise ServiceError(
                "MissingAuthenticationTokenException",
                "The request is not signed; sign it with AWS Signature Version 4.",
                status=403,
            )
        match = _AUTHORIZATION.fullmatch(authorization)
        if not match or "x-amz-date" not in headers:
            raise ServiceError(
                "IncompleteSignatureException",
                "The Authorization header or X-Amz-Date is not of Signature Version 4.",
                status=403,
            )
        if match["service"] != service:
            raise ServiceError(
                "SignatureDoesNotMatch",
                f"The credential is scoped to the service '{match['service']}', not '{service}'.",
                status=403,
            )
        key = match["key"]
        if _ACCOUNT_ID.fullmatch(key):
            return key
        if key not in self._accounts:
            self._accounts[key] = self._ask(key, service)
        return self._accounts[key]

    def _ask(self, key: str, service: str) -> str:
        unknown = ServiceError(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            status=403,
        )
        if self._sts_endpoint is None:
            raise unknown
        try:
            return str(self._sts.get_access_key_info(AccessKeyId=key)["Account"])
        except ClientError:
            raise unknown from None
        except BotoCoreError as error:
            raise internal(
                service,
                f"STS at {self._sts_endpoint} did not say whose access key this is: {error}",
            ) from None

    @cached_property
    def _sts(self) -> Any:
        return boto3.session.Session().client(
            "sts",
            region_name="us-east-1",
            endpoint_url=self._sts_endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                retries={"total_max_attempts": 2},
                connect_timeout=5,
                read_timeout=20,
                max_pool_connections=16,
            ),
        )

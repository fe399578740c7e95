"""Access to a payer account: assuming its reader role, then verifying which account it opens; and
clients whose credentials may end midway.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from lambdas.aws.busy import busy_is_unavailable, credentials_have_ended, pages_are_stale
from lambdas.aws.clients import RoleCredentials, sts_client
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.runs.payer_run import PayerRun

_DENIED = ("AccessDenied", "AccessDeniedException", "NoSuchEntity", "ValidationError")
_REGION_OFF = "RegionDisabledException"
_BEGINNINGS = 3
"""Starts of a listing or a call in one invocation, the first included."""
_Done = TypeVar("_Done")


class NoAccess(Exception):
    """The payer account cannot be read; a person must fix its reader role."""


class WrongAccount(Exception):
    """The role is in another account than the payer's; nothing is read with it."""


def assume_payer_role(run: PayerRun, external_id: str) -> RoleCredentials:
    """Credentials of the payer's reader role.

    Raises NoAccess or WrongAccount before anything of the payer is read. The session's name in the
    payer's CloudTrail contains the run id.
    """
    try:
        with busy_is_unavailable("sts:AssumeRole"):
            answer = sts_client().assume_role(
                RoleArn=run.role_arn,
                ExternalId=external_id,
                RoleSessionName=f"invoice-archive-{safe_segment(run.run_id, 48)}",
            )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == _REGION_OFF:
            raise NoAccess(
                f"The role {run.role_arn} cannot be assumed ({code}): its account has AWS STS "
                "switched off in us-east-1; switch it on in the account settings of IAM there."
            ) from None
        if code not in _DENIED:
            raise
        raise NoAccess(
            f"The role {run.role_arn} cannot be assumed ({code}): it is not there, or its trust "
            f"names another archive account or another external id than '{external_id}'."
        ) from None
    credentials = _credentials(answer)
    with busy_is_unavailable("sts:GetCallerIdentity"):
        account = sts_client(credentials).get_caller_identity().get("Account")
    if not account:
        raise ServiceUnavailable("sts:GetCallerIdentity answers without an account")
    if account != run.payer_account_id:
        raise WrongAccount(
            f"The role {run.role_arn} leads to account {account}, not to {run.payer_account_id}."
        )
    return credentials


class PayerRole:
    """A payer's reader role. Its credentials are assumed at their first use, and again when
    `renewed`. Raises as `assume_payer_role`.
    """

    def __init__(self, run: PayerRun, external_id: str) -> None:
        self._run = run
        self._external_id = external_id
        self._credentials: RoleCredentials | None = None

    def credentials(self) -> RoleCredentials:
        return self._credentials or self.renewed()

    def renewed(self) -> RoleCredentials:
        self._credentials = assume_payer_role(self._run, self._external_id)
        return self._credentials


class PayerClient:
    """A client with a payer account's credentials, made at its first use.

    `renewed` makes another one with newly assumed credentials. Methods may run in several threads.
    """

    def __init__(self, client: Callable[[], Any], renewed: Callable[[], Any]) -> None:
        self._first = client
        self._renewed = renewed
        self._client: Any = None
        self._renewing = threading.Lock()

    def retried(self, do: Callable[[Any], _Done]) -> _Done:
        """Call `do` with the client, and again, up to a limit, if credentials or a page token
        expire midway.
        """
        for _ in range(_BEGINNINGS - 1):
            client = self._current()
            try:
                return do(client)
            except ClientError as error:
                if credentials_have_ended(error):
                    self._renew(client)
                elif not pages_are_stale(error):
                    raise
        return do(self._current())

    def _current(self) -> Any:
        with self._renewing:
            if self._client is None:
                self._client = self._first()
            return self._client

    def _renew(self, expired: Any) -> None:
        """Make a client with new credentials, unless another thread has done so since."""
        with self._renewing:
            if self._client is expired:
                self._client = self._renewed()


def _credentials(answer: dict[str, Any]) -> RoleCredentials:
    try:
        issued = answer["Credentials"]
        return RoleCredentials(
            issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
        )
    except (LookupError, TypeError):
        raise ServiceUnavailable("sts:AssumeRole answers without credentials") from None

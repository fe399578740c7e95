"""Getting into a payer account: assume its reader role, then prove which account one landed in."""

from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.busy import busy_is_unavailable
from lambdas.aws.clients import RoleCredentials, sts_client
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.runs.payer_run import PayerRun

_DENIED = ("AccessDenied", "AccessDeniedException", "NoSuchEntity", "ValidationError")
_REGION_OFF = "RegionDisabledException"


class NoAccess(Exception):
    """The payer account cannot be read; a person must repair its reader role."""


class WrongAccount(Exception):
    """The role lies in another account than the payer's; nothing is read with it."""


def assume_payer_role(run: PayerRun, external_id: str) -> RoleCredentials:
    """Credentials of the payer's reader role.

    Raises NoAccess or WrongAccount before anything of the payer is read. The payer's CloudTrail
    shows the session's name, which leads back to the run.
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
        landed = sts_client(credentials).get_caller_identity().get("Account")
    if not landed:
        raise ServiceUnavailable("sts:GetCallerIdentity answers without an account")
    if landed != run.payer_account_id:
        raise WrongAccount(
            f"The role {run.role_arn} leads to account {landed}, not to {run.payer_account_id}."
        )
    return credentials


class PayerRole:
    """A payer's reader role with its credentials, which are assumed when they are asked for first,
    and anew when they have ended. Raises as `assume_payer_role`.
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


def _credentials(answer: dict[str, Any]) -> RoleCredentials:
    try:
        issued = answer["Credentials"]
        return RoleCredentials(
            issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
        )
    except (LookupError, TypeError):
        raise ServiceUnavailable("sts:AssumeRole answers without credentials") from None

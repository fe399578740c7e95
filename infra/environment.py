"""The environment variables of the functions. Lambda takes 4 KiB for each function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.deploy_settings import MAX_DOCUMENT_BYTES, DeploySettings, InvalidDeploySettings
from infra.steps import VALIDATE_COMPLETENESS, Step
from lambdas.settings import FunctionSettings

_MOST_BYTES = 4_096
_NOTEWORTHY_BYTES = 200
_LONGEST_NAME = 110 * "x"
"""Stands for a name that AWS gives, which ends in about 55 characters after an ARN of up to 47."""
_ENDPOINTS = tuple(
    f"AWS_ENDPOINT_URL_{service}"
    for service in ("INVOICING", "COST_EXPLORER", "ORGANIZATIONS", "PAYMENTS")
)
"""The variables of boto3 itself."""
_SETTINGS = {
    "PAYER_ROLE_NAME": "payer_role_name",
    "EXTERNAL_ID": "external_id",
    "HOLIDAYS": "holidays",
    "DOCUMENT_HOSTS": "document_hosts",
    "DEFAULT_OWNER": "default_owner",
    "ESCALATE_TO": "escalate_to",
    "MUTED_REMARKS": "muted_remarks",
    **dict.fromkeys(_ENDPOINTS, "billing_endpoint_url"),
}
"""The deploy setting of each variable that can be long."""


@dataclass(frozen=True)
class DeployedNames:
    """Names and ARNs of what the functions use, which AWS gives; an empty one means none."""

    signing_key: str
    heads_table: str
    topic: str
    chat_topic: str


def environment(step: Step, settings: DeploySettings, names: DeployedNames) -> dict[str, str]:
    """The environment variables of a step's function."""
    of_step = FunctionSettings(
        archive_bucket=settings.archive_bucket_name,
        payer_role_name=settings.payer_role_name,
        external_id=settings.external_id,
        close_deadline=settings.close_deadline,
        lookback_periods=settings.lookback_periods,
        retention=settings.retention,
        document_hosts=settings.document_hosts,
        fetch_threads=settings.fetch_threads,
        max_document_bytes=MAX_DOCUMENT_BYTES,
        manifest_signing_key=names.signing_key,
        manifest_heads_table=names.heads_table,
        notification_topic=names.topic,
        holidays=settings.holidays,
        witnesses=settings.witnesses,
        csv_format=settings.csv_format,
    )
    if step == VALIDATE_COMPLETENESS:  # the one that makes pages and notifies people
        of_step = replace(
            of_step,
            muted_remarks=settings.muted_remarks,
            default_owner=settings.default_owner,
            escalation=settings.escalate_to,
            chat_topic=names.chat_topic,
        )
    variables = of_step.to_environment()
    if settings.billing_endpoint_url:
        variables |= dict.fromkeys(_ENDPOINTS, settings.billing_endpoint_url)
    return variables


def refuse_too_large(settings: DeploySettings) -> None:
    """Raise InvalidDeploySettings if the longest environment may exceed what Lambda takes."""
    chat = _LONGEST_NAME if settings.chat_notifications else ""
    names = DeployedNames(_LONGEST_NAME, _LONGEST_NAME, _LONGEST_NAME, chat)
    variables = environment(VALIDATE_COMPLETENESS, settings, names)
    needed = _size(variables)
    if needed <= _MOST_BYTES:
        return
    sizes = {
        setting: _size(
            {name: text for name, text in variables.items() if _SETTINGS.get(name) == setting}
        )
        for setting in _SETTINGS.values()
    }
    largest = sorted(sizes, key=lambda setting: -sizes[setting])
    shares = (f"{one} ({sizes[one]:,})" for one in largest if sizes[one] >= _NOTEWORTHY_BYTES)
    raise InvalidDeploySettings(
        [
            f"the environment variables of a function would take up to {needed:,} bytes, and AWS "
            f"Lambda takes {_MOST_BYTES:,}; shorten the settings that need most: "
            f"{', '.join(shares)}"
        ]
    )


def _size(variables: Mapping[str, str]) -> int:
    """The bytes of the variables as Lambda measures them: as JSON, quotes and escapes included."""
    return len(json.dumps(variables, ensure_ascii=False, separators=(",", ":")).encode())

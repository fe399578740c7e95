"""Policies of the functions' roles, made from the table of required actions."""

from collections.abc import Iterator, Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from infra import required_actions as table
from infra.archive_bucket import ArchiveBucket
from infra.deploy_settings import DeploySettings
from infra.manifest_chain import ManifestChain
from infra.nag_acknowledgements import acknowledge_wildcards, arn_of
from infra.notifications import Notifications


class Permissions:
    """Maps each word of the table to its resource."""

    def __init__(
        self,
        settings: DeploySettings,
        archive: ArchiveBucket,
        chain: ManifestChain,
        notifications: Notifications,
    ) -> None:
        stack = cdk.Stack.of(archive)
        self._archive = archive
        self._payer_roles = (settings.payer_role_name, *settings.other_role_names)
        self._arns: Mapping[str, list[str]] = {
            table.BUCKET: [archive.bucket.bucket_arn],
            table.ARCHIVE_KEY: [archive.key.key_arn],
            table.SIGNING_KEY: [chain.signing_key.key_arn],
            table.HEADS: [chain.heads.table_arn],
            table.TOPIC: [notifications.topic.topic_arn],
            table.CHAT_TOPIC: [notifications.chat.topic_arn] if notifications.chat else [],
            table.TOPIC_KEY: [notifications.key.key_arn],
            table.EVENT_BUS: [
                stack.format_arn(service="events", resource="event-bus", resource_name="default")
            ],
            table.PAYER_ROLES: [
                f"arn:{stack.partition}:iam::*:role/{name}" for name in self._payer_roles
            ],
        }

    def grant(self, role: iam.Role, name: str, own_log: logs.LogGroup) -> None:
        """Let the role do what the table lists under this name. What may be done with several
        resources alike is one statement: the policies of a role have a limit.
        """
        arns = {**self._arns, table.OWN_LOG: [own_log.log_group_arn]}
        actions: dict[str, list[str]] = {}
        for required in table.REQUIRED_ACTIONS[name]:
            actions.setdefault(required.on, []).append(required.action)
        alike: dict[tuple[str, ...], list[str]] = {}
        for on, of_resource in actions.items():
            alike.setdefault(tuple(sorted(set(of_resource))), []).append(on)
        for of_all, places in alike.items():
            plain = [arn for on in places if on != table.ARCHIVE_KEY for arn in self._of(on, arns)]
            if plain:
                role.add_to_policy(iam.PolicyStatement(actions=[*of_all], resources=plain))
            if table.ARCHIVE_KEY in places:
                role.add_to_policy(
                    iam.PolicyStatement(
                        actions=[*of_all],
                        resources=arns[table.ARCHIVE_KEY],
                        conditions=self._archive.key_conditions,
                    )
                )
        acknowledge_wildcards(role, dict(self._wildcards(name)))

    def _of(self, on: str, arns: Mapping[str, list[str]]) -> list[str]:
        """The resources of a row; none if the settings left them out."""
        pattern = _objects(on)
        return [self._archive.bucket.arn_for_objects(pattern)] if pattern else arns[on]

    def _wildcards(self, name: str) -> Iterator[tuple[str, str]]:
        """Every resource with a wildcard, as cdk-nag shows it, with the reason."""
        bucket = arn_of(self._archive.bucket)
        for required in table.REQUIRED_ACTIONS[name]:
            if "*" in (pattern := _objects(required.on)):
                reason = "Keys name a run, a billing period or an account; the rest is fixed."
                yield f"{bucket}/{pattern}", reason
            elif required.on == table.PAYER_ROLES:
                for role_name in self._payer_roles:
                    yield (
                        f"arn:<AWS::Partition>:iam::*:role/{role_name}",
                        "The ARNs of hundreds of payer accounts do not fit into a policy; the name "
                        "is fixed, and each account's own trust policy decides.",
                    )


def _objects(on: str) -> str:
    """The pattern of the archive's keys that a row is on; empty for another resource."""
    place, _, pattern = on.partition("/")
    return pattern if place == table.BUCKET else ""

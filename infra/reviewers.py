"""Managed policies for people who review or audit the archive and change nothing."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.archive_bucket import ArchiveBucket
from infra.deploy_settings import DeploySettings
from infra.manifest_chain import ManifestChain
from infra.nag_acknowledgements import acknowledge_wildcards, arn_of
from infra.names import AUDITOR_POLICY, REVIEWER_POLICY
from lambdas.domain.evidence.archive_layout import (
    EVIDENCE_PREFIXES,
    documents_prefix,
    records_prefix,
)

PAYERS_A_POLICY = 15
"""More would not fit into the 6,144 characters of a managed policy."""

_FOLDERS = (documents_prefix, records_prefix)
_WAY_DOWN = ("", *EVIDENCE_PREFIXES, *(folder("????-??") for folder in _FOLDERS))
"""Prefixes on the way to an account's folders. They show folders only to a request with a
delimiter: without one, the first of them lists the whole bucket.
"""


class Reviewers(Construct):
    """One policy for the whole archive, one for its auditors, and one for each legal entity in the
    settings.

    A reviewer opens a folder by its link and cannot list the account's buckets.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: DeploySettings,
        archive: ArchiveBucket,
        chain: ManifestChain,
    ) -> None:
        super().__init__(scope, construct_id)
        self._archive = archive
        everything = [self._list({})]
        self._policy(
            "Everything",
            REVIEWER_POLICY,
            "Read-only review of the whole invoice archive",
            ["*"],
            everything,
        )
        self._policy(
            "Audit",
            AUDITOR_POLICY,
            "Read-only check of the whole invoice archive: versions, locks and heads too",
            ["*"],
            [*everything, *self._versions_locks_and_heads(chain)],
        )
        for entity in settings.reviewer_legal_entities:
            accounts = [
                payer.account_id
                for payer in settings.register.payers
                if payer.legal_entity == entity
            ]
            for first in range(0, len(accounts), PAYERS_A_POLICY):
                own = list(_prefixes(accounts[first : first + PAYERS_A_POLICY]))
                name = f"{_slug(entity)}-{first // PAYERS_A_POLICY + 1}"
                self._policy(
                    name,
                    f"{REVIEWER_POLICY}-{name}",
                    "Read-only review of the invoices of one legal entity's payer accounts",
                    own,
                    [
                        self._list(
                            {
                                "StringEquals": {"s3:delimiter": "/"},
                                "StringLike": {"s3:prefix": list(_WAY_DOWN)},
                            }
                        ),
                        self._list({"StringLike": {"s3:prefix": own}}),
                    ],
                )

    def _list(self, conditions: dict[str, dict[str, str | list[str]]]) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[self._archive.bucket.bucket_arn],
            conditions=conditions,
        )

    def _versions_locks_and_heads(self, chain: ManifestChain) -> list[iam.PolicyStatement]:
        """Allow `invoices check s3://` to read beyond a reviewer's rights, and the console to show
        versions.
        """
        bucket = self._archive.bucket
        return [
            iam.PolicyStatement(
                actions=["s3:GetBucketVersioning", "s3:ListBucketVersions"],
                resources=[bucket.bucket_arn],
            ),
            iam.PolicyStatement(
                actions=["s3:GetObjectRetention"], resources=[bucket.arn_for_objects("*")]
            ),
            iam.PolicyStatement(actions=["dynamodb:Scan"], resources=[chain.heads.table_arn]),
        ]

    def _policy(
        self,
        construct_id: str,
        name: str,
        description: str,
        patterns: Sequence[str],
        more: Sequence[iam.PolicyStatement],
    ) -> None:
        """Allow reading keys of `patterns`; `more` allows listing and further actions."""
        archive = self._archive
        policy = iam.ManagedPolicy(
            self,
            construct_id,
            managed_policy_name=name,
            description=description,
            statements=[
                iam.PolicyStatement(  # the console asks for it wherever a link leads
                    actions=["s3:GetBucketLocation"], resources=[archive.bucket.bucket_arn]
                ),
                *more,
                iam.PolicyStatement(
                    actions=["s3:GetObject", "s3:GetObjectVersion"],
                    resources=[archive.bucket.arn_for_objects(pattern) for pattern in patterns],
                ),
                iam.PolicyStatement(
                    actions=["kms:Decrypt"],
                    resources=[archive.key.key_arn],
                    conditions=archive.key_conditions,
                ),
            ],
        )
        bucket = arn_of(archive.bucket)
        acknowledge_wildcards(
            policy,
            {
                f"{bucket}/{pattern}": "Reviewers read; this is what they review."
                for pattern in patterns
            },
        )


def _prefixes(accounts: Sequence[str]) -> Iterator[str]:
    for folder in _FOLDERS:
        for account_id in accounts:
            yield f"{folder('????-??', account_id)}*"


def _slug(entity: str) -> str:
    """A name for policies; names that differ in anything have slugs that differ."""
    plain = unicodedata.normalize("NFKD", entity).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")
    return f"{words}-{hashlib.sha256(entity.encode()).hexdigest()[:8]}".lstrip("-")

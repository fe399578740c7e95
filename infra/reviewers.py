"""Managed policies for people who review the archive and change nothing."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledgements import acknowledge_wildcards, arn_of
from infra.archive_bucket import ArchiveBucket
from infra.deploy_settings import DeploySettings

POLICY_NAME = "invoice-archive-reviewer"
PAYERS_A_POLICY = 15
"""More would not fit into the 6,144 characters of a managed policy."""

_PERIOD = "????-??"
_EVIDENCE = ("invoices", "records")


class Reviewers(Construct):
    """One policy for the whole archive; one for each legal entity that the settings name.

    A reviewer opens a folder by its link: the list of the account's buckets is not theirs to see.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: DeploySettings,
        archive: ArchiveBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self._archive = archive
        self._policy(
            "Everything", POLICY_NAME, "Read-only review of the whole invoice archive", ["*"]
        )
        for entity in settings.reviewer_legal_entities:
            accounts = [
                payer.account_id
                for payer in settings.register.payers
                if payer.legal_entity == entity
            ]
            for first in range(0, len(accounts), PAYERS_A_POLICY):
                some = accounts[first : first + PAYERS_A_POLICY]
                name = f"{_slug(entity)}-{first // PAYERS_A_POLICY + 1}"
                self._policy(
                    name,
                    f"{POLICY_NAME}-{name}",
                    "Read-only review of the invoices of one legal entity's payer accounts",
                    list(_prefixes(some)),
                    ["", *_folders(some)],
                )

    def _policy(
        self,
        construct_id: str,
        name: str,
        description: str,
        patterns: Sequence[str],
        listed: Sequence[str] = (),
    ) -> None:
        """`patterns` of keys may be read, and `listed` prefixes listed; none of those is all."""
        archive = self._archive
        policy = iam.ManagedPolicy(
            self,
            construct_id,
            managed_policy_name=name,
            description=description,
            statements=[
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[archive.bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": list(listed)}} if listed else None,
                ),
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
    for folder in _EVIDENCE:
        for account_id in accounts:
            yield f"{folder}/{_PERIOD}/{account_id}/*"


def _folders(accounts: Sequence[str]) -> Iterator[str]:
    """What a listing may ask for: the way down, and everything below the accounts' folders."""
    for folder in _EVIDENCE:
        yield f"{folder}/"
        yield f"{folder}/{_PERIOD}/"
    yield from _prefixes(accounts)


def _slug(entity: str) -> str:
    """A name for policies; names that differ in anything have slugs that differ."""
    plain = unicodedata.normalize("NFKD", entity).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")
    return f"{words}-{hashlib.sha256(entity.encode()).hexdigest()[:8]}".lstrip("-")

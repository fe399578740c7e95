"""The archive bucket and its key: evidence outlives the stack."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.deploy_settings import DeploySettings
from infra.nag_acknowledgements import acknowledge
from infra.protection import evidence_statements, key_statement
from lambdas.domain.evidence.archive_layout import VIEW_TAG


class ArchiveBucket(Construct):
    """One named bucket, kept with its policy when the stack is deleted.

    Object Lock is enabled without a default retention: the headers of a PUT lock evidence, and
    views and run files must stay unlocked.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: DeploySettings) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="Encrypts the invoice archive. Without it the archive cannot be read.",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self.key.add_to_resource_policy(key_statement(settings))
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=settings.archive_bucket_name,
            versioned=True,
            object_lock_enabled=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # only a failed first deployment removes its empty bucket: else the next one would find
            # the name taken
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old-versions-of-views",
                    tag_filters=VIEW_TAG,
                    noncurrent_version_expiration=cdk.Duration.days(30),
                ),
                s3.LifecycleRule(
                    id="broken-uploads",
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                ),
            ],
        )
        acknowledge(
            self.bucket,
            {
                "S1": "Access logs would need a second bucket, which cannot be locked "
                "as this one is; CloudTrail's data events show who read and wrote."
            },
        )
        for statement in evidence_statements(self.bucket, settings):
            self.bucket.add_to_resource_policy(statement)
        if self.bucket.policy is None:
            raise RuntimeError("the bucket has no policy, so nothing would keep the evidence")
        self.bucket.policy.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)

    @property
    def key_conditions(self) -> dict[str, Any]:
        """Conditions of a grant on the key: through S3, and for this bucket alone.

        With bucket keys the encryption context is the bucket's ARN, not the object's, so the key
        cannot distinguish prefixes; the grants on objects do.
        """
        stack = cdk.Stack.of(self)
        return {
            "StringEquals": {
                "kms:EncryptionContext:aws:s3:arn": self.bucket.bucket_arn,
                "kms:ViaService": f"s3.{stack.region}.{stack.url_suffix}",
            }
        }

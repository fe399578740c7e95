"""The workflow's reader of the list of a run's payer accounts."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn

from infra.archive_bucket import ArchiveBucket


class PayerListReader(sfn.S3JsonItemReader):
    """Reads one JSON array from the archive, with the permissions for that and no more.

    CDK's own reader grants s3:GetObject on the whole bucket and no kms:Decrypt
    (https://github.com/aws/aws-cdk/issues/32144).
    """

    def __init__(self, archive: ArchiveBucket, *, key: str, readable: str) -> None:
        """Make a reader; `key` may be an expression, `readable` is the pattern of its values."""
        super().__init__(bucket=archive.bucket, key=key)
        self._archive = archive
        self._readable = readable

    def provide_policy_statements(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[self._archive.bucket.arn_for_objects(self._readable)],
            ),
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[self._archive.key.key_arn],
                conditions=self._archive.key_conditions,
            ),
        ]

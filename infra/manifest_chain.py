"""Proof of the chains of manifests: their signing key, and the latest-manifest records outside the
bucket.
"""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.deploy_settings import DeploySettings
from infra.principals import own_role
from infra.protection import key_statement
from infra.steps import VALIDATE_COMPLETENESS


class ManifestChain(Construct):
    """A signing key and a table of latest-manifest records, both kept when the stack is deleted."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: DeploySettings) -> None:
        super().__init__(scope, construct_id)
        self.signing_key = kms.Key(
            self,
            "SigningKey",
            description="Signs the invoice archive's manifests.",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self.signing_key.add_to_resource_policy(key_statement(settings))
        self.signing_key.add_to_resource_policy(_only_validate_signs(cdk.Stack.of(self)))
        self.heads = dynamodb.Table(
            self,
            "Heads",
            partition_key=dynamodb.Attribute(
                name="billing_period", type=dynamodb.AttributeType.STRING
            ),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            # not with the archive's key: losing that one must not lose this table too
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )


def _only_validate_signs(stack: cdk.Stack) -> iam.PolicyStatement:
    """Deny signing to everybody else, administrators and the account's root included."""
    signer = own_role(stack, VALIDATE_COMPLETENESS.role_name)
    return iam.PolicyStatement(
        sid="OnlyValidateSigns",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["kms:Sign"],
        resources=["*"],
        conditions={"ArnNotLike": {"aws:PrincipalArn": signer}},
    )

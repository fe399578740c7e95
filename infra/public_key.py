"""The public half of the signing key as an output: a custom resource with a function of its own."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.lambda_code import RUNTIME
from infra.manifest_chain import ManifestChain
from infra.permissions import Permissions
from infra.required_actions import PUBLIC_KEY


class PublicKey(Construct):
    """Custom resource; `pem` is known once the stack is deployed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        chain: ManifestChain,
        permissions: Permissions,
        code: lambda_.Code,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(self, "Logs", retention=logs.RetentionDays.ONE_YEAR)
        role = iam.Role(
            self,
            "Role",
            description="Invoice archive: reads the public half of the signing key",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        permissions.grant(role, PUBLIC_KEY, log_group)
        function = lambda_.Function(
            self,
            "Function",
            description="Invoice archive: the signing key's public half, for the stack's output",
            code=code,
            handler="lambdas.public_key_resource.handler",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            role=role,
            timeout=cdk.Duration.minutes(5),  # two of them wait for IAM
            log_group=log_group,
        )
        resource = cdk.CustomResource(
            self,
            "Pem",
            resource_type="Custom::ManifestPublicKey",
            service_token=function.function_arn,
            properties={"KeyArn": chain.signing_key.key_arn},
            service_timeout=cdk.Duration.minutes(10),  # else a dead function holds up an hour
        )
        resource.node.add_dependency(role)
        self.pem = resource.get_att_string("Pem")

"""The four Lambda functions, one for each step, with their permissions."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.deploy_settings import MAX_DOCUMENT_BYTES, DeploySettings
from infra.environment import DeployedNames, environment
from infra.lambda_code import RUNTIME
from infra.manifest_chain import ManifestChain
from infra.notifications import Notifications
from infra.permissions import Permissions
from infra.steps import (
    ENUMERATE_PAYER_ACCOUNTS,
    FETCH_INVOICE_DOCUMENTS,
    LIST_INVOICE_SUMMARIES,
    VALIDATE_COMPLETENESS,
    Step,
)

_LEAST_STORAGE_MIB = 512
_MIB = 1024 * 1024


class StepFunction(Construct):
    """The function of one step, with a role of a fixed name and a log group of its own."""

    def __init__(
        self,
        scope: Construct,
        step: Step,
        *,
        code: lambda_.Code,
        environment: dict[str, str],
        timeout: cdk.Duration,
        memory_mib: int,
        storage_mib: int = _LEAST_STORAGE_MIB,
    ) -> None:
        super().__init__(scope, step.state)
        self.step = step
        self.log_group = logs.LogGroup(self, "Logs", retention=logs.RetentionDays.ONE_YEAR)
        self.role = iam.Role(
            self,
            "Role",
            role_name=step.role_name,
            description=f"Invoice archive: runs {step.name}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"Invoice archive: {step.name}",
            code=code,
            handler=step.handler,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            role=self.role,
            environment=environment,
            timeout=timeout,
            memory_size=memory_mib,
            ephemeral_storage_size=cdk.Size.mebibytes(storage_mib),
            log_group=self.log_group,
        )


class Functions(Construct):
    """The functions of all steps."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: DeploySettings,
        chain: ManifestChain,
        notifications: Notifications,
        permissions: Permissions,
        code: lambda_.Code,
    ) -> None:
        super().__init__(scope, construct_id)

        names = DeployedNames(
            signing_key=chain.signing_key.key_arn,
            heads_table=chain.heads.table_name,
            topic=notifications.topic.topic_arn,
            chat_topic=notifications.chat.topic_arn if notifications.chat else "",
        )

        def function(
            step: Step, minutes: int, memory_mib: int, storage_mib: int = _LEAST_STORAGE_MIB
        ) -> StepFunction:
            return StepFunction(
                self,
                step,
                code=code,
                environment=environment(step, settings, names),
                timeout=cdk.Duration.minutes(minutes),
                memory_mib=memory_mib,
                storage_mib=storage_mib,
            )

        self.enumerate_payer_accounts = function(ENUMERATE_PAYER_ACCOUNTS, 5, 1024)
        self.list_invoice_summaries = function(LIST_INVOICE_SUMMARIES, 15, 1536)
        self.fetch_invoice_documents = function(
            FETCH_INVOICE_DOCUMENTS, 15, 2048, _storage_mib(settings.fetch_threads)
        )
        self.validate_completeness = function(VALIDATE_COMPLETENESS, 15, 2048)
        self.all = (
            self.enumerate_payer_accounts,
            self.list_invoice_summaries,
            self.fetch_invoice_documents,
            self.validate_completeness,
        )
        for made in self.all:
            permissions.grant(made.role, made.step.state, made.log_group)


def _storage_mib(fetch_threads: int) -> int:
    """Room in /tmp for each thread: a new document, and an archived one to compare."""
    return max(_LEAST_STORAGE_MIB, -(-fetch_threads * 2 * MAX_DOCUMENT_BYTES // _MIB))

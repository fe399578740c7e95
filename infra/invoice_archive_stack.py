"""The stack of the archive account."""

from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from infra.archive_bucket import ArchiveBucket
from infra.deploy_settings import DeploySettings
from infra.functions import Functions
from infra.lambda_code import lambda_code
from infra.lambda_package import LambdaPackage
from infra.manifest_chain import ManifestChain
from infra.monitoring import Monitoring
from infra.names import ARCHIVE_STACK
from infra.notifications import Notifications
from infra.permissions import Permissions
from infra.public_key import PublicKey
from infra.reviewers import Reviewers
from infra.schedule import DailySchedule
from infra.workflow import Workflow


class InvoiceArchiveStack(cdk.Stack):
    """Everything that one organization's invoice archive needs, for any account and region."""

    def __init__(self, scope: Construct, *, settings: DeploySettings, project: Path) -> None:
        """Build the stack; `project` is the folder with `lambdas`. Raises PackageNotBuilt."""
        super().__init__(
            scope,
            ARCHIVE_STACK,
            description="Archives every AWS invoice of an organization's payers",
            termination_protection=True,
        )
        archive = ArchiveBucket(self, "Archive", settings=settings)
        chain = ManifestChain(self, "Manifests", settings=settings)
        notifications = Notifications(
            self,
            "Notifications",
            emails=settings.notify_emails,
            filtered_emails=settings.filtered_emails,
            has_chat=settings.chat_notifications,
        )
        permissions = Permissions(settings, archive, chain, notifications)
        code = lambda_code(LambdaPackage(project, settings.payers_file))
        functions = Functions(
            self,
            "Functions",
            settings=settings,
            chain=chain,
            notifications=notifications,
            permissions=permissions,
            code=code,
        )
        workflow = Workflow(
            self,
            "Workflow",
            functions=functions,
            archive=archive,
            max_concurrent_payers=settings.max_concurrent_payers,
        )
        daily = DailySchedule(
            self, "Daily", schedule=settings.schedule, state_machine=workflow.state_machine
        )
        Monitoring(
            self,
            "Watching",
            functions=functions,
            state_machine=workflow.state_machine,
            undelivered=daily.undelivered,
            notifications=notifications,
        )
        Reviewers(self, "Reviewers", settings=settings, archive=archive, chain=chain)
        public_key = PublicKey(self, "PublicKey", chain=chain, permissions=permissions, code=code)
        if notifications.chat:
            cdk.CfnOutput(self, "ChatTopicArn", value=notifications.chat.topic_arn)
        for name, value in {
            "StateMachineArn": workflow.state_machine.state_machine_arn,
            "ArchiveBucketName": archive.bucket.bucket_name,
            "ManifestSigningKeyArn": chain.signing_key.key_arn,
            "ManifestPublicKey": public_key.pem,
            "ManifestHeadsTableName": chain.heads.table_name,
            "NotificationTopicArn": notifications.topic.topic_arn,
            "ScheduleName": daily.schedule.schedule_name,
            "PayerRegisterSha256": settings.register.sha256,
        }.items():
            cdk.CfnOutput(self, name, value=value)

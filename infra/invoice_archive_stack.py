"""The stack of the archive account."""

from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from infra.archive_bucket import ArchiveBucket
from infra.deploy_settings import CONTEXT_KEY, DeploySettings
from infra.functions import Functions
from infra.lambda_package import LambdaPackage
from infra.manifest_chain import ManifestChain
from infra.notifications import Notifications
from infra.schedule import DailySchedule
from infra.workflow import Workflow

STACK_NAME = "InvoiceArchive"


class InvoiceArchiveStack(cdk.Stack):
    """Everything that one organization's invoice archive needs, for any account and region."""

    @classmethod
    def from_context(cls, app: cdk.App, project: Path) -> "InvoiceArchiveStack":
        """The stack that the settings in the app's context ask for.

        Raises InvalidDeploySettings and PackageNotBuilt.
        """
        settings = DeploySettings.from_context(app.node.try_get_context(CONTEXT_KEY), project)
        return cls(app, settings=settings, project=project)

    def __init__(self, scope: Construct, *, settings: DeploySettings, project: Path) -> None:
        """`project` is the folder with `lambdas`. Raises PackageNotBuilt."""
        super().__init__(
            scope, STACK_NAME, description="Archives every AWS invoice of an organization's payers"
        )
        archive = ArchiveBucket(self, "Archive", bucket_name=settings.archive_bucket_name)
        chain = ManifestChain(self, "Manifests")
        notifications = Notifications(self, "Notifications", emails=settings.notify_emails)
        functions = Functions(
            self,
            "Functions",
            settings=settings,
            archive=archive,
            chain=chain,
            notifications=notifications,
            code=LambdaPackage(project, settings.payers_file).code(),
        )
        workflow = Workflow(
            self,
            "Workflow",
            functions=functions,
            archive=archive,
            notifications=notifications,
            max_concurrent_payers=settings.max_concurrent_payers,
        )
        DailySchedule(
            self, "Daily", schedule=settings.schedule, state_machine=workflow.state_machine
        )
        cdk.CfnOutput(self, "StateMachineArn", value=workflow.state_machine.state_machine_arn)
        cdk.CfnOutput(self, "ArchiveBucketName", value=archive.bucket.bucket_name)

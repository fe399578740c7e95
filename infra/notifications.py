"""Delivery of notifications to people: verdicts from ValidateCompleteness, and alarms."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.names import ALARM_NAMES
from lambdas.domain.notifications.readers import READERS


class Notifications(Construct):
    """One encrypted topic for e-mail, and one for chat if there is chat; AWS asks each e-mail
    address to confirm its subscription.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        emails: Sequence[str],
        filtered_emails: Sequence[str],
        has_chat: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        # A key of its own: services other than the account's own roles (alarms, say) cannot be
        # let in to the key that AWS manages for SNS, and should not be to the archive's.
        self.key = kms.Key(
            self,
            "Key",
            description="Encrypts the invoice archive's messages on their way.",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.topic = sns.Topic(
            self, "Topic", display_name="Invoice archive", master_key=self.key, enforce_ssl=True
        )
        for email in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        for email in filtered_emails:
            concerns = sns.SubscriptionFilter.string_filter(allowlist=[email])
            self.topic.add_subscription(
                subscriptions.EmailSubscription(email, filter_policy={READERS: concerns})
            )
        self.chat: sns.Topic | None = None
        if has_chat:
            self.chat = sns.Topic(self, "Chat", master_key=self.key, enforce_ssl=True)
        self._let_alarms_in(cdk.Stack.of(self))

    def _let_alarms_in(self, stack: cdk.Stack) -> None:
        """Allow CloudWatch, which publishes as itself; without the key its messages would be lost
        unseen.
        """
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{ALARM_NAMES}*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        conditions = {
            "ArnLike": {"aws:SourceArn": alarms},
            "StringEquals": {"aws:SourceAccount": stack.account},
        }
        cloudwatch = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[cloudwatch],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=conditions,
            )
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsUseTheKey",
                principals=[cloudwatch],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions=conditions,
            )
        )

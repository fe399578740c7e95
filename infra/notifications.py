"""Whom a month that needs a person is reported to."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class Notifications(Construct):
    """One encrypted topic; AWS asks each e-mail address to confirm its subscription."""

    def __init__(self, scope: Construct, construct_id: str, *, emails: Sequence[str]) -> None:
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

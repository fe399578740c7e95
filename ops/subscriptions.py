"""Subscriptions of the deployed topics, compared with the settings and the payer register."""

from collections.abc import Iterator, Mapping

from infra.deploy_settings import DeploySettings
from lambdas.domain.notifications.readers import same_address
from ops.doctor import Examined
from ops.live.session import aws_errors, client


def examine_subscriptions(
    settings: DeploySettings, outputs: Mapping[str, str]
) -> Iterator[Examined]:
    """Check that every address of the settings and the register gets its e-mail, and that a chat
    channel gets its messages. Raises CannotRead.
    """
    states = _emails(outputs["NotificationTopicArn"])
    for address in settings.notify_emails:
        yield Examined(f"messages to {address}", _not_subscribed(states, address))
    for address in settings.filtered_emails:
        yield Examined(f"messages that concern {address}", _not_subscribed(states, address))
    if settings.chat_notifications:
        yield Examined("messages to the chat", _no_chat(outputs.get("ChatTopicArn")))


def _emails(topic_arn: str) -> dict[str, str]:
    """The subscription of each address as SNS lists it: its ARN once it is confirmed."""
    found: dict[str, str] = {}
    for protocol, endpoint, subscription in _subscriptions(topic_arn):
        address = same_address(endpoint)
        if protocol == "email" and not _is_confirmed(found.get(address)):
            found[address] = subscription
    return found


def _subscriptions(topic_arn: str) -> Iterator[tuple[str, str, str]]:
    """Protocol, endpoint and ARN of each subscription."""
    sns = client("sns")
    with aws_errors(f"sns:ListSubscriptionsByTopic of {topic_arn}"):
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        for page in pages:
            for one in page["Subscriptions"]:
                yield one["Protocol"], one["Endpoint"], one["SubscriptionArn"]


def _is_confirmed(subscription: str | None) -> bool:
    """False for `PendingConfirmation` and `Deleted`, which SNS lists in place of an ARN."""
    return subscription is not None and subscription.startswith("arn:")


def _not_subscribed(states: Mapping[str, str], address: str) -> str | None:
    subscription = states.get(same_address(address))
    if subscription is None or subscription == "Deleted":
        return "the address is not subscribed, so nothing reaches it; deploy the stack again"
    if not _is_confirmed(subscription):
        return "its owner has not confirmed the mail from AWS Notifications, so nothing reaches it"
    return None


def _no_chat(topic_arn: str | None) -> str | None:
    if topic_arn is None:
        return "the deployed stack has no topic for it; deploy it again"
    if any(_is_confirmed(arn) for _, _, arn in _subscriptions(topic_arn)):
        return None
    return "no channel is connected to the topic; connect one as docs/chat.md says"

"""Notifying people by SNS and programs by EventBridge."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from lambdas.domain.notifications.readers import READERS

_MOST_ENTRIES, _MOST_BYTES = 10, 250_000
"""Limits for one PutEvents; AWS takes 262,144 bytes for all its entries together."""


class NotSent(Exception):
    """A message or event was not accepted. Nothing in the archive depends on it."""


class Mailbox:
    """The topic whose subscribers get e-mail."""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns = sns
        self._topic_arn = topic_arn

    def send(self, subject: str, message: str, readers: Sequence[str] = ()) -> None:
        """Send it to everybody who gets every message, and to these addresses. Raises NotSent."""
        attributes = {}
        if readers:  # SNS refuses an empty array
            names = {"DataType": "String.Array", "StringValue": json.dumps(readers)}
            attributes["MessageAttributes"] = {READERS: names}
        with _named("sns:Publish"):
            self._sns.publish(
                TopicArn=self._topic_arn, Subject=subject, Message=message, **attributes
            )


class ChatRoom:
    """The topic to which chat channels are subscribed."""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns = sns
        self._topic_arn = topic_arn

    def send(self, message: Mapping[str, Any]) -> None:
        """Raises NotSent."""
        with _named("sns:Publish (chat)"):
            self._sns.publish(TopicArn=self._topic_arn, Message=json.dumps(message))


class EventBus:
    """The account's default event bus."""

    def __init__(self, events: Any) -> None:
        self._events = events

    def put(self, source: str, detail_type: str, details: Sequence[Mapping[str, Any]]) -> None:
        """Raises NotSent unless every event was accepted."""
        entries = [
            {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}
            for detail in details
        ]
        for batch in _batches(entries):
            with _named("events:PutEvents"):
                answer = self._events.put_events(Entries=batch)
            if answer["FailedEntryCount"]:
                codes = sorted({entry.get("ErrorCode", "") for entry in answer["Entries"]} - {""})
                raise NotSent(f"events:PutEvents refused an event ({', '.join(codes)})")


def _batches(entries: Sequence[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """The entries in their order, in batches that one call takes."""
    batch: list[dict[str, str]] = []
    for entry in entries:
        if batch and (
            len(batch) == _MOST_ENTRIES or sum(map(_bytes, (*batch, entry))) > _MOST_BYTES
        ):
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch


def _bytes(entry: Mapping[str, str]) -> int:
    return sum(len(value.encode()) for value in entry.values())


@contextmanager
def _named(action: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise NotSent(f"{action} answers {error.response['Error']['Code']}") from error
    except (BotoCoreError, ResponseParserError, RecursionError) as error:
        raise NotSent(f"{action} cannot be reached ({type(error).__name__})") from error

"""Answering CloudFormation, which waits for the outcome of a custom resource's function."""

import json
from collections.abc import Mapping
from typing import Any

import requests

from lambdas.domain.cut_text import within_bytes

_TIMEOUT_SECONDS = 10
_MOST_REASON_BYTES = 500
"""CloudFormation takes answers of up to 4,096 bytes of JSON; it ignores a longer one and waits."""


class NotAnswered(Exception):
    """CloudFormation did not take the answer and waits until the resource times out."""


def answer(
    event: Mapping[str, Any],
    *,
    resource_id: str,
    data: Mapping[str, str] | None = None,
    failure: str | None = None,
) -> None:
    """Send the outcome of a custom resource's event: its attributes, or the reason of its failure.

    The response URL lets anybody answer, so no error contains it.
    """
    body = {
        "Status": "FAILED" if failure else "SUCCESS",
        "Reason": within_bytes(failure or "", _MOST_REASON_BYTES, " [cut; see the function's log]"),
        "PhysicalResourceId": resource_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": dict(data or {}),
    }
    try:
        # the signature of the URL covers an empty content type
        response = requests.put(
            event["ResponseURL"],
            data=json.dumps(body).encode(),
            headers={"Content-Type": ""},
            timeout=_TIMEOUT_SECONDS,
        )
    except requests.RequestException as error:
        raise NotAnswered(f"CloudFormation was not reached ({type(error).__name__})") from None
    if response.status_code != requests.codes.ok:
        raise NotAnswered(f"CloudFormation answered {response.status_code}")

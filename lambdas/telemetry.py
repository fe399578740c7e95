"""Logger and Metrics of the functions."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

from lambdas.domain.cut_text import short

SERVICE = "invoice-archive"


@cache
def logger() -> Logger:
    """The functions' logger. Its lines are ASCII, so none hides characters or breaks UTF-8."""
    return Logger(service=SERVICE, json_serializer=_line)


@cache
def metrics() -> Metrics:
    """The functions' metrics. None has a payer dimension, each value of which would be billed."""
    return Metrics(namespace="InvoiceArchive", service=SERVICE)


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(_cut(record), default=str, separators=(",", ":"))


def _cut(value: Any) -> Any:
    """The value with its texts cut to fit a line; CloudWatch takes up to 1 MiB."""
    if isinstance(value, Mapping):
        return {name: _cut(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(member) for member in value]
    return short(value) if isinstance(value, str) else value

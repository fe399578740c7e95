"""Logger and Metrics of the functions."""

from functools import cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

SERVICE = "invoice-archive"


@cache
def logger() -> Logger:
    """The functions' logger."""
    return Logger(service=SERVICE)


@cache
def metrics() -> Metrics:
    """The functions' metrics. None has a payer dimension: each value of one is billed."""
    return Metrics(namespace="InvoiceArchive", service=SERVICE)

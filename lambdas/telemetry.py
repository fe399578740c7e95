"""Logger and Metrics of the functions."""

import logging
from functools import lru_cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

SERVICE = "invoice-archive"


@lru_cache
def logger() -> Logger:
    """The functions' logger.

    Libraries that print answers or URLs when they are told to debug are kept quiet.
    """
    for library in ("boto3", "botocore", "urllib3", "requests"):
        logging.getLogger(library).setLevel(logging.WARNING)
    return Logger(service=SERVICE)


@lru_cache
def metrics() -> Metrics:
    """The functions' metrics;

    none has a payer dimension, for each value of a dimension is billed.
    """
    return Metrics(namespace="InvoiceArchive", service=SERVICE)

"""The latest-manifest records of all billing periods, from the stack's DynamoDB table."""

from collections.abc import Mapping

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.manifest_heads import ManifestHead
from ops.errors import CannotRead
from ops.live.session import aws_errors, client


def read_heads_table(table: str) -> Mapping[BillingPeriod, ManifestHead]:
    """Read every record, by billing period. Raises CannotRead."""
    heads = {}
    with aws_errors(f"table {table}"):
        pages = (
            client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        )
        for item in (item for page in pages for item in page["Items"]):
            if "billing_period" in item and "sequence" not in item:
                continue  # the workflow's other notes
            plain = {name: value.get("S") or value.get("N") for name, value in item.items()}
            try:
                head = ManifestHead.from_data(plain)
            except NOT_UNDERSTOOD as error:
                raise CannotRead(
                    f"table {table}: an item is not a latest-manifest record ({error!r}); "
                    "name the table that the archive's stack made"
                ) from None
            heads[head.billing_period] = head
    return heads

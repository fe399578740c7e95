"""The head of a period's chain of manifests: which one was the newest, kept outside the bucket.

It only moves forward. A bucket ahead of its head was left by a crash between the two writes; a
bucket behind its head, or beside it, was cut short, rolled back or rewritten.
"""

from dataclasses import dataclass
from typing import Annotated

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import As, Form


@dataclass(frozen=True)
class ManifestHead(Form):
    """The newest manifest of a billing period as last known outside the bucket."""

    billing_period: BillingPeriod
    sequence: Annotated[int, As(int, int)]
    """DynamoDB has it as text."""
    sha256: str
    """SHA-256 of the manifest's file."""
    run_id: str
    """The run that moved the head here."""

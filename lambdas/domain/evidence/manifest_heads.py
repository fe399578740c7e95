"""The latest-manifest record of a billing period, kept outside the bucket.

It only moves forward. A bucket ahead of the record was left by a crash between the two writes; a
bucket behind it or differing from it was cut short, rolled back or rewritten.
"""

from dataclasses import dataclass
from typing import Annotated

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import As, Form


@dataclass(frozen=True)
class ManifestHead(Form):
    """The latest manifest of a billing period as known outside the bucket."""

    billing_period: BillingPeriod
    sequence: Annotated[int, As(int, int)]
    """DynamoDB stores it as text."""
    sha256: str
    """SHA-256 of the manifest's file, in hex."""
    run_id: str
    """The run that moved the record to this manifest."""

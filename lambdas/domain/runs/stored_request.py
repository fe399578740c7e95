"""The request of a run as its first step stores it for the later ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import Form
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.runs.run_request import RunRequest
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement


@dataclass(frozen=True)
class StoredRequest(Form):
    """The parts of a run's `request.json` that its later steps read."""

    run_id: str
    as_of: datetime
    billing_period: BillingPeriod
    dry_run: bool
    input: Mapping[str, Any]
    """The execution input as given."""
    register: tuple[Payer, ...]
    """The payer register when the run began."""
    acknowledgements: tuple[GivenAcknowledgement, ...]
    open_periods: tuple[BillingPeriod, ...]
    """The older periods that the run judges although it may find nothing in them."""

    @property
    def is_scheduled(self) -> bool:
        return "scheduled_time" in self.input

    @property
    def for_everybody(self) -> RunRequest:
        """A person's request for the same payer accounts, which leaves none out."""
        account_ids = self.input.get("payer_account_ids")
        return RunRequest(
            run_id=self.run_id,
            as_of=self.as_of,
            billing_period=self.billing_period,
            is_scheduled=False,
            payer_account_ids=tuple(account_ids) if account_ids else None,
            dry_run=self.dry_run,
        )

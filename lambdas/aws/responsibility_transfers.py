"""Organizations' billing transfers, in and out, as a witness."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lambdas.aws.witness_errors import WitnessNotRead, witness
from lambdas.domain.json_text import instant_text
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, in_order

_LARGEST_PAGE = 20
_MOST_PAGES = 500


class ResponsibilityTransfers:
    """Organizations with the credentials of one payer account."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def transfers(self) -> tuple[BillingTransfer, ...]:
        """All billing transfers from and to the payer account's organization. An account outside
        any organization has none. Raises WitnessNotRead.
        """
        client = self._client
        return in_order(
            [
                *self._listed(
                    "organizations:ListOutboundResponsibilityTransfers",
                    client.list_outbound_responsibility_transfers,
                ),
                *self._listed(
                    "organizations:ListInboundResponsibilityTransfers",
                    client.list_inbound_responsibility_transfers,
                ),
            ]
        )

    def _listed(
        self, action: str, call: Callable[..., Mapping[str, Any]]
    ) -> Iterator[BillingTransfer]:
        """Read page by page: botocore has no paginator, and others can follow an empty page."""
        token: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            with witness(action):
                try:
                    page = call(Type="BILLING", MaxResults=_LARGEST_PAGE, **token)
                except self._client.exceptions.AWSOrganizationsNotInUseException:
                    return
            if "ResponsibilityTransfers" not in page:  # no answer does not mean "none"
                raise WitnessNotRead(f"AWS's answer to {action} has no ResponsibilityTransfers.")
            yield from map(_transfer, page["ResponsibilityTransfers"])
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}
        raise WitnessNotRead(f"{action} has no end after {_MOST_PAGES} pages.")


def _transfer(row: Mapping[str, Any]) -> BillingTransfer:
    ends_at = row.get("EndTimestamp")
    return BillingTransfer(
        row.get("Id", ""),
        row.get("Source", {}).get("ManagementAccountId", ""),
        row.get("Target", {}).get("ManagementAccountId", ""),
        row.get("Status", ""),
        instant_text(row["StartTimestamp"]) if "StartTimestamp" in row else "",
        instant_text(ends_at) if ends_at else None,
    )

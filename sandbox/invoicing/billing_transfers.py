"""Organizations' two listings of billing transfers: the rules of the service over a catalogue,
without HTTP.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sandbox.invoicing.catalogue import BillingTransfer, Catalogue
from sandbox.invoicing.errors import access_denied, not_in_use, transfer_not_found
from sandbox.invoicing.tokens import PageTokens, Position

DEFAULT_PAGE_SIZE = 5
"""Transfers of a page without MaxResults. AWS documents no number; a small one exposes clients that
do not page.
"""

Direction = Literal["inbound", "outbound"]


class BillingTransfers:
    """Parameters and answers are in boto3's form, already checked against the model."""

    def __init__(self, catalogue: Catalogue, tokens: PageTokens) -> None:
        self._catalogue = catalogue
        self._tokens = tokens

    def transfers(
        self,
        direction: Direction,
        caller: str,
        params: Mapping[str, Any],
        now: datetime,
        *,
        is_empty: bool = False,
    ) -> dict[str, Any]:
        """The transfers to ("inbound") or from ("outbound") the caller's organization; `is_empty`
        requests a page without rows and a token that goes on with the same page.
        """
        self._require_management_account(caller)
        query = {"caller": caller, "direction": direction, "Id": params.get("Id")}
        position = self._tokens.position("organizations", params.get("NextToken"), query, now)
        rows = [
            _row(transfer, direction, position.as_of)
            for transfer in self._catalogue.transfers()
            if caller == (transfer.target if direction == "inbound" else transfer.source)
            and transfer.status(position.as_of) is not None
            and params.get("Id") in (None, transfer.transfer_id)
        ]
        if "Id" in params and not rows:
            raise transfer_not_found(params["Id"])
        begin = position.offset
        end = begin if is_empty else begin + params.get("MaxResults", DEFAULT_PAGE_SIZE)
        answer: dict[str, Any] = {"ResponsibilityTransfers": rows[begin:end]}
        if end < len(rows) or is_empty:
            answer["NextToken"] = self._tokens.issue(query, Position(end, position.as_of))
        return answer

    def _require_management_account(self, caller: str) -> None:
        payers = self._catalogue.payer_account_ids()
        if caller in payers and not self._catalogue.is_standalone(caller):
            return
        if any(caller in self._catalogue.linked_accounts(payer) for payer in payers):
            raise access_denied("You don't have permissions to access this resource.")
        raise not_in_use()


def _row(transfer: BillingTransfer, direction: Direction, now: datetime) -> dict[str, Any]:
    status = transfer.status(now)
    viewer = transfer.target if direction == "inbound" else transfer.source
    organization = f"o-{_digest(viewer)[:10]}"
    row: dict[str, Any] = {
        "Arn": f"arn:aws:organizations::{viewer}:transfer/{organization}/billing/{direction}/"
        f"{transfer.transfer_id}",
        "Name": transfer.name,
        "Id": transfer.transfer_id,
        "Type": "BILLING",
        "Status": status,
        "Source": _participant(transfer.source),
        "Target": _participant(transfer.target),
        "StartTimestamp": transfer.start,
    }
    if status == "WITHDRAWN" and transfer.end is not None:
        row["EndTimestamp"] = transfer.end
    if status == "REQUESTED":
        row["ActiveHandshakeId"] = f"h-{_digest(transfer.transfer_id)[:10]}"
    return row


def _participant(account_id: str) -> dict[str, str]:
    return {
        "ManagementAccountId": account_id,
        "ManagementAccountEmail": f"aws+{account_id}@example.com",
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

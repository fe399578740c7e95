"""Stand-ins for the services that the handlers ask or tell beside S3 and Invoicing.

Each takes what botocore's service model lets one send, and answers in its shapes.
"""

from collections import Counter
from datetime import datetime
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from lambdas.aws.clients import RoleCredentials

_MODELS = botocore.session.get_session()


class Service:
    """A service whose operations are methods of the same name; `denied` are refused."""

    service = ""

    def __init__(self) -> None:
        self.denied: set[str] = set()
        self.broken: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.exceptions = boto3.client(
            self.service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        ).exceptions
        self._model = _MODELS.get_service_model(self.service)

    def _called(self, operation: str, request: dict[str, Any]) -> None:
        self.calls[operation] += 1
        validate_parameters(request, self._model.operation_model(operation).input_shape)
        if operation in self.denied:
            self._raise("AccessDeniedException", operation, 400)
        if operation in self.broken:
            self._raise("InternalFailure", operation, 500)

    def _raise(self, code: str, operation: str, status: int = 400) -> None:
        answer = {
            "Error": {"Code": code, "Message": ""},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        error = getattr(self.exceptions, code, ClientError)
        raise error(answer, operation)


class Topic(Service):
    """SNS; `letters` are subject and text of what was published."""

    service = "sns"

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[tuple[str, str]] = []

    def publish(self, **request: Any) -> dict[str, str]:
        self._called("Publish", request)
        self.letters.append((request["Subject"], request["Message"]))
        return {"MessageId": "1"}


class Bus(Service):
    """EventBridge; `entries` are the events that were put."""

    service = "events"

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[dict[str, Any]] = []
        self.refuses_entries = False

    def put_events(self, **request: Any) -> dict[str, Any]:
        self._called("PutEvents", request)
        if self.refuses_entries:
            refused = [{"ErrorCode": "ThrottlingException"} for _ in request["Entries"]]
            return {"FailedEntryCount": len(refused), "Entries": refused}
        self.entries += request["Entries"]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in request["Entries"]]}


class Costs(Service):
    """Cost Explorer; `charges` are the groups of a payer account in a month, `2026-10-01`."""

    service = "ce"

    def __init__(self) -> None:
        super().__init__()
        self.charges: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        self.is_estimated = False
        self.page_size = 100

    def client(self, credentials: RoleCredentials) -> "_CostsOfPayer":
        return _CostsOfPayer(self, credentials.access_key_id)

    def answer(self, payer: str, request: dict[str, Any]) -> dict[str, Any]:
        self._called("GetCostAndUsage", request)
        groups = self.charges.get((payer, request["TimePeriod"]["Start"]), [])
        begin = int(request.get("NextPageToken", "0"))
        page = groups[begin : begin + self.page_size]
        answer: dict[str, Any] = {
            "ResultsByTime": [
                {
                    "TimePeriod": request["TimePeriod"],
                    "Total": {},
                    "Groups": [
                        {
                            "Keys": [account_id, billing_entity],
                            "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}},
                        }
                        for account_id, billing_entity, amount in page
                    ],
                    "Estimated": self.is_estimated,
                }
            ]
        }
        if begin + self.page_size < len(groups):
            answer["NextPageToken"] = str(begin + self.page_size)
        return answer


class _CostsOfPayer:
    def __init__(self, costs: Costs, payer: str) -> None:
        self._costs, self._payer = costs, payer

    def get_cost_and_usage(self, **request: Any) -> dict[str, Any]:
        return self._costs.answer(self._payer, request)


class BillingTransfers(Service):
    """Organizations; `transfers` are rows as it gives them. Each page has one, the first none."""

    service = "organizations"

    def __init__(self) -> None:
        super().__init__()
        self.transfers: list[dict[str, Any]] = []
        self.standalone: set[str] = set()

    def add(self, source: str, target: str, start: datetime, end: datetime | None = None) -> None:
        row: dict[str, Any] = {
            "Id": f"rt-{len(self.transfers):08}",
            "Type": "BILLING",
            "Status": "WITHDRAWN" if end else "ACCEPTED",
            "Source": {"ManagementAccountId": source, "ManagementAccountEmail": "a@example.com"},
            "Target": {"ManagementAccountId": target, "ManagementAccountEmail": "b@example.com"},
            "StartTimestamp": start,
        }
        self.transfers.append(row | ({"EndTimestamp": end} if end else {}))

    def client(self, credentials: RoleCredentials) -> "_TransfersOfPayer":
        return _TransfersOfPayer(self, credentials.access_key_id)

    def answer(
        self, operation: str, side: str, payer: str, request: dict[str, Any]
    ) -> dict[str, Any]:
        self._called(operation, request)
        if payer in self.standalone:
            self._raise("AWSOrganizationsNotInUseException", operation)
        rows = [one for one in self.transfers if one[side]["ManagementAccountId"] == payer]
        if "NextToken" not in request:
            return {"ResponsibilityTransfers": [], "NextToken": "0"}
        number = int(request["NextToken"])
        answer: dict[str, Any] = {"ResponsibilityTransfers": rows[number : number + 1]}
        return answer | ({"NextToken": str(number + 1)} if number + 1 < len(rows) else {})


class _TransfersOfPayer:
    def __init__(self, service: BillingTransfers, payer: str) -> None:
        self._service, self._payer = service, payer
        self.exceptions = service.exceptions

    def list_outbound_responsibility_transfers(self, **request: Any) -> dict[str, Any]:
        operation = "ListOutboundResponsibilityTransfers"
        return self._service.answer(operation, "Source", self._payer, request)

    def list_inbound_responsibility_transfers(self, **request: Any) -> dict[str, Any]:
        operation = "ListInboundResponsibilityTransfers"
        return self._service.answer(operation, "Target", self._payer, request)

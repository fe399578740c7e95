"""What the tests of the Invoicing emulator share: a small catalogue and clients."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from sandbox.invoicing import (
    CatalogueInvoice,
    Document,
    InvoicingEmulator,
    SupplementalDocument,
)

PAYER, OTHER, ARCHIVE = "111122223333", "444455556666", "999988887777"
NOW = datetime(2026, 10, 12, 6, tzinfo=UTC)
SEPTEMBER = {"BillingPeriod": {"Month": 9, "Year": 2026}}
BY_ACCOUNT = {"ResourceType": "ACCOUNT_ID", "Value": PAYER}
JSON = "application/x-amz-json-1.0"


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def between(start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"TimeInterval": {"StartDate": day(start), "EndDate": day(end)}, **more}


def an_invoice(
    invoice_id: str,
    *,
    issued: str = "2026-10-03",
    period: tuple[int, int] = (2026, 9),
    content: bytes | Callable[[], bytes] = b"%PDF-",
    ready: str | None = None,
    **particulars: Any,
) -> CatalogueInvoice:
    summary = {
        "AccountId": PAYER,
        "InvoiceId": invoice_id,
        "IssuedDate": day(issued),
        "BillingPeriod": {"Year": period[0], "Month": period[1]},
        **particulars,
    }
    return CatalogueInvoice(summary, day(issued), Document(content, day(ready or issued)))


XML_SUPPLEMENT = SupplementalDocument(
    b"<nfse/>",
    day("2026-10-14"),
    "application/xml",
    document_type="TAX_E_INVOICE",
    document_id="K1",
)
INVOICES = (
    an_invoice("1000000001", Entity={"InvoicingEntity": "Amazon Web Services, Inc."}),
    an_invoice("1000000002", issued="2026-09-15", ReceiverRole="BUYER"),
    an_invoice("1000000003", issued="2026-10-02", period=(2026, 8), ready="2026-10-15"),
    an_invoice("1000000004", issued="2026-10-18"),
    replace(an_invoice("1000000005", content=b"%PDF-5"), supplements=(XML_SUPPLEMENT,)),
)
FOREIGN = an_invoice("2000000001", AccountId=OTHER)


@cache
def session() -> boto3.session.Session:
    """One for all tests, since each session reads the service models anew."""
    return boto3.session.Session()


def client(
    emulator: InvoicingEmulator,
    access_key: str = PAYER,
    *,
    attempts: int = 1,
    service: str = "invoicing",
) -> Any:
    return _client_at(emulator.url, access_key, attempts, service)


@lru_cache(maxsize=16)  # of few emulators at a time
def _client_at(url: str, access_key: str, attempts: int, service: str) -> Any:
    return session().client(
        service,
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id=access_key,
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": attempts}),
    )


def listed(emulator: InvoicingEmulator, filters: Mapping[str, Any]) -> list[str]:
    answer = client(emulator).list_invoice_summaries(
        Selector=BY_ACCOUNT, Filter=filters, MaxResults=100
    )
    return [row["InvoiceId"] for row in answer["InvoiceSummaries"]]


def refusal(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    """The whole error answer of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    return dict(caught.value.response)


def sent(
    emulator: InvoicingEmulator,
    method: str = "POST",
    target: str = "/",
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One raw HTTP request."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", urlsplit(emulator.url).port or 0, timeout=5
    )
    try:
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def signed(
    emulator: InvoicingEmulator,
    body: bytes,
    *,
    operation: str = "ListInvoiceSummaries",
    service: str = "invoicing",
    content_type: str = JSON,
    target: str = "Invoicing",
) -> tuple[int, dict[str, Any]]:
    """One signed request past boto3's own checks, with the answer's status and JSON."""
    headers = {"X-Amz-Target": f"{target}.{operation}", "Content-Type": content_type}
    request = AWSRequest("POST", emulator.url + "/", headers=headers, data=body)
    SigV4Auth(Credentials(PAYER, "secret"), service, "us-east-1").add_auth(request)
    status, _, answer = sent(emulator, body=body, headers=dict(request.headers))
    return status, json.loads(answer)


def control(
    emulator: InvoicingEmulator, method: str, name: str, content: Any = None
) -> tuple[int, dict[str, Any]]:
    body = b"" if content is None else json.dumps(content).encode()
    status, _, answer = sent(emulator, method, f"/_control/{name}", body=body)
    return status, json.loads(answer)


def document_url(emulator: InvoicingEmulator, invoice_id: str = "1000000001") -> str:
    return str(client(emulator).get_invoice_pdf(InvoiceId=invoice_id)["InvoicePDF"]["DocumentUrl"])


def opened(
    emulator: InvoicingEmulator, url: str, method: str = "GET"
) -> tuple[int, http.client.HTTPMessage, bytes]:
    assert url.startswith(f"{emulator.url}/documents/")
    return sent(emulator, method, url.removeprefix(emulator.url))

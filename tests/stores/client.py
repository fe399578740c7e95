"""A boto3 client that a store in this process answers, without requests, bytes and parsing.

What the client does before a request and after an answer stays botocore's: hooks, paginators, the
check of parameters against the service's model, and its errors.
"""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Protocol

from botocore.client import ClientMeta
from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

_VALIDATOR = ParamValidator()


class Refused(Exception):
    """The store's error answer: a code of the service, and its status."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Store(Protocol):
    """Answers the calls of one service, by the names of botocore's model."""

    def answer(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's members. Raises Refused."""


def client_of(store: Store, made: Any) -> Any:
    """A client like `made`, with hooks of its own, that the store answers; `client.store` is it."""
    client: Any = object.__new__(type(made))
    vars(client).update(vars(made))
    of_made = made.meta
    events = copy.copy(of_made.events)
    events._alias_name_cache = of_made.events._alias_name_cache  # names mean the same everywhere
    client.meta = ClientMeta(
        events,
        of_made.config,
        of_made.endpoint_url,
        of_made.service_model,
        of_made.method_to_api_mapping,
        of_made.partition,
    )
    client.store = store
    client._make_api_call = _Calls(client, store)
    return client


def now() -> datetime:
    """The instant as AWS notes it."""
    return datetime.now(UTC).replace(microsecond=0)


class _Calls:
    """Stands in for `BaseClient._make_api_call`."""

    def __init__(self, client: Any, store: Store) -> None:
        self._client = client
        self._store = store

    def __call__(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        client, service = self._client, self._client.meta.service_model
        model = service.operation_model(operation)
        context = {"client_region": client.meta.region_name, "client_config": client.meta.config}
        given = client._emit_api_params(api_params=given, operation_model=model, context=context)
        report = _VALIDATOR.validate(given, model.input_shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        answer: dict[str, Any] = {}
        status = 200
        try:
            answer |= self._store.answer(operation, given)
        except Refused as refused:
            status = refused.status
            answer["Error"] = {"Code": refused.code, "Message": refused.message}
        answer["ResponseMetadata"] = {"HTTPStatusCode": status, "HTTPHeaders": {}}
        client.meta.events.emit(
            f"after-call.{service.service_id.hyphenize()}.{operation}",
            http_response=SimpleNamespace(status_code=status),
            parsed=answer,
            model=model,
            context=context,
        )
        if status >= 300:
            raise client.exceptions.from_code(answer["Error"]["Code"])(answer, operation)
        return answer

"""The files that the first step of a run wrote, for its later steps: the run's list, and its
request with the register, which stands in for a lost list.
"""

from collections.abc import Sequence
from functools import cached_property

from lambdas.aws.archive import Archive
from lambdas.domain.errors import NOT_UNDERSTOOD, InvalidRegister
from lambdas.domain.evidence.archive_layout import (
    listing_key,
    run_payers_key,
    run_payers_prefix,
    run_request_key,
)
from lambdas.domain.json_form import checked
from lambdas.domain.runs.asked_today import AskedToday
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.domain.runs.stored_request import StoredRequest
from lambdas.settings import FunctionSettings
from lambdas.steps.read_if_understood import read_if_understood
from lambdas.telemetry import logger


class RunFileLost(Exception):
    """A file of the run is gone or was changed."""


class StoredRun:
    """The files that the first step of a run wrote; the request is read once."""

    def __init__(self, archive: Archive, run_id: str) -> None:
        self._archive = archive
        self._run_id = run_id

    @cached_property
    def request(self) -> StoredRequest:
        """The run's request, with its register. Raises RunFileLost."""
        key = run_request_key(self._run_id)
        try:
            file = self._archive.read(key)
            if file is None:
                raise RunFileLost(f"{key} is gone; start a new run")
            request = checked(StoredRequest.from_data(file.data()))
        except (*NOT_UNDERSTOOD, InvalidRegister) as error:
            raise RunFileLost(f"{key} cannot be read ({error!r}); start a new run") from None
        if request.run_id != self._run_id:
            raise RunFileLost(f"{key} is the file of run {request.run_id!r}; start a new run")
        return request

    def payer_runs(self, length: int, settings: FunctionSettings) -> list[PayerRun]:
        """The payer accounts that the run was to ask; its list had `length` entries.

        If the list is lost: the accounts with a listing, if they are as many as the list had
        entries, else all of the register for the run's periods. Raises RunFileLost.
        """
        try:
            return self._list(length)
        except RunFileLost as error:
            reason = {"run_id": self._run_id, "reason": str(error)}
            logger().warning("used the register", extra=reason)
        everybody = _everybody(self.request, settings)
        keys = {item.key for item in self._archive.list(run_payers_prefix(self._run_id))}
        with_listing = [
            one for one in everybody if listing_key(self._run_id, one.payer_account_id) in keys
        ]
        return with_listing if len(with_listing) == length else everybody

    def accounts_asked(self) -> set[str]:
        """The payer accounts of the run's list; none if it is lost, which ValidateCompleteness
        logs.
        """
        accounts = read_if_understood(
            self._archive,
            run_payers_key(self._run_id),
            lambda items: {str(one["payer_account_id"]) for one in items},
        )
        return accounts or set()

    def payers_registered(self) -> Sequence[Payer]:
        """The register when the run began; nobody if its request is lost, which
        ValidateCompleteness reports.
        """
        try:
            return self.request.register
        except RunFileLost as error:
            reason = {"run_id": self._run_id, "reason": str(error)}
            logger().warning("no register", extra=reason)
            return ()

    def _list(self, length: int) -> list[PayerRun]:
        key = run_payers_key(self._run_id)
        try:
            file = self._archive.read(key)
            if file is None:
                raise RunFileLost(f"{key} is gone")
            items = [checked(PayerRun.from_data(item)) for item in file.data()]
        except NOT_UNDERSTOOD as error:
            raise RunFileLost(f"{key} cannot be read ({error!r})") from None
        if len(items) != length:
            raise RunFileLost(f"{key} has {len(items)} entries, and {length} were written")
        if any(item.run_id != self._run_id for item in items):
            raise RunFileLost(f"{key} is the list of another run")
        if len({item.payer_account_id for item in items}) != length:
            raise RunFileLost(f"{key} names a payer account twice")
        return items


def _everybody(request: StoredRequest, settings: FunctionSettings) -> list[PayerRun]:
    return AskedToday(
        request=request.for_everybody,
        payers=request.register,
        close=settings.close_calendar,
        lookback_periods=settings.lookback_periods,
        payer_role_name=settings.payer_role_name,
        seen={},
    ).runs()

"""The payer accounts that a run was to ask, for its later steps: read from the run's list or, if
that is lost, from the register stored in the run's request.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD, InvalidRegister
from lambdas.domain.evidence.archive_layout import (
    listing_key,
    run_payers_key,
    run_payers_prefix,
    run_request_key,
)
from lambdas.domain.json_form import checked
from lambdas.domain.json_text import read_instant
from lambdas.domain.runs.asked_today import payer_runs
from lambdas.domain.runs.payer_register import Payer, PayerRegister, payer_from_data
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.domain.runs.run_request import RunRequest
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.settings import FunctionSettings
from lambdas.steps.read_if_understood import read_if_understood
from lambdas.telemetry import logger


class RunFileLost(Exception):
    """A file of the run is gone or was changed."""


def read_request(archive: Archive, run_id: str) -> dict[str, Any]:
    """The run's request, with its register. Raises RunFileLost."""
    key = run_request_key(run_id)
    try:
        file = archive.read(key)
        if file is None:
            raise RunFileLost(f"{key} is gone; start a new run")
        request: dict[str, Any] = file.data()
        _read_all_of(request)
        of_run = request["run_id"]
    except (*NOT_UNDERSTOOD, InvalidRegister) as error:
        raise RunFileLost(f"{key} cannot be read ({error!r}); start a new run") from None
    if of_run != run_id:
        raise RunFileLost(f"{key} is the file of run {of_run!r}; start a new run")
    return request


def read_run_list(
    archive: Archive, event: Mapping[str, Any], settings: FunctionSettings
) -> list[PayerRun]:
    """The payer accounts that the run was to ask; `event` is the answer of EnumeratePayerAccounts.

    If the list is lost: the accounts with a listing, if they are as many as the list had entries,
    else all of the register for the run's periods. Raises RunFileLost.
    """
    run_id, length = event["run_id"], event["payers"]
    try:
        return _stored_list(archive, run_id, length)
    except RunFileLost as error:
        logger().warning("used the register", extra={"run_id": run_id, "reason": str(error)})
    everybody = _of_register(read_request(archive, run_id), settings)
    keys = {item.key for item in archive.list(run_payers_prefix(run_id))}
    with_listing = [one for one in everybody if listing_key(run_id, one.payer_account_id) in keys]
    return with_listing if len(with_listing) == length else everybody


def accounts_asked(archive: Archive, run_id: str) -> set[str]:
    """The payer accounts of the run's list; none if it is lost, which ValidateCompleteness logs."""
    accounts = read_if_understood(
        archive,
        run_payers_key(run_id),
        lambda items: {str(one["payer_account_id"]) for one in items},
    )
    return accounts or set()


def payers_registered(archive: Archive, run_id: str) -> Sequence[Payer]:
    """The register when the run began; nobody if its request is lost, which ValidateCompleteness
    reports.
    """
    try:
        return _register(read_request(archive, run_id)).payers
    except RunFileLost as error:
        logger().warning("no register", extra={"run_id": run_id, "reason": str(error)})
        return ()


def _stored_list(archive: Archive, run_id: str, length: int) -> list[PayerRun]:
    key = run_payers_key(run_id)
    try:
        file = archive.read(key)
        if file is None:
            raise RunFileLost(f"{key} is gone")
        items = [checked(PayerRun.from_data(item)) for item in file.data()]
    except NOT_UNDERSTOOD as error:
        raise RunFileLost(f"{key} cannot be read ({error!r})") from None
    if len(items) != length:
        raise RunFileLost(f"{key} has {len(items)} entries, and {length} were written")
    if any(item.run_id != run_id for item in items):
        raise RunFileLost(f"{key} is the list of another run")
    if len({item.payer_account_id for item in items}) != length:
        raise RunFileLost(f"{key} names a payer account twice")
    return items


def _of_register(request: Mapping[str, Any], settings: FunctionSettings) -> list[PayerRun]:
    """The items of a manual run of the same payer accounts, which leaves none out."""
    account_ids = request["input"].get("payer_account_ids")
    manual_request = RunRequest(
        run_id=request["run_id"],
        as_of=read_instant(request["as_of"]),
        billing_period=BillingPeriod.parse(request["billing_period"]),
        is_scheduled=False,
        payer_account_ids=tuple(account_ids) if account_ids else None,
        dry_run=request["dry_run"],
    )
    return payer_runs(
        manual_request,
        _register(request),
        settings.close_calendar,
        settings.lookback_periods,
        settings.payer_role_name,
        last_seen=lambda _: {},
        older={},
    )


def _read_all_of(request: Mapping[str, Any]) -> None:
    """Read all that the last step reads later, so that a missing part is noticed now."""
    _register(request)
    request["input"].keys()
    for given in request["acknowledgements"]:
        checked(GivenAcknowledgement.from_data(given))
    for period in request["open_periods"]:
        BillingPeriod.parse(period)


def _register(request: Mapping[str, Any]) -> PayerRegister:
    return PayerRegister(tuple(payer_from_data(row) for row in request["register"]), sha256="")

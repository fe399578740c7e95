"""Whom a run was to ask, as its later steps read it: from the run's list or, where that is lost,
from the register that the run was asked with.
"""

from collections.abc import Mapping
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import (
    listing_key,
    run_payers_key,
    run_payers_prefix,
    run_request_key,
)
from lambdas.domain.json_form import checked
from lambdas.domain.json_text import read_instant
from lambdas.domain.runs.asked_today import payer_runs
from lambdas.domain.runs.payer_register import PayerRegister, payer_from_data
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.domain.runs.run_request import RunRequest
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.settings import FunctionSettings
from lambdas.steps.read_if_understood import read_if_understood
from lambdas.telemetry import logger


class RunFileLost(Exception):
    """A file of the run is gone or is not what was written."""


def read_request(archive: Archive, run_id: str) -> dict[str, Any]:
    """What the run was asked, with its register. Raises RunFileLost."""
    key = run_request_key(run_id)
    try:
        found = archive.read(key)
        if found is None:
            raise RunFileLost(f"{key} is gone; start a new run")
        request: dict[str, Any] = found.data()
        _read_all_of(request)
        of_run = request["run_id"]
    except NOT_UNDERSTOOD as error:
        raise RunFileLost(f"{key} cannot be read ({error!r}); start a new run") from None
    if of_run != run_id:
        raise RunFileLost(f"{key} is the file of run {of_run!r}; start a new run")
    return request


def read_run_list(
    archive: Archive, event: Mapping[str, Any], settings: FunctionSettings
) -> list[PayerRun]:
    """The payer accounts that the run was to ask; `event` is what EnumeratePayerAccounts returned.

    Where the list is lost, all that the register has for the run's periods, unless there are as
    many listings as the list had entries: then it is they that were asked. Raises RunFileLost.
    """
    run_id, written = event["run_id"], event["payers"]
    try:
        return _written(archive, run_id, written)
    except RunFileLost as error:
        logger().warning("went by the register", extra={"run_id": run_id, "reason": str(error)})
    everybody = _of_register(read_request(archive, run_id), settings)
    there = {item.key for item in archive.list(run_payers_prefix(run_id))}
    listed = [one for one in everybody if listing_key(run_id, one.payer_account_id) in there]
    return listed if len(listed) == written else everybody


def accounts_asked(archive: Archive, run_id: str) -> set[str]:
    """The payer accounts of the run's list; none where it is lost, as ValidateCompleteness says."""
    asked = read_if_understood(
        archive,
        run_payers_key(run_id),
        lambda items: {str(one["payer_account_id"]) for one in items},
    )
    return asked or set()


def accounts_registered(archive: Archive, run_id: str) -> set[str]:
    """The payer accounts of the register as the run began; none where its request is lost."""
    registered = read_if_understood(
        archive,
        run_request_key(run_id),
        lambda request: {str(one["account_id"]) for one in request["register"]},
    )
    return registered or set()


def _written(archive: Archive, run_id: str, length: int) -> list[PayerRun]:
    key = run_payers_key(run_id)
    try:
        found = archive.read(key)
        if found is None:
            raise RunFileLost(f"{key} is gone")
        items = [checked(PayerRun.from_data(item)) for item in found.data()]
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
    """All that a person's run of the same payer accounts would ask, for it leaves nobody out."""
    named = request["input"].get("payer_account_ids")
    asked = RunRequest(
        run_id=request["run_id"],
        as_of=read_instant(request["as_of"]),
        billing_period=BillingPeriod.parse(request["billing_period"]),
        is_scheduled=False,
        payer_account_ids=tuple(named) if named else None,
        dry_run=request["dry_run"],
    )
    return payer_runs(
        asked,
        _register(request),
        settings.close_calendar,
        settings.lookback_periods,
        settings.payer_role_name,
        last_seen=lambda _: {},
        older={},
    )


def _read_all_of(request: Mapping[str, Any]) -> None:
    """Read what the last step reads of it later, so that it is known to be all there."""
    _register(request)
    request["input"].keys()
    for given in request["acknowledgements"]:
        checked(GivenAcknowledgement.from_data(given))
    for period in request["open_periods"]:
        BillingPeriod.parse(period)


def _register(request: Mapping[str, Any]) -> PayerRegister:
    return PayerRegister(tuple(payer_from_data(row) for row in request["register"]), sha256="")

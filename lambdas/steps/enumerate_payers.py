"""The start of a run: the payer accounts asked today, and their billing periods."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    run_claim_key,
    run_payers_key,
    run_request_key,
)
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.runs.asked_today import AskedToday, PeriodSeen
from lambdas.domain.runs.open_records import OpenRecords
from lambdas.domain.runs.payer_register import PayerRegister
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.domain.runs.run_request import RunInput, RunRequest
from lambdas.domain.runs.stored_request import StoredRequest
from lambdas.settings import FunctionSettings
from lambdas.steps.payment_statuses import open_payment_statuses
from lambdas.steps.periods_seen import period_seen, periods_seen_before


def enumerate_payers(
    archive: Archive, register: PayerRegister, settings: FunctionSettings, event: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the run's list and request; return the list's place. `event` has the execution and its
    input.

    The schedule delivers at least once: the first delivery of a scheduled time claims its run,
    later ones get `already_claimed` and do nothing. Raises InvalidExecutionInput and
    ArchiveUnusable before any work.
    """
    execution, lookback_periods = event["execution"], settings.lookback_periods
    given = RunInput(event["input"], read_instant(execution["start_time"]), register)
    judged = {
        period: period_seen(archive, period).payers.keys() for period in given.acknowledged_periods
    }
    request = given.request(execution["name"], lookback_periods, judged)
    archive.check_usable()
    answer = {
        "run_id": request.run_id,
        "already_claimed": False,
        "dry_run": request.dry_run,
        "billing_period": str(request.billing_period),
        "as_of": instant_text(request.as_of),
        "payers_key": run_payers_key(request.run_id),
        "payers": 0,
    }
    if request.is_scheduled and not _claim(archive, request.run_id, execution["id"]):
        return answer | {"already_claimed": True}
    today = AskedToday(
        request=request,
        payers=register.payers,
        close=settings.close_calendar,
        lookback_periods=lookback_periods,
        payer_role_name=settings.payer_role_name,
        seen=_seen(archive, request, lookback_periods),
    )
    items = today.runs()
    if settings.witnesses.payments:
        items = _with_open_records(archive, items)
    answer["payers"] = len(items)
    archive.put_run_file(run_payers_key(request.run_id), [item.to_data() for item in items])
    stored = StoredRequest(
        run_id=request.run_id,
        as_of=request.as_of,
        billing_period=request.billing_period,
        dry_run=request.dry_run,
        input=event["input"],
        register=register.payers,
        acknowledgements=request.acknowledgements,
        open_periods=today.open_periods,
    )
    run_file = {"execution": execution["id"], "register_sha256": register.sha256}
    archive.put_run_file(run_request_key(request.run_id), answer | run_file | stored.to_data())
    return answer


def _seen(
    archive: Archive, request: RunRequest, lookback_periods: int
) -> dict[BillingPeriod, PeriodSeen]:
    """The views of the run's periods; for the daily run, of all older ones too."""
    periods = request.billing_period.with_earlier(lookback_periods)
    seen = {period: period_seen(archive, period) for period in periods}
    if request.is_scheduled:
        seen |= periods_seen_before(archive, min(periods))
    return seen


def _with_open_records(archive: Archive, items: Sequence[PayerRun]) -> list[PayerRun]:
    """The run's list with the financial records that were open when last seen."""
    found = OpenRecords(items)
    if items:
        for status in open_payment_statuses(archive):
            found.add(status)
    return found.items()


def _claim(archive: Archive, run_id: str, execution_id: str) -> bool:
    """Claim the run for this execution; a retry of the same execution holds its claim already."""
    key = run_claim_key(run_id)
    if archive.claim(key, {"execution": execution_id}):
        return True
    claim = archive.read(key)
    return claim is not None and claim.data()["execution"] == execution_id

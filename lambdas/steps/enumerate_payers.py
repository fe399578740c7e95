"""The start of a run: the payer accounts asked today, and their billing periods."""

from collections.abc import Mapping
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    run_claim_key,
    run_payers_key,
    run_request_key,
)
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.runs.asked_today import LastSeen, payer_runs
from lambdas.domain.runs.payer_register import PayerRegister
from lambdas.domain.runs.run_request import parse_run_request
from lambdas.settings import FunctionSettings
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

    def last_seen(period: BillingPeriod) -> Mapping[str, LastSeen]:
        return period_seen(archive, period).payers

    execution, lookback_periods = event["execution"], settings.lookback_periods
    request = parse_run_request(
        event["input"],
        execution["name"],
        read_instant(execution["start_time"]),
        register,
        lookback_periods,
        judged=lambda period: last_seen(period).keys(),
    )
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
    oldest = min(request.billing_period.with_earlier(lookback_periods))
    older = periods_seen_before(archive, oldest) if request.is_scheduled else {}
    items = payer_runs(
        request,
        register,
        settings.close_calendar,
        lookback_periods,
        settings.payer_role_name,
        last_seen=last_seen,
        older=older,
    )
    answer["payers"] = len(items)
    archive.put_run_file(run_payers_key(request.run_id), [item.to_data() for item in items])
    run_file = answer | {
        "input": event["input"],
        "execution": execution["id"],
        "register": [payer.to_data() for payer in register.payers],
        "register_sha256": register.sha256,
        "acknowledgements": [given.to_data() for given in request.acknowledgements],
        "open_periods": [
            str(period) for period, one in sorted(older.items()) if one.is_judged_daily
        ],
    }
    archive.put_run_file(run_request_key(request.run_id), run_file)
    return answer


def _claim(archive: Archive, run_id: str, execution_id: str) -> bool:
    """Claim the run for this execution; a retry of the same execution holds its claim already."""
    key = run_claim_key(run_id)
    if archive.claim(key, {"execution": execution_id}):
        return True
    claim = archive.read(key)
    return claim is not None and claim.data()["execution"] == execution_id

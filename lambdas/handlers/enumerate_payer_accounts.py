"""EnumeratePayerAccounts: which payer accounts, which billing periods, who is asked today? The
answer is a list in S3.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

import lambdas
from lambdas.aws.archive import Archive
from lambdas.aws.clients import s3_client
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import (
    PERIODS_PREFIX,
    completeness_key,
    judged_periods,
    run_claim_key,
    run_payers_key,
    run_request_key,
)
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.runs.asked_today import LastSeen, PeriodSeen, payer_runs
from lambdas.domain.runs.payer_register import parse_register
from lambdas.domain.runs.run_request import RunRequest, parse_run_request
from lambdas.settings import FunctionSettings
from lambdas.telemetry import logger

_READ_THREADS = 16
REGISTER = Path(lambdas.__file__).parent.parent / "payers.csv"
"""The deployment puts the payer register beside the code, so that both always belong together."""


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take the execution's input and identity; write the run's list; return where it is.

    The schedule delivers at least once: the first delivery of a scheduled time claims its run, any
    other gets `already_claimed` and does nothing. Raises InvalidExecutionInput, InvalidRegister and
    ArchiveUnusable before any work.
    """
    settings = FunctionSettings.from_environment()
    execution = event["execution"]
    register = parse_register(REGISTER.read_bytes(), REGISTER.name)
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    request = parse_run_request(
        event["input"],
        execution["name"],
        read_instant(execution["start_time"]),
        register,
        settings.lookback_periods,
        judged=lambda period: _last_seen(archive, period).keys(),
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
        logger().info("left a claimed run alone", extra={"run_id": request.run_id})
        return answer | {"already_claimed": True}
    older = _older_periods(archive, request, settings) if request.is_scheduled else {}
    items = payer_runs(
        request,
        register,
        settings.close_calendar,
        settings.lookback_periods,
        settings.payer_role_name,
        last_seen=lambda period: _last_seen(archive, period),
        older=older,
    )
    archive.put_run_file(run_payers_key(request.run_id), [item.to_data() for item in items])
    archive.put_run_file(
        run_request_key(request.run_id),
        answer
        | {
            "payers": len(items),
            "input": event["input"],
            "execution": execution["id"],
            "register": [payer.to_data() for payer in register.payers],
            "register_sha256": register.sha256,
            "acknowledgements": [given.to_data() for given in request.acknowledgements],
            "open_periods": [
                str(period) for period, view in sorted(older.items()) if not view.is_settled
            ],
        },
    )
    logger().info(
        "enumerated payer accounts", extra={"run_id": request.run_id, "payers": len(items)}
    )
    return answer | {"payers": len(items)}


def _claim(archive: Archive, run_id: str, execution_id: str) -> bool:
    """Claim the run for this execution; a retry of the same execution holds its claim already."""
    key = run_claim_key(run_id)
    if archive.claim(key, {"execution": execution_id}):
        return True
    claim = archive.read(key)
    return claim is not None and claim.data()["execution"] == execution_id


def _last_seen(archive: Archive, period: BillingPeriod) -> Mapping[str, LastSeen]:
    """What the period's view says of each payer account.

    Without a view everybody counts as unsettled: that asks more, not less. Views are not locked, so
    one that cannot be read is none; ValidateCompleteness makes it again.
    """
    return _seen(archive, period).payers


def _older_periods(
    archive: Archive, request: RunRequest, settings: FunctionSettings
) -> dict[BillingPeriod, PeriodSeen]:
    """What the views of the periods before the look-back ones say."""
    oldest = min(request.billing_period.with_earlier(settings.lookback_periods))
    periods = [one for one in judged_periods(archive.folders(PERIODS_PREFIX)) if one < oldest]
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        seen = pool.map(lambda period: _seen(archive, period), periods)
        return dict(zip(periods, seen, strict=True))


def _seen(archive: Archive, period: BillingPeriod) -> PeriodSeen:
    """What the period's view says; one that is gone or unreadable says that nothing is settled."""
    key = completeness_key(period)
    try:
        view = archive.read(key)
        return PeriodSeen.of(view.data(), period) if view else PeriodSeen()
    except NOT_UNDERSTOOD as error:
        reason = f"{type(error).__name__}: {error}"
        logger().warning("took an unreadable view for none", extra={"key": key, "reason": reason})
        return PeriodSeen()

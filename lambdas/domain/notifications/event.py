"""The event that notifies programs of a verdict. Its schema, by version, is in docs/events."""

import json
from collections import Counter
from typing import Any

from lambdas.domain.evidence.archive_layout import completeness_key
from lambdas.domain.json_text import instant_text
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.notifications.accepted import accepted_findings
from lambdas.domain.notifications.reasons import Notification
from lambdas.domain.notifications.report import count_by_code

SOURCE = "invoice-archive"
DETAIL_TYPE = "Billing Period Judged"
SCHEMA = "invoice-archive/billing-period-judged/1"
_MOST_PAYERS = 100
_MOST_BYTES = 200_000
"""EventBridge accepts 262,144 bytes for a whole event."""


def period_event(notification: Notification) -> dict[str, Any]:
    """The detail of the event, with as many payer accounts as EventBridge accepts. It has no
    amounts and no URLs.
    """
    event = _event(notification)
    most = _MOST_PAYERS
    while len(json.dumps(event).encode()) > _MOST_BYTES and most:
        most //= 2
        event["open_payers_left_out"] += len(event["open_payers"][most:])
        for payers in ("open_payers", "newly_open_payers"):
            event[payers] = event[payers][:most]
    return event


def _event(notification: Notification) -> dict[str, Any]:
    """The event with the most payer accounts that it may have."""
    manifest = notification.manifest
    rests_on = accepted_findings(manifest, notification.as_of)
    open_payers = [one for one in manifest.payers if not one.is_complete]
    return {
        "schema": SCHEMA,
        "billing_period": str(manifest.billing_period),
        "verdict": manifest.verdict,
        "told_before": notification.before.verdict if notification.before else None,
        "reason": notification.reason,
        "is_overdue": notification.is_overdue,
        "last_day": manifest.last_day,
        "closed_at": manifest.closed_at,
        "run_id": notification.run_id,
        "as_of": instant_text(notification.as_of),
        "archive_bucket": manifest.bucket,
        "completeness": completeness_key(manifest.billing_period),
        "manifest": manifest.key if manifest.sequence else None,
        "manifest_sha256": notification.manifest_sha256,
        "payers": len(manifest.payers),
        "payers_by_verdict": dict(sorted(Counter(one.verdict for one in manifest.payers).items())),
        "blocking_findings": count_by_code(manifest.blocking),
        "open_payers": [_payer(one) for one in open_payers[:_MOST_PAYERS]],
        "open_payers_left_out": max(0, len(open_payers) - _MOST_PAYERS),
        "newly_open_payers": list(notification.newly_needing[:_MOST_PAYERS]),
        "accepted": rests_on.to_data() if rests_on else None,
    }


def _payer(state: PayerState) -> dict[str, Any]:
    return {
        "payer_account_id": state.payer_account_id,
        "verdict": state.verdict,
        "expected": state.expected,
        "archived": state.archived,
        "blocking_findings": count_by_code(state.blocking),
    }

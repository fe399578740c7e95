"""Gaps of ministack in a deployment or after a restart, fixed at every start.

Measured on 1.5.33: CloudFormation ignores a bucket's `ObjectLockEnabled`; a killed run loses the
retention of each version that it wrote; the Scheduler fires real schedules and passes
`<aws.scheduler.scheduled-time>` literally; a bucket policy's condition on the headers of a
write-once PUT never sees them, so it refuses every write.
"""

import json
from collections.abc import Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import evidence_period
from lambdas.domain.evidence.retention import RetentionPolicy, retain_until
from sandbox.deployment import Deployed
from sandbox.kept_locks import Version
from sandbox.ministack import Ministack

_SCHEDULE_FIELDS = (
    "Name",
    "GroupName",
    "Description",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "Target",
)
_THREADS = 8
_JUDGES_HEADERS = "WriteOnce"
"""Beginning of the Sid of a statement on such headers. The templates' own tests read them."""


def fix_gaps(
    aws: Ministack,
    deployed: Deployed,
    retention: RetentionPolicy,
    *,
    locked: Set[Version] = frozenset(),
) -> None:
    """Make the embedded AWS match the template. `locked` versions have their lock already."""
    s3 = aws.client("s3")
    s3.put_object_lock_configuration(
        Bucket=deployed.archive_bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )
    _forgo_conditions_on_headers(s3, deployed.archive_bucket)
    _disable_schedules(aws.client("scheduler"))
    _lock_evidence(s3, deployed.archive_bucket, retention, locked)


def _forgo_conditions_on_headers(s3: Any, bucket: str) -> None:
    """Take these statements out of the bucket's policy; all others stay and are enforced."""
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    kept = [
        statement
        for statement in policy["Statement"]
        if not statement.get("Sid", "").startswith(_JUDGES_HEADERS)
    ]
    if kept != policy["Statement"]:
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({**policy, "Statement": kept}))


def _disable_schedules(scheduler: Any) -> None:
    for page in scheduler.get_paginator("list_schedules").paginate():
        for listed in page["Schedules"]:
            schedule = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
            kept = {field: schedule[field] for field in _SCHEDULE_FIELDS if schedule.get(field)}
            scheduler.update_schedule(**kept, State="DISABLED")


def _lock_evidence(s3: Any, bucket: str, policy: RetentionPolicy, locked: Set[Version]) -> None:
    def lock(version: tuple[str, str, BillingPeriod, datetime]) -> None:
        key, version_id, period, stored = version
        s3.put_object_retention(
            Bucket=bucket,
            Key=key,
            VersionId=version_id,
            Retention={
                "Mode": policy.mode,
                "RetainUntilDate": retain_until(period, policy, stored),
            },
        )

    with ThreadPoolExecutor(_THREADS) as threads:
        found = _evidence_versions(s3, bucket)
        list(threads.map(lock, (one for one in found if one[:2] not in locked)))


def _evidence_versions(s3: Any, bucket: str) -> Iterator[tuple[str, str, BillingPeriod, datetime]]:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []):
            if period := evidence_period(version["Key"]):
                yield version["Key"], version["VersionId"], period, version["LastModified"]

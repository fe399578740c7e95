"""Findings of a check: each code with its severity and next step.

A code is a stable word with a heading of its own in docs/runbook.md. Codes that the archive's runs
report too (`lambdas.domain.findings`) have the same meaning there.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.raw_json import described

Severity = Literal["warning", "blocking"]


@dataclass(frozen=True)
class CheckKind:
    """Properties that all findings of a code share. A `blocking` one makes the check red."""

    severity: Severity
    next_step: str


_LONGEST_TEXT = 2000
_WHO = "Find out who did it (CloudTrail)"
_RESTORE = f"{_WHO}; bring back the version that the manifest names, from the bucket or a copy."
_CHAIN = f"{_WHO}; bring back the manifest as it was, from its versions or from a copy."
_LOCK = "Find out who shortened it (CloudTrail: BypassGovernanceRetention); lock it again."

KINDS: Mapping[str, CheckKind] = {
    # the range
    "NOTHING_TO_CHECK": CheckKind(
        "blocking", "Check the place and the billing periods that were asked for."
    ),
    "PERIOD_ABSENT": CheckKind(
        "warning",
        "If runs evaluated these billing periods, somebody removed them: check with "
        "latest-manifest records that name them (--heads).",
    ),
    # the chain of manifests
    "SIGNING_KEY_ABSENT": CheckKind(
        "blocking",
        "Give the key that was handed over outside the bucket with --key; a run writes the one in "
        "the bucket again.",
    ),
    "SIGNING_KEY_WRONG": CheckKind(
        "blocking",
        "Trust the key that was handed over outside the bucket; find out who replaced the one in "
        "the bucket.",
    ),
    "MANIFESTS_ABSENT": CheckKind(
        "blocking", "If a run is under way, check again once it has ended; else start one."
    ),
    "MANIFESTS_ROLLED_BACK": CheckKind("blocking", _CHAIN),
    "MANIFEST_GONE": CheckKind("blocking", _CHAIN),
    "MANIFEST_DAMAGED": CheckKind("blocking", _CHAIN),
    "MANIFEST_MISPLACED": CheckKind("blocking", _CHAIN),
    "SCHEMA_UNKNOWN": CheckKind("blocking", "Check with the version of this tool that knows it."),
    "SIGNATURE_INVALID": CheckKind("blocking", _CHAIN),
    "CHAIN_BROKEN": CheckKind("blocking", _CHAIN),
    "HEAD_DIFFERS": CheckKind("blocking", _CHAIN),
    "EVIDENCE_DROPPED": CheckKind(
        "blocking",
        "Find out which run wrote the manifest and why it left this out; the one before it proves "
        "that it was archived.",
    ),
    "EXPECTATION_DROPPED": CheckKind(
        "blocking",
        "Find out which run wrote the manifest and why it no longer expects this; the one before "
        "it proves that it was expected.",
    ),
    "MANIFEST_CONTRADICTED": CheckKind(
        "blocking",
        "Find out which run wrote the manifest. Trust the invoices in it: a record describes each "
        "of them.",
    ),
    # what the newest manifest names
    "NAME_WRONG": CheckKind(
        "blocking", "Find out which run named it so; the record says what the object is."
    ),
    "OBJECT_GONE": CheckKind("blocking", _RESTORE),
    "OBJECT_MOVED": CheckKind("blocking", f"{_WHO}; copy it back to where the manifest names it."),
    "OBJECT_HIDDEN": CheckKind("blocking", f"{_WHO}; delete the delete marker."),
    "OBJECT_OVERLAID": CheckKind(
        "blocking",
        f"{_WHO}. What lies on top: copy the version that the manifest names over it. What lies "
        "beneath came first: compare both with the invoice in the Billing console.",
    ),
    "VERSION_GONE": CheckKind("blocking", _RESTORE),
    "LOCK_ABSENT": CheckKind("blocking", _LOCK),
    "LOCK_SHORT": CheckKind("blocking", _LOCK),
    "LOCK_WEAK": CheckKind("blocking", _LOCK),
    "SIZE_CHANGED": CheckKind("blocking", _RESTORE),
    "DOCUMENT_CHANGED": CheckKind("blocking", _RESTORE),
    "RECORD_CHANGED": CheckKind("blocking", _RESTORE),
    "CONTENT_SWAPPED": CheckKind("blocking", f"{_WHO}; put each content back to its own name."),
    "RECORD_CONTRADICTED": CheckKind(
        "blocking",
        "Find out which run wrote the manifest; trust the record, which is nearer to the fact.",
    ),
    "OBJECT_UNREADABLE": CheckKind(
        "blocking", "Fix the reason why it cannot be read (rights, medium), then check again."
    ),
    "READ_UNSTABLE": CheckKind(
        "warning", "Nothing is lost; replace the medium or the way to it before it gets worse."
    ),
    # what no manifest names
    "OBJECT_EXTRA": CheckKind(
        "blocking",
        "If a run is under way or crashed, check again after the next one; else find out who "
        "stored it and why.",
    ),
    "OBJECT_NEW": CheckKind(
        "warning",
        "A run seems to be under way: check again once it has ended and written its manifest.",
    ),
    # the views
    "VIEW_DIFFERS": CheckKind(
        "blocking",
        "Trust the manifest. Start a run for the period, which makes the views again; if they "
        "change again, find out who changes them.",
    ),
    "VIEW_ABSENT": CheckKind("warning", "Start a run for the period, which makes the views again."),
    "PAYMENT_WITHOUT_INVOICE": CheckKind(
        "warning",
        "Look for it in the Billing console. If AWS Invoicing does not list it, open an "
        "AWS Billing case.",
    ),
}


@dataclass(frozen=True)
class CheckFinding:
    """One fault. `object` is an archive key, a period or the place."""

    code: str
    severity: Severity
    object: str
    expected: str
    found: str
    next_step: str
    billing_period: BillingPeriod | None = None

    @property
    def is_blocking(self) -> bool:
        return self.severity == "blocking"

    def to_data(self) -> dict[str, str | None]:
        period = str(self.billing_period) if self.billing_period else None
        return {**asdict(self), "billing_period": period}


@dataclass(frozen=True)
class NotChecked:
    """A part that this check does not cover, the reason, and a way to have it checked."""

    what: str
    because: str
    remedy: str

    def to_data(self) -> dict[str, str]:
        return asdict(self)


def check_finding(
    code: str,
    at: str,
    expected: str,
    found: str,
    *,
    period: BillingPeriod | None = None,
    severity: Severity | None = None,
) -> CheckFinding:
    """Make a finding of a known code; `severity` overrides the code's own in milder cases."""
    kind = KINDS[code]
    return CheckFinding(
        code, severity or kind.severity, at, _cut(expected), _cut(found), kind.next_step, period
    )


def excerpt(value: object) -> str:
    """Excerpt of a value that somebody else wrote, for a sentence."""
    return str(value) if isinstance(value, str | int) else described(value)


def _cut(text: str) -> str:
    """Cut text from others, which may be of any length."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"

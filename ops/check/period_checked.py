"""Results of the check of one billing period."""

from dataclasses import dataclass, field
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead
from ops.check.findings import CheckFinding, NotChecked, Severity, check_finding


@dataclass
class PeriodChecked:
    """Results for one billing period."""

    billing_period: BillingPeriod
    bucket: str | None = None
    """The archive's bucket, None while it is not known."""
    manifests: int = 0
    head: ManifestHead | None = None
    """The newest readable manifest as a latest-manifest record; None if the chain to it is broken
    and it may be anybody's.
    """
    verdict: str | None = None
    invoices: int = 0
    records: int = 0
    documents: int = 0
    objects_read: int = 0
    bytes_read: int = 0
    is_hidden: bool = False
    """True if a folder in it, or above it, could not be listed."""
    findings: list[CheckFinding] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    suspects: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each manifest and view with a finding, as it was read; empty if it could not be.
    """

    def find(
        self, code: str, key: str, expected: str, found: str, severity: Severity | None = None
    ) -> None:
        self.findings.append(
            check_finding(code, key, expected, found, period=self.billing_period, severity=severity)
        )

    def leave_out(self, what: str, because: str, remedy: str) -> None:
        self.not_checked.append(NotChecked(what, because, remedy))

    def to_data(self) -> dict[str, Any]:
        return {
            "billing_period": str(self.billing_period),
            "bucket": self.bucket,
            "verdict": self.verdict,
            "manifests": self.manifests,
            "invoices": self.invoices,
            "records": self.records,
            "documents": self.documents,
            "objects_read": self.objects_read,
            "bytes_read": self.bytes_read,
            "findings": len(self.findings),
        }

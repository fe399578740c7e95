"""A check's report for people."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from ops.check.findings import CheckFinding
from ops.check.period_checked import PeriodChecked
from ops.check.report import CheckReport
from ops.console import Console
from ops.places import PassedOver

_SHOWN_A_CODE = 10
_COLOURS = {"blocking": "bold red", "warning": "bold yellow"}
_LEVELS = {
    "structure": "manifests, signatures and chains",
    "presence": "manifests, and that everything they name is there",
    "bytes": "manifests, and every byte of what they name",
}


def print_report(report: CheckReport, console: Console) -> None:
    """Print the whole report; many findings of one code are cut short, with their number."""
    subset = f", part {report.scope.subset}" * (report.scope.subset.parts > 1)
    console.say(f"Checked   {report.place}: {_LEVELS[report.scope.level.name]}{subset}")
    if report.keys:
        for fingerprint in report.keys.fingerprints:
            console.say(f"Key       {report.keys.source}, SHA-256 {fingerprint}")
    console.say()
    for period in report.periods:
        _print_period(period, console)
    by_code = sorted(report.findings, key=lambda finding: (finding.severity, finding.code))
    for code, group in groupby(by_code, key=lambda finding: finding.code):
        _print_findings(code, list(group), console)
    if report.passed_over:
        _print_passed_over(report.passed_over, console)
    console.say()
    console.say(("Not checked", "bold"))
    for one in report.not_checked:
        console.say(f"  {one.what}")
        console.say(f"      {one.because}; {one.remedy}")
    console.say()
    console.say(*_result(report))


def _print_period(period: PeriodChecked, console: Console) -> None:
    red = sum(finding.is_blocking for finding in period.findings)
    state = ("verified", "green")
    if period.is_hidden:
        state = ("not all of it could be listed", "bold red")
    if red:
        state = (_count(red, "finding"), "bold red")
    console.say(
        f"{period.billing_period}   ",
        state,
        f"   {_count(period.manifests, 'manifest')}, {_count(period.invoices, 'invoice')}, "
        f"{_count(period.documents, 'document')}, {_count(period.records, 'record')}, "
        f"{_bytes(period.bytes_read)} read; its status is {period.verdict or 'not known'}",
    )


def _print_findings(code: str, findings: Sequence[CheckFinding], console: Console) -> None:
    console.say()
    console.say((code, _COLOURS[findings[0].severity]), f"   {findings[0].severity}")
    for finding in findings[:_SHOWN_A_CODE]:
        console.say(f"  {finding.object}")
        console.say(f"      expected  {finding.expected}")
        console.say(f"      found     {finding.found}")
    if len(findings) > _SHOWN_A_CODE:
        console.say(f"  and {len(findings) - _SHOWN_A_CODE} more, which --json names")
    console.say(f"  next step: {findings[0].next_step}")


def _print_passed_over(passed_over: Sequence[PassedOver], console: Console) -> None:
    console.say()
    files = _count(sum(one.files for one in passed_over), "file")
    console.say(("Passed over", "bold"), f"   {files} that computers leave in folders, by name")
    for one in passed_over:
        console.say(f"  {one.pattern}   {_count(one.files, 'file')}, such as {one.example}")


def _result(report: CheckReport) -> Iterable[str | tuple[str, str]]:
    red = sum(finding.is_blocking for finding in report.findings)
    warnings = len(report.findings) - red
    also = f", {_count(warnings, 'warning')}" if warnings else ""
    if report.result == "ALL_WELL":
        return (("All well", "bold green"), f": everything checked is as it must be{also}.")
    if report.result == "NOTHING_TO_CHECK":
        return (("Nothing to check", "bold red"), ": that proves nothing, so it is an error.")
    return (
        ("Action required", "bold red"),
        f": {_count(red, 'finding')}{also}. docs/runbook.md explains each code.",
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + "s" * (number != 1)


def _bytes(number: int) -> str:
    size = float(number)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"

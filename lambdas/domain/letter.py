"""The e-mail that tells people of verdicts: what, how many, what to do, where to look."""

from collections.abc import Sequence

from lambdas.domain.archive_layout import period_page_key
from lambdas.domain.findings import KINDS
from lambdas.domain.report import PERIOD_WORDS, blocking, counted, payer_lines
from lambdas.domain.telling import Telling
from lambdas.domain.verdicts import SETTLED_VERDICTS

_MOST_PERIODS = 12
_LONGEST_SUBJECT = 100


def letter(tellings: Sequence[Telling]) -> tuple[str, str]:
    """Subject (at most 100 ASCII characters, as SNS wants it) and text of one e-mail for all that a
    run has to tell; the first telling gives the subject.
    """
    first = tellings[0]
    more = f" and {len(tellings) - 1} more" if len(tellings) > 1 else ""
    subject = f"Invoice archive {first.manifest.billing_period}: {_what(first)}{more}"
    shown = tellings[:_MOST_PERIODS]
    parts = ["\n".join(_period(telling)) for telling in shown]
    if len(tellings) > len(shown):
        parts.append(f"And {len(tellings) - len(shown)} more billing periods.")
    parts.append("\n".join(_where(shown)))
    parts += filter(None, ["\n".join(_heads(shown))])
    return subject[:_LONGEST_SUBJECT], "\n\n".join(parts) + "\n"


def _what(telling: Telling) -> str:
    words = PERIOD_WORDS[telling.manifest.verdict]
    return {"changed": words, "overdue": f"overdue, {words}", "reminder": f"still {words}"}[
        telling.reason
    ]


def _period(telling: Telling) -> list[str]:
    manifest = telling.manifest
    before = telling.before
    since = ""
    if before and telling.reason == "changed":
        since = f" (before: {PERIOD_WORDS[before.verdict]})"
    complete = sum(payer.verdict in SETTLED_VERDICTS for payer in manifest.payers)
    lines = [
        f"Billing period {manifest.billing_period}: {_what(telling)}{since}.",
        f"{complete} of {len(manifest.payers)} payer accounts are complete on "
        f"{telling.close_day}; the deadline {'was' if telling.is_overdue else 'is'} "
        f"{manifest.last_day}.",
    ]
    if manifest.verdict == "COMPLETE":
        return [*lines, "There is nothing to do."]
    if manifest.verdict == "AWAITING":
        return [*lines, "There is nothing to do: the next daily run asks again."]
    lines += ["", "What lacks:", *payer_lines(manifest.payers)]
    lines += (f"- the period itself: {found.code}" for found in manifest.findings)
    lines += ["", "What to do:"]
    lines += (f"- {code}: {KINDS[code].next_step}" for code in counted(blocking(manifest)))
    return lines


def _where(tellings: Sequence[Telling]) -> list[str]:
    bucket = tellings[0].manifest.bucket
    keys = ", ".join(period_page_key(telling.manifest.billing_period) for telling in tellings)
    return [
        f"Where to look: {keys} in the archive bucket {bucket}.",
        "The runbook has a heading for each word in capitals.",
    ]


def _heads(tellings: Sequence[Telling]) -> list[str]:
    """What the letter keeps outside the archive: how far each chain of manifests was."""
    heads = [
        f"- {one.manifest.billing_period}: manifest {one.manifest.sequence}, "
        f"SHA-256 {one.manifest_sha256}"
        for one in tellings
        if one.manifest_sha256
    ]
    return ["For the auditor, who compares it with the archive:", *heads] if heads else []

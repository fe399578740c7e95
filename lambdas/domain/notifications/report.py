"""The cause of an execution that ends red: a verdict in plain words, without amounts, addresses or
URLs, even in the names of payer accounts.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from lambdas.domain.cut_text import within_bytes
from lambdas.domain.evidence.archive_layout import run_prefix
from lambdas.domain.findings import Finding
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.verdict_words import PayerVerdict, PeriodVerdict
from lambdas.domain.visible_text import INVISIBLE

PERIOD_WORDS: Mapping[PeriodVerdict, str] = {
    "COMPLETE": "complete",
    "AWAITING": "awaiting invoices",
    "ACTION_REQUIRED": "action required",
}
_PAYER_WORDS: Mapping[PayerVerdict, str] = {
    "AWAITING": "awaiting invoices",
    "MISSING": "an expected invoice is not listed",
    "PARTIAL": "a document is missing",
    "NO_ACCESS": "cannot be read",
    "NOT_CHECKED": "was not checked",
}
_MOST_PAYERS = 25
_MOST_BYTES = 30_000
"""Bytes. The cause of a failed execution holds 32,768."""
_LONGEST_NAME = 60
_LONGEST_ID = 200
"""Characters. The keys of the archive take about 170."""
_NOT_IN_A_NAME = re.compile(r"[^\w &,'()+.-]|_")
_NOT_IN_AN_ID = re.compile(r"[^\w &,'()+./-]|_(?![^\W_])|(?<![^\W_])_")
_INNER_DOT = re.compile(r"\.(?=\S)")
_DOT_OF_A_HOST = re.compile(
    r"\.(?!(?:pdf|json|xml|csv|html|txt|xlsx|bin)(?![\w.-]))(?=[^\W\d_])|(?<=www)\.", re.IGNORECASE
)
"""A dot before letters that are no file type: mail programs take it for one of a host."""


def report(run_id: str, manifests: Sequence[Manifest], close_day: str) -> str:
    """The final report of a run; the first manifest is the target's."""
    target = manifests[0]
    manifest = f"{target.key} and " if target.sequence else ""
    text = "\n".join(
        [
            f"{target.billing_period}: {PERIOD_WORDS[target.verdict]}. "
            f"{target.progress(close_day)['text']}.",
            *payer_lines(target.payers),
            *(f"{one.billing_period}: {PERIOD_WORDS[one.verdict]}." for one in manifests[1:]),
            f"Details: {manifest}{run_prefix(run_id)} in the archive.",
        ]
    )
    return within_bytes(
        text, _MOST_BYTES, f"\n[Cut here; all of it is in {run_prefix(run_id)} in the archive.]"
    )


def payer_lines(payers: Iterable[PayerState]) -> list[str]:
    """A line for each payer account with something outstanding, up to a limit; those that need a
    person come before those that wait.
    """
    open_payers = [one for one in payers if not (one.is_complete or one.awaits_only_the_deadline)]
    open_payers.sort(key=lambda payer: payer.verdict == "AWAITING")
    lines = [_payer_line(payer) for payer in open_payers[:_MOST_PAYERS]]
    if len(open_payers) > _MOST_PAYERS:
        lines.append(f"- and {len(open_payers) - _MOST_PAYERS} more")
    return lines


def count_by_code(findings: Iterable[Finding]) -> dict[str, int]:
    """The number of findings of each code, in the order of the codes."""
    return dict(sorted(Counter(found.code for found in findings).items()))


def plain_name(name: str) -> str:
    """A payer account's name without anything that a mail program could turn into a link."""
    return _cut(_INNER_DOT.sub("", _plain(name, _NOT_IN_A_NAME)), _LONGEST_NAME)


def plain_id(text: str) -> str:
    """An id or a key without anything that a mail program could turn into a link: a dot before
    letters has a space behind it, unless they are a file type.
    """
    return _cut(_DOT_OF_A_HOST.sub(". ", _plain(text, _NOT_IN_AN_ID)), _LONGEST_ID)


def _plain(text: str, unwanted: re.Pattern[str]) -> str:
    return unwanted.sub(" ", INVISIBLE.sub(" ", text))


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _payer_line(payer: PayerState) -> str:
    codes = count_by_code(payer.blocking)
    why = ", ".join(f"{count} x {code}" for code, count in codes.items())
    return (
        f"- {payer.payer_account_id} {plain_name(payer.name)}: {_PAYER_WORDS[payer.verdict]}; "
        f"{payer.archived} of {payer.expected} invoices archived" + (f" ({why})" if why else "")
    )

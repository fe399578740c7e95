"""What a run tells people, in plain words and without amounts, addresses or URLs."""

from collections import Counter
from collections.abc import Iterable, Sequence

from lambdas.domain.manifests import Manifest, PayerState
from lambdas.domain.verdicts import SETTLED_VERDICTS, PeriodVerdict

_IN_WORDS = {
    "COMPLETE": "complete",
    "AWAITING": "awaiting invoices",
    "ACTION_REQUIRED": "action required",
}
_MOST_PAYERS = 25
_LONGEST_NAME = 60


def report(run_id: str, verdict: PeriodVerdict, manifests: Sequence[Manifest]) -> tuple[str, str]:
    """Subject (at most 100 ASCII characters, as SNS wants it) and message; the first manifest is
    the target's.
    """
    target = manifests[0]
    settled = sum(payer.verdict in SETTLED_VERDICTS for payer in target.payers)
    subject = f"Invoice archive {target.billing_period}: {_IN_WORDS[verdict]}"
    lines = [
        f"{target.billing_period}: {_IN_WORDS[target.verdict]}. "
        f"{settled} of {len(target.payers)} payer accounts are complete.",
        *_payer_lines(target.payers),
        *(
            f"{manifest.billing_period}: {_IN_WORDS[manifest.verdict]}."
            for manifest in manifests[1:]
        ),
        f"Details: {target.completeness()['manifest']} and runs/{run_id}/ in the archive.",
    ]
    return subject, "\n".join(lines)


def _payer_lines(payers: Iterable[PayerState]) -> list[str]:
    open_payers = [payer for payer in payers if payer.verdict not in SETTLED_VERDICTS]
    lines = [_payer_line(payer) for payer in open_payers[:_MOST_PAYERS]]
    if len(open_payers) > _MOST_PAYERS:
        lines.append(f"- and {len(open_payers) - _MOST_PAYERS} more")
    return lines


def _payer_line(payer: PayerState) -> str:
    codes = Counter(f.code for f in payer.findings if f.severity == "blocking")
    why = ", ".join(f"{count} x {code}" for code, count in sorted(codes.items()))
    return (
        f"- {payer.payer_account_id} {payer.name[:_LONGEST_NAME]}: {payer.verdict}, "
        f"{payer.archived} of {payer.expected} invoices archived" + (f" ({why})" if why else "")
    )

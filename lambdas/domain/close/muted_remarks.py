"""Remarks that repeat by nature, left off the pages by a setting.

Evidence, manifests and `completeness.json` keep every finding. Only remarks on a seller's invoices
or documents can be muted: a gap or a warning is always shown.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from lambdas.domain.findings import KINDS, Finding
from lambdas.domain.input_values import InputValues, WrongValue, nearest, read_each, text
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.secret_text import quoted

_OF_NO_INVOICE = frozenset({"ESTIMATE_LISTED", "WITNESSES_DISAGREE", "LATER_THAN_USUAL"})
_CAN_BE_MUTED = tuple(
    code for code, kind in KINDS.items() if kind.severity == "info" and code not in _OF_NO_INVOICE
)
_MOST_BYTES = 1_500
"""The room for all of them in a function's environment, which holds 4 KB."""


@dataclass(frozen=True, order=True)
class MutedRemark:
    """One setting: the findings of this code on this seller's invoices."""

    seller: str
    """The invoicing entity as AWS names it."""
    finding: str
    """The code."""


class MutedRemarks:
    """The remarks that the pages leave out."""

    def __init__(self, muted: Sequence[MutedRemark] = ()) -> None:
        self._muted = frozenset((one.finding, one.seller) for one in muted)

    def shown(self, payer: PayerState) -> tuple[Finding, ...]:
        """The payer account's findings without the muted ones."""
        muted = {one for one, _ in self._of(payer)}
        return tuple(found for found in payer.findings if found not in muted)

    def counts(self, manifest: Manifest) -> list[tuple[MutedRemark, int]]:
        """The number of muted findings, the most frequent first; settings without any left out."""
        found = Counter(muted for payer in manifest.payers for _, muted in self._of(payer))
        return sorted(found.items(), key=lambda one: (-one[1], one[0]))

    def _of(self, payer: PayerState) -> Iterator[tuple[Finding, MutedRemark]]:
        if not self._muted:
            return
        sellers = dict(_sellers(payer))
        for found in payer.findings:
            seller = sellers.get(found.subject, "")
            if found.severity == "info" and (found.code, seller) in self._muted:
                yield found, MutedRemark(seller, found.code)


NOTHING_MUTED = MutedRemarks()


def _sellers(payer: PayerState) -> Iterator[tuple[str, str]]:
    """The seller of each invoice and document that a finding may be about."""
    for invoice in payer.invoices:
        keys = (document.stored.key for document in invoice.documents)
        subjects = (found.subject for found in invoice.findings)
        for subject in (invoice.invoice_id, *keys, *subjects):
            yield subject, invoice.summary.invoicing_entity
    for outstanding in payer.outstanding:
        yield outstanding.invoice_id, outstanding.summary.invoicing_entity


def muted_remarks(value: object) -> tuple[MutedRemark, ...]:
    """Read the setting, a list of objects. Raises WrongValue with every problem."""
    if not isinstance(value, list):
        raise WrongValue(
            f'{quoted(value)} is not a list; write [{{"seller": "…", "finding": "…"}}]'
        )
    read, problems = read_each(_muted_remark, enumerate(value, 1))
    repeated = [one for one, times in Counter(read).items() if times > 1]
    problems += (
        f"'{one.finding}' of '{one.seller}' is listed more than once; keep one" for one in repeated
    )
    size = len(muted_remarks_text(read))
    if size > _MOST_BYTES:
        problems.append(
            f"the entries take {size:,} bytes, and the function's environment has room for "
            f"{_MOST_BYTES:,}; remove some"
        )
    if problems:
        raise WrongValue(*problems)
    return tuple(read)


def muted_remarks_text(muted: Sequence[MutedRemark]) -> str:
    """The setting as JSON, in ASCII for an environment variable."""
    return json.dumps([asdict(one) for one in muted], separators=(",", ":"))


def _muted_remark(numbered: tuple[int, object]) -> MutedRemark:
    number, value = numbered
    entries = InputValues({f"entry {number}": value})
    entry = entries.section(f"entry {number}")
    if entries.problems:
        raise WrongValue(*entries.problems)
    seller, code = entry.required("seller", text, ""), entry.required("finding", _code, "")
    entry.refuse_unknown()
    entry.raise_problems(lambda problems: WrongValue(*problems))
    return MutedRemark(seller, code)


def _code(value: object) -> str:
    code = text(value)
    if code in _CAN_BE_MUTED:
        return code
    others = f"; these can be muted: {', '.join(_CAN_BE_MUTED)}"
    if code in KINDS:
        raise WrongValue(f"{code} is always shown{others}")
    raise WrongValue(f"{quoted(code)} is no finding{nearest(code, _CAN_BE_MUTED) or others}")

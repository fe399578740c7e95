"""Findings on a period's page that do not block, grouped by kind, with their next step and payer
accounts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lambdas.domain.findings import Finding
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.words import counted
from lambdas.views.pages.frame import cell, first_and_more, folded, section
from lambdas.views.pages.html import Html, element
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.pages.period.muted_line import muted_line
from lambdas.views.wording import code_name

_MOST_SHOWN = 8
"""Findings of one kind shown at once; the rest is folded."""
_SUBJECT = "Invoice or file"
_HEADINGS = ("Payer account", _SUBJECT, "Details")


@dataclass(frozen=True)
class _Occurrence:
    """A finding and its payer account."""

    payer: PayerState
    finding: Finding
    next_step: str


def remarks(page: PeriodContext) -> Html | None:
    """Findings that are worth a look and do not block."""
    found = [
        _Occurrence(payer, one, page.next_step(payer, one))
        for payer in page.manifest.payers
        for one in page.findings(payer)
    ]
    parts = [
        folded(counted(len(of_severity), noun), _groups(page, of_severity, tone))
        for severity, noun, tone in (("warning", "warning", "wait"), ("info", "remark", "plain"))
        if (of_severity := [one for one in found if one.finding.severity == severity])
    ]
    parts += muted_line(page)
    if not parts:
        return None
    return section(
        "Worth a look",
        parts,
        name="worth-a-look",
        note="None of these blocks the close. Grouped by issue, with next step and accounts.",
    )


def _groups(page: PeriodContext, found: Iterable[_Occurrence], tone: str) -> Html:
    """Findings grouped by kind, the most frequent first."""
    groups: dict[tuple[str, str], list[_Occurrence]] = {}
    for one in found:
        groups.setdefault((one.finding.code, one.next_step), []).append(one)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return element(
        "div",
        (_group(page, *kind, members, tone) for kind, members in ordered),
        class_="groups",
    )


def _group(
    page: PeriodContext, code: str, next_step: str, members: Sequence[_Occurrence], tone: str
) -> Html:
    has_subjects = any(_about(member) for member in members)
    headings = tuple(h for h in _HEADINGS if h != _SUBJECT or has_subjects)
    rows = [_row(page, member, has_subject=has_subjects) for member in members]
    caption = f"{code_name(code)}: accounts"
    return element(
        "article",
        element(
            "header",
            element("h3", code_name(code)),
            element("p", element("code", code), f" \N{MULTIPLICATION SIGN} {len(members):,}"),
        ),
        element("p", element("strong", "Next step"), " ", next_step, class_="next"),
        first_and_more(caption, headings, rows, most=_MOST_SHOWN, noun="more account"),
        class_=f"group {tone}",
    )


def _about(one: _Occurrence) -> str:
    """The finding's subject, unless it is the payer account itself."""
    subject = one.finding.subject
    return "" if subject == one.payer.payer_account_id else subject


def _row(page: PeriodContext, one: _Occurrence, *, has_subject: bool) -> Html:
    return element(
        "tr",
        cell("Payer account", page.payer(one.payer)),
        cell(_SUBJECT, page.subject(_about(one))) if has_subject else None,
        cell("Details", one.finding.detail),
    )

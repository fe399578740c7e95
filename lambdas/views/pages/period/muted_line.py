"""The line of a period's page that names the remarks it leaves out."""

from collections.abc import Iterator

from lambdas.domain.words import counted
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.wording import code_name


def muted_line(page: PeriodContext) -> Iterator[Html]:
    """`12 remarks muted by a setting: Invoice ID not in text, Amazon AWS Serviços Brasil Ltda.`,
    with a count each if they are of several kinds; nothing if none was muted.
    """
    counts = page.muted.counts(page.manifest)
    if not counts:
        return
    parts: list[Content] = []
    for muted, count in counts:
        each = f" ({count:,})" if len(counts) > 1 else ""
        parts += ["; " if parts else "", f"{code_name(muted.finding)}, ", name(muted.seller), each]
    total = counted(sum(count for _, count in counts), "remark")
    yield element("p", f"{total} muted by a setting: ", *parts, class_="note")

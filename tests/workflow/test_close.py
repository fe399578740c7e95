"""`make close`: the days of a closing window, as the archive tells them."""

import io
import re
from collections.abc import Callable, Iterator
from itertools import groupby

import pytest
from rich.console import Console

from lambdas.domain.billing_period import BillingPeriod
from sandbox.close import play
from sandbox.organization.stories import CLOSES_IN_TIME, STAYS_OPEN
from sandbox.started import Sandbox

pytestmark = pytest.mark.slow

REGISTER = "account_id,name\n357902468813,Minato\n817263540912,Thornbury\n"
"""The one waits for a document in each month, the other for an invoice in one of them."""


@pytest.fixture(scope="module")
def sandbox(start_embedded_aws: Callable[..., Sandbox]) -> Iterator[Sandbox]:
    with start_embedded_aws(REGISTER) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("period", "becomes", "lacks"),
    [
        (CLOSES_IN_TIME, "COMPLETE", []),
        (
            STAYS_OPEN,
            "ACTION_REQUIRED",
            ["CHARGES_WITHOUT_INVOICE", "USUAL_INVOICE_MISSING"],
        ),
    ],
)
def test_what_was_awaited_is_complete_or_needs_a_person_after_the_deadline(
    sandbox: Sandbox, period: BillingPeriod, becomes: str, lacks: list[str]
) -> None:
    printed = io.StringIO()
    days = play(sandbox, period, Console(file=printed, width=140))
    verdicts = [verdict for verdict, _ in groupby(day["verdict"] for day in days)]
    assert verdicts == ["AWAITING", becomes]
    assert len(days) == 11  # the last is the day after the deadline
    assert days[-2]["verdict"] != "ACTION_REQUIRED"
    found = {f["code"] for payer in days[-1]["payers"] for f in payer["findings"]}
    assert found == set(lacks)
    told = re.findall(r"^\w{3} \d{4}-\d\d-\d\d  (\w+):", printed.getvalue(), re.MULTILINE)
    assert told == [day["verdict"] for day in days]

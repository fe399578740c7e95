"""Special events in the organization, with their billing periods.

Every other period is the routine: each payer account's usual invoices, with their documents between
day 2 and day 7 of the month after it.
"""

from datetime import UTC, datetime, time, timedelta

from lambdas.domain.billing_period import BillingPeriod
from sandbox.invoicing.catalogue import BillingTransfer, Payment
from sandbox.invoicing.faults import Fault
from sandbox.invoicing.model import COSTS, LIST, SERVICES

EVERY_VERDICT = BillingPeriod(2026, 5)
"""On 2026-06-12 its payer accounts have every verdict that a period can have after its deadline."""
CLOSES_IN_TIME = BillingPeriod(2026, 7)
"""All expected documents are there on day 8; nothing comes after the deadline."""
STAYS_OPEN = BillingPeriod(2026, 8)
"""Like CLOSES_IN_TIME, except for two payer accounts that wait for an invoice and a document."""
CONTRADICTED = BillingPeriod(2025, 11)
"""Cost Explorer and the listings contradict each other in two payer accounts."""

OWED = BillingPeriod(2025, 9)
"""AWS Payments has an invoice and a credit memo that Invoicing never lists."""

_BRIGHTWATER, _THORNBURY, _AL_MARFA = "020417736915", "817263540912", "660219384750"
_ALDER, _KESSLER, _MINATO = "104718293645", "236481957204", "357902468813"
_LANTERN, _KAMPONG, _STRAITS = "915037284461", "934820175563", "142857306914"
_COTE, _WATTLEBIRD, _ORCHARD = "284650917332", "509174628830", "318406957221"
_VEREINIGUNG = "430718265994"

MARKETPLACE_DAYS = {(_THORNBURY, EVERY_VERDICT): 24, (_THORNBURY, STAYS_OPEN): 19}
"""Late day of a period's Marketplace invoice, which had come on day 3 in every month before. Cost
Explorer shows its charges as usual.
"""
MARKETPLACE_PAUSES = {(_WATTLEBIRD, EVERY_VERDICT)}
"""Months without a Marketplace purchase of an account that bought in every month before; Cost
Explorer has no charges either.
"""
TAX_COPY_DAYS = {(_ORCHARD, STAYS_OPEN): 17}
"""Day on which the PDF of a tax copy is ready; the copy is listed as usual."""
SLOW_PDF_DAYS = {CLOSES_IN_TIME: 8, STAYS_OPEN: 8}
"""Day on which Minato's PDF is ready; in other periods day 14."""
NOTHING_LATE = {CLOSES_IN_TIME, STAYS_OPEN}
"""Periods without the usage that Kessler is billed for after the usual deadline."""
CHARGES_UNINVOICED = {(_BRIGHTWATER, CONTRADICTED)}
"""Cost Explorer shows charges of the Marketplace that no invoice ever bills."""
INVOICES_UNCHARGED = {(_AL_MARFA, CONTRADICTED)}
"""Cost Explorer shows none of the charges that the invoices bill."""

UNLISTED_INVOICES = {(_KESSLER, OWED)}
"""AWS wants an invoice paid that Invoicing never lists."""
UNLISTED_CREDITS = {(_ALDER, OWED)}
"""AWS gives a credit that Invoicing never lists."""
_IN_TIME = Payment(paid_after=timedelta(days=24))
_CARD = Payment(paid_after=timedelta(hours=5), processes=timedelta(hours=2), terms=None)
_PAYMENTS = {
    _THORNBURY: Payment(paid_after=timedelta(days=38)),
    _KESSLER: Payment(paid_after=timedelta(days=75)),
    _MINATO: Payment(paid_after=timedelta(days=28), processes=timedelta(days=27)),
}
"""Thornbury pays a week late, Kessler weeks late, and Minato's bank takes its time."""
_CANCELED = Payment(paid_after=None, canceled_after=timedelta(days=12))
_CREDIT = Payment(paid_after=timedelta(days=40), processes=timedelta(0), terms=None)


def payment(account_id: str, invoice_type: str, bill_type: str, *, by_card: bool) -> Payment:
    """The payment of a payer account's invoice. Brightwater cancels its purchases each month."""
    if invoice_type == "CREDIT_MEMO":
        return _CREDIT
    if (account_id, bill_type) == (_BRIGHTWATER, "PURCHASE"):
        return _CANCELED
    return _CARD if by_card else _PAYMENTS.get(account_id, _IN_TIME)


PRO_FORMA = {_LANTERN}
"""Accounts whose Cost Explorer still shows charges while their bills are transferred. The paying
account decides on a source account's view: Kampong sees nothing.
"""


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


TRANSFERS = (
    BillingTransfer(
        "rt-4kz8w1qmn2d7",
        "Lantern Bay billing",
        _LANTERN,
        _STRAITS,
        _instant("2026-01-01"),
        None,
        ((_instant("2025-12-08T02:10"), "REQUESTED"), (_instant("2025-12-11T05:32"), "ACCEPTED")),
    ),
    BillingTransfer(
        "rt-9c2h5v0xt6pa",
        "Kampong billing 2025",
        _KAMPONG,
        _STRAITS,
        _instant("2025-12-01"),
        _instant("2026-03-31T23:59:59"),
        (
            (_instant("2025-11-24T03:05"), "REQUESTED"),
            (_instant("2025-11-26T09:41"), "ACCEPTED"),
            (_instant("2026-03-09T07:20"), "WITHDRAWN"),
        ),
    ),
    BillingTransfer(
        "rt-6m3b7r8ygk1e",
        "Kampong billing",
        _KAMPONG,
        _STRAITS,
        _instant("2026-06-01"),
        None,
        ((_instant("2026-05-11T01:48"), "REQUESTED"), (_instant("2026-05-13T08:15"), "ACCEPTED")),
    ),
    BillingTransfer(
        "rt-1f5s9j4ul0zc",
        "Thornbury billing",
        _THORNBURY,
        _STRAITS,
        _instant("2026-03-01"),
        None,
        ((_instant("2026-02-02T10:00"), "REQUESTED"), (_instant("2026-02-05T16:27"), "DECLINED")),
    ),
    BillingTransfer(
        "rt-7x0d2n6qbw3h",
        "Wattlebird billing",
        _WATTLEBIRD,
        _STRAITS,
        _instant("2026-11-01"),
        None,
        ((_instant("2026-09-28T04:33"), "REQUESTED"), (_instant("2026-10-13T04:33"), "EXPIRED")),
    ),
)
"""Transfers from payer accounts of the organization to Straits Meridian, which pays for a sister's
and a neighbour's organization, and requested two other transfers in vain.
"""

_LOST, _REGAINED = _instant("2026-06-01"), _instant("2026-06-20")
_LOST_ACCESS = (
    Fault(_AL_MARFA, "AccessDeniedException", None),
    Fault(_VEREINIGUNG, "ValidationException", None, operation=LIST),
    Fault(_COTE, "AccessDeniedException", None, operation=COSTS),
    *(
        Fault(_WATTLEBIRD, "AccessDeniedException", None, operation=one)
        for one in SERVICES["payments"]
    ),
)
"""For most of June 2026 nobody may read Al Marfa's invoices, nobody can list those of the
Vereinigung, Côté's role has no permission for Cost Explorer, and Wattlebird's none for AWS
Payments.
"""


def faults(now: datetime) -> tuple[Fault, ...]:
    """Faults of every session of a payer account's role at an instant."""
    return _LOST_ACCESS if _LOST <= now < _REGAINED else ()


def transfers_in(period: BillingPeriod) -> tuple[BillingTransfer, ...]:
    """The transfers that cover a whole period."""
    first, after = (
        datetime.combine(day, time(), UTC) for day in (period.first_day, period.first_day_after)
    )
    return tuple(
        transfer
        for transfer in TRANSFERS
        if any(status == "ACCEPTED" for _, status in transfer.history)
        and transfer.start <= first
        and (transfer.end is None or after - transfer.end <= timedelta(seconds=1))
    )

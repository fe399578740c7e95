"""`payment_status.json`: its form, and its invoice ids against the newest manifest.

A payment status is no evidence and changes daily, so nothing else of it is compared.
"""

from collections.abc import Iterator

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import (
    RECORDS_PREFIX,
    payment_status_key,
    period_prefix,
    periods_of,
    records_prefix,
)
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.json_form import checked
from lambdas.domain.json_text import to_json
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.witnesses.statements import PayerWitnesses
from ops.check.findings import CheckFinding, check_finding
from ops.check.invoices import invoice_lines_of
from ops.check.manifest import WholeManifest
from ops.check.strict_json import read_strictly
from ops.errors import CannotRead
from ops.places import Place, read

_LARGEST = 16 << 20
"""Bytes of the file in a month that the archive does not have: its open debts alone."""


def payment_status_of(content: bytes, period: BillingPeriod) -> PaymentStatus:
    """Read the view. Raises the errors in NOT_UNDERSTOOD for anything that no run writes."""
    status = checked(PaymentStatus.from_data(read_strictly(content.decode())))
    if status.billing_period != period:
        raise ValueError(f"it is of {status.billing_period}")
    if content != to_json(status.to_data()):
        raise ValueError("it is not in the form that runs write")
    return status


def finding_of_status_alone(place: Place, period: BillingPeriod) -> CheckFinding | None:
    """The finding of a month that has no other file, if there is one."""
    key = payment_status_key(period)
    if any(one.is_hidden or one.obstacle for one in place.files(period_prefix(period))):
        return None  # hidden, or reported as an obstacle
    try:
        payment_status_of(read(place, key, most=_LARGEST), period)
    except CannotRead as error:
        return check_finding("OBJECT_UNREADABLE", key, "a file", str(error), period=period)
    except NOT_UNDERSTOOD as error:
        why = f" ({error})" if type(error) is ValueError else ""
        found = f"it does not have the form that runs write{why}"
        return check_finding("VIEW_DIFFERS", key, "a payment status", found, period=period)
    return None


def ids_unknown(place: Place, status: PaymentStatus, newest: WholeManifest) -> Iterator[str]:
    """Yield the ids that no month of the archive has: neither the manifest, as an invoice or as one
    that AWS Payments alone has, nor the records of another month, where AWS Invoicing may list it.
    """
    known = {line.invoice.invoice_id for line in invoice_lines_of(newest)}
    for payer in newest.payers:
        statement = PayerWitnesses.from_data(payer.data["witnesses"]).payments
        known |= statement.unlisted_ids if statement else set()
    unknown = [one for one in status.by_invoice if one not in known]
    elsewhere = _recorded(place, {safe_segment(one) for one in unknown}, status.billing_period)
    yield from (one for one in unknown if safe_segment(one) not in elsewhere)


def _recorded(place: Place, wanted: set[str], period: BillingPeriod) -> set[str]:
    """The invoices, of these segments of keys, that have records in other periods."""
    found: set[str] = set()
    others = periods_of(place.folders(RECORDS_PREFIX)) if wanted else ()
    for other in others:
        if other != period and found != wanted:
            for account_id in place.folders(records_prefix(other)):
                found |= wanted.intersection(place.folders(records_prefix(other, account_id)))
    return found

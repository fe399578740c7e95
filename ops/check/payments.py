"""`payment_status.json` against the newest manifest: its form, and its invoice ids alone.

A payment status is no evidence and changes daily, so nothing else of it is compared.
"""

from collections.abc import Iterator

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import checked
from lambdas.domain.json_text import to_json
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.witnesses.statements import PayerWitnesses
from ops.check.invoices import invoice_lines_of
from ops.check.manifest import WholeManifest
from ops.check.strict_json import read_strictly


def payment_status_of(content: bytes, period: BillingPeriod) -> PaymentStatus:
    """Read the view. Raises the errors in NOT_UNDERSTOOD for anything that no run writes."""
    status = checked(PaymentStatus.from_data(read_strictly(content.decode())))
    if status.billing_period != period:
        raise ValueError(f"it is of {status.billing_period}")
    if content != to_json(status.to_data()):
        raise ValueError("it is not in the form that runs write")
    return status


def ids_unknown(status: PaymentStatus, newest: WholeManifest) -> Iterator[str]:
    """Yield the ids that the manifest has neither as an invoice nor as one that AWS Payments alone
    has.
    """
    known = {line.invoice.invoice_id for line in invoice_lines_of(newest)}
    for payer in newest.payers:
        statement = PayerWitnesses.from_data(payer.data["witnesses"]).payments
        known |= statement.unlisted_ids if statement else set()
    yield from (one for one in status.by_invoice if one not in known)

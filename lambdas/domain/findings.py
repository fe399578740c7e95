"""Findings: gaps of the archive and facts worth knowing, each with its next step.

A code is a stable word with a heading of its own in docs/runbook.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from lambdas.domain.cut_text import short
from lambdas.domain.json_form import Form, as_object
from lambdas.domain.json_text import sha256_hex
from lambdas.domain.visible_text import shown

Severity = Literal["info", "warning", "blocking"]
FixedBy = Literal["time", "person"]
Actor = Literal["finance", "cloud admin"]


@dataclass(frozen=True)
class FindingKind:
    """The common part of all findings of a code.

    `fixed_by` says who resolves them: a later run (`time`) or a person. `actor` is who takes the
    `step`; the step of what waits for AWS is due once the deadline is over.
    """

    severity: Severity
    fixed_by: FixedBy
    step: str
    actor: Actor = "finance"

    @property
    def next_step(self) -> str:
        """The step in words that hold on any day."""
        if self.fixed_by == "person" or self.severity != "blocking":
            return self.step
        return f"No action until the deadline; we retry daily. After it: {self.step}"


_CASE = "Open an AWS Billing case."
_COPY = (
    "Compare it with the invoice that it repeats. If it should have a document of its own, open an "
    "AWS Billing case."
)
_NONE = "For information; no action needed."

# fmt: off
KINDS: Mapping[str, FindingKind] = {
    # the billing period
    "MANIFESTS_ROLLED_BACK": FindingKind("blocking", "person",
        "Find out who removed manifests or rolled the bucket back. Restore them as the runbook "
        "says.", "cloud admin"),
    "MANIFEST_DAMAGED": FindingKind("blocking", "person",
        "Find out who changed the manifest. Restore the version that its successor or the "
        "latest-manifest record names.", "cloud admin"),
    # the payer account
    "NO_ACCESS": FindingKind("blocking", "person",
        "Deploy or repair the payer account's reader role as the runbook says. Then start a run.",
        "cloud admin"),
    "WRONG_ACCOUNT": FindingKind("blocking", "person",
        "Correct role_arn or account_id in the payer register and deploy. Then start a run.",
        "cloud admin"),
    "NOT_CHECKED": FindingKind("blocking", "person",
        "Read this payer account's state in the execution and its log. Then start a run.",
        "cloud admin"),
    "NO_INVOICES_LISTED": FindingKind("blocking", "time",
        "Ask the payer account's owner whether there were charges. If there were none, "
        "acknowledge the gap."),
    "USUAL_INVOICE_MISSING": FindingKind("blocking", "time",
        "Look for the invoice in the Billing console. If there is none this month, acknowledge "
        "the gap."),
    "CHARGES_WITHOUT_INVOICE": FindingKind("blocking", "time",
        "Look for the invoice in the Billing console. If AWS has none, open an AWS Billing case."),
    "FINANCIAL_RECORD_WITHOUT_INVOICE": FindingKind("blocking", "time",
        "Look for it in the Billing console. If AWS Invoicing does not list it, open an "
        "AWS Billing case."),
    "SOURCE_WITHOUT_INVOICE": FindingKind("blocking", "time",
        "Ask the owner of the bill source account whether there were charges. If there were "
        "none, acknowledge the gap."),
    "SOURCE_WITHOUT_TRANSFER": FindingKind("warning", "time",
        "Ask the payer account's owner why it gets this bill. AWS shows no billing transfer for "
        "it."),
    "RECEIVER_NOT_IN_REGISTER": FindingKind("warning", "time",
        "If the invoices belong in this archive, add the receiving payer account to the "
        "register.", "cloud admin"),
    "LISTING_REFUSED": FindingKind("warning", "time",
        "If the account existed then, open an AWS Billing case. If not, set active_from in the "
        "payer register.", "cloud admin"),
    "ROLES_NOT_LISTED": FindingKind("warning", "time",
        "No action now; AWS is asked weekly. If it lasts for a month, open an AWS Billing case."),
    "ESTIMATE_LISTED": FindingKind("info", "time", _NONE),
    "WITNESS_NOT_READ": FindingKind("warning", "time",
        "Grant the payer account's reader role what the detail names, or switch this source off.",
        "cloud admin"),
    "WITNESSES_DISAGREE": FindingKind("info", "time", _NONE),
    "LATER_THAN_USUAL": FindingKind("info", "time",
        "No action needed. If the close cannot wait, ask the payer account's owner."),
    "ACKNOWLEDGED": FindingKind("warning", "time", _NONE),
    # the invoice
    "INVOICE_WITHOUT_ID": FindingKind("blocking", "person",
        "Download this invoice in the Billing console and open an AWS Billing case."),
    "ROW_NOT_READ": FindingKind("warning", "time",
        "Compare AWS's listing with the document. The record keeps the row as AWS sent it."),
    "NOT_FETCHED": FindingKind("blocking", "time",
        "Fix what stopped the run for this payer account. The next run fetches the invoice.",
        "cloud admin"),
    "PDF_NOT_READY": FindingKind("blocking", "time", _CASE),
    "INVOICE_CHANGED": FindingKind("warning", "time",
        "Compare the last two records of the invoice."),
    "ROWS_DIFFER": FindingKind("blocking", "time",
        "Compare the rows with the Billing console. If they are several invoices, open an AWS "
        "Billing case. If the first row is correct, acknowledge the gap."),
    "INVOICE_CANCELLED": FindingKind("warning", "time", "Look for the document that replaces it."),
    "INVOICE_VANISHED": FindingKind("warning", "time",
        "Ask AWS Billing why the invoice is no longer listed. What is archived stays archived."),
    "ORIGINAL_NOT_ARCHIVED": FindingKind("warning", "time",
        "Start a run for the billing period of the original invoice."),
    "COMMERCIAL_INVOICE_NOT_ARCHIVED": FindingKind("warning", "time",
        "Start a run for the billing period of the commercial invoice."),
    "RECEIPT_WITHOUT_INVOICE": FindingKind("warning", "time",
        "Start a run for the billing period of the invoice that was paid."),
    "INVOICE_TWICE": FindingKind("warning", "time",
        "The invoice is archived under two payer accounts. Count it once."),
    "LATE_INVOICE": FindingKind("info", "time",
        "Book it in the open period if the close needs it."),
    "UNKNOWN_VALUE": FindingKind("info", "time", _NONE),
    "AMOUNT_NOT_READ": FindingKind("warning", "time",
        "Read the amount in the document. It is in no total."),
    "AMOUNTS_DO_NOT_ADD_UP": FindingKind("warning", "time",
        "Compare AWS's listing with the document; the document prevails."),
    # the documents
    "NO_DOCUMENT_URL": FindingKind("blocking", "time", _CASE),
    "DOCUMENT_URL_REFUSED": FindingKind("blocking", "person",
        "Check the host. If AWS uses it, add it to document_hosts and deploy.", "cloud admin"),
    "DOWNLOAD_FAILED": FindingKind("blocking", "time", _CASE),
    "DOCUMENT_CODING_UNKNOWN": FindingKind("blocking", "person",
        "Download it in the Billing console and open an AWS Billing case: AWS serves this "
        "document compressed in a way that the archive cannot read."),
    "DOCUMENT_TOO_LARGE": FindingKind("blocking", "person",
        "Download it in the Billing console. A larger limit needs a deployment."),
    "NOT_A_DOCUMENT": FindingKind("blocking", "time", _CASE),
    "DOCUMENT_DAMAGED": FindingKind("blocking", "time", _CASE),
    "OTHER_INVOICE": FindingKind("blocking", "person",
        "Open an AWS Billing case: AWS serves the document of another invoice for this one. "
        "Every run asks again."),
    "FOREIGN_OBJECT": FindingKind("blocking", "person",
        "Find out who stored it and move it away. Then start a run.", "cloud admin"),
    "ARCHIVE_DAMAGED": FindingKind("blocking", "person",
        "Find out who removed or replaced it. Restore the original version as the runbook says.",
        "cloud admin"),
    "LATE_DOCUMENT": FindingKind("info", "time", _NONE),
    "DOCUMENT_REVISED": FindingKind("warning", "time",
        "Compare the revision with the first document; both are kept."),
    "REVISION_NOT_CHECKED": FindingKind("warning", "time",
        "No action now; every run asks again. If it lasts for a month, open an AWS Billing case."),
    "DOCUMENT_WITHOUT_ID": FindingKind("info", "time", _NONE),
    "DOCUMENT_DECODED": FindingKind("info", "time", _NONE),
    "DOCUMENT_IRREGULAR": FindingKind("info", "time",
        "Open it once by hand. If it is not readable, open an AWS Billing case."),
    "PDF_ENCRYPTED": FindingKind("warning", "time",
        "Open it once by hand; its text could not be checked."),
    "PDF_WITH_SCRIPTS": FindingKind("warning", "time",
        "Open it only in a viewer that runs no scripts."),
    "PDF_TEXT_NOT_READ": FindingKind("info", "time",
        "Open it once by hand; its text could not be checked."),
    "INVOICE_ID_NOT_IN_TEXT": FindingKind("info", "time",
        "Open it once by hand; some countries print another number."),
    "UNKNOWN_FILE_TYPE": FindingKind("info", "time",
        "Open it once by hand; it is kept as it came."),
}
# fmt: on


DOCUMENT_GAPS = frozenset(
    {
        *("NOT_FETCHED", "PDF_NOT_READY", "NO_DOCUMENT_URL", "DOCUMENT_URL_REFUSED"),
        *("DOWNLOAD_FAILED", "DOCUMENT_CODING_UNKNOWN", "DOCUMENT_TOO_LARGE", "NOT_A_DOCUMENT"),
        *("DOCUMENT_DAMAGED", "OTHER_INVOICE", "FOREIGN_OBJECT"),
    }
)
"""Reasons for which a document of a listed invoice is missing; its row is known."""


NOT_FETCHED_YET = (
    "NOT_FETCHED",
    "PDF_NOT_READY",
    "NO_DOCUMENT_URL",
    "DOWNLOAD_FAILED",
    "NOT_A_DOCUMENT",
    "DOCUMENT_DAMAGED",
)
"""Reasons for a missing document that every run asks for again. The reason may differ from run to
run; the gap is the same.
"""


NOT_OFFERED = ("PDF_NOT_READY", "NO_DOCUMENT_URL")
"""Reasons for a missing document that AWS may never provide. AWS does not document whether a
payment receipt or a tax copy has one.
"""
BESIDE_INVOICES = ("LISTING_REFUSED", "ROLES_NOT_LISTED", "ESTIMATE_LISTED")
"""Findings of a listing that concern no listed invoice."""


_LONGEST_ID = 1_024
"""The longest id in characters, from the botocore model `invoicing`."""


def _check_code(code: str) -> None:
    if code not in KINDS:
        raise ValueError("a finding has a code that nobody knows")


Code = Annotated[str, _check_code]
Flag = Annotated[tuple[Code, str], as_object("code", "detail")]
"""Code and detail of one result of a document's content checks."""


@dataclass(frozen=True, order=True)
class Finding(Form):
    """One finding.

    `subject` is a payer account, an invoice id, an archive key, or the description of something
    missing (`document_subject` for a supplemental document). `detail` never carries a URL.
    """

    code: Code
    severity: Severity
    subject: str
    detail: str
    next_step: str

    @property
    def is_blocking(self) -> bool:
        """True if its payer account or period cannot be complete because of it."""
        return self.severity == "blocking"

    @property
    def waits(self) -> bool:
        """True if nobody has to act before the deadline: a later run may resolve it."""
        return KINDS[self.code].fixed_by == "time"

    @property
    def gap(self) -> tuple[str, str]:
        """The identity of the gap. The reason for a missing document may differ from run to run;
        the gap is the same.
        """
        return ("" if self.code in DOCUMENT_GAPS else self.code), self.subject


def finding(code: str, subject: str, detail: str, *, severity: Severity | None = None) -> Finding:
    """Make a finding of a known code. Its severity is the code's unless one is given for a milder
    case. Its detail has no invisible characters and is cut to a sentence's length.
    """
    kind = KINDS[code]
    return Finding(code, severity or kind.severity, subject, short(shown(detail)), kind.next_step)


def flag_finding(code: str, key: str, detail: str) -> Finding:
    """The finding on a flagged document. The document is stored, so the flag never blocks."""
    found = finding(code, key, detail)
    if code == "OTHER_INVOICE":
        return replace(found, severity="warning", next_step=_COPY)
    return found


def document_subject(
    invoice_id: str, document_type: str | None, document_id: str | None, ordinal: int = 1
) -> str:
    """The subject of a finding on a missing supplemental document; for the invoice document it is
    the invoice id alone. `ordinal` counts the documents of the same type and id, or without an id.
    """
    number = f"{ordinal}" if ordinal > 1 or document_id is None else ""
    parts = (invoice_id, document_type or "UNTYPED", document_id or "", number)
    return " ".join(_within_an_id(part) for part in parts if part)


def _within_an_id(part: str) -> str:
    """The part. One longer than an id is cut and gets a hash that keeps it distinct."""
    if len(part) <= _LONGEST_ID:
        return part
    mark = sha256_hex(part.encode(errors="surrogatepass"))[:12]
    return f"{part[:_LONGEST_ID]}…{mark}"

"""The rules of judgement with the codes of their findings."""

from collections.abc import Mapping

from lambdas.domain.judgement.payer_case import PayerCase
from lambdas.domain.judgement.rules import RULES

_DOCUMENT = {
    "PDF_NOT_READY",
    "NO_DOCUMENT_URL",
    "DOCUMENT_URL_REFUSED",
    "DOWNLOAD_FAILED",
    "DOCUMENT_CODING_UNKNOWN",
    "DOCUMENT_TOO_LARGE",
    "NOT_A_DOCUMENT",
    "DOCUMENT_DAMAGED",
    "OTHER_INVOICE",
    "FOREIGN_OBJECT",
    "ARCHIVE_DAMAGED",
}
"""Why a document is not archived."""
_ROW = {
    "ROW_NOT_READ",
    "ROWS_DIFFER",
    "UNKNOWN_VALUE",
    "AMOUNT_NOT_READ",
    "AMOUNTS_DO_NOT_ADD_UP",
    "INVOICE_CHANGED",
    "INVOICE_CANCELLED",
    "INVOICE_VANISHED",
}
_KEPT_DOCUMENT = {
    "LATE_DOCUMENT",
    "DOCUMENT_REVISED",
    "REVISION_NOT_CHECKED",
    "DOCUMENT_WITHOUT_ID",
    "DOCUMENT_DECODED",
    "DOCUMENT_IRREGULAR",
    "PDF_ENCRYPTED",
    "PDF_WITH_SCRIPTS",
    "PDF_TEXT_NOT_READ",
    "INVOICE_ID_NOT_IN_TEXT",
    "UNKNOWN_FILE_TYPE",
}
CODES: Mapping[str, set[str]] = {
    "check_failed": {"NO_ACCESS", "WRONG_ACCOUNT", "NOT_CHECKED"},
    "expected_and_not_listed": {
        "USUAL_INVOICE_MISSING",
        "SOURCE_WITHOUT_INVOICE",
        "CHARGES_WITHOUT_INVOICE",
    },
    "recorded_and_not_listed": {"FINANCIAL_RECORD_WITHOUT_INVOICE"},
    "none_listed_in_time": {"NO_INVOICES_LISTED"},
    "listings": {"INVOICE_WITHOUT_ID", "LISTING_REFUSED", "ROLES_NOT_LISTED", "ESTIMATE_LISTED"},
    "outstanding_invoices": {"NOT_FETCHED", "ROWS_DIFFER", "INVOICE_VANISHED"} | _DOCUMENT,
    "archived_invoices": _ROW | _DOCUMENT | _KEPT_DOCUMENT,
    "invoices_without_document": _DOCUMENT,
    "damaged_evidence": {"ARCHIVE_DAMAGED"},
    "references": {
        "ORIGINAL_NOT_ARCHIVED",
        "COMMERCIAL_INVOICE_NOT_ARCHIVED",
        "RECEIPT_WITHOUT_INVOICE",
    },
    "late_invoices": {"LATE_INVOICE"},
    "archived_twice": {"INVOICE_TWICE"},
    "documents_of_others": {"OTHER_INVOICE"},
    "witnesses": {
        "WITNESS_NOT_READ",
        "WITNESSES_DISAGREE",
        "SOURCE_WITHOUT_TRANSFER",
        "RECEIVER_NOT_IN_REGISTER",
    },
}
"""By the rule's name. Those on listings, invoices, documents and damage pass on what others found:
their codes are all that these may find.
"""


def strange_codes(case: PayerCase) -> list[tuple[str, str]]:
    """Each rule with a code that it gives and that CODES does not name."""
    return [
        (rule.__name__, found.code)
        for rule in RULES
        for found in rule(case)
        if found.code not in CODES[rule.__name__]
    ]

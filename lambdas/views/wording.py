"""Names of statuses and codes for readers of pages and spreadsheets."""

from collections.abc import Mapping

_ABBREVIATIONS = ("AWS", "ID", "PDF", "URL")
PERIOD_VERDICTS: Mapping[str, str] = {
    "COMPLETE": "Complete",
    "AWAITING": "Awaiting invoices",
    "ACTION_REQUIRED": "Action required",
}
PAYER_VERDICTS: Mapping[str, tuple[str, str]] = {
    "COMPLETE": ("Complete", "Every expected invoice is archived with all its documents."),
    "NO_CHARGES": ("No charges", "There are no charges for this month."),
    "TRANSFERRED": ("Transferred", "Billed to another payer account by billing transfer."),
    "AWAITING": ("Awaiting", "AWS may list more invoices until the deadline; we retry daily."),
    "MISSING": ("Missing", "The deadline is over, and AWS does not list an expected invoice."),
    "PARTIAL": ("Partial", "AWS lists every expected invoice; a document is outstanding."),
    "NO_ACCESS": ("No access", "The payer account cannot be read."),
    "NOT_CHECKED": ("Not checked", "No run has checked this payer account to the end."),
}
"""Name and meaning of each payer account's status."""
NET_INVOICED = "Net invoiced (invoices minus credit memos)"
"""The heading of totals."""


def verdict_name(verdict: str) -> str:
    """A status in words; an unknown one by the name of its code."""
    if verdict in PERIOD_VERDICTS:
        return PERIOD_VERDICTS[verdict]
    return PAYER_VERDICTS[verdict][0] if verdict in PAYER_VERDICTS else code_name(verdict)


def code_name(code: str) -> str:
    """A finding's code in words: `PDF_NOT_READY` is "PDF not ready"."""
    words = [word if word in _ABBREVIATIONS else word.lower() for word in code.split("_")]
    text = " ".join(words).replace(" e invoice", " e-invoice")
    return text[:1].upper() + text[1:]

"""Names of statuses and codes for readers of pages and spreadsheets."""

from collections.abc import Mapping

_ABBREVIATIONS = ("AWS", "ID", "PDF", "URL")
PERIOD_VERDICTS: Mapping[str, str] = {
    "COMPLETE": "Complete",
    "AWAITING": "Awaiting invoices",
    "ACTION_REQUIRED": "Action required",
}
PAYER_VERDICTS: Mapping[str, tuple[str, str]] = {
    "COMPLETE": ("Complete", "Every expected invoice has all its documents."),
    "NO_CHARGES": ("No charges", "A witness beside the invoice list says: nothing was charged."),
    "TRANSFERRED": ("Transferred", "Its bills go to another account by billing transfer."),
    "AWAITING": ("Awaiting", "The deadline is not over and nothing needs a person yet."),
    "MISSING": ("Missing", "The deadline is over and AWS does not list an expected invoice."),
    "PARTIAL": ("Partial", "Every expected invoice is listed; a document is missing."),
    "NO_ACCESS": ("No access", "The payer account could not be read."),
    "NOT_CHECKED": ("Not checked", "No run has finished asking this payer account."),
}
"""Name and meaning of each payer verdict."""


def verdict_name(verdict: str) -> str:
    """A verdict in words; an unknown one by the name of its code."""
    if verdict in PERIOD_VERDICTS:
        return PERIOD_VERDICTS[verdict]
    return PAYER_VERDICTS[verdict][0] if verdict in PAYER_VERDICTS else code_name(verdict)


def code_name(code: str) -> str:
    """A finding's code in words: `PDF_NOT_READY` is "PDF not ready"."""
    words = [word if word in _ABBREVIATIONS else word.lower() for word in code.split("_")]
    text = " ".join(words).replace(" e invoice", " e-invoice")
    return text[:1].upper() + text[1:]

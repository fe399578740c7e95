"""Where everything lies in the archive. Only this module builds archive keys.

A key that people download is a file name too: segments are `A-Za-z0-9._-`, at most 120 bytes,
without a trailing dot, and unique even where case does not count. A file keeps its meaning when it
is downloaded alone, so period, payer account, type and id are in its name. An id that does not fit
is escaped injectively; the raw id stays in the record.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoices.types import INVOICE_TYPES, SUPPLEMENT_TYPES

EVIDENCE_PREFIXES = ("invoices/", "records/")
"""With the manifests (`is_evidence`), what is locked and written once."""

README_KEY = "README.txt"
ARCHIVE_PAGE_KEY = "index.html"
PUBLIC_KEY_KEY = "manifest-signing-key.pem"
PERIODS_PREFIX = "periods/"

VIEW_TAG = {"invoice-archive": "view"}
"""Tag of every view: runs make views again, so the bucket lets their old versions expire."""

_LONGEST_SEGMENT = 120
_LONGEST_EXTENSION = 5
_LONGEST_REVISION = 5
_LONGEST_TYPE = 18
_LONGEST_ID = 28
_PLAIN = re.compile(rb"[A-Za-z0-9-]")
_WORD = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)*")
_WINDOWS_DEVICES = re.compile(r"CON|PRN|AUX|NUL|(?:COM|LPT)[0-9]", re.IGNORECASE)
_MANIFEST = re.compile(r"periods/\d{4}-\d{2}/manifests/manifest-(\d{4,})\.json", re.ASCII)
_PERIOD_VIEW = re.compile(r"periods/(\d{4}-\d{2})/[^/]+", re.ASCII)
_RECORD = re.compile(r"records/\d{4}-\d{2}/([^/]+)/([^/]+)/(\d{4,})\.json", re.ASCII)
_EVIDENCE_PAYER = re.compile(r"(?:invoices|records)/\d{4}-\d{2}/(\d{12})/.+", re.ASCII)
_REVISION = re.compile(r"(?:_r(\d+))?", re.ASCII)
_OTHER_TYPES = r"UNTYPED|OTHER-[A-Z0-9-]+"
_DOCUMENT = re.compile(
    rf"(invoices/\d{{4}}-\d{{2}}/[^/]+/\d{{4}}-\d{{2}}_[^/_]+"
    rf"_(?:{'|'.join(INVOICE_TYPES)}|{_OTHER_TYPES})_([^/]+?))"
    rf"(?:_(?:{'|'.join(SUPPLEMENT_TYPES)}|{_OTHER_TYPES})_[^/]+|_r\d+)?",
    re.ASCII,
)


def safe_segment(text: str, longest: int = _LONGEST_ID) -> str:
    """Turn any text into a file-name part, injectively even without regard to case.

    Letters, digits and `-` stay. Every other byte of the UTF-8 form becomes `_` and two hex digits.
    Lower-case letters are kept and told apart by an ending `_l` with the positions of the capitals
    as a hex number. What would be longer than `longest` (at least 22) ends in `_h` and 100 bits of
    its SHA-256.
    """
    raw = text.encode("utf-8", "surrogatepass")
    escaped = "".join(chr(b) if _PLAIN.match(bytes([b])) else f"_{b:02X}" for b in raw) or "_e"
    if _WINDOWS_DEVICES.fullmatch(text):
        escaped = f"_{raw[0]:02X}{escaped[1:]}"
    if any("a" <= character <= "z" for character in text):
        capitals = "".join("1" if c.isupper() else "0" for c in text if c.isascii() and c.isalpha())
        escaped += f"_l{int(capitals, 2):X}"
    if len(escaped) <= longest:
        return escaped
    return f"{re.sub('[^A-Za-z0-9]', '-', escaped)[: longest - 22]}_h{_digest(raw, 20)}"


def _digest(raw: bytes, characters: int) -> str:
    return base64.b32encode(hashlib.sha256(raw).digest()).decode()[:characters]


def type_word(value: str | None, known: tuple[str, ...]) -> str:
    """The word for an invoice or document type.

    A type that is not known yet is marked, so that it can imitate no other name.
    """
    if value is None:
        return "UNTYPED"
    if value in known:
        return value
    marked = f"OTHER-{value.replace('_', '-')}"
    if _WORD.fullmatch(value) and len(marked) <= _LONGEST_TYPE:
        return marked
    return f"OTHER--{_digest(value.encode('utf-8', 'surrogatepass'), _LONGEST_TYPE - 7)}"


def documents_prefix(period: BillingPeriod, payer_account_id: str | None = None) -> str:
    return f"invoices/{period}/" + (f"{payer_account_id}/" if payer_account_id else "")


def invoice_document_stem(
    period: BillingPeriod, payer_account_id: str, invoice_type: str | None, invoice_id: str
) -> str:
    """Archive key of the invoice document without its extension."""
    word = type_word(invoice_type, INVOICE_TYPES)
    name = f"{period}_{payer_account_id}_{word}_{safe_segment(invoice_id)}"
    return documents_prefix(period, payer_account_id) + name


def supplemental_document_stem(
    invoice_stem: str, document_type: str | None, document_id: str | None, ordinal: int
) -> str:
    """Archive key of a supplemental document without its extension.

    `ordinal` counts, from 1, the documents of the same type and id, or without an id.
    """
    stem = f"{invoice_stem}_{type_word(document_type, SUPPLEMENT_TYPES)}_"
    if document_id is None:
        return f"{stem}_n{ordinal}"
    room = _LONGEST_SEGMENT - _LONGEST_EXTENSION - _LONGEST_REVISION - len(stem.rpartition("/")[2])
    # no id of AWS has a line break, so an id that comes twice imitates no other
    told_apart = document_id if ordinal == 1 else f"{document_id}\n{ordinal}"
    return stem + safe_segment(told_apart, room)


def revision_stem(stem: str, number: int) -> str:
    """Archive key, without extension, of the `number`-th revision (from 2 on) of a document."""
    return f"{stem}_r{number}"


def invoice_of_document(stem: str) -> tuple[str, str] | None:
    """The invoice document's stem and the invoice's segment in the stem of any of its documents, or
    None for any other key. No escape in a segment looks like what follows it.
    """
    match = _DOCUMENT.fullmatch(stem)
    return (match[1], match[2]) if match else None


def is_document_of(key: str, period: BillingPeriod, payer_account_id: str, invoice_id: str) -> bool:
    """Whether a document of this invoice lies at the key, if any does."""
    of_invoice = invoice_of_document(key.rpartition(".")[0])
    return (
        of_invoice is not None
        and of_invoice[1] == safe_segment(invoice_id)
        and key.startswith(documents_prefix(period, payer_account_id))
        and evidence_payer(key) == payer_account_id
    )


def revision_of_invoice_document(stem: str) -> tuple[str, int] | None:
    """The invoice document's stem and the number of the revision, 1 for the first; None for any key
    but an invoice document's.
    """
    of_invoice = invoice_of_document(stem)
    revision = _REVISION.fullmatch(stem.removeprefix(of_invoice[0])) if of_invoice else None
    return (of_invoice[0], int(revision[1] or 1)) if of_invoice and revision else None


def records_prefix(period: BillingPeriod, payer_account_id: str | None = None) -> str:
    return f"records/{period}/" + (f"{payer_account_id}/" if payer_account_id else "")


def record_chain(period: BillingPeriod, payer_account_id: str, invoice_id: str) -> str:
    """What the keys of an invoice's records begin with."""
    return f"{records_prefix(period, payer_account_id)}{safe_segment(invoice_id)}/"


def record_key(period: BillingPeriod, payer_account_id: str, invoice_id: str, sequence: int) -> str:
    return f"{record_chain(period, payer_account_id, invoice_id)}{sequence:04d}.json"


def record_sequence(key: str) -> tuple[str, int] | None:
    """The chain (key without the file) and number of a record key, or None for any other key."""
    match = _RECORD.fullmatch(key)
    return (key.rpartition("/")[0], int(match[3])) if match else None


def highest_records(keys: Iterable[str]) -> dict[str, int]:
    """The highest number of each chain of records among these keys."""
    highest: dict[str, int] = {}
    for key in keys:
        place = record_sequence(key)
        if place:
            highest[place[0]] = max(place[1], highest.get(place[0], 0))
    return highest


def evidence_payer(key: str) -> str | None:
    """The payer account under which a record or document lies, or None for any other key."""
    match = _EVIDENCE_PAYER.fullmatch(key)
    return match[1] if match else None


def manifests_prefix(period: BillingPeriod) -> str:
    return f"periods/{period}/manifests/"


def manifest_key(period: BillingPeriod, sequence: int) -> str:
    return f"{manifests_prefix(period)}manifest-{sequence:04d}.json"


def manifest_sequence(key: str) -> int | None:
    match = _MANIFEST.fullmatch(key)
    return int(match[1]) if match else None


def manifest_of_view(key: str, sequence: int) -> str | None:
    """Key of the manifest of this number of the view's period; None for a view at the root."""
    match = _PERIOD_VIEW.fullmatch(key)
    return manifest_key(BillingPeriod.parse(match[1]), sequence) if match else None


def judged_periods(folders: Iterable[str]) -> Iterator[BillingPeriod]:
    """The billing periods that have a folder below `periods/`; other folders are nobody's."""
    for name in folders:
        with suppress(ValueError):
            yield BillingPeriod.parse(name)


def completeness_key(period: BillingPeriod) -> str:
    return f"periods/{period}/completeness.json"


def sha256_sums_key(period: BillingPeriod) -> str:
    return f"periods/{period}/SHA256SUMS"


def ledger_csv_key(period: BillingPeriod) -> str:
    return f"periods/{period}/ledger.csv"


def ledger_workbook_key(period: BillingPeriod) -> str:
    return f"periods/{period}/ledger.xlsx"


def period_page_key(period: BillingPeriod) -> str:
    return f"periods/{period}/index.html"


def run_prefix(run_id: str) -> str:
    return f"runs/{run_id}/"


def run_claim_key(run_id: str) -> str:
    return f"{run_prefix(run_id)}claim.json"


def run_request_key(run_id: str) -> str:
    return f"{run_prefix(run_id)}request.json"


def run_payers_key(run_id: str) -> str:
    return f"{run_prefix(run_id)}payers.json"


def run_result_key(run_id: str) -> str:
    return f"{run_prefix(run_id)}result.json"


def run_payer_prefix(run_id: str, payer_account_id: str) -> str:
    return f"{run_prefix(run_id)}payers/{payer_account_id}/"


def listing_key(run_id: str, payer_account_id: str) -> str:
    return f"{run_payer_prefix(run_id, payer_account_id)}listing.json"


def fetch_pass_key(run_id: str, payer_account_id: str, number: int) -> str:
    return f"{run_payer_prefix(run_id, payer_account_id)}fetch-{number:04d}.json"


def charges_key(run_id: str, payer_account_id: str, period: BillingPeriod) -> str:
    """What Cost Explorer answered a run."""
    return f"{run_payer_prefix(run_id, payer_account_id)}charges-{period}.json"


def is_evidence(key: str) -> bool:
    """Whether what lies at the key is locked and written once."""
    return key.startswith(EVIDENCE_PREFIXES) or manifest_sequence(key) is not None

"""The keys of the archive. Only this module builds and parses them.

A file keeps its meaning when it is downloaded alone: its name has period, payer account, type and
id.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Literal

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.key_segments import safe_segment, type_word
from lambdas.domain.invoices.types import INVOICE_TYPES, SUPPLEMENT_TYPES

Period = BillingPeriod | Literal["*", "????-??"]
"""A billing period, or a wildcard for any of them in a pattern of keys."""

DOCUMENTS_PREFIX = "invoices/"
RECORDS_PREFIX = "records/"
PERIODS_PREFIX = "periods/"
RUNS_PREFIX = "runs/"
EVIDENCE_PREFIXES = (DOCUMENTS_PREFIX, RECORDS_PREFIX)
"""Prefixes of evidence, which is locked and written once. Manifests are evidence too
(`is_evidence`).
"""

README_KEY = "README.txt"
ARCHIVE_PAGE_KEY = "index.html"
PUBLIC_KEY_KEY = "manifest-signing-key.pem"
ROOT_VIEWS = (README_KEY, ARCHIVE_PAGE_KEY, PUBLIC_KEY_KEY)

VIEW_TAG = {"invoice-archive": "view"}
"""Tag of every view. Runs rewrite views, so the bucket lets their old versions expire."""

_LONGEST_SEGMENT = 120
_LONGEST_EXTENSION = 5
_LONGEST_REVISION = 5
_MANIFEST = re.compile(r"periods/\d{4}-\d{2}/manifests/manifest-(\d{4,})\.json", re.ASCII)
_PERIOD_VIEW = re.compile(r"periods/(\d{4}-\d{2})/[^/]+", re.ASCII)
_IN_PERIOD = re.compile(r"periods/([^/]+)/(?!payment_status\.json$).+")
_RECORD = re.compile(r"records/\d{4}-\d{2}/[^/]+/[^/]+/(\d{4,})\.json", re.ASCII)
_EVIDENCE_PAYER = re.compile(r"(?:invoices|records)/\d{4}-\d{2}/(\d{12})/.+", re.ASCII)
_LISTING = re.compile(r"runs/[^/]+/payers/[^/]+/listing\.json")
_REVISION = re.compile(r"(?:_r(\d+))?", re.ASCII)
_OTHER_TYPES = r"UNTYPED|OTHER-[A-Z0-9-]+"
_DOCUMENT = re.compile(
    rf"(invoices/\d{{4}}-\d{{2}}/[^/]+/\d{{4}}-\d{{2}}_[^/_]+"
    rf"_(?:{'|'.join(INVOICE_TYPES)}|{_OTHER_TYPES})_([^/]+?))"
    rf"(?:_(?:{'|'.join(SUPPLEMENT_TYPES)}|{_OTHER_TYPES})_[^/]+|_r\d+)?",
    re.ASCII,
)


def file_name(key: str) -> str:
    return key.rpartition("/")[2]


def file_extension(key: str) -> str:
    return key.rpartition(".")[2]


def documents_prefix(period: Period, payer_account_id: str | None = None) -> str:
    return f"{DOCUMENTS_PREFIX}{period}/" + (f"{payer_account_id}/" if payer_account_id else "")


def document_names_prefix(period: Period, payer_account_id: str) -> str:
    """The beginning of the keys of a payer account's documents."""
    return f"{documents_prefix(period, payer_account_id)}{period}_{payer_account_id}_"


def invoice_document_stem(
    period: BillingPeriod, payer_account_id: str, invoice_type: str | None, invoice_id: str
) -> str:
    """Archive key of the invoice document without its extension."""
    word = type_word(invoice_type, INVOICE_TYPES)
    return f"{document_names_prefix(period, payer_account_id)}{word}_{safe_segment(invoice_id)}"


def supplemental_document_stem(
    invoice_stem: str, document_type: str | None, document_id: str | None, ordinal: int
) -> str:
    """Archive key of a supplemental document without its extension.

    `ordinal` counts, from 1, the documents of the same type and id, or without an id.
    """
    stem = f"{invoice_stem}_{type_word(document_type, SUPPLEMENT_TYPES)}_"
    if document_id is None:
        return f"{stem}_n{ordinal}"
    room = _LONGEST_SEGMENT - _LONGEST_EXTENSION - _LONGEST_REVISION - len(file_name(stem))
    # no id of AWS has a line break, so a repeated id imitates no other
    distinct_id = document_id if ordinal == 1 else f"{document_id}\n{ordinal}"
    return stem + safe_segment(distinct_id, room)


def revision_stem(stem: str, number: int) -> str:
    """Archive key, without extension, of the `number`-th revision (from 2 on) of a document."""
    return f"{stem}_r{number}"


def document_stem(key: str) -> str:
    """The key without its extension."""
    return key.rpartition(".")[0]


def invoice_of_document(stem: str) -> tuple[str, str] | None:
    """The invoice document's stem and the invoice's segment, from the stem of any of its documents;
    None for any other key. No escape in a segment resembles the part after it.
    """
    match = _DOCUMENT.fullmatch(stem)
    return (match[1], match[2]) if match else None


def is_document_of(key: str, period: BillingPeriod, payer_account_id: str, invoice_id: str) -> bool:
    """True if the key is that of a document of this invoice."""
    of_invoice = invoice_of_document(document_stem(key))
    return (
        of_invoice is not None
        and of_invoice[1] == safe_segment(invoice_id)
        and key.startswith(document_names_prefix(period, payer_account_id))
        and evidence_payer(key) == payer_account_id
    )


def revision_of_invoice_document(stem: str) -> tuple[str, int] | None:
    """The invoice document's stem and its revision number, from 1; None for any other key."""
    of_invoice = invoice_of_document(stem)
    revision = _REVISION.fullmatch(stem.removeprefix(of_invoice[0])) if of_invoice else None
    return (of_invoice[0], int(revision[1] or 1)) if of_invoice and revision else None


def records_prefix(period: Period, payer_account_id: str | None = None) -> str:
    return f"{RECORDS_PREFIX}{period}/" + (f"{payer_account_id}/" if payer_account_id else "")


def record_chain(period: BillingPeriod, payer_account_id: str, invoice_id: str) -> str:
    """The chain of an invoice's records: their keys without the file."""
    return records_prefix(period, payer_account_id) + safe_segment(invoice_id)


def chain_prefix(chain: str) -> str:
    return f"{chain}/"


def record_in_chain(chain: str, sequence: int) -> str:
    return f"{chain_prefix(chain)}{sequence:04d}.json"


def record_key(period: BillingPeriod, payer_account_id: str, invoice_id: str, sequence: int) -> str:
    return record_in_chain(record_chain(period, payer_account_id, invoice_id), sequence)


def record_sequence(key: str) -> tuple[str, int] | None:
    """The chain and number of a record key, or None for any other key."""
    match = _RECORD.fullmatch(key)
    return (chain_of_record(key), int(match[1])) if match else None


def chain_of_record(key: str) -> str:
    return key.rpartition("/")[0]


def account_of_record(key: str) -> str:
    """The account in the key of a record."""
    return key.split("/")[2]


def invoice_of_chain(chain: str) -> str:
    """The invoice's segment in the key of its chain."""
    return file_name(chain)


def highest_records(keys: Iterable[str]) -> dict[str, int]:
    """The highest number of each chain of records among these keys."""
    highest: dict[str, int] = {}
    for key in keys:
        place = record_sequence(key)
        if place:
            highest[place[0]] = max(place[1], highest.get(place[0], 0))
    return highest


def recorded_invoices(keys: Iterable[str]) -> set[str]:
    """The segments of the invoices that have a record among these keys."""
    return set(map(invoice_of_chain, highest_records(keys)))


def evidence_payer(key: str) -> str | None:
    """The payer account of a record's or document's key; None for any other key."""
    match = _EVIDENCE_PAYER.fullmatch(key)
    return match[1] if match else None


def evidence_period(key: str) -> BillingPeriod | None:
    """The billing period of an evidence key; None for any other key."""
    return BillingPeriod.parse(key.split("/")[1]) if is_evidence(key) else None


def is_named_as_evidence(key: str, period: BillingPeriod) -> bool:
    """True if the key has the form of a record or document of the period."""
    if key.startswith(records_prefix(period)):
        return record_sequence(key) is not None
    begin = document_names_prefix(period, evidence_payer(key) or "")
    return key.startswith(begin) and "/" not in key.removeprefix(begin)


def period_prefix(period: Period) -> str:
    return f"{PERIODS_PREFIX}{period}/"


def manifests_prefix(period: Period) -> str:
    return f"{period_prefix(period)}manifests/"


def manifest_key(period: BillingPeriod, sequence: int) -> str:
    return f"{manifests_prefix(period)}manifest-{sequence:04d}.json"


def manifest_sequence(key: str) -> int | None:
    match = _MANIFEST.fullmatch(key)
    return int(match[1]) if match else None


def manifest_of_view(key: str, sequence: int) -> str | None:
    """Key of the manifest with this number in the view's period; None for a view at the root."""
    match = _PERIOD_VIEW.fullmatch(key)
    return manifest_key(BillingPeriod.parse(match[1]), sequence) if match else None


def periods_of(folders: Iterable[str]) -> Iterator[BillingPeriod]:
    """The billing periods that have a folder below `periods/`; other folders are ignored."""
    for name in folders:
        with suppress(ValueError):
            yield BillingPeriod.parse(name)


def judged_periods(keys: Iterable[str]) -> set[BillingPeriod]:
    """The billing periods that have any of these files below `periods/`; the payment status alone
    is of a period that no run has judged.
    """
    names = [match[1] for key in keys if (match := _IN_PERIOD.fullmatch(key))]
    return set(periods_of(names))


def completeness_key(period: Period) -> str:
    return f"{period_prefix(period)}completeness.json"


def sha256_sums_key(period: Period) -> str:
    return f"{period_prefix(period)}SHA256SUMS"


def ledger_csv_key(period: Period) -> str:
    return f"{period_prefix(period)}ledger.csv"


def invoices_csv_key(period: Period) -> str:
    return f"{period_prefix(period)}invoices.csv"


def ledger_workbook_key(period: Period) -> str:
    return f"{period_prefix(period)}ledger.xlsx"


def period_page_key(period: Period) -> str:
    return f"{period_prefix(period)}index.html"


def find_key(period: Period) -> str:
    return f"{period_prefix(period)}find.json"


def payment_status_key(period: Period) -> str:
    return f"{period_prefix(period)}payment_status.json"


PERIOD_VIEWS: tuple[Callable[[Period], str], ...] = (
    completeness_key,
    find_key,
    invoices_csv_key,
    ledger_csv_key,
    ledger_workbook_key,
    payment_status_key,
    period_page_key,
    sha256_sums_key,
)


def run_prefix(run_id: str) -> str:
    return f"{RUNS_PREFIX}{run_id}/"


def run_claim_key(run_id: str) -> str:
    return f"{run_prefix(run_id)}claim.json"


def run_request_key(run_id: str) -> str:
    return f"{run_prefix(run_id)}request.json"


def run_payers_key(run_id: str) -> str:
    return f"{run_prefix(run_id)}payers.json"


def run_result_key(run_id: str) -> str:
    return f"{run_prefix(run_id)}result.json"


def run_payers_prefix(run_id: str) -> str:
    """The prefix of the files that the run's steps wrote for each payer account."""
    return f"{run_prefix(run_id)}payers/"


def run_payer_prefix(run_id: str, payer_account_id: str) -> str:
    return f"{run_payers_prefix(run_id)}{payer_account_id}/"


def listing_key(run_id: str, payer_account_id: str) -> str:
    return f"{run_payer_prefix(run_id, payer_account_id)}listing.json"


def is_listing(key: str) -> bool:
    return _LISTING.fullmatch(key) is not None


def fetch_passes_prefix(run_id: str, payer_account_id: str) -> str:
    return f"{run_payer_prefix(run_id, payer_account_id)}fetch-"


def fetch_pass_key(run_id: str, payer_account_id: str, number: int) -> str:
    return f"{fetch_passes_prefix(run_id, payer_account_id)}{number:04d}.json"


def charges_prefix(run_id: str, payer_account_id: str) -> str:
    """The beginning of the keys of Cost Explorer's answers to a run."""
    return f"{run_payer_prefix(run_id, payer_account_id)}charges-"


def charges_key(run_id: str, payer_account_id: str, period: BillingPeriod) -> str:
    return f"{charges_prefix(run_id, payer_account_id)}{period}.json"


def is_evidence(key: str) -> bool:
    """True if the object at the key is evidence, which is locked and written once."""
    return key.startswith(EVIDENCE_PREFIXES) or manifest_sequence(key) is not None

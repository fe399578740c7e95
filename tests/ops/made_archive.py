"""A good archive, made of the domain's own parts and signed with a key as KMS would.

September had no invoices, which is a statement too. October grew over three runs: an invoice with a
tax document; then a credit memo with an id that is no file name, and another payer's invoice; then
a late supplement.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    find_key,
    invoice_document_stem,
    ledger_csv_key,
    manifest_key,
    sha256_sums_key,
    supplemental_document_stem,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.evidence.record_chain import first_record, next_record
from lambdas.domain.evidence.records import ArchivedDocument, Record, StoredObject
from lambdas.domain.evidence.signatures import signed_file, signed_part
from lambdas.domain.json_text import instant_text, sha256_hex, to_json
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.runs.close_calendar import CloseCalendar, CloseDeadline
from lambdas.domain.verdict_words import PayerVerdict, PeriodVerdict
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.statements import NOBODY, PayerWitnesses
from lambdas.views.find import find_file
from lambdas.views.ledger import ledger_csv
from lambdas.views.sha256_sums import sha256_sums
from tests.domain.examples import (
    ACME,
    BEFORE_DEADLINE,
    BOREAL,
    OCTOBER,
    RETRIEVED,
    learnt,
    summary_row,
)
from tests.fake_kms import FakeKms

BUCKET = "archive-under-test"
SEPTEMBER = BillingPeriod(2026, 9)
KEY_FILE = "manifest-signing-key.pem"
FIRST, MEMO, OTHER = "2609293185", "Credit/7 é", "EUINAE26-11"
NEWEST = manifest_key(OCTOBER, 3)
CLOSE = CloseCalendar(CloseDeadline.parse("day 10"))
AS_OF = [datetime(2026, *day, 6, tzinfo=UTC) for day in ((11, 12), (11, 3), (11, 5), (11, 12))]
"""When each run was."""
Put = Callable[[str, bytes], str]
"""Stores content at a key and returns the version id."""


@dataclass
class MadeArchive:
    """What lies in the bucket, and what is known of it outside."""

    kms: FakeKms
    files: dict[str, bytes] = field(default_factory=dict)
    heads: dict[BillingPeriod, ManifestHead] = field(default_factory=dict)

    @property
    def public_key(self) -> bytes:
        return ManifestSigner(self.kms, self.kms.key_arn).public_key_pem()

    def sign(self, content: dict[str, Any]) -> bytes:
        """The file of a manifest with this content, signed."""
        content = {name: content[name] for name in content if name != "signature"}
        signer = ManifestSigner(self.kms, self.kms.key_arn)
        return signed_file(content, signer.sign(signed_part(content, signer.key_id)))

    def write(self, folder: Path) -> Path:
        for key, content in self.files.items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def data(self, key: str) -> Any:
        return json.loads(self.files[key])

    def keys(self, prefix: str = "") -> list[str]:
        return sorted(key for key in self.files if key.startswith(prefix))


def make_archive(kms: FakeKms | None = None, put: Put | None = None) -> MadeArchive:
    """Make it; `put` may store everything elsewhere too and give its own version ids."""
    made = MadeArchive(kms or FakeKms())

    def keep(key: str, content: bytes) -> str:
        assert key not in made.files
        made.files[key] = content
        return put(key, content) if put else sha256_hex(key.encode())[:32]

    writer = _Writer(made, keep)
    keep("README.txt", b"What this bucket is.\n")
    keep("index.html", b"<!doctype html><title>Archive</title>")
    keep(KEY_FILE, made.public_key)
    keep("runs/run-1/claim.json", b"{}\n")
    writer.manifest(SEPTEMBER, "COMPLETE", 0, {ACME: ()})
    first, one = writer.invoice(FIRST, ACME, supplement=b"<e-invoice/>")
    writer.manifest(OCTOBER, "AWAITING", 1, {ACME: (one,)})
    _, memo = writer.invoice(MEMO, ACME, InvoiceType="CREDIT_MEMO")
    _, other = writer.invoice(OTHER, BOREAL)
    writer.manifest(OCTOBER, "AWAITING", 2, {ACME: (one, memo), BOREAL: (other,)})
    one = writer.late_supplement(first, one)
    writer.manifest(OCTOBER, "COMPLETE", 3, {ACME: (one, memo), BOREAL: (other,)})
    writer.views()
    return made


def _payer_verdict(verdict: PeriodVerdict, some: Iterable[ArchivedInvoice]) -> PayerVerdict:
    if not some:
        return "NO_CHARGES"
    return "COMPLETE" if verdict == "COMPLETE" else "AWAITING"


class _Writer:
    """Writes as the functions do: document, record, manifest, head, views."""

    def __init__(self, made: MadeArchive, put: Put) -> None:
        self._made = made
        self._put = put
        self._newest: dict[BillingPeriod, tuple[Manifest, str]] = {}

    def invoice(
        self, invoice_id: str, payer: str, supplement: bytes = b"", **members: Any
    ) -> tuple[Record, ArchivedInvoice]:
        row = summary_row(invoice_id, AccountId=payer, **members)
        stem = invoice_document_stem(OCTOBER, payer, row["InvoiceType"], invoice_id)
        documents = [self._document(f"{stem}.pdf", f"%PDF-1.4 {invoice_id}".encode())]
        if supplement:
            documents.append(self._supplement(stem, "TAX_E_INVOICE", "TAX-1", supplement))
        what = learnt(
            row,
            as_of=BEFORE_DEADLINE,
            run_id="run-1",
            seen_by=payer,
            documents=tuple(documents),
            were_asked=True,
        )
        record = first_record(invoice_id, OCTOBER, payer, what)
        return record, ArchivedInvoice.of(record, self._store(record.key, record.to_bytes()))

    def late_supplement(self, record: Record, one: ArchivedInvoice) -> ArchivedInvoice:
        document = self._supplement(record.document_stem, "SUPPLEMENT", None, b"%PDF-1.4 late")
        what = learnt(record.summary, documents=(document,), were_asked=True)  # type: ignore[arg-type]
        following = next_record(record, one.record, what, record.payer_account_id)
        assert following is not None
        return ArchivedInvoice.of(following, self._store(following.key, following.to_bytes()))

    def manifest(
        self,
        period: BillingPeriod,
        verdict: PeriodVerdict,
        run: int,
        invoices: dict[str, Iterable[ArchivedInvoice]],
    ) -> None:
        before, before_sha256 = self._newest.get(period, (None, None))
        run_id, as_of = f"run-{run}", AS_OF[run]
        at = instant_text(as_of)
        manifest = Manifest(
            BUCKET,
            period,
            before.sequence + 1 if before else 1,
            before_sha256,
            run_id,
            at,
            verdict,
            at if verdict == "COMPLETE" else None,
            tuple(
                PayerState(
                    account_id,
                    f"Payer {account_id}",
                    "A company",
                    "CHECKED",
                    _payer_verdict(verdict, some),
                    run_id,
                    at,
                    len(tuple(some)),
                    tuple(some),
                    (),
                    (),
                    tuple(f for one in some for f in one.findings),
                    NOBODY if some else PayerWitnesses(charges=Charges(run_id, at, is_final=True)),
                )
                for account_id, some in sorted(invoices.items())
            ),
            last_day=CLOSE.last_day(period).isoformat(),
            close_day=CLOSE.close_day(period, as_of),
        )
        file = self._made.sign(manifest.to_data())
        self._put(manifest.key, file)
        sha256 = sha256_hex(file)
        self._newest[period] = manifest, sha256
        self._made.heads[period] = ManifestHead(period, manifest.sequence, sha256, run_id)

    def views(self) -> None:
        for manifest, sha256 in self._newest.values():
            period = manifest.billing_period
            self._put(completeness_key(period), to_json(manifest.completeness()))
            self._put(sha256_sums_key(period), sha256_sums(manifest, sha256))
            self._put(ledger_csv_key(period), ledger_csv(manifest))
            self._put(find_key(period), find_file(manifest).to_json())

    def _supplement(
        self, stem: str, kind: str, document_id: str | None, content: bytes
    ) -> ArchivedDocument:
        key = supplemental_document_stem(stem, kind, document_id, 1)
        extension = "pdf" if content.startswith(b"%PDF") else "xml"
        document = self._document(f"{key}.{extension}", content)
        return replace(
            document, is_invoice_document=False, document_type=kind, document_id=document_id
        )

    def _document(self, key: str, content: bytes) -> ArchivedDocument:
        stored = self._store(key, content)
        return ArchivedDocument(stored, True, None, None, 1, "run-1", RETRIEVED)

    def _store(self, key: str, content: bytes) -> StoredObject:
        return StoredObject(key, self._put(key, content), sha256_hex(content), len(content))

"""The questions to AWS for an invoice's documents, and the documents that it offers then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from lambdas.aws.invoicing import OfferedDocument
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.cut_text import short
from lambdas.domain.documents.document_refused import DocumentRefused
from lambdas.domain.documents.document_url import DocumentUrl
from lambdas.domain.evidence.archive_layout import revision_stem, supplemental_document_stem
from lambdas.domain.evidence.record_chain import ChainState
from lambdas.domain.evidence.records import ArchivedDocument, Gap, StoredObject
from lambdas.domain.findings import document_subject
from lambdas.domain.runs.payer_run import ListedInvoice
from lambdas.steps.archiving.origin import MOST_DETAIL_BYTES, Origin

REVISION_NOT_CHECKED = "REVISION_NOT_CHECKED"


@dataclass(frozen=True)
class Question:
    """A question for the documents of a listed invoice."""

    asked_by: str
    """The payer account whose role asks."""
    listed: ListedInvoice
    state: ChainState | None
    """None: it has no record yet."""
    document_stem: str
    looks_for_revisions: bool = False
    is_in_doubt: bool = False
    """True if its archived document may be another invoice's, and is fetched again."""

    @property
    def billing_period(self) -> BillingPeriod:
        return self.state.record.billing_period if self.state else self.listed.billing_period

    @property
    def is_for_late(self) -> bool:
        """True if AWS is asked only for documents that may have come late."""
        return self.state is not None and not self.looks_for_revisions

    @property
    def may_be_denied(self) -> bool:
        """True for a payment receipt, a tax copy or an invoice of another account (for example a
        unit's receiver): AWS may deny these alone.
        """
        is_own = self.listed.payer_account_id == self.asked_by
        return not is_own or self.listed.summary.repeats_another

    @cached_property
    def _archived(self) -> Mapping[object, ArchivedDocument]:
        """The newest revision of each archived document."""
        documents = self.state.record.documents if self.state else ()
        return {one.identity: one for one in sorted(documents, key=lambda one: one.revision)}

    def wanted(self, offers: Iterable[OfferedDocument]) -> list["WantedDocument"]:
        """The offered documents that are missing or have to be compared with the archived ones."""
        return [
            WantedDocument(offer, self, self._archived.get(offer.identity))
            for offer in offers
            if offer.identity not in self._archived
            or self.looks_for_revisions
            or (self.is_in_doubt and offer.is_invoice_document)
        ]


@dataclass(frozen=True)
class WantedDocument:
    """A document that AWS offers, and the archived one that it may replace."""

    offer: OfferedDocument
    question: Question
    earlier: ArchivedDocument | None

    @property
    def listed(self) -> ListedInvoice:
        return self.question.listed

    @property
    def revision(self) -> int:
        return self.earlier.revision + 1 if self.earlier else 1

    @property
    def stem(self) -> str:
        """Its archive key without the extension."""
        stem, offer = self.question.document_stem, self.offer
        if not offer.is_invoice_document:
            stem = supplemental_document_stem(
                stem, offer.document_type, offer.document_id, offer.ordinal
            )
        return revision_stem(stem, self.revision) if self.revision > 1 else stem

    @property
    def url(self) -> DocumentUrl:
        """Raises DocumentRefused if AWS gave none."""
        if self.offer.url is None:
            problem = self.offer.problem or "AWS named the document without a URL."
            raise DocumentRefused("NO_DOCUMENT_URL", problem)
        return self.offer.url

    def gap(self, code: str, detail: str) -> Gap:
        offer, invoice_id = self.offer, self.listed.invoice_id
        if offer.is_invoice_document:
            return Gap(code, invoice_id, detail)
        place = offer.document_type, offer.document_id, offer.ordinal
        return Gap(code, document_subject(invoice_id, *place), detail)

    def gap_of(self, refused: DocumentRefused) -> Gap:
        offer = self.offer
        what = "The invoice document"
        if not offer.is_invoice_document:
            name = f"{offer.document_type} {offer.document_id or offer.ordinal}"
            what = f"The supplemental document {short(name, MOST_DETAIL_BYTES)}"
        code = REVISION_NOT_CHECKED if self.earlier else refused.code
        return self.gap(code, short(f"{what}: {refused.detail}"))

    def as_archived(self, stored: StoredObject, origin: Origin) -> ArchivedDocument:
        """The document once it is stored."""
        offer, flags = self.offer, origin.flags
        if not offer.is_invoice_document and offer.document_id is None:
            kind = short(str(offer.document_type), MOST_DETAIL_BYTES)
            flags = (*flags, ("DOCUMENT_WITHOUT_ID", f"AWS gave this {kind} no id."))
        return ArchivedDocument(
            stored,
            offer.is_invoice_document,
            offer.document_type,
            offer.document_id,
            offer.ordinal,
            origin.run_id,
            origin.retrieved_at,
            flags,
            self.revision,
        )

"""Asking AWS for the documents of one invoice, in rounds, and storing each at once."""

from dataclasses import replace

from lambdas.aws.answers import AnswerNotRead
from lambdas.aws.invoicing import DocumentsDenied, InvoiceNotReady, Invoicing, OfferedDocument
from lambdas.aws.payer_role import NoAccess
from lambdas.domain.documents.document_refused import DocumentRefused
from lambdas.domain.errors import EvidenceConflict
from lambdas.domain.evidence.kept_versions import EvidenceDamaged
from lambdas.domain.evidence.records import ArchivedDocument, Gap
from lambdas.steps.archiving.document_fetcher import DocumentFetcher
from lambdas.steps.archiving.turns import InTurn
from lambdas.steps.archiving.wanted_document import (
    REVISION_NOT_CHECKED,
    Question,
    WantedDocument,
)

_ROUNDS = 3
"""Requests for the documents when a URL is refused or the bytes do not arrive whole."""


class InvoiceDocuments:
    """The answers to one question for an invoice's documents. URLs never leave it."""

    def __init__(
        self, invoicing: Invoicing, fetcher: DocumentFetcher, question: Question, in_turn: InTurn
    ) -> None:
        self._invoicing = invoicing
        self._fetcher = fetcher
        self._question = question
        self._in_turn = in_turn
        self._stored: dict[object, ArchivedDocument] = {}
        self._gaps: dict[object, Gap] = {}

    def fetch(self) -> tuple[list[ArchivedDocument], list[Gap]]:
        """The documents that were missing, stored at once, and those that still are.

        Raises AnswerNotRead for an unusable answer, if the question was only for documents that may
        have come late.
        """
        for _ in range(_ROUNDS):
            try:
                offers = self._offers()
            except (InvoiceNotReady, DocumentsDenied, AnswerNotRead) as error:
                is_first = not (self._stored or self._gaps)
                if isinstance(error, AnswerNotRead) and is_first and self._question.is_for_late:
                    raise
                self._note_none(error)
                break
            new = (offer for offer in offers if offer.identity not in self._stored)
            may_come = [self._may_come(wanted) for wanted in self._question.wanted(new)]
            if not any(may_come):
                break
        return list(self._stored.values()), list(self._gaps.values())

    def _offers(self) -> list[OfferedDocument]:
        """The documents that AWS offers now. Raises NoAccess if AWS denies what is the payer
        account's own.
        """
        try:
            return self._invoicing.documents(self._question.listed.invoice_id)
        except NoAccess as error:
            if self._question.may_be_denied:
                raise DocumentsDenied(str(error)) from error
            raise

    def _note_none(self, error: InvoiceNotReady | DocumentsDenied | AnswerNotRead) -> None:
        """Note the gaps when AWS offers nothing; of an archived invoice, only those recorded before
        and that its revisions were not checked.
        """
        if self._gaps:
            return
        question = self._question
        code = "PDF_NOT_READY" if isinstance(error, InvoiceNotReady) else "NO_DOCUMENT_URL"
        gap = Gap(code, question.listed.invoice_id, str(error))
        gaps = [*question.state.record.lacks] if question.state else [gap]
        if question.state and question.looks_for_revisions:
            gaps.append(replace(gap, code=REVISION_NOT_CHECKED))
        self._gaps = {(one.code, one.detail): one for one in gaps}

    def _may_come(self, wanted: WantedDocument) -> bool:
        """Store the document or note its gap; true if another round may give it."""
        identity = wanted.offer.identity
        self._gaps.pop(identity, None)
        try:
            document = self._fetcher.archive(wanted, self._in_turn)
        except EvidenceConflict as conflict:
            self._gaps[identity] = wanted.gap("FOREIGN_OBJECT", f"{conflict}.")
        except EvidenceDamaged as damaged:
            self._gaps[identity] = damaged.gap
        except DocumentRefused as refused:
            self._gaps[identity] = wanted.gap_of(refused)
            return refused.may_pass
        else:
            if document:
                self._stored[identity] = document
        return False

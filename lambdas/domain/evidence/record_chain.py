"""The chain of an invoice's records: the first one, and the next one if a run learnt something."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.cut_text import short
from lambdas.domain.evidence.archive_layout import invoice_document_stem
from lambdas.domain.evidence.records import (
    ArchivedDocument,
    Gap,
    Note,
    Record,
    Sighting,
    StoredObject,
)
from lambdas.domain.invoices.summary import InvoiceSummary, row_changes
from lambdas.domain.json_text import instant_text
from lambdas.domain.words import counted


@dataclass(frozen=True)
class ChainState:
    """The highest record of an invoice, with its stored object."""

    record: Record
    stored: StoredObject


@dataclass(frozen=True)
class Learnt:
    """The news of a run about one invoice."""

    run_id: str
    as_of: datetime
    sighting: Sighting | None
    """None if the payer account's complete listings no longer show the invoice."""
    summary: Mapping[str, Any]
    documents: Sequence[ArchivedDocument] = ()
    lacks: Sequence[Gap] = ()
    documents_were_asked: bool = False
    row_received: str | None = None
    """The row's own JSON text as AWS sent it."""
    other_rows: Sequence[Mapping[str, Any]] = ()


def first_record(
    invoice_id: str,
    billing_period: BillingPeriod,
    payer_account_id: str,
    learnt: Learnt,
    document_stem: str | None = None,
) -> Record:
    """The first record of an invoice, which fixes the keys of all its evidence.

    `document_stem` is given if a document is already stored; else it follows from the row.
    """
    at = instant_text(learnt.as_of)
    return Record(
        invoice_id=invoice_id,
        billing_period=billing_period,
        payer_account_id=payer_account_id,
        previous_records=(),
        run_id=learnt.run_id,
        recorded_at=at,
        first_archived_at=at,
        documents_asked_at=at,
        document_stem=document_stem
        or invoice_document_stem(
            billing_period,
            payer_account_id,
            InvoiceSummary(learnt.summary).invoice_type,
            invoice_id,
        ),
        summary=learnt.summary,
        sightings=(learnt.sighting,) if learnt.sighting else (),
        documents=tuple(learnt.documents),
        lacks=tuple(learnt.lacks),
        row_received=learnt.row_received,
        other_rows=tuple(learnt.other_rows),
    )


def next_record(state: Record, stored: StoredObject, learnt: Learnt, seen_by: str) -> Record | None:
    """The record after `state`, or None if the run learnt nothing to keep.

    `stored` is the object of `state`. `seen_by` is the payer account whose listings were read.
    `learnt.documents` may name documents that `state` already has.
    """
    following = _Following(state, learnt, seen_by)
    new = following.record(stored)
    was_due = learnt.documents_were_asked and not new.lacks and state.is_due(learnt.as_of)
    if _content(new) == _content(state) and not was_due:
        return None
    return replace(new, documents_asked_at=following.at) if learnt.documents_were_asked else new


@dataclass(frozen=True)
class _Following:
    """The parts of the record after `state`."""

    state: Record
    learnt: Learnt
    seen_by: str

    def record(self, stored: StoredObject) -> Record:
        state, learnt = self.state, self.learnt
        notes = (Note(code, short(text), learnt.run_id, self.at) for code, text in self._news())
        return replace(
            state,
            previous_records=(*state.previous_records, stored),
            run_id=learnt.run_id,
            recorded_at=self.at,
            summary=self._summary,
            sightings=self._sightings,
            documents=(*state.documents, *self._new_documents),
            lacks=tuple(learnt.lacks) if learnt.documents_were_asked else state.lacks,
            notes=(*state.notes, *notes),
            row_received=self._row_received,
            other_rows=self._other_rows,
        )

    @cached_property
    def at(self) -> str:
        return instant_text(self.learnt.as_of)

    @cached_property
    def _earlier(self) -> Sighting | None:
        """The sighting of the payer account whose listings were read."""
        return self.state.sighting_of(self.seen_by)

    @property
    def _shows_the_row(self) -> bool:
        """True if the listings are those of the first observer: the record shows its row, and the
        differing rows beside it.
        """
        return self.learnt.sighting is not None and self._earlier is self.state.sightings[0]

    @property
    def _row_has_changed(self) -> bool:
        earlier, now = self._earlier, self.learnt.sighting
        return bool(
            self._shows_the_row and earlier and now and earlier.fingerprint != now.fingerprint
        )

    @property
    def _sightings(self) -> tuple[Sighting, ...]:
        before, earlier, now = self.state.sightings, self._earlier, self.learnt.sighting
        if earlier is None:
            return (*before, now) if now else before
        if now is None:
            now = replace(earlier, is_listed=False)
        else:
            listings = tuple(dict.fromkeys((*earlier.listings, *now.listings)))
            now = replace(now, listings=listings)
        return tuple(now if one is earlier else one for one in before)

    @property
    def _summary(self) -> Mapping[str, Any]:
        return self.learnt.summary if self._row_has_changed else self.state.summary

    @property
    def _row_received(self) -> str | None:
        received = self.learnt.row_received if self._shows_the_row else None
        if received is None and self._summary == self.state.summary:
            return self.state.row_received
        return received

    @property
    def _other_rows(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(self.learnt.other_rows) if self._shows_the_row else self.state.other_rows

    @cached_property
    def _new_documents(self) -> list[ArchivedDocument]:
        known_keys = {document.stored.key for document in self.state.documents}
        return [one for one in self.learnt.documents if one.stored.key not in known_keys]

    def _news(self) -> Iterator[tuple[str, str]]:
        """Code and detail of each note."""
        is_listed = self.learnt.sighting is not None
        if self._earlier and self._earlier.is_listed and not is_listed:
            yield "INVOICE_VANISHED", f"No longer listed for {self.seen_by} since {self.at}."
        if self._earlier and is_listed and not self._earlier.is_listed:
            yield "INVOICE_CHANGED", f"Listed again for {self.seen_by} since {self.at}."
        if self._row_has_changed:
            changes = row_changes(self.state.summary, self.learnt.summary)
            yield "INVOICE_CHANGED", "; ".join(changes)
        if self._other_rows != self.state.other_rows:
            rows = counted(len(self._other_rows) + 1, "row")
            yield "INVOICE_CHANGED", f"AWS lists {rows} of it since {self.at}."
        for document in self._new_documents:
            code = "DOCUMENT_REVISED" if document.revision > 1 else "LATE_DOCUMENT"
            yield code, f"{document.stored.key} was added at {self.at}."


def _content(record: Record) -> tuple[object, ...]:
    """The content that makes a record worth writing; of the row as sent, only its problems."""
    problems = InvoiceSummary({}, record.row_received).problems
    return (record.sightings, record.documents, record.lacks, record.notes, problems)

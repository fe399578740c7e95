from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.domain.errors import EvidenceConflict
from lambdas.domain.evidence.kept_versions import KeptVersions
from lambdas.domain.evidence.records import StoredObject
from lambdas.steps.archiving.stored_documents import StoredDocuments

FOLDER = "invoices/2026-10/111122223333/2026-10_111122223333_INVOICE_"


@dataclass
class Bucket:
    """What each key contains; None: not stored by the archive."""

    sha256: Mapping[str, str | None]
    asked: list[str] = field(default_factory=list)

    def adopt(self, key: str) -> tuple[StoredObject, dict[str, str]]:
        self.asked.append(key)
        sha256 = self.sha256[key]
        if sha256 is None:
            raise EvidenceConflict(key)
        return StoredObject(key, "v", sha256, 5), {}


def documents(**content: str | None) -> tuple[StoredDocuments, Bucket]:
    """An archive with these documents of five bytes, by the end of their names."""
    bucket = Bucket({f"{FOLDER}{name}.pdf": sha256 for name, sha256 in content.items()})
    stored = StoredDocuments(bucket)  # type: ignore[arg-type]
    for key in bucket.sha256:
        stored.look_up(KeptVersions(key, "v", 5, 1, 0))
    return stored, bucket


def test_a_paper_is_alone_unless_another_invoice_has_it() -> None:
    stored, _ = documents(A1="x")
    assert stored.hold_alone("A2", "x", 5) == ["A1"]
    assert stored.hold_alone("A2", "x", 5, beside=["A1"]) == []
    assert stored.hold_alone("A1", "y", 5) == []
    assert stored.hold_alone("A3", "y", 5) == ["A1"]


def test_what_one_invoice_is_refused_it_does_not_hold() -> None:
    stored, _ = documents(A1="x")
    assert stored.hold_alone("A2", "x", 5) == ["A1"]
    assert stored.hold_alone("A3", "x", 5) == ["A1"]


def test_an_invoice_that_its_paper_names_holds_it_in_any_case() -> None:
    stored, _ = documents()
    stored.hold("A1", "x")
    assert stored.hold_alone("A2", "x", 5) == ["A1"]


def test_only_documents_of_the_same_size_are_asked_for_and_each_once() -> None:
    stored, bucket = documents(A1="x")
    assert stored.hold_alone("A2", "x", 6) == []
    assert bucket.asked == []
    stored.hold_alone("A3", "z", 5)
    stored.hold_alone("A4", "w", 5)
    assert len(bucket.asked) == 1


def test_only_the_newest_document_of_an_invoice_is_its_own() -> None:
    stored, _ = documents(A1_r2="right", A1="wrong", A1_SUPPLEMENT_1="other")
    assert stored.hold_alone("A2", "wrong", 5) == []
    assert stored.hold_alone("A2", "other", 5) == []
    assert stored.hold_alone("A2", "right", 5) == ["A1"]


def test_what_the_archive_did_not_store_is_nobodys_document() -> None:
    stored, _ = documents(A1=None)
    assert stored.hold_alone("A2", "x", 5) == []

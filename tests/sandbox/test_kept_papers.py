"""Papers are printed once, and what is kept is what would be printed."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from sandbox.invoicing.catalogue import CatalogueInvoice, Document, SupplementalDocument
from sandbox.organization import Organization
from sandbox.organization import kept_papers as module
from sandbox.organization.kept_papers import KeptPapers

NOW = datetime(2026, 11, 12, 6, tzinfo=UTC)
PAYERS = {"142857306914": "Straits Meridian", "481516234277": "Verdejante"}
NAMES = """
from datetime import UTC, datetime
from functools import partial
from sandbox.organization import Organization
from sandbox.organization.kept_papers import _name
payer, until = "481516234277", datetime(2026, 2, 1, tzinfo=UTC)
made = Organization({payer: "V"}).invoices(payer, until)
for invoice in made.values():
    for one in (invoice.document, *invoice.supplements):
        print(_name(one.content))
"""


class Printer:
    """Counts what it prints."""

    def __init__(self) -> None:
        self.printed: list[str] = []

    def paper(self, text: str) -> bytes:
        self.printed.append(text)
        return f"paper {text}".encode()


def invoice(printer: Printer, text: str = "a", supplement: str = "b") -> CatalogueInvoice:
    return CatalogueInvoice(
        {"InvoiceId": "1"},
        NOW,
        Document(partial(printer.paper, text), NOW),
        (
            SupplementalDocument(
                partial(printer.paper, supplement), NOW, document_type="SUPPLEMENT", document_id="d"
            ),
        ),
    )


def read(made: CatalogueInvoice) -> list[bytes]:
    return [made.document.read(), *(one.read() for one in made.supplements)]


def test_a_paper_is_printed_once_for_all_who_share_the_folder(tmp_path: Path) -> None:
    printer = Printer()
    for _ in range(2):
        assert read(KeptPapers(tmp_path).of(invoice(printer))) == [b"paper a", b"paper b"]
    assert printer.printed == ["a", "b"]


def test_another_bill_is_another_paper(tmp_path: Path) -> None:
    printer, kept = Printer(), KeptPapers(tmp_path)
    read(kept.of(invoice(printer)))
    assert read(kept.of(invoice(printer, text="c"))) == [b"paper c", b"paper b"]


def test_other_sources_print_anew_and_remove_the_old_papers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = Printer()
    read(KeptPapers(tmp_path).of(invoice(printer)))
    monkeypatch.setattr(module, "version", lambda _: "another")
    read(KeptPapers(tmp_path).of(invoice(printer)))
    assert printer.printed == ["a", "b", "a", "b"]
    assert len(list(tmp_path.iterdir())) == 1


def test_another_wording_of_periods_prints_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = Printer()
    read(KeptPapers(tmp_path / "papers").of(invoice(printer)))
    changed = tmp_path / "billing_period.py"
    changed.write_text("# words a period otherwise")
    monkeypatch.setattr(module.billing_period, "__file__", str(changed))
    read(KeptPapers(tmp_path / "papers").of(invoice(printer)))
    assert printer.printed == ["a", "b", "a", "b"]


def test_nothing_of_a_person_is_removed_from_the_folder(tmp_path: Path) -> None:
    mine = tmp_path / "Taxes 2025" / "return.pdf"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    read(KeptPapers(tmp_path).of(invoice(Printer())))
    assert mine.read_bytes() == b"mine"


def test_a_paper_that_cannot_be_kept_is_served_all_the_same(tmp_path: Path) -> None:
    kept = KeptPapers(tmp_path / "papers")
    (tmp_path / "papers").write_text("a file where the folder would be")
    assert read(kept.of(invoice(Printer()))) == [b"paper a", b"paper b"]


@pytest.mark.parametrize("content", [b"", b"half of", b"x" * 50])
def test_a_damaged_file_is_printed_anew(tmp_path: Path, content: bytes) -> None:
    printer = Printer()
    read(KeptPapers(tmp_path).of(invoice(printer)))
    for file in tmp_path.glob("*/*"):
        file.write_bytes(content)
    assert read(KeptPapers(tmp_path).of(invoice(printer))) == [b"paper a", b"paper b"]
    assert read(KeptPapers(tmp_path).of(invoice(Printer()))) == [b"paper a", b"paper b"]
    assert printer.printed == ["a", "b", "a", "b"]


def test_a_paper_that_differs_at_each_download_is_not_kept(tmp_path: Path) -> None:
    each = iter((b"one", b"two"))
    made = CatalogueInvoice({"InvoiceId": "1"}, NOW, Document(lambda: next(each), NOW))
    kept = KeptPapers(tmp_path).of(made)
    assert [kept.document.read(), kept.document.read()] == [b"one", b"two"]


def test_kept_papers_are_those_of_the_organization(tmp_path: Path) -> None:
    until = datetime(2025, 2, 12, tzinfo=UTC)
    plain = Organization(PAYERS)
    for _ in range(2):
        kept = Organization(PAYERS, kept_papers=KeptPapers(tmp_path))
        for payer in PAYERS:
            expected = plain.invoices(payer, until).values()
            found = kept.invoices(payer, until).values()
            assert list(map(read, found)) == list(map(read, expected))


def test_a_paper_has_the_same_name_in_every_process() -> None:
    names = {
        subprocess.run(
            [sys.executable, "-c", NAMES],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(names) == 1
    listed = names.pop().split()
    assert len(listed) == len(set(listed)) > 3

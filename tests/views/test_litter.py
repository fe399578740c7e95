"""What is known by its name alone to come from a computer, and what never may be."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.evidence.archive_layout import invoice_document_stem
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.views.litter import LITTER, litter_pattern
from lambdas.views.readme import CHECK_MANIFESTS
from tests.domain.examples import ACME, OCTOBER

ALIKE = st.sampled_from(LITTER).map(lambda pattern: pattern.replace("*", "ledger"))


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        (".DS_Store", ".DS_Store"),
        ("._ledger.xlsx", "._*"),
        ("Icon\r", "Icon\r"),
        ("Desktop.ini", "desktop.ini"),
        ("thumbs.db", "Thumbs.db"),
        ("~$ledger.xlsx", "~$*"),
        (".~lock.ledger.xlsx#", ".~lock.*#"),
        (".ledger.csv.swp", ".*.sw[a-p]"),
        ("@eaDir", "@eaDir"),
        (".nfs00000000024b0e3b00000001", ".nfs0*"),
    ],
)
def test_what_computers_leave_is_known_by_its_name(name: str, pattern: str) -> None:
    assert litter_pattern(name) == pattern


@pytest.mark.parametrize(
    "name",
    [
        "2026-10_111122223333_INVOICE_A3.pdf",
        "2026-10_111122223333_INVOICE_A3.pdf.crdownload",
        "2026-10_111122223333_INVOICE_A3 (1).pdf",
        "ledger.csv~",
        "ledger (conflicted copy).csv",
        ".A3.pdf",
        ".DS_Store.pdf",
        "Icon",
        "Icon.pdf",
        "lock.ledger.xlsx#",
        "notes.txt",
        "thumb\u017f.db",
        "",
    ],
)
def test_whatever_else_lies_there_is_reported(name: str) -> None:
    assert litter_pattern(name) is None


@given(st.text() | ALIKE)
def test_nothing_that_the_archive_names_is_ever_taken_for_litter(invoice_id: str) -> None:
    stem = invoice_document_stem(OCTOBER, ACME, "INVOICE", invoice_id)
    names = [safe_segment(invoice_id), *f"{stem}.swp".split("/")]
    assert not any(map(litter_pattern, names))


def test_the_program_of_the_readme_has_the_same_list() -> None:
    (listed,) = re.findall(r"^LITTER = (\[.*?^\])", CHECK_MANIFESTS, re.DOTALL | re.MULTILINE)
    assert ast.literal_eval(listed) == list(LITTER)

"""Letters on the made-up papers stand in the order in which a person reads them.

The glyphs are read from the page itself: a PDF reader paints those of one string from left to
right.
"""

import io
import re
from datetime import UTC, datetime
from typing import Any

import pypdf
import pytest
from pypdf.generic import ContentStream

from lambdas.domain.documents.document_text import whose_paper
from sandbox.organization import Organization
from sandbox.organization.visual_order import visual_order

ORCHARD, PLAIN = "318406957221", "123123123123"
UNTIL = datetime(2025, 2, 12, tzinfo=UTC)
MAPPED = re.compile(r"<([0-9A-Fa-f]{4})> ?<([0-9A-Fa-f]{4})>")


def invoice(payer: str, name: str) -> tuple[str, bytes]:
    """The id and the paper of a payer account's first invoice."""
    (one, *_) = Organization({payer: name}).invoices(payer, UNTIL).values()
    return one.invoice_id, one.document.read()


def painted(paper: bytes) -> list[str]:
    """The strings of the first page as they are painted, each from left to right."""
    page = pypdf.PdfReader(io.BytesIO(paper)).pages[0]
    fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
    letters: dict[int, str] = {}
    lines = []
    for operands, operator in ContentStream(page["/Contents"].get_object(), page.pdf).operations:
        if operator == b"Tf":
            table = fonts[operands[0]].get("/ToUnicode")
            found = MAPPED.findall(table.get_data().decode("latin-1")) if table else []
            letters = {int(glyph, 16): chr(int(letter, 16)) for glyph, letter in found}
        elif operator in (b"Tj", b"TJ") and letters:
            parts = operands[0] if operator == b"TJ" else operands
            raw = b"".join(one.original_bytes for one in parts if hasattr(one, "original_bytes"))
            glyphs = [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]
            lines.append("".join(letters.get(glyph, "?") for glyph in glyphs))
    return lines


def read_from_the_right(line: str) -> str:
    return line[::-1]


def test_hebrew_is_painted_so_that_it_reads_from_the_right() -> None:
    name, street, town = painted(invoice(ORCHARD, "")[1])[:3]
    assert read_from_the_right(name) == 'פרדס רמת מערכות בע"מ'
    assert street.startswith("7 ")  # a number stands behind its street, so on the left
    assert read_from_the_right(street).startswith("רחוב הברזל ")
    assert town.startswith("6971012 ")
    assert read_from_the_right(town).startswith("תל אביב-יפו ")


def test_a_bracket_opens_on_the_right_of_a_name_that_reads_from_the_right() -> None:
    (name, *_) = painted(invoice(PLAIN, "בית (צפון)")[1])
    assert name.index(")") > name.index("(")
    assert name.startswith("(")
    assert name.endswith(read_from_the_right("בית "))


def test_a_long_name_begins_in_its_first_line() -> None:
    lines = painted(invoice(PLAIN, "ראשון " + "באמצע " * 20 + "אחרון")[1])
    assert len(lines) > 1
    assert read_from_the_right(lines[0]).startswith("ראשון באמצע")
    assert read_from_the_right(lines[-1]).endswith("באמצע אחרון")


def test_the_archive_still_reads_whose_paper_it_is() -> None:
    invoice_id, paper = invoice(ORCHARD, "")
    text = pypdf.PdfReader(io.BytesIO(paper)).pages[0].extract_text()
    assert whose_paper(text, invoice_id, {ORCHARD}).is_own
    assert 'פרדס רמת מערכות בע"מ' in text


@pytest.mark.parametrize(
    "text", ["", "Zürich (AG) <1>", "株式会社ミナト精密", "Жуковский", "a{nb}"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert visual_order(text) == text


def test_latin_letters_within_hebrew_keep_their_order() -> None:
    assert visual_order("פרדס AWS 12") == "AWS 12 סדרפ"

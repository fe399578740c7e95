"""The fonts that papers are printed in.

The fonts built into every PDF reader have those of Western Europe. For Polish, Greek, Russian,
Hebrew, Arabic and more there is FiraGO, for Japanese Noto Sans JP; a paper that needs one of them
carries it. Each of them is tried first with no more than the characters of the organization's own
sources: fpdf2 reads a font anew for each paper, and the whole one takes it half a second.
"""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import pylopdf_fonts_jp
import pymupdf_fonts
from fontTools import subset
from fontTools.ttLib import TTFont

WESTERN = "windows-1252"
"""The characters of the built-in fonts, as an encoding."""
BUILT_IN = "Helvetica"
_UNPRINTABLE = "?"
_WRITING = threading.Lock()


@dataclass(frozen=True)
class Typeface:
    """A family of fonts; `file` makes a font's file by its style, "" or "B"."""

    family: str
    file: Callable[[str], Path]

    def missing(self, text: str) -> set[str]:
        return {one for one in text if ord(one) not in _characters(self.file(""))}

    def printable(self, text: str) -> str:
        missing = self.missing(text)
        return "".join(_UNPRINTABLE if one in missing else one for one in text)


@lru_cache(4096)
def typeface_for(text: str) -> Typeface | None:
    """The family with most of the text's characters; None if no family has more than the built-in
    fonts.
    """
    if text.isascii() or western(text) == text:
        return None
    best = min(_TYPEFACES, key=lambda typeface: len(typeface.missing(text)))
    return best if len(best.missing(text)) < len(_missing_in_western(text)) else None


def western(text: str) -> str:
    """The text in the characters of the built-in fonts; others become question marks."""
    return text.encode(WESTERN, "replace").decode(WESTERN)


def _missing_in_western(text: str) -> set[str]:
    return {one for one in text if western(one) != one}


@cache
def _characters(file: Path) -> frozenset[int]:
    with TTFont(file, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _fira_go(style: str) -> Path:
    font = "figbo" if style else "figo"
    return _kept(f"{font}.ttf", lambda path: path.write_bytes(pymupdf_fonts.myfont(font)))


def _noto_sans_jp(_style: str) -> Path:
    return pylopdf_fonts_jp.sans_path()


def _own_part(file: Callable[[str], Path]) -> Callable[[str], Path]:
    """The font with the characters of the organization's sources and those of Western Europe."""

    def part(style: str) -> Path:
        whole = file(style)
        return _kept(f"own-{whole.name}", lambda path: _write_part(whole, path))

    return part


def _write_part(whole: Path, path: Path) -> None:
    options = subset.Options(notdef_outline=True, layout_features=[], drop_tables=_FOR_LAYOUT)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=_own_characters())
    with TTFont(whole, lazy=True, recalcTimestamp=False) as font:
        subsetter.subset(font)
        font.save(path)


def _own_characters() -> set[int]:
    sources = Path(__file__).parent.glob("*.py")
    written = {one for source in sources for one in source.read_text(encoding="utf-8")}
    return {ord(one) for one in written} | {*range(32, 0x180)}


def _kept(name: str, write: Callable[[Path], object]) -> Path:
    # Fonts are given to fpdf2 as files. Papers are printed in several threads: none may read a file
    # that another is still writing, or make a second folder, of which one would vanish.
    with _WRITING:
        path = Path(_folder().name) / name
        if not path.exists():
            write(path)
    return path


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="typefaces-")


_FOR_LAYOUT = ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
"""Tables for shaping and vertical text, which these papers have not."""
_TYPEFACES = (
    Typeface("FiraGO", _own_part(_fira_go)),
    Typeface("NotoSansJP", _own_part(_noto_sans_jp)),
    Typeface("FiraGOWhole", _fira_go),
    Typeface("NotoSansJPWhole", _noto_sans_jp),
)

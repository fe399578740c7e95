"""The fonts that papers are printed in.

The fonts built into every PDF reader have those of Western Europe. For Polish, Greek, Russian,
Hebrew, Arabic and more there is FiraGO, for Japanese Noto Sans JP; a paper that needs one of them
carries it.
"""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pylopdf_fonts_jp
import pymupdf_fonts
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


def typeface_for(text: str) -> Typeface | None:
    """The family with most of the text's characters; None if no family has more than the built-in
    fonts.
    """
    if not _missing_in_western(text):
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
    # Fonts are given to fpdf2 as files, and this package holds them as bytes. Papers are printed in
    # several threads: none may read a file that another is still writing.
    with _WRITING:
        path = Path(_folder().name) / f"FiraGO{style}.ttf"
        if not path.exists():
            path.write_bytes(pymupdf_fonts.myfont("figbo" if style else "figo"))
    return path


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="typefaces-")


def _noto_sans_jp(_style: str) -> Path:
    return pylopdf_fonts_jp.sans_path()


_TYPEFACES = (Typeface("FiraGO", _fira_go), Typeface("NotoSansJP", _noto_sans_jp))

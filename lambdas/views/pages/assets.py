"""The style and the script embedded in each page, read once from the files beside this one."""

from importlib.resources import files


def _text(name: str) -> str:
    return "\n" + files("lambdas.views.pages").joinpath(name).read_text("utf-8")


STYLE = _text("style.css")
"""The look of the pages: on a desk, on a phone, in the dark and on paper.

Colours are tokens, and each pair of text and background has a contrast of at least 4.5. A verdict
is recognised by its word, its shape and its colour. Nothing is loaded: the fonts are the reader's.
"""
SCRIPT = _text("script.js")
"""The one script of the pages. It opens the payer account of a link, unfolds for printing where the
style cannot, and adds a filter.

Without it a reader opens that line by hand and uses the browser's own search.
"""

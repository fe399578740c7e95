"""The style and the script that each page has within it: the files beside this one, read once."""

from importlib.resources import files


def _text(name: str) -> str:
    return "\n" + files("lambdas.views.pages").joinpath(name).read_text("utf-8")


STYLE = _text("style.css")
"""How the pages look: on a desk, on a phone, in the dark and on paper.

Colours are tokens, and each pair of text and ground has a contrast of at least 4.5. A verdict is
told by its word, its shape and its colour. Nothing is loaded: the fonts are the reader's own.
"""
SCRIPT = _text("script.js")
"""The one script of the pages: it opens the payer account that a link leads to, opens for the
printer what is folded where the style cannot, and makes a filter.

Without it a reader opens that line by hand and searches with the browser's own means.
"""

"""The style and the scripts embedded in each page, read once from the files beside this one."""

from importlib.resources import files

STYLES = ("style.css", "find.css")
SCRIPTS = ("find_words.js", "script.js", "find.js", "sort.js", "open_from.js", "late.js")


def _text(name: str) -> str:
    return "\n" + files("lambdas.views.pages").joinpath(name).read_text("utf-8")


STYLE = "".join(map(_text, STYLES))
"""The look of the pages: on a desk, on a phone, in the dark and on paper.

Colours are tokens, and each pair of text and background has a contrast of at least 4.5. A status
is recognised by its word, its shape and its colour. Nothing is loaded: the fonts are the reader's.
"""
SCRIPT = "".join(map(_text, SCRIPTS))
"""The script of the pages. It opens the payer account or invoice of a link, unfolds for printing
where the style cannot, filters a month, searches all months, sorts tables, adds the switch that
opens files in the console, and counts the days since a deadline or a due date.

Without it a reader opens that line by hand and uses the browser's own search; links open the files
of the copy, and deadlines and due dates are dates.
"""

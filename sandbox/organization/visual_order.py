"""Text in the order in which its letters stand on paper, from left to right.

fpdf2 prints letters in the order of the string. Hebrew and Arabic letters are read from right to
left, so their runs are turned round for it; it can do that itself only with a shaping library.
"""

import unicodedata

from fpdf.bidi import BidiParagraph

_RIGHT_TO_LEFT = frozenset({"R", "AL", "RLE", "RLO", "RLI"})
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def visual_order(text: str) -> str:
    """The text as its letters stand from left to right; brackets within a turned run face the
    other way.
    """
    if not any(unicodedata.bidirectional(one) in _RIGHT_TO_LEFT for one in text):
        return text
    return "".join(
        one.character.translate(_MIRRORED) if one.embedding_level % 2 else one.character
        for one in BidiParagraph(text).get_reordered_characters()
    )

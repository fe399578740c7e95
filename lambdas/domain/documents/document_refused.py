"""The refusal of a document that AWS offers."""

_PASSING = ("DOWNLOAD_FAILED", "DOCUMENT_DAMAGED")


class DocumentRefused(Exception):
    """The document is not stored.

    `code` is a finding code, `detail` a sentence without the URL.
    """

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")

    @property
    def may_pass(self) -> bool:
        """True if another download may succeed at once."""
        return self.code in _PASSING

"""Links to what lies in the archive, for a copy of it and for the S3 console."""

from urllib.parse import quote

from lambdas.domain.pages.html import Html, element


class Links:
    """Links from a page that lies `depth` folders below the bucket's root.

    In the console only the one object that is opened is signed, so its relative links are refused
    there; that is why each has a link to the console beside it.
    """

    def __init__(self, bucket: str, depth: int) -> None:
        self._to_root = "../" * depth
        self._console = f"https://s3.console.aws.amazon.com/s3/object/{quote(bucket)}?prefix="

    def to(self, key: str, label: str | Html, *, what: str = "") -> Html:
        """A link to the file, and one to the object in the console.

        `what` says for a screen reader what the second leads to; by default that is `label`.
        """
        path = quote(key)
        console = element(
            "a",
            "S3",
            class_="s3",
            href=self._console + path,
            title="Open in the S3 console",
            aria_label=f"{what or label} in the S3 console",
        )
        return Html(f"{element('a', label, href=self._to_root + path)} {console}")

    def inside(self, anchor: str, label: str | Html) -> Html:
        """A link to a place in the same page."""
        return element("a", label, href=f"#{quote(anchor)}")

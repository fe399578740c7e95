"""Links to objects of the archive, for a copy of it and for the S3 console."""

from urllib.parse import quote

from lambdas.domain.evidence.console_link import console_link
from lambdas.views.pages.html import Html, element


class Links:
    """Links from a page `depth` folders below the root of a bucket in this region.

    The console signs only the opened object, so relative links are refused there; therefore each
    has a link to the console beside it.
    """

    def __init__(self, bucket: str, region: str, depth: int) -> None:
        self._to_root = "../" * depth
        self._bucket = bucket
        self._region = region

    def to(self, key: str, label: str | Html, *, what: str = "") -> Html:
        """A link to the file, and one to the object in the console.

        `what` names the target of the second for screen readers; the default is `label`.
        """
        console = element(
            "a",
            "S3",
            class_="s3",
            href=console_link(self._bucket, self._region, key),
            title="Open in the S3 console",
            aria_label=f"{what or label} in the S3 console",
        )
        return Html(f"{element('a', label, href=self._to_root + quote(key))} {console}")

    def inside(self, anchor: str, label: str | Html) -> Html:
        """A link to a place on the same page."""
        return element("a", label, href=f"#{quote(anchor)}")

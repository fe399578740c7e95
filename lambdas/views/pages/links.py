"""Links to objects of the archive: to the files of a copy, and through a switch to the console."""

from urllib.parse import quote

from lambdas.domain.evidence.console_link import console_bucket_link, console_link
from lambdas.views.pages.html import Html, element, name


class Links:
    """Links from a page `depth` folders below the root of a bucket in this region.

    The console signs only the opened object, so relative links are refused there. Therefore the
    page has the console's address once, and its script can turn all links to it.
    """

    def __init__(self, bucket: str, region: str, depth: int) -> None:
        self._to_root = "../" * depth
        self._bucket = bucket
        self._region = region

    @property
    def console(self) -> str:
        """The beginning of an object's address in the console; the quoted key follows."""
        return console_link(self._bucket, self._region, "")

    def to(self, key: str, label: str | Html, *, what: str = "") -> Html:
        """A link to the file. `what` says more than `label` to a screen reader."""
        says = f"{label}: {what}" if what else None
        return element("a", label, href=self._to_root + quote(key), aria_label=says)

    def to_bucket(self) -> Html:
        """A link to the bucket in the console."""
        return element(
            "a", name(self._bucket), href=console_bucket_link(self._bucket, self._region)
        )

    def inside(self, anchor: str, label: str | Html) -> Html:
        """A link to a place on the same page."""
        return element("a", label, href=f"#{quote(anchor)}")

"""The codes that only a live bucket can show: one function each, named after it. It damages a good
bucket so that the check finds that code and no other.
"""

from datetime import UTC, datetime
from typing import Any

from tests.ops.bad_copies import a_document
from tests.ops.made_archive import BUCKET, MadeArchive


def object_hidden(made: MadeArchive, s3: Any) -> None:
    s3.delete_object(Bucket=BUCKET, Key=a_document(made))


def object_overlaid(made: MadeArchive, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=a_document(made), Body=b"%PDF-1.4 another")


def object_new(made: MadeArchive, s3: Any) -> None:
    """What a run that is under way has stored."""
    s3.put_object(Bucket=BUCKET, Key=a_document(made).replace("-11.pdf", "-12.pdf"), Body=b"%PDF")


def version_gone(made: MadeArchive, s3: Any) -> None:
    """The archived version deleted for good, another put in its place."""
    key = a_document(made)
    version_id = s3.head_object(Bucket=BUCKET, Key=key)["VersionId"]
    lock(made, s3, {})
    s3.put_object(Bucket=BUCKET, Key=key, Body=made.files[key])
    s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version_id)


def lock_absent(made: MadeArchive, s3: Any) -> None:
    lock(made, s3, {})


def lock_short(made: MadeArchive, s3: Any) -> None:
    lock(made, s3, {"Mode": "COMPLIANCE", "RetainUntilDate": datetime(2030, 1, 1, tzinfo=UTC)})


def lock_weak(made: MadeArchive, s3: Any) -> None:
    lock(made, s3, {"Mode": "GOVERNANCE", "RetainUntilDate": datetime(2037, 1, 1, tzinfo=UTC)})


def lock(made: MadeArchive, s3: Any, retention: dict[str, Any]) -> None:
    s3.put_object_retention(
        Bucket=BUCKET, Key=a_document(made), Retention=retention, BypassGovernanceRetention=True
    )

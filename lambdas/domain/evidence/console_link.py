"""Links to objects in the S3 console, which signs in whoever opens one."""

from urllib.parse import quote

_CONSOLES = (
    ("cn-", "https://console.amazonaws.cn"),
    ("us-gov-", "https://console.amazonaws-us-gov.com"),
    ("", "https://console.aws.amazon.com"),
)
"""The console of each partition, by the prefix of its regions."""


def console_link(bucket: str, region: str, key: str) -> str:
    """The page of the object in the console; it grants nothing."""
    return f"{_console(region)}/object/{quote(bucket)}?region={quote(region)}&prefix={quote(key)}"


def console_bucket_link(bucket: str, region: str) -> str:
    """The page of the bucket in the console."""
    return f"{_console(region)}/buckets/{quote(bucket)}?region={quote(region)}"


def _console(region: str) -> str:
    return next(site for start, site in _CONSOLES if region.startswith(start)) + "/s3"

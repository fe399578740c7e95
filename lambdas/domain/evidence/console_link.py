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
    console = next(site for start, site in _CONSOLES if region.startswith(start))
    return f"{console}/s3/object/{quote(bucket)}?region={quote(region)}&prefix={quote(key)}"

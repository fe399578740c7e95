import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from lambdas.domain.documents.document_url import (
    DEFAULT_DOCUMENT_HOSTS,
    DocumentUrl,
    host_pattern_problem,
    refusal,
)

HOST = "statements-prod.s3.us-east-1.amazonaws.com"
QUERY = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&X-Amz-Signature=5ec2e7"
S3_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)?s3(?:\.[a-z0-9-]+)?\.amazonaws\.com"
    r"|[a-z0-9-]+\.s3\.dualstack\.[a-z0-9-]+\.amazonaws\.com"
)
PIECES = (
    "https://", "http://", "HTTPS://", "//", "/", "\\", ":", "@", "#", "?", "%2e", "%2F", "%40",
    "[", "]", "::1", "a.s3.amazonaws.com", HOST, "s3.amazonaws.com", "evil.example",
    "169.254.169.254", "127.0.0.1", "localhost", ".", "443", "80", "user:pw", "\t", "\r\n", "\0",
    " ", "\u3002", "\uff0f", "\u212b", "x", "amazonaws.com", "&X-Amz-Signature=1", ";", ",", "*",
)  # fmt: skip


def refused(url: str, hosts: tuple[str, ...] = DEFAULT_DOCUMENT_HOSTS) -> str | None:
    return refusal(DocumentUrl(url), hosts)


@pytest.mark.parametrize(
    "host",
    [
        HOST,
        "bucket.s3.amazonaws.com",
        "bucket.s3.dualstack.eu-north-1.amazonaws.com",
        "s3.amazonaws.com",
        "s3.eu-central-1.amazonaws.com",
        "Bucket.S3.AmazonAWS.com",
    ],
)
def test_presigned_s3_urls_are_accepted(host: str) -> None:
    assert refused(f"https://{host}/key?{QUERY}") is None
    assert refused(f"https://{host}:443/key?{QUERY}") is None


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/key",
        f"ftp://{HOST}/key",
        f"file://{HOST}/key",
        f"gopher://{HOST}/key",
        f"//{HOST}/key",
        f"{HOST}/key",
        f"https:{HOST}/key",
        f"https:/{HOST}/key",
        f"https:///{HOST}/key",
        f"https://{HOST}:80/key",
        f"https://{HOST}:8443/key",
        f"https://{HOST}:0/key",
        f"https://{HOST}:99999/key",
        f"https://{HOST}:x/key",
        f"https://user@{HOST}/key",
        f"https://user:password@{HOST}/key",
        f"https://@{HOST}/key",
        f"https://{HOST}@evil.example/key",
        f"https://evil.example/{HOST}",
        f"https://evil.example?{HOST}",
        f"https://evil.example#{HOST}",
        f"https://evil.example#@{HOST}/",
        f"https://{HOST}/key#fragment",
        f"https://{HOST}/key#",
        f"https://{HOST}.evil.example/key",
        "https://x.s3.amazonaws.com.evil.example/key",
        "https://evil-s3.amazonaws.com/key",
        "https://xs3.amazonaws.com/key",
        "https://s3.amazonaws.com.evil.example/key",
        "https://amazonaws.com/key",
        "https://a.b.s3.amazonaws.com/key",
        "https://s3-website.us-east-1.amazonaws.com/key",
        "https://.s3.amazonaws.com/key",
        "https://x..s3.amazonaws.com/key",
        f"https://{HOST}./key",
        f"https://{HOST}%2eevil.example/key",
        f"https://{HOST}%00.evil.example/key",
        "https://evil%2Eexample/key",
        f"https://evil.example\\@{HOST}/key",
        f"https:\\\\{HOST}\\key",
        f"https://{HOST}\\.evil.example/key",
        f"https://evil.example\t.{HOST}/key",
        f"https://{HOST}/key\r\nHost: evil.example",
        f"https://{HOST}/key with space",
        f"\nhttps://{HOST}/key",
        f"https://{HOST}/key\0",
        f"https://{HOST}/\x7f",
        "https://x.s3.amazonaws\u3002com/key",
        "https://x.s3.amaz\u043enaws.com/key",  # a Cyrillic letter
        "https://\uff53\uff13.amazonaws.com/key",  # full-width letters
        "https://x.\u017f3.amazonaws.com/key",  # a long s, which casefold() makes an s
        "https://[::1]/key",
        "https://[::ffff:169.254.169.254]/key",
        "https://[fe80::1%25eth0]/key",
        "https://[x.s3.amazonaws.com]/key",
        "https://[/key",
        "https://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "https://2852039166/",
        "https://0x7f000001/",
        "https://127.0.0.1/key",
        "http://127.0.0.1:8080/key",
        "http://localhost/key",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_hostile_or_foreign_url_is_refused(url: str) -> None:
    assert refused(url)


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=30))
@example(f"https://{HOST}/")
@example("https://a.s3.amazonaws.com:443?x")
def test_whatever_is_accepted_leads_to_an_s3_host_in_the_eyes_of_the_http_client(url: str) -> None:
    if refused(url) is None:
        seen = parse_url(url)
        assert seen.scheme == "https"
        assert seen.host is not None
        assert S3_HOST.fullmatch(seen.host)
        assert seen.port in (None, 443)
        assert seen.auth is None


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=30))
def test_whatever_is_accepted_with_a_loopback_pattern_leads_there_or_to_s3(url: str) -> None:
    hosts = (*DEFAULT_DOCUMENT_HOSTS, "127.0.0.1")
    if refused(url, hosts) is None:
        seen = parse_url(url)
        assert seen.auth is None
        if seen.host != "127.0.0.1":
            assert seen.host is not None
            assert S3_HOST.fullmatch(seen.host)
            assert (seen.scheme, seen.port in (None, 443)) == ("https", True)


@given(st.from_regex(r"https://[a-z0-9.-]{1,40}/", fullmatch=True))
def test_only_hosts_of_the_patterns_are_accepted(url: str) -> None:
    host = url.removeprefix("https://").removesuffix("/")
    assert refused(url, ("*.documents.example", "one.example")) is not None or re.fullmatch(
        r"[a-z0-9-]+\.documents\.example|one\.example", host
    )


def test_a_star_stands_for_exactly_one_label() -> None:
    hosts = ("*.documents.example",)
    assert refused("https://a.documents.example/", hosts) is None
    assert refused("https://documents.example/", hosts)
    assert refused("https://a.b.documents.example/", hosts)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566/k", "https://127.0.0.1/k"])
def test_a_loopback_address_that_is_named_may_be_opened_with_http_on_any_port(url: str) -> None:
    assert refused(url, ("127.0.0.1",)) is None


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("http://localhost:4566/k", ("127.0.0.1",)),
        ("http://127.0.0.1:4566/k", ("localhost",)),
        ("http://127.0.0.1:4566/k", ("*.0.0.1", "*")),
        ("http://127.0.0.2:4566/k", ("127.0.0.1",)),
        ("http://127.1/k", ("127.0.0.1",)),
        ("http://127.0.0.1.evil.example/k", ("127.0.0.1",)),
        ("http://evil.example@127.0.0.1/k", ("127.0.0.1",)),
        ("http://127.0.0.1@evil.example/k", ("127.0.0.1",)),
        ("ftp://127.0.0.1/k", ("127.0.0.1",)),
        ("http://10.0.0.1/k", ("10.0.0.1",)),
        (f"http://{HOST}/k", ("127.0.0.1", *DEFAULT_DOCUMENT_HOSTS)),
        (f"https://{HOST}:4566/k", ("127.0.0.1", *DEFAULT_DOCUMENT_HOSTS)),
    ],
)
def test_the_loopback_rule_opens_nothing_else(url: str, hosts: tuple[str, ...]) -> None:
    assert refused(url, hosts)


@given(st.sampled_from(PIECES), st.sampled_from(PIECES))
def test_a_refusal_never_quotes_path_or_query(one: str, other: str) -> None:
    reason = refused(f"{one}{other}/SECRET-PATH?X-Amz-Signature=SECRET-SIGNATURE#SECRET")
    assert reason is None or "SECRET" not in reason


def test_every_way_of_printing_a_document_url_hides_its_path_and_query() -> None:
    url = DocumentUrl(f"https://{HOST}/SECRET-PATH?X-Amz-Signature=SECRET-SIGNATURE")
    for printed in (
        str(url),
        repr(url),
        f"{url}",
        f"{url!r}",
        "%s" % url,  # noqa: UP031 - loggers print so
        str([url]),
        str({"url": url}),
        str(ValueError(url)),
    ):
        assert "SECRET" not in printed
        assert HOST in printed


def test_a_url_that_cannot_be_read_is_printed_without_any_of_it() -> None:
    assert "SECRET" not in repr(DocumentUrl("https://[SECRET"))


def test_the_default_host_patterns_can_be_used() -> None:
    assert [host_pattern_problem(pattern) for pattern in DEFAULT_DOCUMENT_HOSTS] == [None] * len(
        DEFAULT_DOCUMENT_HOSTS
    )


@pytest.mark.parametrize("pattern", ["127.0.0.1", "localhost", "a.example", "*.documents.example"])
def test_a_host_a_subdomain_pattern_and_loopback_can_be_host_patterns(pattern: str) -> None:
    assert host_pattern_problem(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.*",
        "*.com",
        "*.amazonaws.*",
        "amazonaws.*",
        "com",
        "",
        "*a.example.com",
        "a*.example.com",
        "**.example.com",
        ".example.com",
        "example.com.",
        "a..example.com",
        "https://example.com",
        "example.com:443",
        "example.com/path",
        "user@example.com",
        "EXAMPLE.com",
        "exa mple.com",
        "-a.example.com",
        "b\u00fccher.example.com",
        "example.com\n",
    ],
)
def test_a_pattern_that_is_none_or_would_match_anybody_is_refused_by_name(pattern: str) -> None:
    problem = host_pattern_problem(pattern)
    assert problem
    assert f"'{pattern}'" in problem

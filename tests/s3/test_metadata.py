"""What travels along: headers, user metadata, tags."""

from datetime import UTC, datetime

import pytest

from emulator.errors import AwsError
from emulator.services.s3 import metadata, tags


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ("plain", "plain"),
        ("Ä ☃".encode().decode("latin-1"), "Ä ☃"),  # UTF-8, as an HTTP library hands it on
        ("=?UTF-8?B?w4TDliDimIM=?=", "ÄÖ ☃"),
        ("=?ISO-8859-1?Q?a=E4b?=", "aäb"),
        ("=?nonsense?B?zzz?=", "=?nonsense?B?zzz?="),
        ("\xe4", "\xe4"),  # no UTF-8: Latin-1 after all
    ],
)
def test_metadata_is_read(wire: str, text: str) -> None:
    assert metadata.decoded(wire) == text
    assert metadata.decoded(metadata.encoded(text)) == text
    assert metadata.encoded(text).isascii()


def test_metadata_has_a_limit() -> None:
    assert metadata.sent_metadata({"A": "x" * 2047}) == {"a": "x" * 2047}
    with pytest.raises(AwsError) as caught:
        metadata.sent_metadata({"a": "x" * 2048})
    assert caught.value.code == "MetadataTooLarge"


def test_aws_chunked_is_not_kept() -> None:
    for sent, kept in [("aws-chunked", None), ("gzip,aws-chunked", "gzip"), ("gzip", "gzip")]:
        assert metadata.sent_headers({"ContentEncoding": sent}).get("Content-Encoding") == kept


def test_expires_is_kept_as_a_date() -> None:
    date = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    headers = metadata.sent_headers({"Expires": date})
    assert headers == {"Expires": "Wed, 02 Jan 2030 03:04:05 GMT"}
    assert metadata.shown("text/plain", headers, {})["Expires"] == date


def test_tags_in_a_header() -> None:
    assert tags.from_header("a=1&b=&c%20d=e%2Bf+g") == {"a": "1", "b": "", "c d": "e+f g"}
    assert tags.from_header(None) == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a=1&a=2", "InvalidArgument"),
        ("&", "InvalidArgument"),
        ("%ff=1", "InvalidArgument"),
        ("&".join(f"k{n}=v" for n in range(11)), "BadRequest"),
        ("aws:x=1", "InvalidTag"),
        ("=1", "InvalidTag"),
        ("k" * 129 + "=1", "InvalidTag"),
        ("k=" + "v" * 257, "InvalidTag"),
    ],
)
def test_tags_that_break_the_rules(text: str, code: str) -> None:
    with pytest.raises(AwsError) as caught:
        tags.from_header(text)
    assert caught.value.code == code

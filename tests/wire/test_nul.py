"""The character NUL, which SQLite keeps and PostgreSQL does not: both must answer the same."""

from collections.abc import Iterator

import pytest

from tests.house import House, MakeHouse
from tests.postgres import Server, postgres_server, postgres_url
from tests.wire.sockets import Wire, signed

__all__ = ["postgres_server", "postgres_url"]

FORM = "application/x-www-form-urlencoded"
ACCOUNT = "123456789012"


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def wire(request: pytest.FixtureRequest, make_house: MakeHouse) -> Iterator[Wire]:
    if request.param == "sqlite":
        house: House = request.getfixturevalue("house")
    else:
        server: Server = request.getfixturevalue("postgres_server")
        house = make_house(database_url=server.new_database())
    with Wire(house.endpoint) as wire:
        wire.ask("PUT /with-keys", Authorization=signed(ACCOUNT, "s3"))
        yield wire


@pytest.mark.slow
def test_nul_in_a_request_is_answered_and_no_fault_of_ours(wire: Wire) -> None:
    ec2, s3 = signed(ACCOUNT, "ec2"), signed(ACCOUNT, "s3")

    forms = {
        form: wire.ask("POST /", form, Content_Type=FORM, Authorization=ec2).code
        for form in (
            b"Action=ImportSnapshot&ClientToken=a%00&DiskContainer.Url=s3://with-keys/key",
            b"Action=ImportSnapshot&DiskContainer.Format=%00",
            b"Action=CreateTags&ResourceId.1=snap-0123456789abcdef0&Tag.1.Key=%00",
            b"Action=DescribeTags&Filter.1.Name=key&Filter.1.Value.1=%00",
        )
    }
    paths = {
        path: wire.ask(f"GET {path}", Authorization=s3).code
        for path in (
            "/%00",
            "/with%00keys/key",
            "/with-keys/%00",
            "/with-keys/key?uploadId=%00",
            "/with-keys?uploads&key-marker=k&upload-id-marker=%00",
        )
    }
    url = b"Action=ImportSnapshot&DiskContainer.Url=http://localhost/with-keys/%2500"
    missing = wire.ask("POST /", url, Content_Type=FORM, Authorization=ec2).code
    copy = wire.ask("PUT /with-keys/copy", Authorization=s3, X_Amz_Copy_Source="%00/key").code
    region = wire.ask(f"GET /?Action=DescribeSnapshots&X-Amz-Credential={ACCOUNT}/1/%00/ec2/x")

    assert set(forms.values()) == {"InvalidParameterValue"}
    assert list(paths.values()) == [
        "NoSuchBucket",
        "NoSuchBucket",
        "NoSuchKey",
        "NoSuchUpload",
        "InvalidArgument",
    ]
    assert missing == "InvalidParameter"
    assert copy == "NoSuchBucket"
    assert region.status == 200


@pytest.mark.slow
def test_the_key_of_an_object_may_have_a_nul(wire: Wire) -> None:
    s3 = signed(ACCOUNT, "s3")

    wire.ask("PUT /with-keys/a%00b", b"bytes", Authorization=s3)

    assert wire.ask("GET /with-keys/a%00b", Authorization=s3).body == b"bytes"
    listed = wire.ask("GET /with-keys?encoding-type=url&prefix=a%00", Authorization=s3)
    assert b"<Key>a%00b</Key>" in listed.body

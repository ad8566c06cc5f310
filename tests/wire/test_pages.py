"""The pages of vmie itself."""

import shutil
from importlib.metadata import version
from typing import Any

import httpx

from tests.house import House


def health(house: House) -> Any:
    reply = httpx.get(f"{house.endpoint}/_vmie/health")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    return reply.json()


def test_health_tells_how_the_parts_are(house: House) -> None:
    told = health(house)

    assert told["version"] == version("vmie")
    assert told["database"].startswith("sqlite 3.")
    assert told["engine"] in ("starting", "running")
    assert (told["qemu_img"] is not None) == (shutil.which("qemu-img") is not None)


def test_the_pages_are_documented(house: House) -> None:
    page = httpx.get(f"{house.endpoint}/_vmie/docs")
    document = httpx.get(f"{house.endpoint}/_vmie/openapi.json").json()

    assert page.status_code == 200
    assert "/_vmie/health" in document["paths"]


def test_an_unknown_page_is_not_found_and_no_bucket(house: House) -> None:
    reply = httpx.get(f"{house.endpoint}/_vmie/nothing")

    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/json")


def test_a_key_of_that_name_in_a_virtual_host_bucket_is_a_key(house: House) -> None:
    bucket = house.open_bucket()
    house.put_object(bucket, "_vmie/health", b"mine")

    reply = httpx.get(f"{house.endpoint}/_vmie/health", headers={"Host": f"{bucket}.localhost"})

    assert reply.content == b"mine"

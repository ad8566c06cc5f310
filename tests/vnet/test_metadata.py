"""The metadata service, asked from inside of the guest, packet by packet."""

import asyncio
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from botocore.utils import InstanceMetadataRegionFetcher
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.boot.network import METADATA
from converters.vnet import http, tree
from converters.vnet.guest import Options
from converters.vnet.visits import PATIENCE
from tests.vnet.inside import GUEST, KEY, STRICT, Inside, bridged, lan

PAGE = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>404 - Not Found</title>
 </head>
 <body>
  <h1>404 - Not Found</h1>
 </body>
</html>
"""


def test_an_answer_looks_like_the_real_one() -> None:
    answer = Inside().get("/latest/meta-data/instance-id")

    assert answer.line == "HTTP/1.1 200 OK"
    assert answer.text == "i-0123456789abcdef0"
    assert answer.headers == {  # in 2022, of /latest/meta-data/iam/info
        "Content-Type": "text/plain",
        "Accept-Ranges": "none",
        "Last-Modified": "Sun, 17 May 2026 08:30:12 GMT",
        "Content-Length": "19",
        "Date": "Sun, 17 May 2026 09:00:00 GMT",
        "Server": "EC2ws",
        "Connection": "close",
    }


TOLD = {
    "/latest": "dynamic\nmeta-data\nuser-data",
    "/latest/": "dynamic\nmeta-data\nuser-data",
    "/2009-04-04/meta-data/ami-id": "ami-0fedcba9876543210",
    "/latest/dynamic/": "fws/\ninstance-identity/",
    "/latest/dynamic/fws/instance-monitoring": "disabled",
    "/latest/meta-data/ami-launch-index": "0",
    "/latest/meta-data/block-device-mapping/": "ami\nebs1\nroot",
    "/latest/meta-data/block-device-mapping/root": "/dev/sda1",
    "/latest/meta-data/block-device-mapping/ebs1": "sdf",
    "/latest/meta-data/hostname": "ip-172-31-32-5.ec2.internal",
    "/latest/meta-data/instance-type": "t3.micro",
    "/latest/meta-data/local-ipv4": "172.31.32.5",
    "/latest/meta-data/mac": "0a:ff:ac:1f:20:05",
    "/latest/meta-data/network/interfaces/macs/": "0a:ff:ac:1f:20:05/",
    "/latest/meta-data/network/interfaces/macs/0a:ff:ac:1f:20:05/subnet-ipv4-cidr-block":
        "172.31.32.0/20",
    "/latest/meta-data/network/interfaces/macs/0a:ff:ac:1f:20:05/security-groups": "default\nweb",
    "/latest/meta-data/placement/availability-zone": "us-east-1b",
    "/latest/meta-data/placement/region": "us-east-1",
    "/latest/meta-data/public-keys/": "0=mine",
    "/latest/meta-data/public-keys/0/": "openssh-key",
    "/latest/meta-data/public-keys/0/openssh-key": f"{KEY}\n",
    "/latest/meta-data/services/domain": "amazonaws.com",
    "http://169.254.169.254/latest/meta-data/mac?x=y": "0a:ff:ac:1f:20:05",
}  # fmt: skip


@pytest.mark.parametrize("path", TOLD)
def test_what_an_instance_is_told(path: str) -> None:
    answer = Inside().get(path)

    assert (answer.status, answer.text) == (200, TOLD[path])


def test_whoever_walks_through_all_folders_finds_all_that_there_is() -> None:
    inside = Inside()
    found = {}

    def walk(path: str) -> None:
        for name in inside.get(path).text.split("\n"):
            # So does cloud-init: a name with a "=" is a folder's number, and what it is called.
            folder, called, _ = name.partition("=")
            if called:
                folder += "/"
            if folder.endswith("/"):
                walk(path + folder)
            else:
                answer = inside.get(path + folder)
                assert answer.status == 200, path + folder
                found[path + folder] = answer.text

    walk("/2021-03-23/meta-data/")

    assert len(found) > 35
    assert found["/2021-03-23/meta-data/public-keys/0/openssh-key"] == f"{KEY}\n"
    assert found["/2021-03-23/meta-data/events/maintenance/scheduled"] == "[]"


def test_versions() -> None:
    inside = Inside()

    versions = inside.get("/").text.split("\n")

    # Those that cloud-init asks for.
    assert {"2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest"} <= set(versions)
    assert versions == sorted(versions)
    assert inside.get(f"/{versions[0]}/meta-data/mac").status == 200
    assert inside.get("/2022-02-30/meta-data/mac").status == 404


def test_user_data_are_bytes() -> None:
    answer = Inside().get("/latest/user-data")

    assert answer.body == b"#!/bin/sh\necho \xff\n"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_an_instance_without_user_data_and_key() -> None:
    inside = Inside(lan(replace(GUEST, user_data=b"", key=None)))

    assert inside.get("/latest/").text == "dynamic\nmeta-data"
    assert inside.get("/latest/user-data").status == 404
    assert "public-keys" not in inside.get("/latest/meta-data/").text
    assert inside.get("/latest/meta-data/public-keys/").status == 404


def test_the_identity_document() -> None:
    answer = Inside().get("/latest/dynamic/instance-identity/document")

    assert answer.text.startswith(
        '{\n  "accountId" : "123456789012",\n  "architecture" : "x86_64",'
    )
    assert answer.document == {
        "accountId": "123456789012",
        "architecture": "x86_64",
        "availabilityZone": "us-east-1b",
        "billingProducts": None,
        "devpayProductCodes": None,
        "imageId": "ami-0fedcba9876543210",
        "instanceId": "i-0123456789abcdef0",
        "instanceType": "t3.micro",
        "kernelId": None,
        "marketplaceProductCodes": None,
        "pendingTime": "2026-05-17T08:30:12Z",
        "privateIp": "172.31.32.5",
        "ramdiskId": None,
        "region": "us-east-1",
        "version": "2017-09-30",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/latest/meta-data/nothing",
        "/latest/meta-data/instance-id/more",
        "/latest/meta-data/iam/security-credentials/",
        "/latest/meta-data/public-ipv4",
        "/latest/meta-data/tags/instance/Name",
        "/latest/dynamic/instance-identity/pkcs7",
        "/openstack/latest/meta_data.json",
        "/latest/meta-data/../user-data",
        "/%2e%2e/etc/passwd",
    ],
)
def test_what_there_is_not(path: str) -> None:
    answer = Inside().get(path)

    assert (answer.status, answer.text) == (404, PAGE)
    assert answer.headers["Content-Type"] == "text/html"


def test_tags_are_shown_where_that_was_asked_for_and_follow() -> None:
    inside = Inside(lan(replace(GUEST, options=Options(tags=True))))
    assert inside.get("/latest/meta-data/tags/instance/").text == "Name\na b"
    assert inside.get("/latest/meta-data/tags/instance/a%20b").text == "two"

    inside.lan.guest = replace(inside.lan.guest, tags={"Name": "three"})

    assert inside.get("/latest/meta-data/tags/instance/Name").text == "three"
    assert inside.get("/latest/meta-data/tags/instance/").text == "Name"


def test_tokens_hold_as_long_as_was_asked_for() -> None:
    inside = Inside(lan(STRICT))
    issued = inside.token(60)
    assert issued.status == 200
    assert issued.headers["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] == "60"
    assert len(issued.text) == 56
    assert issued.text.startswith("AQAAA")

    inside.now += 20
    answer = inside.get("/latest/meta-data/instance-id", X_aws_ec2_metadata_token=issued.text)
    assert answer.text == GUEST.instance_id
    assert answer.headers["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] in ("39", "40")

    inside.now += 41
    answer = inside.get("/latest/meta-data/instance-id", X_aws_ec2_metadata_token=issued.text)
    assert answer.status == 401
    assert "<h1>401 - Unauthorized</h1>" in answer.text


def test_where_a_token_is_required_there_is_nothing_without() -> None:
    inside = Inside(lan(STRICT))

    assert inside.get("/latest/meta-data/instance-id").status == 401
    assert inside.get("/").status == 401
    assert inside.get("/latest/nothing").status == 401


@pytest.mark.parametrize("guest", [GUEST, STRICT])
def test_a_wrong_token_is_worse_than_none(guest: object) -> None:
    inside = Inside(lan(GUEST if guest is GUEST else STRICT))
    right, other = inside.token().text, Inside().token().text

    wrong = ["", "x", "AQAA", other, right[:-5] + "AAA==", "AAAA" + right[4:], "\xe4" * 56]

    for token in wrong:
        answer = inside.get("/latest/meta-data/mac", X_aws_ec2_metadata_token=token)
        assert answer.status == 401, token
    assert inside.get("/latest/meta-data/mac", X_aws_ec2_metadata_token=right).status == 200


@pytest.mark.parametrize("seconds", ["", "0", "21601", "-1", "1.5", "²", "1e3", "9" * 40])
def test_so_long_no_token_holds(seconds: str) -> None:
    assert Inside().token(seconds).status == 400


def test_no_token_goes_through_a_proxy() -> None:
    assert Inside().token(60, X_Forwarded_For="10.1.2.3").status == 403
    assert Inside().ask("PUT", "/latest/api/token").status == 400


@pytest.mark.parametrize("hops", [1, 2, 64])
def test_the_packets_with_a_token_go_no_further_than_is_allowed(hops: int) -> None:
    inside = Inside(lan(replace(GUEST, options=Options(hops=hops))))

    inside.token()
    assert inside.hops == hops
    inside.get("/latest/meta-data/mac")
    assert inside.hops == 64


def test_a_service_that_is_off() -> None:
    inside = Inside(lan(replace(GUEST, options=Options(enabled=False))))

    assert inside.get("/latest/meta-data/mac").status == 403
    assert inside.token().status == 403


def test_other_methods() -> None:
    inside = Inside()

    for method in ("GET", "POST", "DELETE"):
        answer = inside.ask(method, "/latest/api/token")
        assert (answer.line, answer.body) == ("HTTP/1.1 405 Not Allowed", b"")
        assert answer.headers["Allow"] == "OPTIONS, PUT"
    assert inside.ask("POST", "/latest/meta-data/mac").status == 405
    head = inside.ask("HEAD", "/latest/meta-data/mac")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "17")


def test_another_region_has_other_names() -> None:
    inside = Inside(lan(replace(GUEST, region="eu-central-1", name="i-0123456789abcdef0")))

    found = inside.get("/latest/meta-data/local-hostname").text

    assert found == "i-0123456789abcdef0.eu-central-1.compute.internal"


def test_an_instance_that_the_world_could_reach() -> None:
    public = IPv4Address("203.0.113.9")
    inside = Inside(lan(replace(GUEST, public_address=public, monitored=True)))
    of_card = f"/latest/meta-data/network/interfaces/macs/{GUEST.hardware}"
    name = "ec2-203-0-113-9.compute-1.amazonaws.com"

    assert inside.get("/latest/meta-data/public-ipv4").text == "203.0.113.9"
    assert inside.get("/latest/meta-data/public-hostname").text == name
    assert inside.get(f"{of_card}/ipv4-associations/203.0.113.9").text == "172.31.32.5"
    assert inside.get("/latest/dynamic/fws/instance-monitoring").text == "enabled"


@pytest.mark.parametrize(
    ("region", "services"),
    [
        ("cn-north-1", ("amazonaws.com.cn", "aws-cn")),
        ("us-gov-west-1", ("amazonaws.com", "aws-us-gov")),
        ("eu-west-1", ("amazonaws.com", "aws")),
    ],
)
def test_services_are_of_the_region_s_partition(region: str, services: tuple[str, str]) -> None:
    inside = Inside(lan(replace(GUEST, region=region)))

    found = (inside.get(f"/latest/meta-data/services/{n}").text for n in ("domain", "partition"))

    assert tuple(found) == services


async def test_the_sdk_finds_its_region() -> None:
    async with bridged(Inside(lan(STRICT))) as url:
        fetcher = InstanceMetadataRegionFetcher(timeout=30, num_attempts=1, base_url=url)

        assert await asyncio.to_thread(fetcher.retrieve_region) == "us-east-1"


def said(raw: bytes, *, close: bool = False) -> bytes:
    """What comes back for some bytes."""
    inside = Inside()
    connection = inside.call(METADATA, 80)
    connection.write(raw)
    if close:
        connection.close()
    inside.exchange()
    return connection.read()


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"GET / HTTP/1.1\r\nnothing\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /" + b"a" * http.LONGEST,
    ],
)
def test_what_is_no_request(raw: bytes) -> None:
    assert said(raw).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_old_clients_are_answered_in_their_version() -> None:
    assert said(b"GET /latest/meta-data/mac HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 OK\r\n")


def test_a_request_in_pieces() -> None:
    inside = Inside()
    connection = inside.call(METADATA, 80)

    for piece in (b"GET /latest/meta-", b"data/mac HTTP/1.1\r\nHost: x\r\n\r", b"\n"):
        assert connection.unread == 0
        connection.write(piece)
        inside.exchange()

    assert connection.read().endswith(b"\r\n\r\n0a:ff:ac:1f:20:05")


def test_half_a_request_ends_with_who_sent_it() -> None:
    assert said(b"GET / HTTP/1.1\r\n", close=True) == b""


def test_nobody_stays_for_ever() -> None:
    inside = Inside()
    connection = inside.call(METADATA, 80)

    inside.now += PATIENCE / 2
    inside.exchange()
    assert [connection.ended] == [None]
    due = inside.lan.due
    assert due is not None
    inside.now = due + 0.001
    inside.exchange()

    assert connection.ended == "reset"
    assert inside.lan.due is None


@settings(max_examples=60)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"GET /", b"PUT /latest/api/token HTTP/1.1\r\n"])
)
def test_no_request_brings_the_service_down(noise: bytes, begin: bytes) -> None:
    answer = said(begin + noise + b"\r\n\r\n", close=True)

    assert answer.startswith(b"HTTP/1.")


@given(st.lists(st.sampled_from(["meta-data", "public-keys", "0", "mac", "..", "user-data"])))
def test_no_path_leads_astray(path: list[str]) -> None:
    answer = said(f"GET /latest/{'/'.join(path)} HTTP/1.1\r\n\r\n".encode())

    found = tree.find(tree.of(GUEST), path)
    assert answer.startswith(b"HTTP/1.1 404" if found is None else b"HTTP/1.1 200")

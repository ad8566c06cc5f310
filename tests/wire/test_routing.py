"""Which service, Region and bucket a request is for."""

import pytest

from emulator import routing
from emulator.credentials import Caller


@pytest.mark.parametrize(
    ("scope", "target", "host", "parameters", "service"),
    [
        ("ec2", None, "localhost", {"Action": "X"}, "ec2"),
        ("s3", None, "ec2.localhost", {"Action": "X"}, "s3"),
        ("kms", "TrentService.Encrypt", "localhost", {}, "kms"),
        (None, "TrentService.Encrypt", "localhost", {}, "kms"),
        (None, "DynamoDB_20120810.ListTables", "localhost", {}, "dynamodb"),
        (None, None, "sts.amazonaws.com", {"Action": "GetCallerIdentity"}, "sts"),
        (None, None, "localhost", {"Action": "X", "Version": "2011-06-15"}, "sts"),
        (None, None, "localhost", {"Action": "X", "Version": "2010-05-08"}, "iam"),
        (None, None, "localhost", {"Action": "X", "Version": "2014-09-01"}, "ec2"),
        (None, None, "ec2.us-east-1.amazonaws.com", {"Action": "X"}, "ec2"),
        (None, None, "ec2.us-east-1.amazonaws.com", {}, "s3"),
        (None, None, "localhost", {}, "s3"),
    ],
)
def test_the_scope_goes_before_the_target_before_the_host_before_the_form(
    scope: str | None, target: str | None, host: str, parameters: dict[str, str], service: str
) -> None:
    assert routing.service_of(Caller("k", None, scope), target, host, parameters) == service


@pytest.mark.parametrize(
    ("scope", "host", "region"),
    [
        ("eu-west-1", "ec2.us-west-2.amazonaws.com", "eu-west-1"),
        (None, "ec2.us-west-2.amazonaws.com:443", "us-west-2"),
        (None, "bucket.s3.ap-southeast-2.amazonaws.com", "ap-southeast-2"),
        (None, "ec2.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        (None, "localhost:4577", "us-east-1"),
    ],
)
def test_the_region_is_the_scopes_or_the_hosts(scope: str | None, host: str, region: str) -> None:
    assert routing.region_of(Caller("k", scope), host) == region


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("images.localhost:4577", "images"),
        ("my.images.localhost", "my.images"),
        ("images.s3.localhost", "images"),
        ("images.s3.eu-west-1.localhost", "images"),
        ("images.s3-eu-west-1.vmie.example", "images"),
        ("s3.images.localhost", "s3.images"),
        ("images.s3.amazonaws.com", "images"),
        ("IMAGES.s3.us-west-2.amazonaws.com:443", "images"),
        ("images.s3-us-west-2.amazonaws.com", "images"),
        ("images.s3.vmie.example", "images"),
        ("images.vmie.example", "images"),
        ("s3.localhost", None),
        ("s3.eu-west-1.localhost:4577", None),
        ("s3.us-west-2.amazonaws.com", None),
        ("vmie.example", None),
        ("localhost", None),
        ("vmie", None),
        ("127.0.0.1:4577", None),
        ("[::1]:4577", None),
        ("", None),
    ],
)
def test_some_hosts_name_a_bucket_for_certain(host: str, bucket: str | None) -> None:
    assert routing.bucket_of(host, ("vmie.example",)) == (bucket, ())


def test_other_hosts_name_what_may_be_a_bucket_the_longest_first() -> None:
    _, maybe = routing.bucket_of("my.images.ec2.us-east-1.aws.test:80", ())

    assert maybe[0] == "my.images.ec2.us-east-1.aws"
    assert maybe[-1] == "my"
    assert routing.likeliest(maybe) == "my.images"


@pytest.mark.parametrize(
    ("method", "path", "query", "needed"),
    [
        ("PUT", "/", {}, True),
        ("HEAD", "/", {}, True),
        ("GET", "/", {"list-type": "2"}, True),
        ("GET", "/", {}, False),
        ("GET", "/", {"x-id": "ListBuckets"}, False),
        ("PUT", "/images", {}, False),
    ],
)
def test_only_some_requests_for_the_root_need_a_bucket(
    method: str, path: str, query: dict[str, str], needed: bool
) -> None:
    assert routing.needs_bucket(method, path, query) is needed

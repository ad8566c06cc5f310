"""Which service a request is for, in which Region, and which bucket its host name means.

One port serves all services. The credential scope says which, else `X-Amz-Target`, else an Action
in the query or the form (with the host name or the Version to tell EC2, STS and IAM apart); what
is left is S3, but for what comes to `ebs.REGION.…`.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from emulator.credentials import Caller

DEFAULT_REGION = "us-east-1"
QUERY_SERVICES = {"2011-06-15": "sts", "2010-05-08": "iam"}  # Version → service; any other is EC2
TARGETS = {"AmazonSSM": "ssm", "TrentService": "kms", "AWSSecurityTokenServiceV": "sts"}
REGION = re.compile(r"[a-z]{2,3}(?:-[a-z]+)+-[0-9]+")
S3_HOST = re.compile(rf"(?:(.+)\.)?s3(?:[.-]{REGION.pattern})?")  # below localhost and the like
EBS_HOST = re.compile(rf"ebs(?:-fips)?\.{REGION.pattern}\.", re.IGNORECASE)
# Query parameters that ask about one bucket: a GET of "/" with one of them is not ListBuckets.
OF_A_BUCKET = frozenset({
    "accelerate", "acl", "cors", "delimiter", "encoding-type", "encryption", "lifecycle",
    "list-type", "location", "logging", "marker", "max-keys", "notification", "object-lock",
    "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "replication",
    "requestPayment", "tagging", "uploads", "versioning", "versions", "website",
})  # fmt: skip


def service_of(caller: Caller, target: str | None, host: str, parameters: Mapping[str, str]) -> str:
    """Name the service that a request is for."""
    if caller.service:
        return caller.service
    if target:
        prefix = target.partition(".")[0].partition("_")[0]
        return TARGETS.get(prefix, prefix.lower())
    if "Action" not in parameters:
        return "ebs" if EBS_HOST.match(host) else "s3"
    first = host.partition(".")[0].lower()
    if first in ("ec2", "sts", "iam"):
        return first
    return QUERY_SERVICES.get(parameters.get("Version", ""), "ec2")


def region_of(caller: Caller, host: str) -> str:
    """Name the Region: the credential scope's, else a label of the host name, else the default."""
    if caller.region:
        return caller.region
    labels = host.partition(":")[0].lower().split(".")
    return next((label for label in labels if REGION.fullmatch(label)), DEFAULT_REGION)


@lru_cache(64)
def bucket_of(host: str, domains: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Say which bucket a host name means for certain, else which ones it may mean.

    Certain below `localhost`, below a domain of the settings, and in front of a label `s3`.
    Under any other name of several labels only the store knows: `bucket.vmie.example` means a
    bucket if there is one of that name; longer names go first.
    """
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    name = name.rstrip(".").lower()
    if "." not in name or is_address(name):
        return None, ()
    for domain in ("localhost", *domains):
        if name == domain:
            return None, ()
        if name.endswith("." + domain):
            bucket = name.removesuffix("." + domain)
            found = S3_HOST.fullmatch(bucket)
            return found[1] if found else bucket, ()
    labels = name.split(".")
    for index in range(len(labels) - 1, -1, -1):
        if labels[index] == "s3" or labels[index].startswith("s3-"):
            return ".".join(labels[:index]) or None, ()
    return None, tuple(".".join(labels[:count]) for count in range(len(labels) - 1, 0, -1))


def needs_bucket(method: str, path: str, query: Mapping[str, str]) -> bool:
    """Tell whether a request for "/" makes sense for a bucket alone."""
    return path in ("/", "") and (method != "GET" or not OF_A_BUCKET.isdisjoint(query))


def likeliest(candidates: Sequence[str]) -> str:
    """Choose a bucket that does not exist yet: what stands before a label `ec2`, else the first."""
    for candidate in candidates:
        bucket, _, service = candidate.rpartition(".")
        if service == "ec2" and bucket:
            return bucket
    return candidates[-1]


def is_address(name: str) -> bool:
    """Tell whether a host is an IP address."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True

"""Whether actions, resources and principals are spelled as their service wants them.

Known only to the services and not looked at: which actions there are, to which resources an action
applies, which condition keys it has, whether a user or role of an ARN exists.
"""

import re
from collections.abc import Iterable
from typing import Final

from state.policy import wildcards
from state.policy.reasons import Fault, Malformed, Use, malformed
from state.policy.statements import Principals, Statement

PARTITIONS: Final = frozenset(
    {"*", "aws", "aws-cn", "aws-eusc", "aws-us-gov"}
    | {"aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}
)
IAM_PATHS: Final = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/",
    "server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/",
    "access-report/",
)  # fmt: skip
TRUST_ACTIONS: Final = (
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
)
VENDOR = re.compile(r"[A-Za-z0-9.-]+")
NAME = r"[A-Za-z0-9_+=,.@/-]+"
AWS_PRINCIPAL = re.compile(
    r"[0-9]{12}"
    r"|A[A-Z]{3}[A-Z0-9]{12,124}"  # the unique id of a user or role that is gone
    rf"|arn:aws[a-z-]*:iam::[0-9]{{12}}:(?:root|(?:user|role)/{NAME})"
    rf"|arn:aws[a-z-]*:sts::[0-9]{{12}}:(?:assumed-role|federated-user)/{NAME}"
)
SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}\.[A-Za-z]{1,20}")
CANONICAL_ID = re.compile(r"[0-9a-f]{62,65}")  # 64; the guide has some with a digit more or less
BUCKET = re.compile(r"arn:aws[a-z-]*:s3:::.")
FEDERATED = re.compile(r"[!-)+-~]+")


def check_actions(statement: Statement, use: Use) -> None:
    """Refuse what is no `service:Action`, and what the document's service does not have."""
    for action in statement.actions or statement.not_actions or ():
        vendor, *names = action.split(":")
        if not names and vendor != "*":
            raise malformed(use, Fault.NO_VENDOR)
        if len(names) > 1:
            raise malformed(use, Fault.COLONS)
        if vendor != "*" and not VENDOR.fullmatch(vendor):
            raise malformed(use, Fault.VENDOR, vendor)
        if use is Use.BUCKET and vendor.lower() not in {"s3", "*"}:
            raise malformed(use, Fault.FOREIGN_ACTION)
        if use is Use.TRUST and not any(
            wildcards.matches(action.lower(), known) for known in TRUST_ACTIONS
        ):  # assumed: that patterns like sts:* will do
            raise malformed(use, Fault.FOREIGN_ACTION)


def check_principals(principals: Principals | None, use: Use) -> None:
    """Refuse principals that cannot be."""
    if principals is None:
        return
    if principals == Principals():
        raise malformed(use, Fault.NOBODY)
    for kind, names, form in (
        ("AWS", principals.aws, AWS_PRINCIPAL),
        ("Service", principals.service, SERVICE),
        ("Federated", principals.federated, FEDERATED),
        ("CanonicalUser", principals.canonical, CANONICAL_ID),
    ):
        for name in names:
            if not form.fullmatch(name):
                raise malformed(use, Fault.PRINCIPAL, f'"{kind}":"{name}"')


def check_bucket_resources(resources: Iterable[str], arn: str | None) -> None:
    """Refuse resources that are not of S3, or not of the bucket."""
    for resource in resources:
        if not BUCKET.match(resource):
            raise malformed(Use.BUCKET, Fault.RESOURCE)
        if arn is not None and not resource.startswith(arn):
            raise malformed(Use.BUCKET, Fault.FOREIGN_RESOURCE)
        if arn is not None and resource[len(arn) :][:1] not in {"", "/", "*", "?"}:
            raise malformed(Use.BUCKET, Fault.FOREIGN_RESOURCE)


def wrong_resource(resource: str, use: Use) -> Malformed | None:
    """Tell what is wrong with a resource in an identity's policy, in IAM's words."""
    if resource == "*":
        return None
    _, colon, rest = resource.partition(":")  # IAM does not look whether that is "arn"
    if not colon:
        return malformed(use, Fault.RESOURCE, f'Resource {resource} must be in ARN format or "*".')
    partition, *components = rest.split(":", 4)
    if partition not in PARTITIONS:
        shown = ":".join([partition, *components, *["*"] * (4 - len(components))])
        return malformed(
            use,
            Fault.RESOURCE,
            f'Partition "{partition}" is not valid for resource "arn:{shown}".',
        )
    vendor, region, _, path = (*components, *["*"] * (4 - len(components)))
    wrong = None
    if "*" in vendor or "?" in vendor:
        wrong = "Resource vendor must be fully qualified and cannot contain regexes."
    elif vendor == "iam":
        wrong = _wrong_in_iam(resource, region, path)
    elif vendor == "s3" and region and "*" not in region and not path.startswith("accesspoint/"):
        wrong = f"Resource {resource} can not contain region information."
    if wrong is not None:
        return malformed(use, Fault.RESOURCE, wrong)
    if not vendor or (len(components) < 4 and "::" in resource):
        return malformed(use, Fault.LEGACY)
    return None


def _wrong_in_iam(resource: str, region: str, path: str) -> str | None:
    if region and "*" not in region:
        return f"IAM resource {resource} cannot contain region information."
    kind = path.partition("/")[0]
    if "*" not in kind and "?" not in kind and not path.startswith(IAM_PATHS):
        return f'IAM resource path must either be "*" or start with {", ".join(IAM_PATHS)}.'
    return None

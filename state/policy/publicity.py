"""Whether a bucket's policy lets the public in, as S3 sees it.

A statement that allows is public unless it names whom it is for: principals that are not `*`, or
a condition that only fixed values of one of the keys below fulfil. What it allows does not matter.
A range of addresses is no fixed value if it is wider than /8 (IPv6: /32).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

import ipaddress
from typing import Final

from state.policy.statements import Condition, Document, Statement

FIXING: Final = frozenset(
    {"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"}
    | {"aws:principalservicename", "aws:sourceaccount", "aws:sourcearn", "aws:sourceip"}
    | {"aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid"}
    | {"s3:dataaccesspointaccount", "s3:dataaccesspointarn"}
    | {"s3:x-amz-server-side-encryption-aws-kms-key-id"}
)
OPERATORS: Final = frozenset(
    {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"}
)
WIDEST: Final = {4: 8, 6: 32}


def is_public(document: Document) -> bool:
    """Say whether any statement lets the public in."""
    return any(_lets_public_in(statement) for statement in document.statements)


def _lets_public_in(statement: Statement) -> bool:
    if statement.effect == "Deny":
        return False
    named = statement.principals is not None and not statement.principals.anyone
    return not named and not any(_fixes(each) for each in statement.conditions)


def _fixes(condition: Condition) -> bool:
    if condition.key not in FIXING or condition.operator not in OPERATORS:
        return False
    if condition.if_exists or condition.quantifier == "ForAllValues":
        return False
    if condition.operator == "IpAddress":
        return all(_is_narrow(value) for value in condition.values)
    if condition.key == "s3:dataaccesspointarn":  # the name may be a pattern, its account not
        return all(_is_fixed(value.partition("accesspoint")[0]) for value in condition.values)
    return all(_is_fixed(value) for value in condition.values)


def _is_fixed(value: str) -> bool:
    return not any(letters in value for letters in ("*", "?", "${"))


def _is_narrow(value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= WIDEST[network.version]

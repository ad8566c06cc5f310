"""Policy documents on their way in and out.

Clients get them percent-encoded (RFC 3986), as the service gives them; boto3 and the AWS CLI take
that off again. A length is counted without white space.
"""

from urllib.parse import quote

from emulator.services.iam import errors
from state.policy import documents
from state.policy.documents import Malformed, Use

LONGEST_TRUST = 2048  # characters
LONGEST_MANAGED = 6144
LONGEST_INLINE = 10_240  # of all inline policies of a role together


def check(text: str, use: Use) -> None:
    """Refuse a text that is no policy for its use: MalformedPolicyDocument."""
    try:
        documents.parse(text, use)
    except Malformed as problem:
        raise errors.malformed_document(problem.reason) from None


def check_trust(text: str) -> None:
    """Refuse what is no trust policy, or too long for one."""
    check(text, Use.TRUST)
    if documents.size(text) > LONGEST_TRUST:
        raise errors.quota("ACLSizePerRole", LONGEST_TRUST)


def check_managed(text: str) -> None:
    """Refuse what is no managed policy, or too long for one."""
    check(text, Use.MANAGED)
    if documents.size(text) > LONGEST_MANAGED:
        raise errors.quota("PolicySize", LONGEST_MANAGED)


def encoded(text: str) -> str:
    """Write a document as answers hold it."""
    return quote(text, safe="")

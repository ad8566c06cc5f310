"""What the wire finds wrong with a request, as the error that each service would answer."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from emulator import errors
from emulator.errors import AwsError
from emulator.protocol import faults

SHOWN = 200  # characters of a client's text that go back to it
NOT_NULL = "failed to satisfy constraint: Member must not be null"
QUOTE = "'"
PATH = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
BY_HAND = {  # patterns of IAM's model
    r"[\w+=,.@-]+": "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": PATH,
    r"((/[A-Za-z0-9\.,\+@=_-]+)*)/": PATH,
    r"[\u0009\u000A\u000D\u0020-\u00FF]+": "It must contain only printable ASCII characters.",
}

REASONS = {  # by words in the names of members
    "snapshotid": "INVALID_SNAPSHOT_ID",
    "blocktoken": "INVALID_BLOCK_TOKEN",
    "pagetoken": "INVALID_PAGE_TOKEN",
    "nexttoken": "INVALID_PAGE_TOKEN",
    "blockindex": "INVALID_BLOCK",
    "volumesize": "INVALID_VOLUME_SIZE",
    "kmskeyarn": "INVALID_CUSTOMER_KEY",
    "tags": "INVALID_TAG",
}
OTHERWISE = "INVALID_PARAMETER_VALUE"


def from_wire(service: str, fault: faults.WireError) -> AwsError:
    """Say what is wrong in the words of a service."""
    match service:
        case "s3":
            return from_s3(fault)
        case "iam" | "sts":
            return from_identities(fault)
        case "kms":
            return from_json(fault)
        case "ebs":
            return from_blocks(fault)
        case _:
            return from_query(fault)


def from_identities(fault: faults.WireError) -> AwsError:
    """Say it as IAM and STS do."""
    match fault:
        case faults.MissingMember():
            return not_valid([f"Value null at '{message_path(fault.name)}' {NOT_NULL}"])
        case faults.Violations():
            return own_words(fault.clauses) or not_valid(fault.clauses)
        case _:
            return from_query(fault)


def own_words(clauses: Sequence[str]) -> AwsError | None:
    """Say it in IAM's own words, where it checks a value by hand."""
    for clause in clauses:
        for pattern, sentence in BY_HAND.items():
            if clause.endswith(f"pattern: {pattern}"):
                path = clause.removesuffix(f"pattern: {pattern}").rpartition(" at '")[2]
                said = f"The specified value for {path.partition(QUOTE)[0]} is invalid. {sentence}"
                return AwsError("ValidationError", said)
    return None


def not_valid(clauses: Sequence[str]) -> AwsError:
    """Say all that is wrong with a request at once."""
    noun = "error" if len(clauses) == 1 else "errors"
    said = f"{len(clauses)} validation {noun} detected: {'; '.join(clauses)}"
    return AwsError("ValidationError", said)


def message_path(name: str) -> str:
    """Write the name of a parameter as messages do: `Tags.member.1.Key` is `tags.1.member.key`."""
    swapped = re.sub(r"member\.(\d+)", r"\1.member", name)
    return ".".join(part[:1].lower() + part[1:] for part in swapped.split("."))


def from_query(fault: faults.WireError) -> AwsError:
    """Say it as EC2, STS and IAM do."""
    match fault:
        case faults.UnknownAction():
            return errors.unknown_action(fault.action[:SHOWN])
        case faults.MissingMember():
            return errors.missing_parameter(fault.name)
        case faults.UnknownMember():
            return errors.unknown_parameter(fault.name[:SHOWN])
        case faults.InvalidValue():
            return errors.invalid_parameter_value(fault.name[:SHOWN], fault.value[:SHOWN])
        case faults.MalformedBody():
            return errors.malformed_query(fault.reason)
        case _:
            return AwsError("InvalidRequest", f"The request cannot be read: {fault}"[:SHOWN])


def from_json(fault: faults.WireError) -> AwsError:
    """Say it as KMS does."""
    match fault:
        case faults.UnknownAction():
            return unknown_operation()
        case faults.MissingMember():
            return errors.missing_member(fault.name)
        case faults.Violations():
            return errors.violations(fault.clauses)
        case faults.InvalidValue():  # its text stays away: it may be a secret, one brace too deep
            return AwsError(
                "SerializationException", f"The value of {fault.name[:SHOWN]} is of another type."
            )
        case _:
            return AwsError("SerializationException", "The request body is not valid JSON.")


def from_blocks(fault: faults.WireError) -> AwsError:
    """Say it as EBS direct does, with the reason for those who read no sentences."""
    match fault:
        case faults.UnknownAction() | faults.NoRoute():
            return AwsError("UnknownOperationException", "", 404)
        case faults.MissingMember():
            member = fault.name.removeprefix("x-amz-").replace("-", "")  # where it is a header
            return errors.reasoned(errors.missing_member(member), reason_of(member))
        case faults.Violations():
            _, _, path = fault.clauses[0].partition(" at '")
            return errors.reasoned(errors.violations(fault.clauses), reason_of(path))
        case faults.InvalidValue():
            said = errors.invalid_parameter_value(fault.name[:SHOWN], fault.value[:SHOWN]).message
            return errors.reasoned(AwsError("ValidationException", said), reason_of(fault.name))
        case faults.IncompleteBody():
            return errors.unreadable_block()
        case _:
            return AwsError("SerializationException", "The request body is not valid JSON.")


def reason_of(name: str) -> str:
    """Name the reason for which EBS direct does not take a member."""
    lowered = name.lower()
    return next((reason for word, reason in REASONS.items() if word in lowered), OTHERWISE)


def unknown_operation() -> AwsError:
    """An action that a service of the `json` protocol does not have; it says no more than that."""
    return AwsError("UnknownOperationException", "")


def from_s3(fault: faults.WireError) -> AwsError:
    """Say it as S3 does."""
    match fault:
        case faults.NoRoute():
            return AwsError(
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
                405,
                {"Method": fault.method},
            )
        case faults.UnknownAction():
            return AwsError(
                "NotImplemented",
                f"The action {fault.action} is not implemented by this server.",
                501,
            )
        case faults.MissingMember():
            return AwsError("InvalidRequest", f"The request must contain {fault.name}.")
        case faults.InvalidValue() | faults.UnknownMember():
            value = getattr(fault, "value", "")[:SHOWN]
            return AwsError(
                "InvalidArgument",
                f"The value of {fault.name[:SHOWN]} is not valid.",
                members={"ArgumentName": fault.name[:SHOWN], "ArgumentValue": value},
            )
        case faults.IncompleteBody():
            return AwsError("IncompleteBody", "The request body terminated unexpectedly")
        case faults.MalformedXML():
            return AwsError(
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our "
                "published schema",
            )
        case faults.MalformedBody():
            return AwsError("InvalidRequest", fault.reason[:SHOWN])
        case _:
            return AwsError("InvalidRequest", f"The request cannot be read: {fault}"[:SHOWN])


def invalid_uri() -> AwsError:
    """A query string that S3 cannot read."""
    return AwsError("InvalidURI", "Couldn't parse the specified URI.")


def url_expired(expired: datetime, now: datetime) -> AwsError:
    """A presigned URL of S3 that was good once."""
    times = {"Expires": expired, "ServerTime": now}
    return AwsError(
        "AccessDenied",
        "Request has expired",
        403,
        {name: f"{moment:%Y-%m-%dT%H:%M:%SZ}" for name, moment in times.items()},
    )


def expired_token(service: str) -> AwsError:
    """Temporary credentials that were good once."""
    match service:
        case "ec2":
            return AwsError("RequestExpired", "Request has expired.")
        case "s3":
            return AwsError("ExpiredToken", "The provided token has expired.")
        case "kms" | "ebs":
            text = "The security token included in the request is expired"
            return AwsError("ExpiredTokenException", text, 400 if service == "kms" else 403)
        case _:
            text = "The security token included in the request is expired"
            return AwsError("ExpiredToken", text, 403)


def document_too_large(limit: int) -> AwsError:
    """A document that S3 would not read."""
    return AwsError("MaxMessageLengthExceeded", "Your request was too large.", 400)


def too_large(service: str) -> Callable[[int], AwsError]:
    """Choose how a service refuses a body that is too large."""
    return document_too_large if service == "s3" else errors.body_too_large

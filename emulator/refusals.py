"""What the wire finds wrong with a request, as the error that each service would answer."""

from collections.abc import Callable
from datetime import datetime

from emulator import errors
from emulator.errors import AwsError
from emulator.protocol import faults

SHOWN = 200  # characters of a client's text that go back to it


def from_wire(service: str, fault: faults.WireError) -> AwsError:
    """Say what is wrong in the words of a service."""
    return from_s3(fault) if service == "s3" else from_query(fault)


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


def document_too_large(limit: int) -> AwsError:
    """A document that S3 would not read."""
    return AwsError("MaxMessageLengthExceeded", "Your request was too large.", 400)


def too_large(service: str) -> Callable[[int], AwsError]:
    """Choose how a service refuses a body that is too large."""
    return document_too_large if service == "s3" else errors.body_too_large

"""Every error that any service may answer, one sentence each; services keep their own beside them.

Raise what these return; only the gateway catches it.
"""

from collections.abc import Mapping, Sequence


class AwsError(Exception):
    """An answer that is an error: a code, a sentence, an HTTP status."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        members: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})  # more elements of the error document: BucketName, Key
        self.headers = dict(headers or {})


def dry_run() -> AwsError:
    """DryRun was asked for and the request would have gone through."""
    return AwsError(
        "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", status=412
    )


def missing_action() -> AwsError:
    """A query request without an Action."""
    return AwsError("MissingAction", "The request must contain the parameter Action")


def unknown_action(action: str) -> AwsError:
    """An action that neither vmie nor an upstream serves."""
    return AwsError("InvalidAction", f"The action {action} is not valid for this web service.")


def unknown_version(version: str) -> AwsError:
    """A Version that is no date: no client has ever been made for it."""
    return AwsError(
        "NoSuchVersion", f"The requested version ({version}) of the service does not exist."
    )


def missing_parameter(name: str) -> AwsError:
    """A required parameter is absent."""
    return AwsError("MissingParameter", f"The request must contain the parameter {name}")


def unknown_parameter(name: str) -> AwsError:
    """A parameter that the action does not have."""
    return AwsError("UnknownParameter", f"The parameter {name} is not recognized")


def invalid_parameter_value(name: str, value: str) -> AwsError:
    """A parameter whose text cannot be a value of its type."""
    return AwsError("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid.")


def violations(clauses: Sequence[str]) -> AwsError:
    """Values that break the rules of a service of the `json` protocol."""
    noun = "error" if len(clauses) == 1 else "errors"
    return AwsError(
        "ValidationException", f"{len(clauses)} validation {noun} detected: {'; '.join(clauses)}"
    )


def missing_member(name: str) -> AwsError:
    """A required member that a service of the `json` protocol misses."""
    spelled = ".".join(word[:1].lower() + word[1:] for word in name.split("."))
    return violations(
        [f"Value null at '{spelled}' failed to satisfy constraint: Member must not be null"]
    )


def reasoned(error: AwsError, reason: str) -> AwsError:
    """Give an error of EBS direct its reason, in a document that spells `Message` so."""
    members = {"Message": error.message, "Reason": reason}
    return AwsError(error.code, error.message, error.status, members)


def unreadable_block() -> AwsError:
    """A block of another length than was announced."""
    error = AwsError("ValidationException", "Failed to read block data")
    return reasoned(error, "INVALID_PARAMETER_VALUE")


def malformed_query(reason: str) -> AwsError:
    """A query string or form that cannot be taken apart."""
    return AwsError("MalformedQueryString", f"The query string contains a syntax error: {reason}")


def body_too_large(limit: int) -> AwsError:
    """A form or document beyond what any request needs; the code is assumed."""
    return AwsError(
        "RequestEntityTooLarge", f"The request body may not be larger than {limit} bytes.", 413
    )


FAULTS = {
    "ebs": "InternalServerException",
    "kms": "KMSInternalException",
}  # as their models have it


def internal_error(service: str) -> AwsError:
    """A fault of ours, by the service's name; the log has its traceback under the request id."""
    code = FAULTS.get(service, "InternalError")
    return AwsError(code, "An internal error has occurred.", 500)


def stopping() -> AwsError:
    """The request took longer than the server could wait when it was told to stop."""
    return AwsError("ServiceUnavailable", "The server is being stopped. Please try again.", 503)


def upstream_unreachable(reason: str) -> AwsError:
    """VMIE_UPSTREAM does not answer."""
    return AwsError(
        "ServiceUnavailable", f"The upstream that serves this request is unreachable: {reason}", 503
    )


def unknown_service(service: str) -> AwsError:
    """A service that neither vmie nor an upstream serves."""
    return AwsError(
        "UnknownOperationException", f"The service {service[:80]} is not served here.", 404
    )

"""How each service refuses a request that is not signed as it must be.

S3 and the query services (STS, IAM) and EC2 have words of their own; all others speak as the
services of the JSON protocol do. No refusal repeats a query, a token or a header of the request.
"""

from datetime import datetime, timedelta

from emulator.errors import AwsError

STAMP = "%Y%m%dT%H%M%SZ"
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)
INVALID_TOKEN = "The security token included in the request is invalid."


class Json:
    """KMS and its like."""

    skew = timedelta(minutes=5)

    def missing(self) -> AwsError:
        """Nobody has signed."""
        return AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 400)

    def incomplete(self, reason: str) -> AwsError:
        """The signature cannot be read."""
        return AwsError("IncompleteSignatureException", reason, 400)

    def unknown_key(self, key_id: str) -> AwsError:
        """There is no such access key."""
        return AwsError("UnrecognizedClientException", INVALID_TOKEN, 400)

    def bad_token(self) -> AwsError:
        """The session token is not that of the access key."""
        return self.unknown_key("")

    def mismatch(self, key_id: str = "", string_to_sign: str = "") -> AwsError:
        """Somebody else has signed, or something else."""
        return AwsError("InvalidSignatureException", MISMATCH, 400)

    def out_of_scope(self, reason: str) -> AwsError:
        """The credential scope is not the request's."""
        return AwsError("InvalidSignatureException", reason, 400)

    def unsigned_headers(self, names: list[str]) -> AwsError:
        """Headers that say what is asked for are not signed."""
        return self.out_of_scope(f"'{names[0]}' must be a 'SignedHeader' in the AWS Authorization.")

    def not_yet(self, signed: datetime, now: datetime) -> AwsError:
        """The clock of the client is fast."""
        latest = now + self.skew
        return self.out_of_scope(
            f"Signature not yet current: {signed:{STAMP}} is still later than {latest:{STAMP}} "
            f"({now:{STAMP}} + {self.minutes} min.)"
        )

    def too_late(self, signed: datetime, now: datetime) -> AwsError:
        """The clock of the client is slow, or the request was under way for long."""
        earliest = now - self.skew
        return self.out_of_scope(
            f"Signature expired: {signed:{STAMP}} is now earlier than {earliest:{STAMP}} "
            f"({now:{STAMP}} - {self.minutes} min.)"
        )

    def url_expired(self, signed: datetime, expires: datetime, now: datetime) -> AwsError:
        """A presigned URL that was good once."""
        return self.out_of_scope(
            f"Signature expired: {expires:{STAMP}} is now earlier than {now:{STAMP}}"
        )

    def body_differs(self, claimed: str, computed: str) -> AwsError:
        """The body is not the one that was signed."""
        return self.mismatch()

    @property
    def minutes(self) -> int:
        """How many minutes clocks may differ."""
        return self.skew // timedelta(minutes=1)


class RestJson(Json):
    """EBS direct and its like: the same words, and 403 with all of them (Common Errors)."""

    def missing(self) -> AwsError:
        """Nobody has signed."""
        return forbidden(super().missing())

    def incomplete(self, reason: str) -> AwsError:
        """The signature cannot be read."""
        return forbidden(super().incomplete(reason))

    def unknown_key(self, key_id: str) -> AwsError:
        """There is no such access key."""
        return forbidden(super().unknown_key(key_id))

    def mismatch(self, key_id: str = "", string_to_sign: str = "") -> AwsError:
        """Somebody else has signed, or something else."""
        return forbidden(super().mismatch(key_id, string_to_sign))

    def out_of_scope(self, reason: str) -> AwsError:
        """The credential scope is not the request's."""
        return forbidden(super().out_of_scope(reason))


class Query(Json):
    """STS and IAM."""

    def missing(self) -> AwsError:
        """Nobody has signed."""
        return AwsError(
            "MissingAuthenticationToken", "Request is missing Authentication Token", 403
        )

    def incomplete(self, reason: str) -> AwsError:
        """The signature cannot be read."""
        return AwsError("IncompleteSignature", reason, 400)

    def unknown_key(self, key_id: str) -> AwsError:
        """There is no such access key."""
        return AwsError("InvalidClientTokenId", INVALID_TOKEN, 403)

    def mismatch(self, key_id: str = "", string_to_sign: str = "") -> AwsError:
        """Somebody else has signed, or something else."""
        return AwsError("SignatureDoesNotMatch", MISMATCH, 403)

    def out_of_scope(self, reason: str) -> AwsError:
        """The credential scope is not the request's."""
        return AwsError("SignatureDoesNotMatch", reason, 403)


class Ec2(Query):
    """EC2, whose table of client errors says fifteen minutes."""

    skew = timedelta(minutes=15)

    def missing(self) -> AwsError:
        """Nobody has signed."""
        return AwsError(
            "MissingAuthenticationToken",
            "The request must contain either a valid (registered) AWS access key ID or X.509 "
            "certificate.",
            403,
        )

    def unknown_key(self, key_id: str) -> AwsError:
        """There is no such access key."""
        return AwsError(
            "AuthFailure", "AWS was not able to validate the provided access credentials", 401
        )

    def too_late(self, signed: datetime, now: datetime) -> AwsError:
        """The clock of the client is slow, or the request was under way for long."""
        return AwsError("RequestExpired", "Request has expired.", 400)

    def not_yet(self, signed: datetime, now: datetime) -> AwsError:
        """The clock of the client is fast."""
        return self.too_late(signed, now)

    def url_expired(self, signed: datetime, expires: datetime, now: datetime) -> AwsError:
        """A presigned URL that was good once."""
        return self.too_late(signed, now)


class S3(Json):
    """S3."""

    skew = timedelta(minutes=15)

    def missing(self) -> AwsError:
        """Nobody has signed."""
        return AwsError("AccessDenied", "Access Denied", 403)

    def incomplete(self, reason: str) -> AwsError:
        """The signature in the Authorization header cannot be read."""
        return AwsError(
            "AuthorizationHeaderMalformed", f"The authorization header is malformed; {reason}", 400
        )

    def incomplete_query(self, reason: str) -> AwsError:
        """The signature in the query cannot be read."""
        return AwsError("AuthorizationQueryParametersError", reason, 400)

    def unknown_key(self, key_id: str) -> AwsError:
        """There is no such access key."""
        return AwsError(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            403,
            {"AWSAccessKeyId": key_id[:128]},
        )

    def bad_token(self) -> AwsError:
        """The session token is not that of the access key."""
        return AwsError(
            "InvalidToken", "The provided token is malformed or otherwise invalid.", 400
        )

    def mismatch(self, key_id: str = "", string_to_sign: str = "") -> AwsError:
        """Somebody else has signed, or something else.

        The service also shows the canonical request, which would repeat a presigned query.
        """
        members = {"AWSAccessKeyId": key_id, "StringToSign": string_to_sign}
        return AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check "
            "your key and signing method.",
            403,
            {name: text for name, text in members.items() if text},
        )

    def out_of_scope(self, reason: str) -> AwsError:
        """The credential scope is not the request's."""
        return self.incomplete(reason)

    def unsigned_headers(self, names: list[str]) -> AwsError:
        """Headers that say what is asked for are not signed."""
        return AwsError(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            403,
            {"HeadersNotSigned": ", ".join(names)[:1024]},
        )

    def not_yet(self, signed: datetime, now: datetime) -> AwsError:
        """The clock of the client is fast."""
        return self.too_late(signed, now)

    def too_late(self, signed: datetime, now: datetime) -> AwsError:
        """The clock of the client is slow, or the request was under way for long."""
        return AwsError(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            403,
            {
                "RequestTime": f"{signed:{STAMP}}",
                "ServerTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
                "MaxAllowedSkewMilliseconds": str(self.skew // timedelta(milliseconds=1)),
            },
        )

    def url_not_yet(self) -> AwsError:
        """A presigned URL that will be good."""
        return AwsError("AccessDenied", "Request is not yet valid", 403)

    def url_expired(self, signed: datetime, expires: datetime, now: datetime) -> AwsError:
        """A presigned URL that was good once."""
        return AwsError(
            "AccessDenied",
            "Request has expired",
            403,
            {
                "X-Amz-Expires": str((expires - signed) // timedelta(seconds=1)),
                "Expires": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
                "ServerTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            },
        )

    def body_differs(self, claimed: str, computed: str) -> AwsError:
        """The body is not the one that was signed."""
        return AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
            {
                "ClientComputedContentSHA256": claimed,
                "S3ComputedContentSHA256": computed,
            },
        )

    def content_hash_missing(self) -> AwsError:
        """No x-amz-content-sha256 in a request that is signed in its header."""
        return AwsError(
            "InvalidRequest",
            "Missing required header for this request: x-amz-content-sha256",
            400,
        )

    def content_hash_invalid(self, text: str) -> AwsError:
        """An x-amz-content-sha256 that is none of those that there are."""
        return AwsError(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a "
            "valid sha256 value.",
            400,
            {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": text[:200]},
        )

    def two_mechanisms(self) -> AwsError:
        """A signature in the header and another in the query."""
        return AwsError(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified",
            400,
            {"ArgumentName": "Authorization"},
        )


S3_WORDS = S3()


def forbidden(error: AwsError) -> AwsError:
    """Answer an error with 403."""
    error.status = 403
    return error


def of(service: str, protocol: str) -> Json:
    """Choose the words of a service."""
    if service == "s3":
        return S3_WORDS
    if service == "ec2":
        return Ec2()
    if protocol == "rest-json":
        return RestJson()
    return Query() if protocol == "query" else Json()

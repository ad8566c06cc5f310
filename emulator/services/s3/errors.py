"""What only S3 says when it refuses: one sentence each, in S3's own words."""

from collections.abc import Iterable

from emulator.errors import AwsError

# How the sentence of not_authorized ends for what public access block keeps out.
PUBLIC_ACL_BLOCKED = (
    "because public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 "
    "Block Public Access."
)
PUBLIC_POLICY_BLOCKED = (
    "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public "
    "Access."
)
SSE_C_BLOCKED = (
    "because this bucket has blocked upload requests that specify Server Side Encryption with "
    "Customer provided keys (SSE-C). Please specify a different server-side encryption type"
)


def access_denied() -> AwsError:
    """The caller may not, and is not told why."""
    return AwsError("AccessDenied", "Access Denied", 403)


def not_authorized(who: str, action: str, resource: str | None, because: str) -> AwsError:
    """The caller may not, and is of the same account."""
    on = "" if resource is None else f' on resource: "{resource}"'
    return AwsError(
        "AccessDenied", f"User: {who} is not authorized to perform: {action}{on} {because}", 403
    )


def acl_not_supported() -> AwsError:
    """A list for a bucket that enforces its ownership."""
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def acl_twice() -> AwsError:
    """A canned list and grants at once."""
    return AwsError(
        "InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed"
    )


def acl_missing() -> AwsError:
    """A request to set a list, without any."""
    return AwsError(
        "MissingSecurityHeader",
        "Your request was missing a required header",
        members={"MissingHeaderName": "x-amz-acl"},
    )


def acl_in_body_too() -> AwsError:
    """A list in the headers and in the body."""
    return AwsError("UnexpectedContent", "This request does not support content")


def acl_of_new_bucket() -> AwsError:
    """A list that lets others into a bucket which enforces its ownership."""
    return AwsError(
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )


def public_acl_of_new_bucket() -> AwsError:
    """A public list for a new bucket, which public access block is on for."""
    return AwsError(
        "InvalidBucketAclWithBlockPublicAccessError",
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    )


def email_grantee() -> AwsError:
    """A grantee named by an address of mail, which S3 knows no more; the sentence is assumed."""
    return AwsError(
        "MethodNotAllowed", "The specified method is not allowed against this resource.", 405
    )


def foreign_account() -> AwsError:
    """Somebody of another account, allowed by the policy to change it."""
    return AwsError(
        "MethodNotAllowed", "The specified method is not allowed against this resource.", 405
    )


def malformed_acl() -> AwsError:
    """A document that is no list."""
    return AwsError(
        "MalformedACLError",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def too_many_grants(limit: int) -> AwsError:
    """More grants than a list can have; the sentence is assumed."""
    return AwsError("InvalidRequest", f"An access control list has at most {limit} grants.")


def malformed_policy(reason: str) -> AwsError:
    """A text that is no bucket policy."""
    return AwsError("MalformedPolicy", reason)


def policy_too_large(limit: int) -> AwsError:
    """A policy that does not fit; code and sentence are assumed."""
    return AwsError(
        "PolicyTooLarge",
        "Policy exceeds the maximum allowed document size.",
        members={"MaxSizeAllowed": str(limit)},
    )


def no_such_bucket_policy(bucket: str) -> AwsError:
    """The bucket has no policy."""
    return AwsError(
        "NoSuchBucketPolicy", "The bucket policy does not exist", 404, {"BucketName": bucket}
    )


def no_ownership_controls(bucket: str) -> AwsError:
    """The bucket's ownership controls were deleted."""
    return AwsError(
        "OwnershipControlsNotFoundError",
        "The bucket ownership controls were not found",
        404,
        {"BucketName": bucket},
    )


def no_public_access_block(bucket: str) -> AwsError:
    """The bucket's public access block was deleted."""
    return AwsError(
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
        404,
        {"BucketName": bucket},
    )


def anonymous_overrides() -> AwsError:
    """response-… parameters on a request that nobody signed."""
    return AwsError(
        "InvalidRequest",
        "Request specific response headers cannot be used for anonymous GET requests.",
    )


def bad_checksum(algorithm: str) -> AwsError:
    """The bytes are not those of the checksum."""
    return AwsError(
        "BadDigest", f"The {algorithm} you specified did not match the calculated checksum."
    )


def bad_content_md5(expected: str, calculated: str) -> AwsError:
    """The bytes are not those of Content-MD5."""
    return AwsError(
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        members={"ExpectedDigest": expected, "CalculatedDigest": calculated},
    )


def bucket_already_exists(bucket: str) -> AwsError:
    """The name is taken by another account."""
    return AwsError(
        "BucketAlreadyExists",
        "The requested bucket name is not available. The bucket namespace is shared by all users "
        "of the system. Please select a different name and try again.",
        409,
        {"BucketName": bucket},
    )


def bucket_already_owned_by_you(bucket: str) -> AwsError:
    """The name is taken by the caller."""
    return AwsError(
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        409,
        {"BucketName": bucket},
    )


def bucket_not_empty(bucket: str) -> AwsError:
    """A bucket with objects cannot be deleted."""
    return AwsError(
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty",
        409,
        {"BucketName": bucket},
    )


def checksum_algorithm_unknown(known: Iterable[str]) -> AwsError:
    """A checksum algorithm that does not exist."""
    return AwsError(
        "InvalidRequest",
        "Checksum algorithm provided is unsupported. Please try again with any of the valid "
        f"types: [{', '.join(known)}]",
    )


def checksum_header_invalid(header: str) -> AwsError:
    """A checksum that is no base64, or of the wrong length."""
    return AwsError("InvalidRequest", f"Value for {header} header is invalid.")


def checksum_header_missing() -> AwsError:
    """An algorithm is named and its checksum is nowhere."""
    return AwsError(
        "InvalidRequest",
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
        "x-amz-trailer headers were found.",
    )


def checksum_headers_many() -> AwsError:
    """More than one checksum."""
    return AwsError(
        "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )


def checksum_type_impossible(checksum_type: str, algorithm: str) -> AwsError:
    """A type of checksum that the algorithm cannot have."""
    return AwsError(
        "InvalidRequest",
        f"The {checksum_type} checksum type cannot be used with the {algorithm.lower()} "
        "checksum algorithm.",
    )


def checksum_type_mismatch(expected: str, actual: str) -> AwsError:
    """A part, or the end of an upload, with another checksum than its beginning."""
    return AwsError(
        "InvalidRequest",
        f"Checksum Type mismatch occurred, expected checksum Type: {expected.lower()}, "
        f"actual checksum Type: {actual.lower()}",
    )


def checksum_type_without_algorithm() -> AwsError:
    """A type of checksum, and no algorithm."""
    return AwsError(
        "InvalidRequest",
        "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    )


def copy_onto_itself() -> AwsError:
    """A copy that would change nothing."""
    return AwsError(
        "InvalidRequest",
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the object's metadata, storage class, website redirect location or encryption "
        "attributes.",
    )


def copy_range_invalid(text: str, size: int) -> AwsError:
    """A range beyond the end of the source."""
    return invalid_argument(
        f"Range specified is not valid for source object of size: {size}",
        "x-amz-copy-source-range",
        text,
    )


def copy_range_malformed(text: str) -> AwsError:
    """A range that is none."""
    return invalid_argument(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
        "last are the zero-based offsets of the first and last bytes to copy",
        "x-amz-copy-source-range",
        text,
    )


def copy_source_invalid(text: str) -> AwsError:
    """x-amz-copy-source does not name an object."""
    return invalid_argument(
        "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        "x-amz-copy-source",
        text,
    )


def copy_source_too_large(limit: int) -> AwsError:
    """More than one copy may copy."""
    return AwsError(
        "InvalidRequest",
        "The specified copy source is larger than the maximum allowable size for a copy source: "
        f"{limit}",
    )


def entity_too_large(size: int, limit: int) -> AwsError:
    """More bytes than one upload may have."""
    return AwsError(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        members={"ProposedSize": str(size), "MaxSizeAllowed": str(limit)},
    )


def entity_too_small(size: int, limit: int, number: int, etag: str) -> AwsError:
    """A part that is not the last, and too small."""
    return AwsError(
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        members={
            "ProposedSize": str(size),
            "MinSizeAllowed": str(limit),
            "PartNumber": str(number),
            "ETag": etag,
        },
    )


def illegal_location_constraint(constraint: str) -> AwsError:
    """Another Region than the one the request was sent to."""
    return AwsError(
        "IllegalLocationConstraintException",
        f"The {constraint} location constraint is incompatible for the region specific endpoint "
        "this request was sent to.",
    )


def incomplete_body() -> AwsError:
    """Fewer or more bytes than announced."""
    return AwsError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )


def invalid_argument(message: str, name: str, value: str) -> AwsError:
    """A parameter with a value it cannot have."""
    return AwsError(
        "InvalidArgument", message, members={"ArgumentName": name, "ArgumentValue": value}
    )


def invalid_bucket_name(bucket: str) -> AwsError:
    """A name that no bucket can have."""
    return AwsError(
        "InvalidBucketName", "The specified bucket is not valid.", members={"BucketName": bucket}
    )


def invalid_digest(text: str) -> AwsError:
    """A Content-MD5 that is no MD5."""
    return AwsError(
        "InvalidDigest",
        "The Content-MD5 you specified was invalid.",
        members={"Content-MD5": text},
    )


def invalid_location_constraint(constraint: str) -> AwsError:
    """A Region that does not exist."""
    return AwsError(
        "InvalidLocationConstraint",
        "The specified location-constraint is not valid",
        members={"LocationConstraint": constraint},
    )


def invalid_part(upload_id: str, number: int, etag: str) -> AwsError:
    """A part that was not uploaded, or not like that."""
    return AwsError(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag.",
        members={"UploadId": upload_id, "PartNumber": str(number), "ETag": etag},
    )


def invalid_part_number(number: int, parts: int) -> AwsError:
    """A part that the object does not have."""
    return AwsError(
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        416,
        {"PartNumberRequested": str(number), "ActualPartCount": str(parts)},
    )


def invalid_part_order(upload_id: str) -> AwsError:
    """Parts that are not listed by ascending number."""
    return AwsError(
        "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
        members={"UploadId": upload_id},
    )


def invalid_range(text: str, size: int) -> AwsError:
    """A range that begins behind the end."""
    return AwsError(
        "InvalidRange",
        "The requested range is not satisfiable",
        416,
        {"RangeRequested": text, "ActualObjectSize": str(size)},
        {"Content-Range": f"bytes */{size}"},
    )


def invalid_storage_class(name: str) -> AwsError:
    """A storage class that does not exist."""
    return AwsError(
        "InvalidStorageClass",
        "The storage class you specified is not valid",
        members={"StorageClassRequested": name},
    )


def invalid_tag(message: str, key: str = "") -> AwsError:
    """A tag that breaks the rules."""
    return AwsError("InvalidTag", message, members={"TagKey": key} if key else {})


def invalid_version(version: str) -> AwsError:
    """A version of an object in a bucket without versions."""
    return invalid_argument("Invalid version id specified", "versionId", version)


def key_too_long(size: int, limit: int) -> AwsError:
    """A key of more than 1,024 bytes."""
    return AwsError(
        "KeyTooLongError",
        "Your key is too long",
        members={"Size": str(size), "MaxSizeAllowed": str(limit)},
    )


def key_without_kms() -> AwsError:
    """A KMS key for an encryption that has none."""
    return invalid_argument(
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
        "aws:kms:dsse",
        "ApplyServerSideEncryptionByDefault",
        "AES256",
    )


def encryption_not_applicable() -> AwsError:
    """A key of the customer's for an object that has none."""
    return AwsError(
        "InvalidRequest", "The encryption parameters are not applicable to this object."
    )


def upload_has_no_customer_key() -> AwsError:
    """A key of the customer's for a part of an upload that has none (text assumed)."""
    return AwsError(
        "InvalidRequest",
        "The multipart upload initiate requested no encryption with a customer provided key. "
        "Please resend the request without specifying encryption parameters.",
    )


def kms(code: str, message: str) -> AwsError:
    """What KMS says, handed on."""
    return AwsError(f"KMS.{code}", message)


def kms_needs_signature() -> AwsError:
    """A key of KMS, and nobody who could use it."""
    return invalid_argument(
        "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS "
        "Signature Version 4.",
        "Authorization",
        "null",
    )


def key_not_authorized(who: str, action: str, arn: str, because: str) -> AwsError:
    """A key of the caller's account that the caller may not use."""
    return AwsError(
        "AccessDenied",
        f"User: {who} is not authorized to perform: {action} on resource: {arn} {because}",
        403,
    )


def foreign_key(who: str, action: str) -> AwsError:
    """A key of another account that does not let the caller use it."""
    return AwsError(
        "AccessDenied",
        f"User: {who} is not authorized to perform: {action} on this resource because the "
        "resource does not exist in this Region, no resource-based policies allow access, or a "
        "resource-based policy explicitly denies access",
        403,
    )


def malformed_trailer() -> AwsError:
    """The trailer that was announced did not come."""
    return AwsError(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our "
        "published schema.",
    )


def malformed_xml() -> AwsError:
    """A document that says nothing that can be done."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def metadata_too_large(size: int, limit: int) -> AwsError:
    """More than 2 KB of user metadata."""
    return AwsError(
        "MetadataTooLarge",
        "Your metadata headers exceed the maximum allowed metadata size",
        members={"Size": str(size), "MaxSizeAllowed": str(limit)},
    )


def missing_part_checksum(algorithm: str, number: int) -> AwsError:
    """A composite checksum needs those of the parts at the end again."""
    return AwsError(
        "InvalidRequest",
        f"The upload was created using a {algorithm.lower()} checksum. The complete request must "
        f"include the checksum for each part. It was missing for part {number} in the request.",
    )


def no_such_bucket(bucket: str) -> AwsError:
    """There is no such bucket."""
    return AwsError(
        "NoSuchBucket", "The specified bucket does not exist", 404, {"BucketName": bucket}
    )


def no_such_key(key: str) -> AwsError:
    """There is no such object."""
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, {"Key": key})


def no_such_tag_set(bucket: str) -> AwsError:
    """The bucket has no tags."""
    return AwsError("NoSuchTagSet", "The TagSet does not exist", 404, {"BucketName": bucket})


def no_such_upload(upload_id: str) -> AwsError:
    """There is no such upload, or it has ended."""
    return AwsError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may "
        "have been aborted or completed.",
        404,
        {"UploadId": upload_id},
    )


def no_such_version(key: str, version: str) -> AwsError:
    """A version of an object in a bucket without versions, one of many."""
    return AwsError(
        "NoSuchVersion",
        "The specified version does not exist.",
        404,
        {"Key": key, "VersionId": version},
    )


def not_modified(headers: dict[str, str]) -> AwsError:
    """The client has the object already; an answer without a body."""
    return AwsError("NotModified", "Not Modified", 304, headers=headers)


def object_size_mismatch() -> AwsError:
    """The whole is not as large as the client says."""
    return AwsError(
        "InvalidRequest",
        "The provided 'x-amz-mp-object-size' header does not match what was computed.",
    )


def precondition_failed(condition: str) -> AwsError:
    """A condition of the client does not hold."""
    return AwsError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
        {"Condition": condition},
    )


def range_and_part_number() -> AwsError:
    """A range and a part at once."""
    return AwsError(
        "InvalidRequest", "Cannot specify both Range header and partNumber query parameter"
    )


def tagging_header_invalid(text: str) -> AwsError:
    """x-amz-tagging cannot be read."""
    return invalid_argument(
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
        "without tag name duplicates.",
        "x-amz-tagging",
        text,
    )


def too_many_tags(resource: str, limit: int) -> AwsError:
    """More tags than a resource may have."""
    return AwsError("BadRequest", f"{resource} tags cannot be greater than {limit}")


def unspecified_location_constraint() -> AwsError:
    """No Region, sent to another than us-east-1."""
    return AwsError(
        "IllegalLocationConstraintException",
        "The unspecified location constraint is incompatible for the region specific endpoint "
        "this request was sent to.",
    )

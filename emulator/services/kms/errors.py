"""Every error of KMS, one sentence each."""

from emulator.context import Context
from emulator.errors import AwsError
from emulator.protocol import regions


def validation(sentence: str) -> AwsError:
    """A parameter that breaks a rule which KMS tells in its own words."""
    return AwsError("ValidationException", sentence)


def dry_run() -> AwsError:
    """DryRun was asked for and the request would have gone through."""
    return AwsError(
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    )


def unsupported(what: str) -> AwsError:
    """Something that KMS has and vmie has not; the sentence is ours."""
    return AwsError("UnsupportedOperationException", f"{what} not supported here.")


# keys and aliases --------------------------------------------------------------------------------


def invalid_key_id(key_id: str) -> AwsError:
    """A text that cannot name a key, or not for this action."""
    return AwsError("NotFoundException", f"Invalid keyId '{key_id}'")


def invalid_arn(region: str) -> AwsError:
    """The ARN of a key in another Region."""
    return AwsError("NotFoundException", f"Invalid arn {region}")


def key_not_found(arn: str) -> AwsError:
    """The account has no such key in the Region."""
    return AwsError("NotFoundException", f"Key '{arn}' does not exist")


def alias_not_found(arn: str) -> AwsError:
    """The account has no such alias in the Region."""
    return AwsError("NotFoundException", f"Alias {arn} is not found.")


def alias_exists(arn: str) -> AwsError:
    """A name that is given already."""
    return AwsError("AlreadyExistsException", f"An alias with the name {arn} already exists")


def invalid_alias(name: str) -> AwsError:
    """A name that does not begin as aliases do."""
    return AwsError(
        "ValidationException",
        f"Alias must start with the prefix 'alias/'. Please see the documentation: {name[:80]}",
    )


def reserved_alias() -> AwsError:
    """A name that AWS keeps for the keys it manages; the code is assumed."""
    return AwsError("NotAuthorizedException", "Alias names that begin with alias/aws/ are reserved")


def alias_of_an_alias() -> AwsError:
    """An alias where only a key can be named."""
    return validation("Aliases must refer to keys. Not aliases")


def foreign(ctx: Context, action: str) -> AwsError:
    """A key of another account, be it there or not."""
    return AwsError(
        "AccessDeniedException",
        f"User: {caller(ctx)} is not authorized to perform: kms:{action} on this resource because "
        "the resource does not exist in this Region, no resource-based policies allow access, or "
        "a resource-based policy explicitly denies access",
    )


def not_allowed(ctx: Context, action: str, arn: str, because: str) -> AwsError:
    """A key or an alias of the account with which the caller may not do this."""
    return AwsError(
        "AccessDeniedException",
        f"User: {caller(ctx)} is not authorized to perform: kms:{action} on resource: {arn} "
        f"{because}",
    )


def caller(ctx: Context) -> str:
    """Name who is asking: the session of a role, else the account's root, as there are no users."""
    return root(ctx) if ctx.session is None else ctx.session.arn


def root(ctx: Context) -> str:
    """Name the root of the account."""
    return f"arn:{regions.partition(ctx.region)}:iam::{ctx.account_id}:root"


# states ------------------------------------------------------------------------------------------


def disabled(arn: str) -> AwsError:
    """The key cannot be used until it is enabled."""
    return AwsError("DisabledException", f"{arn} is disabled.")


def pending_deletion(arn: str) -> AwsError:
    """The key is about to be deleted."""
    return AwsError("KMSInvalidStateException", f"{arn} is pending deletion.")


def not_pending_deletion(arn: str) -> AwsError:
    """There is no deletion to cancel."""
    return AwsError("KMSInvalidStateException", f"{arn} is not pending deletion.")


# use ---------------------------------------------------------------------------------------------


def invalid_ciphertext() -> AwsError:
    """Bytes that were not sealed by KMS, or with another encryption context; KMS says no more."""
    return AwsError("InvalidCiphertextException", "")


def ciphertext_not_allowed() -> AwsError:
    """A ciphertext of a key that is not there, or is another's."""
    return AwsError(
        "AccessDeniedException",
        "The ciphertext refers to a customer master key that does not exist, does not exist in "
        "this region, or you are not allowed to access.",
    )


def incorrect_key() -> AwsError:
    """A ciphertext of another key than the one that is named."""
    return AwsError(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )


def wrong_algorithm(algorithm: str) -> AwsError:
    """An algorithm of asymmetric keys."""
    return AwsError(
        "InvalidKeyUsageException",
        f"Algorithm {algorithm} is incompatible with key spec SYMMETRIC_DEFAULT.",
    )


def one_of_two_sizes() -> AwsError:
    """A data key of no size, or of two."""
    return validation("Please specify either number of bytes or key spec.")


# policies, tags, grants, pages -------------------------------------------------------------------


def malformed_policy(reason: str) -> AwsError:
    """A text that is no key policy."""
    return AwsError("MalformedPolicyDocumentException", reason)


def policy_too_long(most: int) -> AwsError:
    """A policy that does not fit; the sentence is assumed."""
    return AwsError("LimitExceededException", f"A key policy has at most {most} characters.")


def locked_out() -> AwsError:
    """A policy that nobody of the account could change any more."""
    return malformed_policy(
        "The new key policy will not allow you to update the key policy in the future."
    )


def no_such_policy() -> AwsError:
    """The only policy of a key is called `default`."""
    return AwsError("NotFoundException", "No such policy exists")


def reserved_tag() -> AwsError:
    """A tag that only AWS may give."""
    return AwsError("TagException", "aws: prefixed tag key names are not allowed for external use.")


def tag_twice() -> AwsError:
    """Two tags of one key in a request; the sentence is assumed."""
    return AwsError("TagException", "Duplicate tag keys are not allowed.")


def too_many_tags() -> AwsError:
    """More tags than a key can have; the sentence is assumed."""
    return AwsError("LimitExceededException", "A KMS key cannot have more than 50 tags.")


def grant_not_found(grant_id: str) -> AwsError:
    """The key has no such grant."""
    return AwsError("NotFoundException", f"Grant ID {grant_id} not found")


def invalid_grant_token() -> AwsError:
    """A text that is no grant token; the sentence is assumed."""
    return AwsError("InvalidGrantTokenException", "The grant token is not valid.")


def invalid_marker() -> AwsError:
    """A marker that no page of this list ended with; the sentence is assumed."""
    return AwsError("InvalidMarkerException", "The marker is not valid.")

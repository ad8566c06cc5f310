"""IAM's errors, a function a sentence; the HTTP codes are those of botocore's model.

Texts are the service's own where clients have quoted them; "assumed" marks the others.
"""

from emulator.errors import AwsError

MISSING = 404
CONFLICT = 409


def role_exists(name: str) -> AwsError:
    """A name that a role has already."""
    return AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", CONFLICT)


def policy_exists(name: str) -> AwsError:
    """A name that a managed policy has already."""
    return AwsError(
        "EntityAlreadyExists",
        f"A policy called {name} already exists. Duplicate names are not allowed.",
        CONFLICT,
    )


def no_role(name: str) -> AwsError:
    """A role that does not exist."""
    return AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", MISSING)


def no_inline_policy(name: str) -> AwsError:
    """An inline policy that its role does not have."""
    return AwsError("NoSuchEntity", f"The role policy with name {name} cannot be found.", MISSING)


def no_policy(arn: str) -> AwsError:
    """A managed policy that does not exist, or is not attached where it is to be detached."""
    return AwsError("NoSuchEntity", f"Policy {arn} was not found.", MISSING)


def not_attachable(arn: str) -> AwsError:
    """A managed policy that does not exist, or is another account's."""
    return AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", MISSING)


def no_boundary_policy(arn: str) -> AwsError:
    """A boundary that does not exist."""
    return AwsError(
        "NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", MISSING
    )


def no_boundary(name: str) -> AwsError:
    """A role without a boundary that is to lose it (text assumed)."""
    return AwsError(
        "NoSuchEntity", f"The role {name} does not have a permissions boundary.", MISSING
    )


def no_version(arn: str, version_id: str) -> AwsError:
    """A version that a policy does not have."""
    return AwsError(
        "NoSuchEntity",
        f"Policy {arn} version {version_id} does not exist or is not attachable.",
        MISSING,
    )


def must_detach() -> AwsError:
    """A role with managed policies cannot go."""
    return AwsError(
        "DeleteConflict", "Cannot delete entity, must detach all policies first.", CONFLICT
    )


def must_delete_policies() -> AwsError:
    """A role with inline policies cannot go."""
    return AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.", CONFLICT)


def policy_attached() -> AwsError:
    """A policy that a role has cannot go."""
    return AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", CONFLICT)


def policy_has_versions() -> AwsError:
    """A policy with several versions cannot go."""
    return AwsError(
        "DeleteConflict",
        "This policy has more than one version. Before you delete a policy, you must delete the "
        "policy's versions. The default version is deleted with the policy.",
        CONFLICT,
    )


def default_version() -> AwsError:
    """The version that counts cannot go."""
    return AwsError("DeleteConflict", "Cannot delete the default version of a policy.", CONFLICT)


def too_many_versions(most: int) -> AwsError:
    """A policy that has all the versions it may have."""
    return AwsError(
        "LimitExceeded",
        f"A managed policy can have up to {most} versions. Before you create a new version, you "
        "must delete an existing version.",
        CONFLICT,
    )


def quota(name: str, most: int) -> AwsError:
    """A quota of the account, the role or the document."""
    return AwsError("LimitExceeded", f"Cannot exceed quota for {name}: {most}", CONFLICT)


def inline_too_large(role: str, most: int) -> AwsError:
    """The inline policies of a role are too long, all together."""
    return AwsError(
        "LimitExceeded", f"Maximum policy size of {most} bytes exceeded for role {role}", CONFLICT
    )


def malformed_document(reason: str) -> AwsError:
    """A text that is no policy."""
    return AwsError("MalformedPolicyDocument", reason)


def invalid_arn(arn: str) -> AwsError:
    """A text that is not the ARN of a policy."""
    return AwsError("InvalidInput", f"ARN {arn} is not valid.")


def of_aws(arn: str) -> AwsError:
    """A policy that belongs to AWS is not changed (text assumed)."""
    return AwsError("AccessDenied", f"Policy {arn} is managed by AWS and cannot be changed.", 403)


def invalid_marker() -> AwsError:
    """A Marker that no answer of the action has given (text assumed)."""
    return AwsError("ValidationError", "Invalid Marker.")


def same_tag_keys() -> AwsError:
    """Two tags whose keys differ at most by case."""
    return AwsError(
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )


def reserved_tag_key() -> AwsError:
    """A tag that only AWS may give."""
    return AwsError(
        "InvalidInput",
        "Caller is not an internal service. System tags cannot be added/updated by normal users.",
    )

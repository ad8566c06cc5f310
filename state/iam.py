"""Roles, policies and the sessions of roles that were assumed: what IAM and STS keep.

They belong to an account as a whole, not to a Region. Names that differ by case alone are one name,
so that rows are found by `key`, the name in lower case.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from state.values import Frozen

Use = Literal["permissions", "boundary"]  # what a policy is attached to a role as


class Role(Frozen):
    """A role: who may assume it, and what it may do by its inline policies."""

    account_id: str
    id: str
    name: str
    path: str = "/"
    partition: str = "aws"
    created_at: datetime
    trust: str  # documents are kept as the client wrote them
    description: str | None = None
    max_session_seconds: int = 3600
    policies: dict[str, str] = {}  # the inline ones' documents, by name
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The role's ARN, path and all."""
        return f"arn:{self.partition}:iam::{self.account_id}:role{self.path}{self.name}"

    @property
    def key(self) -> str:
        """What the role's name is told apart by."""
        return self.name.lower()


class PolicyVersion(Frozen):
    """One version of a managed policy."""

    number: int
    document: str
    created_at: datetime

    @property
    def id(self) -> str:
        """How AWS calls it."""
        return f"v{self.number}"


class Policy(Frozen):
    """A managed policy: up to five versions of a document, one of which counts."""

    account_id: str  # "aws" for those that AWS provides
    id: str
    name: str
    path: str = "/"
    partition: str = "aws"
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    versions: tuple[PolicyVersion, ...]
    default: int = 1
    newest: int = 1  # the highest number that was ever given
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The policy's ARN, path and all."""
        return f"arn:{self.partition}:iam::{self.account_id}:policy{self.path}{self.name}"

    @property
    def key(self) -> str:
        """What the policy's name is told apart by."""
        return self.name.lower()

    @property
    def document(self) -> str:
        """The document of the version that counts."""
        return next(each.document for each in self.versions if each.number == self.default)

    def version(self, version_id: str) -> PolicyVersion | None:
        """Return the version that AWS calls so."""
        return next((each for each in self.versions if each.id == version_id), None)


class Session(Frozen):
    """Temporary credentials, and the role they were given for; secrets stay out of its repr."""

    access_key_id: str
    secret_access_key: str = Field(repr=False)
    token: str = Field(repr=False)
    account_id: str
    partition: str = "aws"
    role_id: str
    role_name: str
    role_arn: str
    name: str
    created_at: datetime
    expires_at: datetime
    policy: str | None = None  # the session's own, which limits the role's
    policy_arns: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    source_identity: str | None = None

    @property
    def arn(self) -> str:
        """The ARN of the session, which has no path."""
        owner = f"arn:{self.partition}:sts::{self.account_id}"
        return f"{owner}:assumed-role/{self.role_name}/{self.name}"

    @property
    def user_id(self) -> str:
        """What STS calls the session's UserId."""
        return f"{self.role_id}:{self.name}"

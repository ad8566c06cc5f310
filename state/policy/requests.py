"""Who asks for what: the side of a decision that comes with the request.

What follows from the rest of a request is put into its context where it is not there: who asks
(`aws:PrincipalArn` and its kin), and whose the resource is (`aws:ResourceAccount`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from state.policy import arns
from state.policy.variables import Context


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a root user, a user, a role or its session, a service; ANONYMOUS if not known."""

    account_id: str | None = None
    arn: str | None = None  # of the user, of the role, or of the account's root
    session_arn: str | None = None  # arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
    service: str | None = None  # vmie.amazonaws.com
    federated: str | None = None
    canonical_id: str | None = None  # of the account, as S3 names it
    unique_id: str | None = None  # AIDA…, AROA…

    @classmethod
    def root(cls, account_id: str, canonical_id: str | None = None, partition: str = "aws") -> Self:
        """Make the root user of an account, who may do anything in it."""
        arn = f"arn:{partition}:iam::{account_id}:root"
        return cls(account_id, arn, canonical_id=canonical_id)

    @classmethod
    def user(cls, arn: str, unique_id: str | None = None, canonical_id: str | None = None) -> Self:
        """Make a user."""
        return cls(arns.account_of(arn), arn, unique_id=unique_id, canonical_id=canonical_id)

    @classmethod
    def role(
        cls,
        arn: str,
        session: str | None = None,
        unique_id: str | None = None,
        canonical_id: str | None = None,
    ) -> Self:
        """Make a role, or the session of one that was assumed by that name."""
        account_id, name = arns.account_of(arn), arn.rpartition("/")[2]
        partition = arn.split(":", 2)[1]
        of_session = f"arn:{partition}:sts::{account_id}:assumed-role/{name}/{session}"
        return cls(
            account_id,
            arn,
            None if session is None else of_session,
            unique_id=unique_id,
            canonical_id=canonical_id,
        )

    @classmethod
    def of_service(cls, name: str) -> Self:
        """Make a service of AWS's."""
        return cls(service=name)

    @property
    def is_root(self) -> bool:
        """Whether it is the root user of its account."""
        return self.arn is not None and self.arn.endswith(":root")

    @property
    def is_role(self) -> bool:
        """Whether it is a role or a role's session."""
        return self.arn is not None and ":role/" in self.arn

    @property
    def kind(self) -> str:
        """What `aws:PrincipalType` says."""
        if self.arn is None:
            return "Service" if self.service else "Anonymous"
        return "Account" if self.is_root else "AssumedRole" if self.is_role else "User"

    def __str__(self) -> str:
        """As AWS names it in messages."""
        return self.session_arn or self.arn or self.service or self.federated or "anonymous"


ANONYMOUS = Principal()


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: action on resource; context values by key, whose case does not matter."""

    principal: Principal
    action: str  # s3:GetObject
    resource: str  # an ARN, or *
    account_id: str | None = None  # that the resource belongs to; None: the principal's
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    @property
    def owner(self) -> str | None:
        """The account that the resource belongs to."""
        return self.account_id or self.principal.account_id

    def full_context(self) -> Context:
        """Return the context with what follows from the rest; keys in lower case."""
        who = self.principal
        known = {
            "aws:principaltype": who.kind,
            "aws:principalarn": who.arn,
            "aws:principalaccount": who.account_id,
            "aws:principalisawsservice": "true" if who.service else "false",
            "aws:principalservicename": who.service,
            "aws:resourceaccount": self.owner,
            "aws:userid": _user_id(who),
        }
        if who.kind == "User" and who.arn is not None:
            known["aws:username"] = who.arn.rpartition("/")[2]
        full: dict[str, tuple[str, ...]] = {
            key: (value,) for key, value in known.items() if value is not None
        }
        for key, values in self.context.items():
            full[key.lower()] = (values,) if isinstance(values, str) else tuple(values)
        return full


def _user_id(who: Principal) -> str | None:
    if who.is_root:
        return who.account_id
    if who.unique_id and who.session_arn:
        return f"{who.unique_id}:{who.session_arn.rpartition('/')[2]}"
    return who.unique_id

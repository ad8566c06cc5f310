"""The room of attachments: which managed policies a role has, and as what."""

from collections import Counter
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select

from state.iam import Use
from state.rows.room import INSERTS
from state.tables import attachments

COLUMNS = attachments.c
OF_ROLE = (
    select(COLUMNS.policy_arn)
    .where(
        COLUMNS.account_id == bindparam("account_id"),
        COLUMNS.role == bindparam("role"),
        COLUMNS.use == bindparam("use"),
    )
    .order_by(COLUMNS.policy_arn)
)
OF_POLICY = (
    select(COLUMNS.role, COLUMNS.use)
    .where(
        COLUMNS.account_id == bindparam("account_id"),
        COLUMNS.policy_arn == bindparam("policy_arn"),
    )
    .order_by(COLUMNS.role, COLUMNS.use)
)
COUNTS = (
    select(COLUMNS.policy_arn, COLUMNS.use, func.count())
    .where(COLUMNS.account_id == bindparam("account_id"))
    .group_by(COLUMNS.policy_arn, COLUMNS.use)
)
REMOVE = (
    delete(attachments)
    .where(
        COLUMNS.account_id == bindparam("at_account_id"),
        COLUMNS.role == bindparam("at_role"),
        COLUMNS.use == bindparam("at_use"),
        COLUMNS.policy_arn == bindparam("at_policy_arn"),
    )
    .returning(COLUMNS.policy_arn)
)
PUT = {dialect: insert(attachments).on_conflict_do_nothing() for dialect, insert in INSERTS.items()}


class Attachment(NamedTuple):
    """A role, by the key of its name, and what a policy is to it."""

    role: str
    use: Use


class Attachments:
    """The attachments in all accounts; roles are named by the keys of their names."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, account_id: str, role: str, policy_arn: str, use: Use = "permissions") -> None:
        """Attach a policy to a role; attached once, it is attached."""
        row = {"account_id": account_id, "role": role, "policy_arn": policy_arn, "use": use}
        self._connection.execute(PUT[self._connection.dialect.name], row)

    def remove(self, account_id: str, role: str, policy_arn: str, use: Use = "permissions") -> bool:
        """Detach a policy from a role; False if it was not attached."""
        row = {
            "at_account_id": account_id,
            "at_role": role,
            "at_policy_arn": policy_arn,
            "at_use": use,
        }
        return self._connection.execute(REMOVE, row).first() is not None

    def of_role(self, account_id: str, role: str, use: Use = "permissions") -> list[str]:
        """Return the ARNs of the policies of a role, in order."""
        row = {"account_id": account_id, "role": role, "use": use}
        return list(self._connection.execute(OF_ROLE, row).scalars())

    def of_policy(self, account_id: str, policy_arn: str) -> list[Attachment]:
        """Return the roles of an account that have a policy."""
        row = {"account_id": account_id, "policy_arn": policy_arn}
        return [Attachment(*each) for each in self._connection.execute(OF_POLICY, row)]

    def counts(self, account_id: str) -> Counter[tuple[str, Use]]:
        """Count the roles of an account that have each policy, by its ARN and use."""
        rows = self._connection.execute(COUNTS, {"account_id": account_id})
        return Counter({(arn, use): count for arn, use, count in rows})

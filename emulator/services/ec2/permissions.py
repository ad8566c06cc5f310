"""Who else may use an image or a snapshot: how requests name users, let them in and shut them out.

    LaunchPermission.Add.1.UserId=123456789012                     what changes, part by part
    OperationType=add  UserId.1=123456789012  UserGroup.1=all      the same, flat
    Owner.1=self  Owner.2=amazon                                   whose are asked for

One known client says both of the first two in one request, the second without OperationType: the
second alone needs one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from emulator.errors import AwsError, invalid_parameter_value
from emulator.services.ec2 import errors, ids
from state.rows.permissions import EVERYBODY, WITHHELD
from state.store import Tx


class Rule(NamedTuple):
    """How one member of a permission names a user."""

    fits: Callable[[str], bool]
    wrong: Callable[[str], AwsError]


Rules = Mapping[str, Rule]  # by the name of the member
Permission = Mapping[str, object]  # one member and the user


class Change(NamedTuple):
    """Whom a request lets in, and whom it shuts out."""

    add: tuple[str, ...]
    remove: tuple[str, ...]

    @property
    def makes_public(self) -> bool:
        """Whether everybody is let in."""
        return EVERYBODY in self.add


def change_of(
    rules: Rules,
    add: Iterable[Permission],
    remove: Iterable[Permission],
    flat: Mapping[str, Iterable[str]],
    operation: str | None,
) -> Change:
    """Return what a request changes; the flat users are by member, with what is to happen to them.

    Raises InvalidParameterValue for another OperationType than add and remove, and what a rule
    says of a user that does not fit.
    """
    again = [{member: user} for member, users in flat.items() for user in users]
    let_in, shut_out = [*add], [*remove]
    match operation:
        case "add":
            let_in += again
        case "remove":
            shut_out += again
        case str():
            raise invalid_parameter_value("OperationType", operation)
    return Change(users_in(rules, let_in), users_in(rules, shut_out))


def users_in(rules: Rules, permissions: Iterable[Permission]) -> tuple[str, ...]:
    """Return the users that are named, each once; raises what the rule says of a wrong one."""
    found: dict[str, None] = {}
    for permission in permissions:
        for member, named in permission.items():
            user = str(named)
            if not rules[member].fits(user):
                raise rules[member].wrong(user)
            found[user] = None
    return tuple(found)


def carry_out(tx: Tx, region: str, resource_id: str, change: Change) -> None:
    """Change who may use a resource."""
    tx.permissions.put(region, resource_id, change.add)
    removed = [*change.remove, WITHHELD] if EVERYBODY in change.remove else change.remove
    tx.permissions.remove(resource_id, removed)


def shown(tx: Tx, resource_id: str, rules: Rules) -> list[tuple[str, str]]:
    """Return who may use a resource: the members that name them, and the users."""
    users = tx.permissions.of([resource_id])[resource_id]
    named = [EVERYBODY if user == WITHHELD else user for user in users]
    return [
        next((member, user) for member, rule in rules.items() if rule.fits(user)) for user in named
    ]


def is_everybody(group: str) -> bool:
    """Tell whether a group is the only one there is."""
    return group == EVERYBODY


def accounts(me: str, users: Iterable[str], words: Collection[str]) -> set[str]:
    """Return users by their numbers; InvalidUserID.Malformed for neither an account nor a word."""
    found = {me if user == "self" else user for user in users}
    for user in sorted(found):
        if user not in words and not ids.is_account(user):
            raise errors.user_malformed(user)
    return found

"""IAM, as far as the roles that VM Import/Export and its clients assume need it.

It is global: whatever Region a request is signed for, it is the account's. There are no users,
groups and instance profiles.
"""

from emulator.services.actions import Handler, merge
from emulator.services.iam import policies, policy_versions, role_policies, roles, tags

ACTIONS: dict[str, Handler] = merge(
    [
        policies.actions,
        policy_versions.actions,
        role_policies.actions,
        roles.actions,
        tags.actions,
    ]
)

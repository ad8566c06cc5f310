"""Account settings: what an account has chosen for a Region."""

from state.values import Frozen


class AccountSettings(Frozen):
    """The choices of one account in one Region; all have a default."""

    account_id: str
    region: str
    image_public_access: str = "unblocked"  # or block-new-sharing
    snapshot_public_access: str = "unblocked"  # or block-all-sharing, block-new-sharing

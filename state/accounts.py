"""Account settings: what an account has chosen for a Region."""

from state.values import Frozen


class AccountSettings(Frozen):
    """The choices of one account in one Region; all have a default."""

    account_id: str
    region: str
    image_public_access: str = "unblocked"  # or block-new-sharing
    ebs_encryption: bool = False  # of whatever is new, whether asked for or not
    ebs_key: str | None = None  # the ARN of the key where none is named; None: alias/aws/ebs
    snapshot_public_access: str = "unblocked"  # or block-all-sharing, block-new-sharing
    network_made: bool = False  # the default VPC, once and for all

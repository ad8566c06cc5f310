"""Why a text is no policy: every sentence, as the service of its use spells it.

IAM's are as others recorded them, in issues and in tests of other emulators; so are those of trust,
bucket and key policies that are not marked "assumed". What a use has no sentence for is told in
IAM's commonest (assumed), "Syntax errors in policy."
"""

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import Final

from state.policy.statements import shown


class Use(StrEnum):
    """What a document is attached to: it says which members it may and must have."""

    MANAGED = "managed"  # CreatePolicy, CreatePolicyVersion: Version must be 2012-10-17
    INLINE = "inline"  # PutRolePolicy
    TRUST = "trust"  # CreateRole, UpdateAssumeRolePolicy
    BUCKET = "bucket"  # PutBucketPolicy
    KEY = "key"  # KMS's CreateKey, PutKeyPolicy

    @property
    def of_identity(self) -> bool:
        """Whether it is attached to an identity, who is then the principal of all it says."""
        return self in {Use.MANAGED, Use.INLINE}


class Malformed(Exception):
    """A text that is no policy; the reason is a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Fault(Enum):
    """What can be wrong."""

    SYNTAX = auto()
    NO_OBJECT = auto()  # the text does not begin as an object
    NOT_JSON = auto()
    UNKNOWN_FIELD = auto()
    OLD_VERSION = auto()
    UNKNOWN_VERSION = auto()
    NO_STATEMENT = auto()
    NO_STATEMENTS = auto()
    LEGACY = auto()  # what IAM's older parser does not understand
    SID = auto()
    SAME_SID = auto()
    NO_EFFECT = auto()
    EFFECT = auto()
    NO_PRINCIPAL = auto()
    NOBODY = auto()  # lists of principals, all empty
    PRINCIPAL = auto()
    EVERYBODY = auto()
    PROHIBITED_PRINCIPAL = auto()
    NO_ACTION = auto()
    NO_VENDOR = auto()
    COLONS = auto()
    VENDOR = auto()
    FOREIGN_ACTION = auto()
    NO_RESOURCE = auto()
    RESOURCE = auto()
    PROHIBITED_RESOURCE = auto()
    FOREIGN_RESOURCE = auto()
    CONDITION = auto()


SYNTAX: Final = "Syntax errors in policy."

OF_IAM: Final[Mapping[Fault, str]] = {
    Fault.OLD_VERSION: "Policy document must be version 2012-10-17 or greater.",
    Fault.LEGACY: "The policy failed legacy parsing",
    Fault.EFFECT: "The policy failed legacy parsing",
    Fault.SID: (
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
        "expression [0-9A-Za-z]*"
    ),
    Fault.SAME_SID: "Statement IDs (SID) in a single policy must be unique.",
    Fault.PROHIBITED_PRINCIPAL: "Policy document should not specify a principal.",
    Fault.NO_ACTION: "Policy statement must contain actions.",
    Fault.NO_VENDOR: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    Fault.COLONS: "Actions/Condition can contain only one colon.",
    Fault.VENDOR: "Vendor {0} is not valid",
    Fault.NO_RESOURCE: "Policy statement must contain resources.",
    Fault.RESOURCE: "{0}",  # of several kinds; IAM says which
}

TEXTS: Final[Mapping[Use, Mapping[Fault, str]]] = {
    Use.MANAGED: OF_IAM,
    Use.INLINE: OF_IAM,
    Use.TRUST: {
        Fault.NO_OBJECT: "This policy contains invalid Json",
        Fault.NOT_JSON: "This policy contains invalid Json",
        Fault.NO_STATEMENT: "Missing required field Statement",  # assumed
        Fault.NO_STATEMENTS: "Could not parse the policy: Statement is empty!",
        Fault.UNKNOWN_FIELD: "Unknown field {0}",  # assumed
        Fault.LEGACY: OF_IAM[Fault.LEGACY],  # assumed
        Fault.EFFECT: OF_IAM[Fault.LEGACY],  # assumed
        Fault.SAME_SID: OF_IAM[Fault.SAME_SID],  # assumed
        Fault.NO_EFFECT: "Missing required field Effect",  # assumed
        Fault.NO_PRINCIPAL: "Missing required field Principal",
        Fault.NOBODY: (
            "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: "
            "The passed in policy has a statement with no principals!"
        ),
        Fault.PRINCIPAL: "Invalid principal in policy: {0}",
        Fault.EVERYBODY: 'AssumeRolepolicy contained an invalid principal: "STAR".',
        Fault.NO_ACTION: "Missing required field Action",  # assumed
        Fault.FOREIGN_ACTION: "AssumeRole policy may only specify STS AssumeRole actions.",
        Fault.PROHIBITED_RESOURCE: "Has prohibited field Resource",
    },
    Use.BUCKET: {
        Fault.SYNTAX: "Invalid policy syntax.",  # assumed
        Fault.NO_OBJECT: "Policies must be valid JSON and the first byte must be '{{'",
        Fault.NOT_JSON: "This policy contains invalid Json",
        Fault.UNKNOWN_FIELD: "Unknown field {0}",  # assumed
        Fault.UNKNOWN_VERSION: "The policy must contain a valid version string",
        Fault.NO_STATEMENT: "Missing required field Statement",
        Fault.NO_STATEMENTS: "Could not parse the policy: Statement is empty!",
        Fault.SAME_SID: "Statement IDs (SID) in a single policy must be unique.",  # assumed
        Fault.NO_EFFECT: "Missing required field Effect",
        Fault.EFFECT: "Invalid effect: {0}",
        Fault.NO_PRINCIPAL: "Missing required field Principal",
        Fault.NOBODY: "Invalid principal in policy",  # assumed
        Fault.PRINCIPAL: "Invalid principal in policy",
        Fault.NO_ACTION: "Missing required field Action",
        Fault.NO_VENDOR: "Policy has invalid action",
        Fault.COLONS: "Policy has invalid action",
        Fault.VENDOR: "Policy has invalid action",
        Fault.FOREIGN_ACTION: "Policy has invalid action",
        Fault.NO_RESOURCE: "Missing required field Resource",
        Fault.RESOURCE: "Policy has invalid resource",
        Fault.FOREIGN_RESOURCE: "Policy has invalid resource",
        Fault.CONDITION: "Invalid Condition type : {0}",  # assumed
    },
    Use.KEY: {
        Fault.NO_PRINCIPAL: "Policy contains a statement with no principal.",
        Fault.NOBODY: "Policy contains a statement with no principal.",
        Fault.PRINCIPAL: "Policy contains a statement with one or more invalid principals.",
        Fault.NO_ACTION: "Policy contains a statement with no action.",  # assumed
        Fault.NO_RESOURCE: "Policy contains a statement with no resource.",  # assumed
    },
}


def malformed(use: Use, fault: Fault, told: str = "") -> Malformed:
    """Tell of a fault; `told` is what the client wrote, or more about it."""
    texts = TEXTS[use]
    text = texts.get(fault) or texts.get(Fault.SYNTAX) or SYNTAX
    return Malformed(text.format(shown(told)))

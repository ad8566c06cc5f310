"""Who may do what: the cases of AWS's documentation of the evaluation logic, and a few of ours.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from state.policy.documents import Use
from state.policy.evaluation import ANONYMOUS, Policy, Principal, Request, evaluate
from tests.policy.texts import allow, deny, policy

OURS, THEIRS = "111122223333", "444455556666"
ROOT, FOREIGN_ROOT = f"arn:aws:iam::{OURS}:root", f"arn:aws:iam::{THEIRS}:root"
USER = f"arn:aws:iam::{OURS}:user/carlossalazar"
ROLE = f"arn:aws:iam::{OURS}:role/reader"
SESSION = f"arn:aws:sts::{OURS}:assumed-role/reader/morning"
BOB = f"arn:aws:iam::{THEIRS}:user/Bob"
AUDIT = f"arn:aws:iam::{THEIRS}:role/audit"
AUDIT_SESSION = f"arn:aws:sts::{THEIRS}:assumed-role/audit/app"
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

CARLOS = Principal.user(USER)
READER = Principal.role(ROLE, "morning")
OWNER = Principal.root(OURS)
STRANGER = Principal.user(BOB, canonical_id=CANONICAL)
AUDITOR = Principal.role(AUDIT, "app")
VMIE = Principal.of_service("vmie.amazonaws.com")

BUCKET, OBJECT = "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/disk.vmdk"
READ = allow("s3:GetObject", OBJECT)
ALL = allow("*")
KEY = f"arn:aws:kms:eu-west-1:{OURS}:key/1234"


def to(who: Any, action: Any = "s3:GetObject", resource: Any = OBJECT, **more: Any) -> Any:
    """A statement of a resource that allows it to somebody."""
    return allow(action, resource, Principal=who, **more)


def aws(*names: str) -> dict[str, list[str]]:
    return {"AWS": list(names)}


@dataclass(frozen=True)
class Case:
    """A request, the policies, and what becomes of it. Lists of statements are one policy."""

    name: str
    allowed: bool
    who: Principal = CARLOS
    action: str = "s3:GetObject"
    on: str = OBJECT
    identity: Sequence[Any] = ()
    resource: Sequence[Any] = ()
    boundary: Sequence[Any] | None = None
    session: Sequence[Any] | None = None
    decides: bool = False
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    version: str = "2012-10-17"
    use: Use = Use.KEY  # of the resource's policy: the least is asked of a key's

    def policies(self, statements: Sequence[Any] | None, use: Use) -> list[Policy]:
        return [policy(*statements, use=use, version=self.version)] if statements else []


CONSOLE = allow(["s3:ListAllMyBuckets", "s3:GetBucketLocation"], "arn:aws:s3:::*")
SELF = allow("s3:*", ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"])
NO_LOGS = deny("s3:*", "arn:aws:s3:::*log*", Sid="DenyS3Logs")
CARLOS_HAS = [CONSOLE, SELF, NO_LOGS]
PRODUCTION = [
    allow("s3:ListAllMyBuckets"),
    allow("s3:*Object*", "arn:aws:s3:::Production/*"),
    deny("s3:*", ["arn:aws:s3:::*log*", "arn:aws:s3:::*log*/*"]),
]
OF_PRODUCTION = [
    to(aws(BOB), ["s3:GetObject*", "s3:PutObject*"], "arn:aws:s3:::Production/*"),
]
REPORTS = [allow(["iam:Get*", "iam:List*"]), deny("iam:*Report")]
HOME = [
    allow("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": ["${aws:username}/*"]}}),
    allow(["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/${{aws:username}}/*"]),
]
MFA = deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
TLS_ONLY = deny("s3:*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
TRUST = to({"Service": "vmie.amazonaws.com"}, "sts:AssumeRole", None)
EXTERNAL = {**TRUST, "Condition": {"StringEquals": {"sts:Externalid": "vmimport"}}}
SOURCED = {
    **TRUST,
    "Condition": {
        "StringEquals": {"sts:Externalid": "vmimport", "aws:SourceAccount": OURS},
        "ArnLike": {"aws:SourceArn": f"arn:aws:vmie:*:{OURS}:*"},
    },
}
TASK = f"arn:aws:vmie:eu-west-1:{OURS}:import-image-task/import-ami-1"
KEY_ROOT = to(aws(ROOT), "kms:*", "*")
BOB_ONLY = deny("s3:*", [BUCKET, OBJECT], NotPrincipal=aws(BOB, FOREIGN_ROOT))
BOB_WITHOUT_ACCOUNT = deny("s3:*", [BUCKET, OBJECT], NotPrincipal=aws(BOB))
AUDIT_ONLY = deny("s3:*", OBJECT, NotPrincipal=aws(AUDIT_SESSION, AUDIT, FOREIGN_ROOT))
EVERYONE = to("*")

CASES = [
    # By default, and explicitly
    Case("nobody said anything", False),
    Case("an identity's policy allows it", True, identity=[READ]),
    Case("another action", False, action="s3:PutObject", identity=[READ]),
    Case("another resource", False, on=f"{BUCKET}/other", identity=[READ]),
    Case("a deny beside an allow", False, identity=[ALL, deny("s3:Get*")]),
    Case("a deny before an allow", False, identity=[deny("s3:Get*"), ALL]),
    Case("a deny of something else", True, identity=[ALL, deny("s3:Put*")]),
    Case("a deny alone allows nothing", False, identity=[deny("s3:Put*")]),
    Case("reads reports: implicitly allowed", True, action="iam:GetRole", on="*", identity=REPORTS),
    Case("creates policies: implicitly denied", False, action="iam:CreatePolicy", on="*",
         identity=REPORTS),
    Case("reads a report: explicitly denied", False,
         action="iam:GetOrganizationsAccessReport", on="*", identity=REPORTS),
    # Carlos
    Case("Carlos lists his buckets", True, action="s3:ListAllMyBuckets", on="arn:aws:s3:::*",
         identity=CARLOS_HAS),
    Case("Carlos writes into his bucket", True, action="s3:PutObject",
         on="arn:aws:s3:::carlossalazar/a", identity=CARLOS_HAS),
    Case("Carlos writes into a bucket of logs", False, action="s3:PutObject",
         on="arn:aws:s3:::carlossalazar-logs/a", identity=CARLOS_HAS,
         resource=[to(aws(USER), "s3:*", "*")]),
    Case("Carlos writes into another bucket", False, action="s3:PutObject", identity=CARLOS_HAS),
    Case("Carlos is only let in by the bucket", True, resource=[to(aws(USER))]),
    Case("Carlos is let in by both", True, identity=[READ], resource=[to(aws(USER))]),
    Case("Carlos is shut out by the bucket", False, identity=[ALL],
         resource=[deny("s3:*", "*", Principal=aws(USER))]),
    # Actions
    Case("any action", True, identity=[ALL]),
    Case("the case of an action does not matter", True, identity=[allow("S3:getobject")]),
    Case("a star in an action", True, action="ec2:DescribeImages", on="*",
         identity=[allow("ec2:Describe*")]),
    Case("a question mark in an action", True, identity=[allow("s3:?etObject")]),
    Case("a star does not reach the next service", False, identity=[allow("ec2:*")]),
    Case("all actions but some", True, identity=[allow([], NotAction="iam:*", Action=None)]),
    Case("one of the some", False, action="iam:GetRole", on="*",
         identity=[{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}]),
    Case("to deny all but some", False,
         identity=[ALL, {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}]),
    # Resources
    Case("a star in a resource", True, identity=[allow("s3:*", "arn:aws:s3:::buck*/*")]),
    Case("a question mark in a resource", True, identity=[allow("s3:*", f"{BUCKET}/dis?.vmdk")]),
    Case("the case of a resource matters", False, identity=[allow("s3:*", f"{BUCKET}/DISK.vmdk")]),
    Case("a bucket is not its objects", False, identity=[allow("s3:*", BUCKET)]),
    Case("objects are not their bucket", False, action="s3:ListBucket", on=BUCKET,
         identity=[allow("s3:*", f"{BUCKET}/*")]),
    Case("a star ends at the colon", False, action="sqs:SendMessage",
         on=f"arn:aws:sqs:eu-west-1:{THEIRS}:queue",
         identity=[allow("sqs:*", f"arn:aws:sqs:*:{OURS}:queue")]),
    Case("a last star goes on behind colons", True, action="logs:PutLogEvents",
         on=f"arn:aws:logs:eu-west-1:{OURS}:log-group:a:log-stream:b",
         identity=[allow("logs:*", f"arn:aws:logs:*:{OURS}:log-group:*")]),
    Case("all resources but one", False, action="s3:GetObject",
         identity=[{"Effect": "Allow", "Action": "s3:*", "NotResource": OBJECT}]),
    Case("to deny all resources but some", False, on="arn:aws:s3:::HRBucket/a",
         identity=[ALL, {"Effect": "Deny", "Action": "s3:*",
                         "NotResource": ["arn:aws:s3:::HRBucket/Payroll/*"]}]),
    Case("one of the some resources", True, on="arn:aws:s3:::HRBucket/Payroll/a",
         identity=[ALL, {"Effect": "Deny", "Action": "s3:*",
                         "NotResource": ["arn:aws:s3:::HRBucket/Payroll/*"]}]),
    Case("an action that has no resource needs the star", False, action="ec2:DescribeImages",
         on="*", identity=[allow("ec2:*", "arn:aws:ec2:*:*:image/*")]),
    # Variables
    Case("Carlos reads in his home", True, on=f"{BUCKET}/carlossalazar/a", identity=HOME),
    Case("Carlos reads in another's home", False, on=f"{BUCKET}/bob/a", identity=HOME),
    Case("Carlos lists his home", True, action="s3:ListBucket", on=BUCKET, identity=HOME,
         context={"s3:prefix": "carlossalazar/a"}),
    Case("the old language has no homes", False, on=f"{BUCKET}/carlossalazar/a", identity=HOME,
         version="2008-10-17"),
    Case("a role has no name of a user", False, who=READER, on=f"{BUCKET}/reader/a",
         identity=HOME),
    # Conditions
    Case("all conditions are true", True, context={"aws:SourceIp": "203.0.113.9", "a:B": "c"},
         identity=[allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                                            "StringEquals": {"A:b": "c"}})]),
    Case("one condition is false", False, context={"aws:SourceIp": "203.0.113.9", "a:B": "d"},
         identity=[allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                                            "StringEquals": {"A:b": "c"}})]),
    Case("one key of an operator is false", False, context={"a:b": "c"},
         identity=[allow("s3:*", Condition={"StringEquals": {"a:b": "c", "a:c": "d"}})]),
    Case("without a second factor", False, identity=[ALL, MFA],
         context={"aws:MultiFactorAuthPresent": "false"}),
    Case("with a second factor", True, identity=[ALL, MFA],
         context={"aws:MultiFactorAuthPresent": "true"}),
    Case("not known whether with a second factor", False, identity=[ALL, MFA]),
    Case("a key that is not there", True, identity=[ALL], resource=[TLS_ONLY]),
    Case("over http", False, identity=[ALL], resource=[TLS_ONLY],
         context={"aws:SecureTransport": "false"}),
    Case("over https", True, identity=[ALL], resource=[TLS_ONLY],
         context={"aws:SecureTransport": "true"}),
    Case("what follows from who asks", True,
         identity=[allow("s3:*", Condition={
             "ArnEquals": {"aws:PrincipalArn": USER},
             "StringEquals": {"aws:PrincipalAccount": OURS, "aws:ResourceAccount": OURS,
                              "aws:PrincipalType": "User"}})]),
    Case("a session is known by its role's ARN", True, who=READER,
         identity=[allow("s3:*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}})]),
    Case("any but one principal, by condition", False, identity=[ALL],
         resource=[deny("s3:*", Principal="*",
                        Condition={"ArnNotEquals": {"aws:PrincipalArn": BOB}})]),
    # Principals within one account
    Case("the account is named: nothing more", False, resource=[to(aws(ROOT))]),
    Case("the account is named, the identity may", True, identity=[READ],
         resource=[to(aws(OURS))]),
    Case("the account is denied", False, identity=[ALL],
         resource=[deny("s3:*", Principal=aws(OURS))]),
    Case("everyone in the same account", True, resource=[EVERYONE]),
    Case("everyone in AWS in the same account", True, resource=[to(aws("*"))]),
    Case("another user is named", False, resource=[to(aws(BOB, SESSION))]),
    Case("the case of a user's name matters", False, resource=[to(aws(USER.lower(), ROLE))],
         who=Principal.user(USER.replace("carlos", "Carlos"))),
    Case("a role is named", True, who=READER, resource=[to(aws(ROLE))]),
    Case("a session is named", True, who=READER, resource=[to(aws(SESSION))]),
    Case("another session is named", False, who=READER, resource=[to(aws(SESSION + "2"))]),
    Case("by unique id", True, who=Principal.user(USER, "AIDA1234567890123456"),
         resource=[to(aws("AIDA1234567890123456"))]),
    # Root
    Case("root may all in its account", True, who=OWNER),
    Case("root is denied by the bucket", False, who=OWNER,
         resource=[deny("s3:*", Principal="*")]),
    Case("root of another account", False, who=Principal.root(THEIRS)),
    Case("root of another account that is named", True, who=Principal.root(THEIRS),
         resource=[to(aws(FOREIGN_ROOT))]),
    # Across accounts: OBJECT is OURS
    Case("a stranger, no policy of the bucket", False, who=STRANGER, identity=[ALL]),
    Case("a stranger, no policy of its own", False, who=STRANGER, resource=[to(aws(BOB))]),
    Case("a stranger, both", True, who=STRANGER, identity=[READ], resource=[to(aws(BOB))]),
    Case("a stranger, its account is named", True, who=STRANGER, identity=[READ],
         resource=[to(aws(THEIRS))]),
    Case("a stranger, its canonical id is named", True, who=STRANGER, identity=[READ],
         resource=[to({"CanonicalUser": CANONICAL})]),
    Case("a stranger, another canonical id", False, who=STRANGER, identity=[READ],
         resource=[to({"CanonicalUser": "0" * 64})]),
    Case("a stranger, the bucket is public", True, who=STRANGER, identity=[READ],
         resource=[EVERYONE]),
    Case("a stranger, the bucket is public, no policy of its own", False, who=STRANGER,
         resource=[EVERYONE]),
    Case("a stranger's own policy denies", False, who=STRANGER, resource=[to(aws(BOB))],
         identity=[READ, deny("s3:*")]),
    Case("a strange session, its role is named", True, who=AUDITOR, identity=[READ],
         resource=[to(aws(AUDIT))]),
    Case("a strange session, its role is named, it may not", False, who=AUDITOR,
         resource=[to(aws(AUDIT))]),
    Case("Bob in production", True, who=STRANGER, action="s3:PutObject",
         on="arn:aws:s3:::Production/a", identity=PRODUCTION, resource=OF_PRODUCTION),
    Case("Bob in production deletes", False, who=STRANGER, action="s3:DeleteObject",
         on="arn:aws:s3:::Production/a", identity=PRODUCTION, resource=OF_PRODUCTION),
    Case("Bob in the logs of production", False, who=STRANGER, action="s3:PutObject",
         on="arn:aws:s3:::Production-logs/a", identity=PRODUCTION),
    # NotPrincipal
    Case("all but Bob are denied: Bob", True, who=STRANGER, identity=[READ],
         resource=[to(aws(BOB)), BOB_ONLY]),
    Case("all but Bob are denied: Carlos", False, identity=[ALL], resource=[BOB_ONLY]),
    Case("all but Bob are denied: root", False, who=OWNER, resource=[BOB_ONLY]),
    Case("all but Bob are denied: a service", False, who=VMIE,
         resource=[to({"Service": "vmie.amazonaws.com"}), BOB_ONLY]),
    Case("Bob without his account is denied", False, who=STRANGER, identity=[READ],
         resource=[to(aws(BOB)), BOB_WITHOUT_ACCOUNT]),
    Case("all but a session are denied: the session", True, who=AUDITOR, identity=[READ],
         resource=[to(aws(AUDIT)), AUDIT_ONLY]),
    Case("all but a session are denied: another session", False,
         who=Principal.role(AUDIT, "other"), identity=[READ],
         resource=[to(aws(AUDIT)), AUDIT_ONLY]),
    Case("all but everybody are denied", True, identity=[READ],
         resource=[deny("s3:*", NotPrincipal=aws("*"))]),
    Case("all but a service are denied: the service", True, who=VMIE,
         resource=[EVERYONE, deny("s3:*", NotPrincipal={"Service": "vmie.amazonaws.com"})]),
    Case("all but a service are denied: another service", False,
         who=Principal.of_service("ec2.amazonaws.com"),
         resource=[EVERYONE, deny("s3:*", NotPrincipal={"Service": "vmie.amazonaws.com"})]),
    Case("all but a federation are denied: the federation", True,
         who=Principal(federated="accounts.google.com"),
         resource=[EVERYONE, deny("s3:*", NotPrincipal={"Federated": "accounts.google.com"})]),
    Case("all but an account are denied: its root", True, who=OWNER,
         resource=[deny("s3:*", NotPrincipal=aws(ROOT))]),
    Case("all but an account are denied: its user", False, identity=[ALL],
         resource=[deny("s3:*", NotPrincipal=aws(ROOT))]),
    Case("all but some are allowed", True,
         resource=[{"Effect": "Allow", "NotPrincipal": aws(BOB), "Action": "s3:*",
                    "Resource": "*"}]),
    # Nobody, services, federations
    Case("anonymous, a public object", True, who=ANONYMOUS, resource=[EVERYONE]),
    Case("anonymous, everyone in AWS", True, who=ANONYMOUS, resource=[to(aws("*"))]),
    Case("anonymous, nothing public", False, who=ANONYMOUS, resource=[to(aws(USER, ROOT))]),
    Case("anonymous, public but denied", False, who=ANONYMOUS,
         resource=[EVERYONE, deny("s3:*", Principal="*")]),
    Case("a service that is named", True, who=VMIE, on=ROLE, action="sts:AssumeRole",
         resource=[TRUST], use=Use.TRUST),
    Case("another service is named", False, who=Principal.of_service("ec2.amazonaws.com"),
         on=ROLE, action="sts:AssumeRole", resource=[TRUST], use=Use.TRUST),
    Case("a service with the external id", True, who=VMIE, on=ROLE, action="sts:AssumeRole",
         resource=[EXTERNAL], context={"sts:ExternalId": "vmimport"}, use=Use.TRUST),
    Case("a service with another external id", False, who=VMIE, on=ROLE,
         action="sts:AssumeRole", resource=[EXTERNAL], context={"sts:ExternalId": "x"},
         use=Use.TRUST),
    Case("a service without an external id", False, who=VMIE, on=ROLE, action="sts:AssumeRole",
         resource=[EXTERNAL], use=Use.TRUST),
    Case("a service for the right account", True, who=VMIE, on=ROLE, action="sts:AssumeRole",
         resource=[SOURCED], use=Use.TRUST,
         context={"sts:ExternalId": "vmimport", "AWS:sourceaccount": OURS, "aws:SourceArn": TASK}),
    Case("a service for another account", False, who=VMIE, on=ROLE, action="sts:AssumeRole",
         resource=[SOURCED], use=Use.TRUST,
         context={"sts:ExternalId": "vmimport", "aws:SourceAccount": THEIRS,
                  "aws:SourceArn": TASK}),
    Case("a federation", True, who=Principal(federated="accounts.google.com"), on=ROLE,
         action="sts:AssumeRoleWithWebIdentity", use=Use.TRUST,
         resource=[to({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity",
                      None)]),
    # Boundaries and sessions, within one account
    Case("a boundary that allows", True, identity=[READ], boundary=[allow("s3:*")]),
    Case("a boundary that does not", False, identity=[READ], boundary=[allow("ec2:*")]),
    Case("a boundary that denies", False, identity=[READ], boundary=[ALL, deny("s3:*")]),
    Case("a boundary alone allows nothing", False, boundary=[ALL]),
    Case("a user is named in spite of the boundary", True, resource=[to(aws(USER))],
         boundary=[allow("ec2:*")]),
    Case("a role is named, its boundary does not allow", False, who=READER,
         resource=[to(aws(ROLE))], boundary=[allow("ec2:*")]),
    Case("a session is named in spite of the boundary", True, who=READER,
         resource=[to(aws(SESSION))], boundary=[allow("ec2:*")]),
    Case("a session is named, the boundary denies", False, who=READER,
         resource=[to(aws(SESSION))], boundary=[ALL, deny("s3:*")]),
    Case("a session's policy that allows", True, who=READER, identity=[ALL],
         session=[allow("s3:*")]),
    Case("a session's policy that does not", False, who=READER, identity=[ALL],
         session=[allow("ec2:*")]),
    Case("a session's policy alone", False, who=READER, session=[ALL]),
    Case("a role is named, its session does not allow", False, who=READER,
         resource=[to(aws(ROLE))], session=[allow("ec2:*")]),
    Case("a session is named in spite of its policy", True, who=READER,
         resource=[to(aws(SESSION))], session=[allow("ec2:*")]),
    Case("everyone in spite of the session's policy", True, who=READER, resource=[EVERYONE],
         session=[allow("ec2:*")]),
    Case("a stranger's boundary counts", False, who=STRANGER, identity=[READ],
         resource=[to(aws(BOB))], boundary=[allow("ec2:*")]),
    # Where the resource decides: keys and trusts
    Case("a key: the identity alone", False, action="kms:Decrypt", on=KEY, identity=[ALL],
         decides=True),
    Case("a key: even root needs its policy", False, who=OWNER, action="kms:Decrypt", on=KEY,
         resource=[to(aws(USER), "kms:*", "*")], decides=True),
    Case("a key: the account is named, the identity may", True, action="kms:Decrypt", on=KEY,
         identity=[allow("kms:Decrypt", KEY)], resource=[KEY_ROOT], decides=True),
    Case("a key: the account is named, the identity may not", False, action="kms:Decrypt",
         on=KEY, resource=[KEY_ROOT], decides=True),
    Case("a key: root by the account's name", True, who=OWNER, action="kms:Decrypt", on=KEY,
         resource=[KEY_ROOT], decides=True),
    Case("a key: the role is named", True, who=READER, action="kms:Decrypt", on=KEY,
         resource=[to(aws(ROLE), "kms:Decrypt", "*")], decides=True),
    Case("a key: a stranger, both", True, who=STRANGER, action="kms:Decrypt", on=KEY,
         identity=[allow("kms:*", KEY)], resource=[to(aws(FOREIGN_ROOT), "kms:*", "*")],
         decides=True),
    Case("a trust: the role of a user of the account", True, action="sts:AssumeRole", on=ROLE,
         resource=[to(aws(USER), "sts:AssumeRole", None)], decides=True, use=Use.TRUST),
    Case("a trust: the account, the user may", True, action="sts:AssumeRole", on=ROLE,
         identity=[allow("sts:AssumeRole", ROLE)], decides=True, use=Use.TRUST,
         resource=[to(aws(ROOT), "sts:AssumeRole", None)]),
    Case("a trust: the user may, but is not trusted", False, action="sts:AssumeRole", on=ROLE,
         identity=[ALL], resource=[TRUST], decides=True, use=Use.TRUST),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_who_may_do_what(case: Case) -> None:
    request = Request(case.who, case.action, case.on, OURS, case.context)

    decision = evaluate(
        request,
        identity=case.policies(case.identity, Use.INLINE),
        resource=case.policies(case.resource, case.use),
        boundary=None if case.boundary is None else case.policies(case.boundary, Use.MANAGED),
        session=None if case.session is None else case.policies(case.session, Use.INLINE),
        resource_decides=case.decides,
    )

    assert decision.allowed is case.allowed, decision.why
    assert (decision.statement is None) is (decision.policy is None)
    assert decision.statement is None or decision.statement.effect == (
        "Allow" if decision.allowed else "Deny"
    )


def test_the_decision_names_the_statement_that_denied() -> None:
    request = Request(CARLOS, "s3:PutObject", "arn:aws:s3:::carlossalazar-logs/a")
    own = policy(*CARLOS_HAS)._replace(name="the inline policy S3 of the user carlossalazar")

    decision = evaluate(request, identity=[policy(ALL), own])

    assert decision.policy is own
    assert decision.why == (
        'denied by statement 3 ("DenyS3Logs") of the inline policy S3 of the user carlossalazar'
    )
    assert decision.because == "with an explicit deny in an identity-based policy"


def test_the_decision_names_the_statement_that_allowed() -> None:
    decision = evaluate(Request(CARLOS, "s3:GetObject", OBJECT), identity=[policy(SELF, READ)])

    assert decision.why == "allowed by statement 2 of the inline policy"
    assert decision.because == ""


def test_the_decision_names_both_sides_of_two_accounts() -> None:
    decision = evaluate(
        Request(STRANGER, "s3:GetObject", OBJECT, OURS),
        identity=[policy(READ)],
        resource=[policy(to(aws(BOB)), use=Use.BUCKET)],
    )

    assert decision.why == (
        "allowed by statement 1 of the inline policy, and by statement 1 of the bucket policy"
    )


@pytest.mark.parametrize(
    ("who", "more", "kind"),
    [
        (CARLOS, {}, "identity-based policy"),
        (STRANGER, {"identity": [policy(ALL)]}, "resource-based policy"),
        (ANONYMOUS, {}, "resource-based policy"),
        (CARLOS, {"identity": [policy(ALL)], "boundary": []}, "permissions boundary"),
        (READER, {"identity": [policy(ALL)], "session": []}, "session policy"),
    ],
)
def test_the_decision_says_where_an_allow_is_missing(who: Principal, more: Any, kind: str) -> None:
    decision = evaluate(Request(who, "s3:GetObject", OBJECT, OURS), **more)

    assert not decision.allowed
    assert decision.why == f"no {kind} allows s3:GetObject on {OBJECT} to {who}"
    assert decision.because == f"because no {kind} allows the s3:GetObject action"


@pytest.mark.parametrize(
    ("who", "context"),
    [
        (OWNER, {"aws:principaltype": "Account", "aws:userid": OURS}),
        (
            Principal.user(USER, "AIDA1"),
            {
                "aws:principaltype": "User",
                "aws:userid": "AIDA1",
                "aws:username": "carlossalazar",
            },
        ),
        (
            Principal.role(ROLE, "morning", "AROA1"),
            {
                "aws:principaltype": "AssumedRole",
                "aws:userid": "AROA1:morning",
                "aws:principalarn": ROLE,
            },
        ),
        (ANONYMOUS, {"aws:principaltype": "Anonymous"}),
        (
            VMIE,
            {
                "aws:principalisawsservice": "true",
                "aws:principalservicename": "vmie.amazonaws.com",
            },
        ),
    ],
)
def test_the_context_says_who_asks(who: Principal, context: dict[str, str]) -> None:
    found = Request(who, "s3:GetObject", OBJECT, OURS, {"S3:Prefix": "a"}).full_context()

    assert {key: found[key] for key in context} == {key: (value,) for key, value in context.items()}
    assert ("aws:username" in found) is ("aws:username" in context)
    assert found["s3:prefix"] == ("a",)


HOSTILE = {
    "stars": ["arn:aws:s3:::" + "*a" * 5000 + "b"],
    "gaps": ["arn:aws:s3:::*" + "?a" * 500 + "b*"] * 20,
    "colons": ["arn:aws:s3:::" + ":" * 20_000],
    "many": [f"arn:aws:s3:::*{number}*" for number in range(1500)],
    "variables": ["arn:aws:s3:::" + "${aws:username}*" * 1000],
    "half variables": ["arn:aws:s3:::" + "${a,'" * 4000],
}


@pytest.mark.parametrize("resources", HOSTILE.values(), ids=HOSTILE)
def test_no_policy_takes_long_to_decide(resources: list[str]) -> None:
    request = Request(CARLOS, "s3:GetObject", "arn:aws:s3:::" + "a" * 1200)
    hostile = policy(allow("*", resources), allow("s3:*" + "?a" * 500, "*"))
    started = time.process_time()

    assert not evaluate(request, identity=[hostile]).allowed

    assert time.process_time() - started < 10  # and on an idle machine, a fifth of a second

"""The service role of the guide, and everything that can be wrong with one.

https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from state.policy import rights
from state.policy.documents import Use
from state.policy.evaluation import Policy
from state.policy.service_role import Right, ServiceRole, check
from tests.policy.texts import allow, deny, document

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/vmimport"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"
TASK = f"arn:aws:vmie:eu-west-1:{ACCOUNT}:import-image-task/import-ami-1"
LICENCE = f"arn:aws:license-manager:eu-west-1:{ACCOUNT}:license-configuration:lic-1"
to_read = partial(rights.to_read, partition="aws")
to_write = partial(rights.to_write, partition="aws")
IN, OUT = "arn:aws:s3:::disks", "arn:aws:s3:::exports"

EC2 = ["ec2:ModifySnapshotAttribute", "ec2:CopySnapshot", "ec2:RegisterImage", "ec2:Describe*"]
OF_KMS = ["CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*"]
READ = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]
GUIDE: list[Any] = [
    allow(READ, [IN, f"{IN}/*"]),
    allow([*READ, "s3:PutObject", "s3:GetBucketAcl"], [OUT, f"{OUT}/*"]),
    allow(EC2),
    allow([f"kms:{name}" for name in OF_KMS]),
    allow(
        [
            "license-manager:GetLicenseConfiguration",
            "license-manager:UpdateLicenseSpecificationsForResource",
            "license-manager:ListLicenseSpecificationsForResource",
        ]
    ),
]
OF_THE_KEY = Policy(
    "the policy of the key",
    document(
        allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        use=Use.KEY,
    ),
)


def with_policy(right: Right) -> Right:
    return replace(right, policies=(OF_THE_KEY,))


TASKS: dict[str, list[Right]] = {
    "import-image": [*to_read("disks", ["vm.ova"]), *rights.to_make_images("eu-west-1", "aws")],
    "import-snapshot": [
        *to_read("disks", ["disk.vmdk"]),
        *rights.to_make_snapshots("eu-west-1", "aws"),
    ],
    "encrypted": [with_policy(right) for right in rights.to_use_key(KEY)],
    "encrypted object": [with_policy(right) for right in rights.to_decrypt(KEY)],
    "licences": [*rights.to_use_licences([LICENCE])],
    "export-image": [*to_write("exports", "exports/export-ami-1.vmdk")],
}


def trust(condition: Any = None, **more: Any) -> Policy:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "vmie.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": condition or {"StringEquals": {"sts:Externalid": "vmimport"}},
        **more,
    }
    return Policy("the trust of the role vmimport", document(statement, use=Use.TRUST))


def role(*statements: Any, trusting: Policy | None = None) -> ServiceRole:
    policies = (Policy("the inline policy vmimport", document(*statements)),) if statements else ()
    return ServiceRole(ACCOUNT, ROLE, trusting or trust(), policies)


@pytest.mark.parametrize("task", TASKS)
def test_the_role_of_the_guide_will_do(task: str) -> None:
    verdict = check(role(*GUIDE), TASKS[task], TASK)

    assert verdict.allowed, verdict.why
    assert len(list(verdict.lines())) == 1 + len(TASKS[task])


@pytest.mark.parametrize("task", TASKS)
def test_every_right_is_asked_for(task: str) -> None:
    for right in TASKS[task]:
        without = role(*GUIDE, deny(right.action, right.resource))

        verdict = check(without, TASKS[task], TASK)

        assert verdict.missing == right
        assert verdict.why == "denied by statement 6 of the inline policy vmimport"


def test_a_role_without_policies_may_nothing() -> None:
    verdict = check(role(), TASKS["import-image"], TASK)

    assert not verdict.allowed
    assert verdict.missing == Right("s3:GetBucketLocation", IN)
    assert verdict.why.startswith(f"no identity-based policy allows s3:GetBucketLocation on {IN}")


def test_a_role_for_another_bucket_will_not_do() -> None:
    verdict = check(role(*GUIDE), to_read("elsewhere", ["vm.ova"]), TASK)

    assert verdict.missing == Right("s3:GetBucketLocation", "arn:aws:s3:::elsewhere")


def test_the_log_tells_which_statement_allowed_each_right() -> None:
    verdict = check(role(*GUIDE), to_read("disks", ["vm.ova"]), TASK)

    assert list(verdict.lines()) == [
        f"sts:AssumeRole on {ROLE}: allowed by statement 1 of the trust of the role vmimport",
        f"s3:GetBucketLocation on {IN}: allowed by statement 1 of the inline policy vmimport",
        f"s3:ListBucket on {IN}: allowed by statement 1 of the inline policy vmimport",
        f"s3:GetObject on {IN}/vm.ova: allowed by statement 1 of the inline policy vmimport",
    ]


WRONG_TRUSTS = {
    "another service": trust(Principal={"Service": "ec2.amazonaws.com"}),
    "the account": trust(Principal={"AWS": ACCOUNT}),
    "another external id": trust({"StringEquals": {"sts:ExternalId": "import"}}),
    "another account": trust({"StringEquals": {"aws:SourceAccount": OTHER}}),
    "another Region": trust({"ArnLike": {"aws:SourceArn": f"arn:aws:vmie:us-east-1:{ACCOUNT}:*"}}),
    "another action": trust(Action="sts:TagSession"),
    "denied": trust(Effect="Deny"),
}
RIGHT_TRUSTS = {
    "another spelling": trust({"StringEquals": {"STS:ExternalId": "vmimport"}}),
    "its account": trust({"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
    "its Region": trust({"ArnLike": {"aws:SourceArn": f"arn:aws:vmie:eu-west-1:{ACCOUNT}:*"}}),
    "no condition": trust({"StringLike": {}}),
    "one of two services": trust(
        Principal={"Service": ["ec2.amazonaws.com", "vmie.amazonaws.com"]}
    ),
    "any way to assume it": trust(Action="sts:*"),
}


@pytest.mark.parametrize("trusting", WRONG_TRUSTS.values(), ids=WRONG_TRUSTS)
def test_a_role_that_does_not_trust_the_service(trusting: Policy) -> None:
    verdict = check(role(*GUIDE, trusting=trusting), TASKS["import-image"], TASK)

    assert verdict.missing is not None
    assert verdict.missing.action == "sts:AssumeRole"
    assert len(verdict.decisions) == 1


@pytest.mark.parametrize("trusting", RIGHT_TRUSTS.values(), ids=RIGHT_TRUSTS)
def test_a_role_that_trusts_the_service(trusting: Policy) -> None:
    assert check(role(*GUIDE, trusting=trusting), TASKS["import-image"], TASK).allowed


def test_a_bucket_may_shut_the_role_out() -> None:
    closed = Policy(
        "the policy of the bucket disks",
        document(deny("s3:*", [IN, f"{IN}/*"], Principal="*"), use=Use.BUCKET),
    )

    verdict = check(role(*GUIDE), to_read("disks", ["vm.ova"], policies=(closed,)), TASK)

    assert verdict.why == "denied by statement 1 of the policy of the bucket disks"


def test_the_bucket_of_another_account_must_let_the_role_in() -> None:
    opened = Policy(
        "the policy of the bucket disks",
        document(allow("s3:*", [IN, f"{IN}/*"], Principal={"AWS": ROLE}), use=Use.BUCKET),
    )

    refused = check(role(*GUIDE), to_read("disks", ["vm.ova"], OTHER), TASK)
    allowed = check(role(*GUIDE), to_read("disks", ["vm.ova"], OTHER, (opened,)), TASK)

    assert refused.why.startswith("no resource-based policy allows s3:GetBucketLocation")
    assert allowed.allowed


def test_a_key_must_let_the_role_in() -> None:
    closed = Policy(
        "the policy of the key",
        document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/a"}), use=Use.KEY),
    )

    asked = [replace(each, policies=(closed,)) for each in rights.to_decrypt(KEY)]
    verdict = check(role(*GUIDE), asked, TASK)

    assert verdict.missing == Right("kms:Decrypt", KEY, None, (closed,), True)


def test_a_boundary_limits_the_role() -> None:
    limited = ServiceRole(
        ACCOUNT,
        ROLE,
        trust(),
        role(*GUIDE).policies,
        (Policy("the boundary", document(allow("s3:*"))),),
    )

    verdict = check(limited, TASKS["import-image"], TASK)

    assert verdict.missing == Right("ec2:DescribeSnapshots", "*")
    assert verdict.why.startswith("no permissions boundary allows")

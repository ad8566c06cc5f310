"""What the session of a role may do: what the role's policies allow, and in whose words not."""

import json
from typing import Any

import pytest

from tests.house import House
from tests.iam.conftest import refusal
from tests.iam.test_assume_role import ADMINISTRATOR, client_of, made
from tests.instances.conftest import an_image, started

SNAPSHOT = "snap-0123456789abcdef0"
IMAGE = "ami-0123456789abcdef0"
VOLUME = "vol-0123456789abcdef0"
TASK = "import-ami-0123456789abcdef0"
ENCODED = ". Encoded authorization failure message: "


def statement(action: Any, resource: Any = "*", effect: str = "Allow", **condition: Any) -> Any:
    """A statement; condition is by operator."""
    found = {"Effect": effect, "Action": action, "Resource": resource}
    return {**found, "Condition": condition} if condition else found


def text(*statements: Any) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Worker:
    """The session of a role."""

    def __init__(self, house: House, *statements: Any, session: str | None = None) -> None:
        self.house = house
        self.role = made(house, "worker")
        if statements:
            self.may(*statements)
        limit: Any = {} if session is None else {"Policy": session}
        self.answer = house.sts().assume_role(RoleArn=self.role, RoleSessionName="me", **limit)
        self.arn = f"arn:aws:sts::{house.account_id}:assumed-role/worker/me"

    def may(self, *statements: Any) -> None:
        """Give the role a policy in place of the one it had."""
        self.house.iam().put_role_policy(
            RoleName="worker", PolicyName="own", PolicyDocument=text(*statements)
        )

    def client(self, service: str) -> Any:
        """Get a client of the session's."""
        return client_of(self.house, service, self.answer)


def of_ec2(worker: Worker, action: str, resource: str = "", kind: str = "identity-based") -> Any:
    """Return how EC2 refuses an action."""
    on = f" on resource: {resource}" if resource else ""
    return (
        403,
        "UnauthorizedOperation",
        f"You are not authorized to perform this operation. User: {worker.arn} is not authorized "
        f"to perform: {action}{on} because no {kind} policy allows the {action} action",
    )


def told(call: Any, /, **members: Any) -> Any:
    """Return how EC2 refuses a call, without the encoded message."""
    status, code, message = refusal(call, **members)
    return status, code, message.partition(ENCODED)[0]


# EC2 ---------------------------------------------------------------------------------------------


def test_a_session_may_what_its_role_may(house: House) -> None:
    worker = Worker(house, statement("ec2:Describe*"))
    ec2 = worker.client("ec2")

    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    arn = f"arn:aws:ec2:us-east-1::snapshot/{SNAPSHOT}"
    assert told(ec2.delete_snapshot, SnapshotId=SNAPSHOT) == of_ec2(
        worker, "ec2:DeleteSnapshot", arn
    )


def test_a_session_without_policies_may_nothing(house: House) -> None:
    worker = Worker(house)

    assert refusal(worker.client("ec2").describe_regions) == of_ec2(worker, "ec2:DescribeRegions")
    assert worker.client("sts").get_caller_identity()["Arn"] == worker.arn


def test_what_denies_is_told(house: House) -> None:
    worker = Worker(house, statement("*"), statement("ec2:*", effect="Deny"))

    _, code, message = refusal(worker.client("ec2").describe_images)

    assert code == "UnauthorizedOperation"
    assert message.endswith(
        "perform: ec2:DescribeImages with an explicit deny in an identity-based policy"
    )


def test_a_policy_that_changes_counts_at_once(house: House) -> None:
    worker = Worker(house)
    ec2 = worker.client("ec2")

    worker.may(statement("ec2:DescribeImages"))
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    worker.may(statement("ec2:DescribeTags"))
    assert refusal(ec2.describe_images) == of_ec2(worker, "ec2:DescribeImages")


def test_a_session_whose_role_is_gone_is_nobodys(house: House) -> None:
    worker = Worker(house)
    house.iam().attach_role_policy(RoleName="worker", PolicyArn=ADMINISTRATOR)
    assert worker.client("ec2").describe_regions()["Regions"]

    house.iam().detach_role_policy(RoleName="worker", PolicyArn=ADMINISTRATOR)
    house.iam().delete_role(RoleName="worker")
    asked = [
        worker.client("ec2").describe_regions,
        worker.client("sts").get_caller_identity,
        worker.client("iam").list_roles,
        worker.client("s3").list_buckets,
        worker.client("kms").list_keys,
    ]
    codes = [refusal(call)[:2] for call in asked]
    made(house, "worker")
    house.iam().attach_role_policy(RoleName="worker", PolicyArn=ADMINISTRATOR)

    assert codes == [
        (401, "AuthFailure"),
        (403, "InvalidClientTokenId"),
        (403, "InvalidClientTokenId"),
        (403, "InvalidAccessKeyId"),
        (400, "UnrecognizedClientException"),
    ]
    assert [refusal(call)[:2] for call in asked] == codes  # the new role is another


def test_a_session_policy_and_a_boundary_limit_it(house: House) -> None:
    worker = Worker(
        house, statement("*"), session=text(statement(["ec2:Describe*", "iam:GetRole"]))
    )
    ec2 = worker.client("ec2")
    limit = house.iam().create_policy(
        PolicyName="limit", PolicyDocument=text(statement(["iam:*", "ec2:DescribeTags"]))
    )

    assert ec2.describe_regions()["Regions"]
    arn = f"arn:aws:ec2:us-east-1::snapshot/{SNAPSHOT}"
    refused = of_ec2(worker, "ec2:DeleteSnapshot", arn, "session")
    assert told(ec2.delete_snapshot, SnapshotId=SNAPSHOT) == refused
    house.iam().put_role_permissions_boundary(
        RoleName="worker", PermissionsBoundary=limit["Policy"]["Arn"]
    )
    _, _, message = refusal(ec2.describe_regions)
    assert message.endswith("because no permissions boundary allows the ec2:DescribeRegions action")


@pytest.mark.parametrize(
    ("call", "members", "action", "resource"),
    [
        ("deregister_image", {"ImageId": IMAGE}, "ec2:DeregisterImage", f":{IMAGE}"),
        ("modify_image_attribute", {"ImageId": IMAGE}, "ec2:ModifyImageAttribute", f":{IMAGE}"),
        (
            "describe_snapshot_attribute",
            {"SnapshotId": SNAPSHOT, "Attribute": "productCodes"},
            "ec2:DescribeSnapshotAttribute",
            f":{SNAPSHOT}",
        ),
        (
            "create_tags",
            {"Resources": [IMAGE], "Tags": [{"Key": "a", "Value": "b"}]},
            "ec2:CreateTags",
            f":{IMAGE}",
        ),
        ("cancel_import_task", {"ImportTaskId": TASK}, "ec2:CancelImportTask", f"me:{TASK}"),
        ("import_image", {}, "ec2:ImportImage", ":*"),
        ("import_snapshot", {}, "ec2:ImportSnapshot", "me:*"),
        (
            "copy_snapshot",
            {"SourceRegion": "eu-west-1", "SourceSnapshotId": SNAPSHOT},
            "ec2:CopySnapshot",
            f"eu-west-1:{SNAPSHOT}",
        ),
        ("register_image", {"Name": "machine"}, "ec2:RegisterImage", ":*"),
        ("enable_image_block_public_access", {"ImageBlockPublicAccessState": "block-new-sharing"},
         "ec2:EnableImageBlockPublicAccess", None),
    ],
)  # fmt: skip
def test_every_action_is_on_its_resource(
    house: House, call: str, members: Any, action: str, resource: str | None
) -> None:
    worker = Worker(house, statement("ec2:RunInstances"))
    types = {"ami": "image", "snap": "snapshot", "import-ami": "import-image-task"}
    expected = ""
    if resource is not None:
        place, name = resource.split(":")
        owner = house.account_id if place == "me" else ""
        region = place if "-" in place else "us-east-1"
        kind = {"ec2:ImportSnapshot": "import-snapshot-task"}.get(action, "image")
        kind = types[name.rpartition("-")[0]] if name != "*" else kind
        expected = f"arn:aws:ec2:{region}:{owner}:{kind}/{name}"

    refused = told(getattr(worker.client("ec2"), call), **members)

    assert refused == of_ec2(worker, action, expected)


def test_rights_on_some_resources_only(house: House) -> None:
    mine = f"arn:aws:ec2:*::snapshot/{SNAPSHOT}"
    worker = Worker(house, statement("ec2:DeleteSnapshot", mine))
    ec2 = worker.client("ec2")

    assert refusal(ec2.delete_snapshot, SnapshotId=SNAPSHOT)[1] == "InvalidSnapshot.NotFound"
    other = SNAPSHOT.replace("0", "1")
    assert refusal(ec2.delete_snapshot, SnapshotId=other)[1] == "UnauthorizedOperation"


def test_tags_at_creation_are_a_right_of_their_own(house: House) -> None:
    worker = Worker(house, statement("ec2:ImportSnapshot"))
    ec2 = worker.client("ec2")
    tagged: Any = {
        "DiskContainer": {"UserBucket": {"S3Bucket": "nowhere", "S3Key": "x"}},
        "TagSpecifications": [
            {"ResourceType": "import-snapshot-task", "Tags": [{"Key": "team", "Value": "disks"}]}
        ],
    }
    ours: Any = {
        "StringEquals": {"aws:RequestTag/team": "disks", "ec2:CreateAction": "ImportSnapshot"}
    }

    status, code, message = refusal(ec2.import_snapshot, **tagged)
    assert (status, code) == (403, "UnauthorizedOperation")
    assert "perform: ec2:CreateTags on resource: " in message
    worker.may(statement("ec2:ImportSnapshot"), statement("ec2:CreateTags", "*", **ours))
    assert refusal(ec2.import_snapshot, **tagged)[1] == "InvalidParameter"


def test_conditions_on_the_request_and_on_the_resource(house: House) -> None:
    theirs: Any = {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}
    local: Any = {
        "IpAddress": {"aws:SourceIp": "127.0.0.0/8"},
        "Bool": {"aws:SecureTransport": "false"},
    }
    worker = Worker(house, statement("ec2:*", **local), statement("*", effect="Deny", **theirs))

    assert worker.client("ec2").describe_regions()["Regions"]
    worker.may(statement("ec2:*", "*", Bool={"aws:SecureTransport": "true"}))
    assert refusal(worker.client("ec2").describe_regions)[1] == "UnauthorizedOperation"


def test_why_it_was_refused_is_told_to_those_who_may_know(house: House) -> None:
    worker = Worker(house, statement("ec2:*"), statement("ec2:Delete*", effect="Deny"))
    _, _, message = refusal(worker.client("ec2").delete_snapshot, SnapshotId=SNAPSHOT)
    encoded = message.partition(ENCODED)[2]
    sts = worker.client("sts")

    denied = refusal(sts.decode_authorization_message, EncodedMessage=encoded)
    worker.may(statement("sts:DecodeAuthorizationMessage"))
    answer = sts.decode_authorization_message(EncodedMessage=encoded)

    assert denied == (
        403,
        "AccessDenied",
        f"User: {worker.arn} is not authorized to perform: sts:DecodeAuthorizationMessage because "
        "no identity-based policy allows the sts:DecodeAuthorizationMessage action",
    )
    found = json.loads(answer["DecodedMessage"])
    asked = found["context"]
    assert (found["allowed"], found["explicitDeny"]) == (False, True)
    assert found["matchedStatements"]["items"][0]["actions"] == {
        "items": [{"value": "ec2:Delete*"}]
    }
    assert asked["principal"]["arn"] == worker.arn
    assert asked["action"] == "ec2:DeleteSnapshot"
    assert asked["resource"] == f"arn:aws:ec2:us-east-1::snapshot/{SNAPSHOT}"
    assert {"key": "ec2:Region", "values": {"items": [{"value": "us-east-1"}]}} in (
        asked["conditions"]["items"]
    )


def test_a_message_is_for_its_account_alone_and_may_not_be_changed(house: House) -> None:
    worker = Worker(house)
    _, _, message = refusal(worker.client("ec2").delete_snapshot, SnapshotId=SNAPSHOT)
    encoded = message.partition(ENCODED)[2]
    changed = encoded[:20] + ("A" if encoded[20] != "A" else "B") + encoded[21:]
    invalid = (400, "InvalidAuthorizationMessageException", "Message is not valid")

    ours, theirs = house.sts(), House(house.server).sts()
    found = ours.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]

    assert json.loads(found)["explicitDeny"] is False
    assert refusal(theirs.decode_authorization_message, EncodedMessage=encoded) == invalid
    for text_ in (changed, "A", "not a message", encoded + "\n", "\u00e9"):
        assert refusal(ours.decode_authorization_message, EncodedMessage=text_) == invalid


def test_who_names_a_role_must_be_allowed_to_pass_it(house: House) -> None:
    worker = Worker(house, statement(["ec2:ImportSnapshot", "s3:*"]))
    ec2 = worker.client("ec2")
    nowhere = {"UserBucket": {"S3Bucket": "nowhere", "S3Key": "x"}}
    role = f"arn:aws:iam::{house.account_id}:role/mine"
    for_vmie: Any = {"StringEquals": {"iam:PassedToService": "vmie.amazonaws.com"}}

    refused = told(ec2.import_snapshot, DiskContainer=nowhere, RoleName="mine")
    worker.may(statement("ec2:ImportSnapshot"), statement("iam:PassRole", role, **for_vmie))

    assert refused == of_ec2(worker, "iam:PassRole", role)
    for named in {"RoleName": "mine"}, {}:  # the usual one is the service's to take
        assert refusal(ec2.import_snapshot, DiskContainer=nowhere, **named)[1] == "InvalidParameter"


# IAM ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "members", "shown"),
    [
        ("get_role", {"RoleName": "worker"}, "role worker"),
        ("list_roles", {}, "arn:aws:iam::{}:role/"),
        ("list_policies", {}, "policy path /"),
        (
            "create_role",
            {"RoleName": "more", "Path": "/a/", "AssumeRolePolicyDocument": "{}"},
            "arn:aws:iam::{}:role/a/more",
        ),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": "{}"}, "policy p"),
        ("get_policy", {"PolicyArn": ADMINISTRATOR}, f"policy {ADMINISTRATOR}"),
        (
            "attach_role_policy",
            {"RoleName": "worker", "PolicyArn": ADMINISTRATOR},
            "role worker",
        ),
    ],
)
def test_iam_refuses_in_its_words(house: House, call: str, members: Any, shown: str) -> None:
    worker = Worker(house, statement("iam:ListRoleTags"))
    action = "iam:" + "".join(word.capitalize() for word in call.split("_"))

    refused = refusal(getattr(worker.client("iam"), call), **members)

    assert refused == (
        403,
        "AccessDenied",
        f"User: {worker.arn} is not authorized to perform: {action} on resource: "
        f"{shown.format(house.account_id)} because no identity-based policy allows the {action} "
        "action",
    )


def test_a_role_may_give_only_some_policies_away(house: House) -> None:
    reading = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    safe: Any = {"ArnEquals": {"iam:PolicyARN": reading}}
    own = f"arn:aws:iam::{house.account_id}:role/worker"
    worker = Worker(house, statement("iam:AttachRolePolicy", own, **safe))
    iam = worker.client("iam")

    iam.attach_role_policy(RoleName="worker", PolicyArn=reading)
    refused = refusal(iam.attach_role_policy, RoleName="worker", PolicyArn=ADMINISTRATOR)
    assert refused[1] == "AccessDenied"


# KMS ---------------------------------------------------------------------------------------------


def test_kms_wants_a_right_to_make_and_list_keys(house: House) -> None:
    worker = Worker(house, statement("kms:ListAliases"))
    kms = worker.client("kms")

    assert kms.list_aliases()["Aliases"]
    for call, action in ((kms.create_key, "CreateKey"), (kms.list_keys, "ListKeys")):
        assert refusal(call) == (
            400,
            "AccessDeniedException",
            f"User: {worker.arn} is not authorized to perform: kms:{action} on resource: * "
            f"because no identity-based policy allows the kms:{action} action",
        )


def test_who_starts_instances_must_be_allowed_all_that_it_takes(house: House) -> None:
    image = an_image(house)
    house.ec2().create_key_pair(KeyName="ours", KeyType="ed25519")
    own = f"arn:aws:ec2:us-east-1:{house.account_id}"
    parts = [f"{own}:instance/*", f"{own}:volume/*", f"{own}:network-interface/*"]
    parts += [f"arn:aws:ec2:us-east-1::image/{image}", f"{own}:key-pair/ours"]
    small: Any = {"StringLike": {"ec2:InstanceType": ["t2.*"]}}
    worker = Worker(house, statement("ec2:RunInstances", parts[:-1]))
    ec2 = worker.client("ec2")
    request: Any = {
        "ImageId": image,
        "InstanceType": "t2.nano",
        "KeyName": "ours",
        "MinCount": 1,
        "MaxCount": 1,
    }
    tagged: Any = {
        **request,
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
    }

    def resource() -> str:
        status, code, message = refusal(ec2.run_instances, **tagged)
        assert (status, code) == (403, "UnauthorizedOperation")
        return str(message.partition(" on resource: ")[2].partition(" ")[0])

    assert resource() == parts[-1]
    worker.may(statement("ec2:RunInstances", parts[:-1]), statement("*", parts[-1]))
    assert resource() == parts[0]  # whose tags are a right of their own
    worker.may(statement("ec2:RunInstances", parts), statement("ec2:CreateTags", parts[0]))
    assert ec2.run_instances(**tagged)["Instances"]
    large = [statement("ec2:RunInstances", parts[1:]), statement("ec2:*", parts[0], **small)]
    worker.may(*large)
    assert ec2.run_instances(**tagged)["Instances"]
    assert refusal(ec2.run_instances, **{**request, "InstanceType": "m4.large"})[1] == (
        "UnauthorizedOperation"
    )


def test_instances_are_changed_by_what_they_are(house: House) -> None:
    small, large = started(house), started(house, InstanceType="t2.large")
    of_type: Any = {"StringEquals": {"ec2:InstanceType": "t2.micro"}}
    ec2 = Worker(house, statement("ec2:*", "*", **of_type)).client("ec2")

    assert ec2.stop_instances(InstanceIds=[small])["StoppingInstances"]
    wanted: Any = {"InstanceType": {"Value": "t2.large"}}
    ec2.modify_instance_attribute(InstanceId=small, **wanted)
    for each in (small, large):
        assert refusal(ec2.stop_instances, InstanceIds=[each])[1] == "UnauthorizedOperation"


def test_instances_are_stopped_by_what_their_tags_say(house: House) -> None:
    mine, other = started(house), started(house)
    house.ec2().create_tags(Resources=[mine], Tags=[{"Key": "team", "Value": "ours"}])
    ours: Any = {"StringEquals": {"aws:ResourceTag/team": "ours"}}
    ec2 = Worker(house, statement("ec2:StopInstances", "*", **ours)).client("ec2")

    assert ec2.stop_instances(InstanceIds=[mine])["StoppingInstances"]
    assert refusal(ec2.stop_instances, InstanceIds=[mine, other])[1] == "UnauthorizedOperation"

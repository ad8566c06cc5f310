"""One of everything, for an account: what another one must never get to see."""

import json
import secrets
from typing import Any

from state.consoles import Consoles
from tests.house import House, client
from tests.sweep.looking import SERVED

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "vmie.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
SMALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


def served(service: str, *actions: str) -> bool:
    """Tell whether actions are served by now."""
    return set(actions) <= SERVED.get(service, set())


def fill(house: House) -> dict[str, set[str]]:
    """Fill an account; return names under which requests ask for what no answer calls so."""
    mark = f"secret-{secrets.token_hex(6)}"
    tags = [{"Key": f"{mark}-key", "Value": f"{mark}-value"}]
    bucket, key = buckets(house, mark)
    role = roles(house, mark)
    keys(house, mark, role)
    snapshot = disks(house, mark, bucket, key, tags)
    networks(house, mark, tags)
    instances(house, mark, snapshot, tags)
    return {
        "Bucket": {bucket},
        "Key": {key, f"{mark}-upload"},
        "SnapshotId": {snapshot},  # the one that is shared and has blocks
        "FirstSnapshotId": {snapshot},
        "SecondSnapshotId": {snapshot},
        "Prefix": {mark},
        "PolicyArn": {f"arn:aws:iam::{house.account_id}:policy/{mark}-policy"},
        "PolicyName": {f"{mark}-inline"},
        "Owner": {house.account_id},
        "UserId": {house.account_id},
        "GranteePrincipal": {role},
        "ExecutableUser": {house.account_id, "all"},
        "RestorableByUserId": {house.account_id, "all"},
    }


def buckets(house: House, mark: str) -> tuple[str, str]:
    """Make a bucket with all that can hang on one, and an object; return their names."""
    s3: Any = house.s3()
    bucket, key = f"{mark}-bucket", f"{mark}/disk.raw"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(
        Bucket=bucket, Key=key, Body=mark.encode() * 50_000, Metadata={"mark": f"{mark}-metadata"},
        Tagging=f"{mark}-tag=yes", ContentDisposition=f"{mark}-disposition",
    )  # fmt: skip
    tagging = {"TagSet": [{"Key": f"{mark}-of", "Value": f"{mark}-bucket"}]}
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tagging)
    upload = s3.create_multipart_upload(Bucket=bucket, Key=f"{mark}-upload")["UploadId"]
    named: Any = {"Bucket": bucket, "Key": f"{mark}-upload", "UploadId": upload}
    s3.upload_part(**named, PartNumber=1, Body=mark.encode())
    if served("s3", "PutBucketPolicy"):
        statement = {
            "Sid": mark, "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket",
            "Resource": f"arn:aws:s3:::{bucket}",
        }  # fmt: skip
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    return bucket, key


def roles(house: House, mark: str) -> str:
    """Make a role with policies of all kinds; return its ARN."""
    iam = house.iam()
    tags = [{"Key": f"{mark}-role-tag", "Value": f"{mark}-role"}]
    policy = iam.create_policy(
        PolicyName=f"{mark}-policy",
        PolicyDocument=json.dumps(SMALL).replace("*", f"arn:aws:s3:::{mark}"),
        Description=mark,
        Tags=[{"Key": f"{mark}-policy-tag", "Value": "x"}],
    )["Policy"]["Arn"]  # fmt: skip
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALL, SetAsDefault=True)
    role = iam.create_role(
        RoleName=f"{mark}-role", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags,
        Description=f"{mark} role", PermissionsBoundary=policy,
    )["Role"]["Arn"]  # fmt: skip
    named: Any = {"RoleName": f"{mark}-role"}
    iam.put_role_policy(**named, PolicyName=f"{mark}-inline", PolicyDocument=json.dumps(SMALL))
    iam.attach_role_policy(**named, PolicyArn=policy)
    return str(role)


def keys(house: House, mark: str, role: str) -> None:
    """Make a key with an alias, a grant and tags."""
    kms = house.kms()
    tags = [{"TagKey": f"{mark}-key-tag", "TagValue": f"{mark}-key"}]
    key = kms.create_key(Description=f"{mark} key", Tags=tags)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{mark}", TargetKeyId=key)
    lent: Any = {"Operations": ["Decrypt"], "Name": f"{mark}-grant"}
    kms.create_grant(KeyId=key, GranteePrincipal=role, **lent)


def disks(house: House, mark: str, bucket: str, key: str, tags: Any) -> str:
    """Import a disk and a machine, export it; make of them what else there can be.

    Returns the disk's snapshot.
    """
    ec2: Any = house.ec2()
    container = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": key}}

    def tagged(*kinds: str) -> Any:
        return [{"ResourceType": kind, "Tags": tags} for kind in kinds]

    disk = ec2.import_snapshot(
        DiskContainer=container, Description=f"{mark} disk",
        TagSpecifications=tagged("import-snapshot-task"),
    )  # fmt: skip
    machine = ec2.import_image(
        DiskContainers=[container], Description=f"{mark} machine",
        TagSpecifications=tagged("import-image-task"),
    )  # fmt: skip
    snapshot = house.finished(disk)["SnapshotId"]
    image = house.finished_image(machine)["ImageId"]
    ec2.create_tags(Resources=[snapshot, image], Tags=tags)
    ec2.export_image(
        ImageId=image, DiskImageFormat="RAW", Description=f"{mark} export",
        S3ExportLocation={"S3Bucket": bucket, "S3Prefix": f"{mark}-exports/"},
    )  # fmt: skip
    friend = "123123123123"
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", UserIds=[friend],
        OperationType="add",
    )  # fmt: skip
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": friend}]})
    if served("ec2", "CreateVolume", "ModifyVolume"):
        place = "us-east-1a"
        volume = ec2.create_volume(
            SnapshotId=snapshot, AvailabilityZone=place, TagSpecifications=tagged("volume")
        )["VolumeId"]
        ec2.get_waiter("volume_available").wait(
            VolumeIds=[volume], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        ec2.modify_volume(VolumeId=volume, Size=2)
    if served("ebs", "StartSnapshot"):
        ebs = client("ebs", house.endpoint, house.account_id, house.region)
        ebs.start_snapshot(VolumeSize=1, Description=f"{mark} direct")
    if served("ec2", "ImportVolume"):
        image_of: Any = {"Format": "RAW", "Bytes": 1 << 20}
        url = house.s3().generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": f"{mark}-manifest"}
        )
        ec2.import_volume(
            AvailabilityZone="us-east-1a", Description=f"{mark} volume", Volume={"Size": 1},
            Image={**image_of, "ImportManifestUrl": url},
        )  # fmt: skip
    return str(snapshot)


def networks(house: House, mark: str, tags: Any) -> None:
    """Make a network of its own, a security group and a key pair."""
    ec2: Any = house.ec2()
    if served("ec2", "CreateVpc", "CreateSubnet"):
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
        ec2.create_tags(Resources=[vpc, subnet], Tags=tags)
    if served("ec2", "CreateSecurityGroup"):
        made = ec2.create_security_group(GroupName=f"{mark}-group", Description=f"{mark} group")
        port: Any = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
        ec2.authorize_security_group_ingress(
            GroupId=made["GroupId"],
            IpPermissions=[{**port, "IpRanges": [{"CidrIp": "10.1.2.3/32", "Description": mark}]}],
        )
    if served("ec2", "CreateNetworkInterface", "DescribeSubnets"):
        place = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        ec2.create_network_interface(SubnetId=place, Description=f"{mark} interface")
    if served("ec2", "CreateKeyPair"):
        ec2.create_key_pair(KeyName=f"{mark}-pair", KeyType="ed25519")


def instances(house: House, mark: str, snapshot: str, tags: Any) -> None:
    """Start an instance, which says something."""
    ec2: Any = house.ec2()
    if not served("ec2", "RunInstances", "CreateKeyPair"):
        return
    device = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}
    image = ec2.register_image(
        Name=f"{mark} registered", RootDeviceName="/dev/sda1", BlockDeviceMappings=[device],
        Architecture="x86_64", VirtualizationType="hvm",
    )["ImageId"]  # fmt: skip
    started = ec2.run_instances(
        ImageId=image, InstanceType="t2.micro", MinCount=1, MaxCount=1, KeyName=f"{mark}-pair",
        UserData=f"{mark} user data", CreditSpecification={"CpuCredits": "unlimited"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"][0]["InstanceId"]  # fmt: skip
    consoles = Consoles(house.data_dir)
    consoles.make()
    consoles.log(started).write_text(f"{mark} login:")

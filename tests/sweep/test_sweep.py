"""Nothing of one account is visible to another: by no action that looks, however it is asked.

    carol looks at what is hers ─► alice fills her account and looks ─► carol asks for all of it
          (what she sees is no secret of alice's)

An action that is new is in it by itself, with the names that answers give. If it shows what nobody
has made yet, `filling` must make one, and the second test says so.
"""

from typing import Any, NamedTuple

import pytest

from tests.conformance.samples import sample
from tests.house import House, Server, client
from tests.iam.test_assume_role import client_of, made
from tests.sweep.filling import fill
from tests.sweep.looking import LONG, SERVED, actions, ask, look, requests, told

# What is the same for all, or what is only yes or no.
NOTHING_OF_ONES_OWN = frozenset({
    "ebs:ListChangedBlocks",  # of a snapshot and itself there are none
    "ec2:DescribeAccountAttributes", "ec2:DescribeAvailabilityZones", "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeRegions",
    "ec2:GetEbsDefaultKmsKeyId", "ec2:GetEbsEncryptionByDefault", "iam:ListPolicyVersions",
    "ec2:GetConsoleScreenshot",  # of a record there is none
    "ec2:GetImageBlockPublicAccessState",
    "ec2:GetSnapshotBlockPublicAccessState", "iam:ListInstanceProfilesForRole",
    "s3:GetBucketEncryption", "s3:GetBucketLocation", "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicyStatus", "s3:GetPublicAccessBlock", "s3:HeadBucket",
})  # fmt: skip


class Sweep(NamedTuple):
    """What alice has, and who looks for it."""

    carol: House
    names: dict[str, set[str]]
    seen: dict[str, set[str]]  # by action
    secret: set[str]


@pytest.fixture(scope="module")
def sweep(server: Server) -> Sweep:
    """An account with one of everything, and another."""
    carol, alice = House(server), House(server)
    _, known = look(carol, fill(carol))
    seeds = fill(alice)
    names, seen = look(alice, seeds)
    common = set().union(*known.values())
    secret = {text for found in seen.values() for text in found - common if len(text) >= LONG} | {
        alice.account_id
    }
    return Sweep(carol, names, seen, {text for text in secret if not text.isspace()})


def test_nothing_of_an_account_is_told_to_another(sweep: Sweep) -> None:
    leaks = []
    for service, action in actions():
        for request in requests(sweep.carol, service, action, sweep.names):
            answer = ask(sweep.carol, service, action, request)
            if found := told(answer, sweep.secret, request):
                leaks.append((f"{service}:{action}", request, sorted(found)))

    assert leaks == []


def test_the_sweep_had_something_to_find_by_every_action(sweep: Sweep) -> None:
    without = {
        f"{service}:{action}"
        for service, action in actions()
        if not sweep.seen.get(f"{service}:{action}", set()) & sweep.secret
    }

    assert without <= NOTHING_OF_ONES_OWN


def test_a_session_without_rights_is_refused_by_every_action(server: Server) -> None:
    house = House(server)
    arn = made(house, "powerless")
    answer = house.sts().assume_role(RoleArn=arn, RoleSessionName="me")
    let_in = []
    for service in SERVED.keys() - {"s3", "sts"}:
        model = client(service, house.endpoint, house.account_id, "us-east-1").meta.service_model
        caller: Any = client_of(house, service, answer)
        methods = {name: each for each, name in caller.meta.method_to_api_mapping.items()}
        for action in sorted(SERVED[service]):
            shape = model.operation_model(action).input_shape
            required = {} if shape is None else {
                name: sample(shape.members[name]) for name in shape.required_members
            }  # fmt: skip
            try:
                getattr(caller, methods[action])(**required)
            except caller.exceptions.ClientError as error:
                let_in += [] if is_refusal(error) else [f"{service}:{action}: {error}"]
            except Exception:  # noqa: BLE001 - what cannot be sent
                continue
            else:
                let_in.append(f"{service}:{action}")

    assert let_in == []


def is_refusal(error: Any) -> bool:
    """Tell whether a request was refused for want of rights, or could not be understood."""
    return error.response["Error"]["Code"] in {
        "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "ValidationError",
        "ValidationException", "NotFoundException",
    }  # fmt: skip

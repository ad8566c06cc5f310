"""The rooms of what instances stand on, and of key pairs."""

from datetime import UTC, datetime

import pytest

from state.key_pairs import KeyPair
from state.network import DhcpOptions, InternetGateway, SecurityGroup, SecurityGroupRule, Vpc
from state.store import Duplicate, Stale, Store
from tests.state.samples import ACCOUNT, REGION


def vpc(number: int, account_id: str = ACCOUNT) -> Vpc:
    return Vpc(
        id=f"vpc-{number}",
        account_id=account_id,
        region=REGION,
        cidr_block="10.0.0.0/16",
        cidr_association_id=f"vpc-cidr-assoc-{number}",
        dhcp_options_id="dopt-1",
    )


def group(number: int, vpc_id: str) -> SecurityGroup:
    return SecurityGroup(
        id=f"sg-{number}",
        account_id=ACCOUNT,
        region=REGION,
        vpc_id=vpc_id,
        name=f"group {number}",
        description="",
    )


def rule(number: int, group_id: str) -> SecurityGroupRule:
    return SecurityGroupRule(
        id=f"sgr-{number}",
        account_id=ACCOUNT,
        region=REGION,
        group_id=group_id,
        is_egress=False,
        protocol="-1",
    )


def pair(number: int, name: str, region: str = REGION) -> KeyPair:
    return KeyPair(
        id=f"key-{number}",
        account_id=ACCOUNT,
        region=region,
        name=name,
        type="rsa",
        fingerprint="00:11",
        public_key="ssh-rsa AAAA",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_each_room_has_its_own_kind(store: Store) -> None:
    with store.begin() as tx:
        tx.network.vpcs.add(vpc(1))
        tx.network.security_groups.add(group(1, "vpc-1"))
        tx.network.dhcp_options.add(
            DhcpOptions(id="dopt-1", account_id=ACCOUNT, region=REGION, options={"a": ("b", "c")})
        )

    with store.read() as tx:
        network = tx.network
        assert [each.value for each in network.vpcs.list(ACCOUNT, REGION)] == [vpc(1)]
        assert network.vpcs.get("sg-1") is None
        assert network.vpcs.list(ACCOUNT, REGION, ids=["sg-1", "vpc-1"])[0].value == vpc(1)
        assert network.dhcp_options.list(ACCOUNT, REGION)[0].value.options == {"a": ("b", "c")}
        assert network.subnets.within("vpc-1") == []
    with store.begin() as tx:
        assert tx.network.vpcs.remove("sg-1") is None
        with pytest.raises(Stale):
            tx.network.vpcs.replace(vpc(2))
    with pytest.raises(Duplicate), store.begin() as tx:
        tx.network.vpcs.add(vpc(1))


def test_what_is_in_something_is_found_by_it(store: Store) -> None:
    with store.begin() as tx:
        for number, vpc_id in ((1, "vpc-1"), (2, "vpc-2"), (3, "vpc-1")):
            tx.network.security_groups.add(group(number, vpc_id))
            tx.network.rules.add(rule(number, f"sg-{number}"))

    with store.read() as tx:
        groups, rules = tx.network.security_groups, tx.network.rules
        assert [each.id for each in groups.within("vpc-1")] == ["sg-1", "sg-3"]
        assert [each.id for each in groups.within("vpc-2", "vpc-1")] == ["sg-1", "sg-2", "sg-3"]
        assert groups.within() == []
        assert [each.id for each in rules.within("sg-3", "sg-2")] == ["sgr-2", "sgr-3"]


def test_a_gateway_is_found_where_it_is_attached(store: Store) -> None:
    gateway = InternetGateway(id="igw-1", account_id=ACCOUNT, region=REGION)
    with store.begin() as tx:
        tx.network.internet_gateways.add(gateway)
        tx.network.internet_gateways.replace(gateway.model_copy(update={"vpc_id": "vpc-1"}))
        assert len(tx.network.internet_gateways.within("vpc-1")) == 1
        tx.network.internet_gateways.replace(gateway)
        assert tx.network.internet_gateways.within("vpc-1") == []


def test_only_what_an_account_has_is_present(store: Store) -> None:
    with store.begin() as tx:
        tx.network.vpcs.add(vpc(1))
        tx.network.vpcs.add(vpc(2, "210987654321"))
        tx.network.rules.add(rule(1, "sg-1"))

    with store.read() as tx:
        ids = ["vpc-1", "vpc-2", "sgr-1", "sg-1"]
        assert tx.network.present(ACCOUNT, REGION, ids) == {"vpc-1", "sgr-1"}
        assert tx.network.present(ACCOUNT, "eu-west-1", ids) == set()


def test_a_key_pair_is_found_by_its_name(store: Store) -> None:
    with store.begin() as tx:
        tx.key_pairs.add(pair(1, "mine"))
        tx.key_pairs.add(pair(2, "mine", "eu-west-1"))

    with store.read() as tx:
        assert tx.key_pairs.by_name(ACCOUNT, REGION, "mine") == pair(1, "mine")
        assert tx.key_pairs.by_name(ACCOUNT, REGION, "Mine") is None
    with pytest.raises(Duplicate), store.begin() as tx:
        tx.key_pairs.add(pair(3, "mine"))

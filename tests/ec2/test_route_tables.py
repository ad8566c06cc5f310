"""Route tables, their routes and whose they are; internet gateways."""

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.ec2.conftest import refusal
from tests.house import House

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

EVERYWHERE = "0.0.0.0/0"


class Site(NamedTuple):
    """A VPC with a subnet, a route table, and an internet gateway that is attached."""

    ec2: "EC2Client"
    vpc: str
    subnet: str
    table: str
    gateway: str

    def tables(self) -> Any:
        own: Any = [{"Name": "vpc-id", "Values": [self.vpc]}]
        return self.ec2.describe_route_tables(Filters=own)["RouteTables"]

    def routes(self) -> list[tuple[str, str, str]]:
        (table,) = self.ec2.describe_route_tables(RouteTableIds=[self.table])["RouteTables"]
        return [
            (route["DestinationCidrBlock"], route["GatewayId"], route["State"])
            for route in table["Routes"]
        ]


@pytest.fixture
def site(house: House) -> Site:
    ec2 = house.ec2()
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(
        VpcId=vpc,
        TagSpecifications=[
            {"ResourceType": "route-table", "Tags": [{"Key": "Name", "Value": "public"}]}
        ],
    )["RouteTable"]
    assert table["Tags"] == [{"Key": "Name", "Value": "public"}]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return Site(ec2, vpc, subnet, table["RouteTableId"], gateway)


def test_a_route_leads_to_the_internet_as_long_as_there_is_a_way(site: Site) -> None:
    ec2 = site.ec2

    assert ec2.create_route(
        RouteTableId=site.table, DestinationCidrBlock=EVERYWHERE, GatewayId=site.gateway
    )["Return"]

    local = ("10.0.0.0/16", "local", "active")
    assert site.routes() == [local, (EVERYWHERE, site.gateway, "active")]
    ec2.detach_internet_gateway(InternetGatewayId=site.gateway, VpcId=site.vpc)
    assert site.routes() == [local, (EVERYWHERE, site.gateway, "blackhole")]
    ec2.delete_route(RouteTableId=site.table, DestinationCidrBlock=EVERYWHERE)
    assert site.routes() == [local]


def test_a_route_is_replaced(site: Site) -> None:
    ec2 = site.ec2
    asked: Any = {
        "RouteTableId": site.table,
        "DestinationCidrBlock": "192.0.2.1/24",
        "GatewayId": site.gateway,
    }
    assert refusal(lambda: ec2.replace_route(**asked)) == (
        "InvalidRoute.NotFound",
        f"no route with destination-cidr-block 192.0.2.0/24 in route table {site.table}",
    )

    ec2.create_route(**asked)
    ec2.replace_route(**asked)

    assert site.routes()[1] == ("192.0.2.0/24", site.gateway, "active")
    assert refusal(lambda: ec2.create_route(**asked)) == (
        "RouteAlreadyExists",
        "The route identified by 192.0.2.0/24 already exists.",
    )


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"DestinationCidrBlock": "10.0.1.0/24"}, "InvalidParameterValue",
         "The destination CIDR block 10.0.1.0/24 is equal to or more specific than one of this "
         "VPC's CIDR blocks. This route can target only an interface or an instance."),
        ({"DestinationCidrBlock": "nowhere"}, "InvalidParameterValue",
         "Value (nowhere) for parameter destinationCidrBlock is invalid. "
         "This is not a valid CIDR block."),
        ({"GatewayId": "igw-0123456789abcdef0"}, "InvalidGatewayID.NotFound",
         "The gateway ID 'igw-0123456789abcdef0' does not exist"),
        ({"RouteTableId": "rtb-0123456789abcdef0"}, "InvalidRouteTableID.NotFound",
         "The routeTable ID 'rtb-0123456789abcdef0' does not exist"),
        ({"NatGatewayId": "nat-0123456789abcdef0"}, "UnsupportedOperation", None),
        ({"DryRun": True}, "DryRunOperation", None),
    ],
)  # fmt: skip
def test_a_route_that_cannot_be_is_refused(
    site: Site, changes: dict[str, Any], code: str, message: str | None
) -> None:
    asked = {
        "RouteTableId": site.table,
        "DestinationCidrBlock": EVERYWHERE,
        "GatewayId": site.gateway,
        **changes,
    }

    found = refusal(lambda: site.ec2.create_route(**asked))

    assert found[0] == code
    assert message is None or found[1] == message
    assert len(site.routes()) == 1


def test_the_way_through_the_vpc_stays(site: Site) -> None:
    assert refusal(
        lambda: site.ec2.delete_route(RouteTableId=site.table, DestinationCidrBlock="10.0.0.0/16")
    ) == (
        "InvalidParameterValue",
        f"cannot remove local route 10.0.0.0/16 in route table {site.table}",
    )


def test_a_subnet_has_a_route_table_of_its_own(site: Site) -> None:
    ec2 = site.ec2

    associated = ec2.associate_route_table(RouteTableId=site.table, SubnetId=site.subnet)

    assert associated["AssociationState"] == {"State": "associated"}
    (main, own) = site.tables()
    assert own["Associations"] == [
        {
            "Main": False,
            "RouteTableAssociationId": associated["AssociationId"],
            "RouteTableId": site.table,
            "SubnetId": site.subnet,
            "AssociationState": {"State": "associated"},
        }
    ]
    again = (
        "Resource.AlreadyAssociated",
        f"the specified association for route table {main['RouteTableId']} conflicts with an "
        "existing association",
    )
    assert (
        refusal(
            lambda: ec2.associate_route_table(
                RouteTableId=main["RouteTableId"], SubnetId=site.subnet
            )
        )
        == again
    )
    assert refusal(lambda: ec2.delete_route_table(RouteTableId=site.table)) == (
        "DependencyViolation",
        f"The routeTable '{site.table}' has dependencies and cannot be deleted.",
    )
    ec2.disassociate_route_table(AssociationId=associated["AssociationId"])
    ec2.delete_route_table(RouteTableId=site.table)
    assert [table["RouteTableId"] for table in site.tables()] == [main["RouteTableId"]]


def test_a_vpc_gets_another_main_route_table(site: Site) -> None:
    ec2 = site.ec2
    (before,) = (table for table in site.tables() if table["RouteTableId"] != site.table)
    main = before["Associations"][0]["RouteTableAssociationId"]
    assert refusal(lambda: ec2.disassociate_route_table(AssociationId=main)) == (
        "InvalidParameterValue",
        f"cannot disassociate the main route table association {main}",
    )

    replaced = ec2.replace_route_table_association(AssociationId=main, RouteTableId=site.table)

    mains: Any = [
        {"Name": "association.main", "Values": ["true"]},
        {"Name": "vpc-id", "Values": [site.vpc]},
    ]
    (table,) = ec2.describe_route_tables(Filters=mains)["RouteTables"]
    assert table["RouteTableId"] == site.table
    assert table["Associations"][0]["RouteTableAssociationId"] == replaced["NewAssociationId"]
    ec2.delete_route_table(RouteTableId=before["RouteTableId"])
    assert refusal(lambda: ec2.disassociate_route_table(AssociationId=main)) == (
        "InvalidAssociationID.NotFound",
        f"The association ID '{main}' does not exist",
    )


def test_a_deleted_subnet_leaves_its_route_table(site: Site) -> None:
    site.ec2.associate_route_table(RouteTableId=site.table, SubnetId=site.subnet)

    site.ec2.delete_subnet(SubnetId=site.subnet)

    site.ec2.delete_route_table(RouteTableId=site.table)


def test_a_client_token_makes_one_route_table(site: Site) -> None:
    asked: Any = {"VpcId": site.vpc, "ClientToken": "once"}

    made = [site.ec2.create_route_table(**asked) for _ in range(2)]

    assert made[0]["RouteTable"] == made[1]["RouteTable"]
    assert made[0]["ClientToken"] == "once"
    tags: Any = [{"ResourceType": "route-table", "Tags": [{"Key": "a", "Value": "b"}]}]
    assert (
        refusal(lambda: site.ec2.create_route_table(**asked, TagSpecifications=tags))[0]
        == "IdempotentParameterMismatch"
    )


def test_a_vpc_has_one_gateway_and_a_gateway_one_vpc(site: Site) -> None:
    ec2 = site.ec2
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]

    def attach(gateway: str) -> object:
        return ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=site.vpc)

    assert refusal(lambda: attach(site.gateway)) == (
        "Resource.AlreadyAssociated",
        f"resource {site.gateway} is already attached to network {site.vpc}",
    )
    assert refusal(lambda: attach(other)) == (
        "InvalidParameterValue",
        f"Network {site.vpc} already has an internet gateway attached",
    )
    assert refusal(
        lambda: ec2.detach_internet_gateway(InternetGatewayId=other, VpcId=site.vpc)
    ) == ("Gateway.NotAttached", f"resource {other} is not attached to network {site.vpc}")
    assert refusal(lambda: ec2.delete_internet_gateway(InternetGatewayId=site.gateway)) == (
        "DependencyViolation",
        f"The internetGateway '{site.gateway}' has dependencies and cannot be deleted.",
    )
    ec2.delete_internet_gateway(InternetGatewayId=other)
    assert refusal(lambda: attach(other))[0] == "InvalidInternetGatewayID.NotFound"


def test_nobody_changes_the_routes_of_another(site: Site, friend: House) -> None:
    other: Any = friend.ec2()
    codes = {
        refusal(attempt)[0]
        for attempt in (
            lambda: other.delete_route_table(RouteTableId=site.table),
            lambda: other.associate_route_table(RouteTableId=site.table, SubnetId=site.subnet),
            lambda: other.delete_internet_gateway(InternetGatewayId=site.gateway),
            lambda: other.disassociate_route_table(
                AssociationId=site.tables()[0]["Associations"][0]["RouteTableAssociationId"]
            ),
        )
    }
    assert codes == {
        "InvalidRouteTableID.NotFound",
        "InvalidInternetGatewayID.NotFound",
        "InvalidAssociationID.NotFound",
    }

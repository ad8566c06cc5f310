"""DescribeRegions and DescribeAvailabilityZones."""

import pytest
from botocore.exceptions import ClientError

from emulator.services.ec2.regions import short_name
from tests.house import House


def test_a_new_account_sees_the_regions_that_need_no_opting_in(house: House) -> None:
    regions = house.ec2().describe_regions()["Regions"]

    assert len(regions) == 17
    assert {region["OptInStatus"] for region in regions} == {"opt-in-not-required"}
    assert {
        "RegionName": "us-east-1",
        "Endpoint": "ec2.us-east-1.amazonaws.com",
        "OptInStatus": "opt-in-not-required",
    } in regions


def test_all_regions_are_shown_when_asked_for(house: House) -> None:
    regions = {
        region["RegionName"]: region
        for region in house.ec2().describe_regions(AllRegions=True)["Regions"]
    }

    assert len(regions) > 30
    assert regions["af-south-1"]["OptInStatus"] == "not-opted-in"


def test_a_region_that_is_named_is_shown_whether_opted_in_or_not(house: House) -> None:
    regions = house.ec2().describe_regions(RegionNames=["eu-south-2", "eu-west-1"])["Regions"]

    assert [region["RegionName"] for region in regions] == ["eu-south-2", "eu-west-1"]


def test_another_partition_has_its_own_regions(house: House) -> None:
    regions = house.ec2(region="cn-north-1").describe_regions()["Regions"]

    assert [region["Endpoint"] for region in regions] == [
        "ec2.cn-north-1.amazonaws.com.cn",
        "ec2.cn-northwest-1.amazonaws.com.cn",
    ]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("region-name", "us-west-*", 2),
        ("endpoint", "ec2.eu-*-1.amazonaws.com", 3),
        ("opt-in-status", "opt-in-not-required", 17),
        ("opt-in-status", "opted-in", 0),
    ],
)
def test_regions_are_filtered(house: House, name: str, value: str, count: int) -> None:
    found = house.ec2().describe_regions(Filters=[{"Name": name, "Values": [value]}])["Regions"]

    assert len(found) == count


def test_the_zones_of_a_region(house: House) -> None:
    zones = house.ec2().describe_availability_zones()["AvailabilityZones"]

    assert [zone["ZoneName"] for zone in zones] == [f"us-east-1{letter}" for letter in "abcdef"]
    assert zones[0] == {
        "GroupLongName": "US East (N. Virginia) 1",
        "GroupName": "us-east-1-zg-1",
        "Messages": [],
        "NetworkBorderGroup": "us-east-1",
        "OptInStatus": "opt-in-not-required",
        "RegionName": "us-east-1",
        "State": "available",
        "ZoneId": "use1-az1",
        "ZoneName": "us-east-1a",
        "ZoneType": "availability-zone",
    }


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("group-long-name", "US West (Oregon)*", 4),
        ("group-name", "us-west-2-zg-1", 4),
        ("message", "*", 0),
        ("opt-in-status", "opt-in-not-required", 4),
        ("parent-zone-id", "*", 0),
        ("parent-zone-name", "*", 0),
        ("region-name", "us-west-2", 4),
        ("state", "available", 4),
        ("state", "unavailable", 0),
        ("zone-id", "usw2-az?", 4),
        ("zone-id", "usw2-az3", 1),
        ("zone-name", "us-west-2[ab]", 0),
        ("zone-name", "us-west-2a", 1),
        ("zone-type", "availability-zone", 4),
    ],
)
def test_zones_are_filtered(house: House, name: str, value: str, count: int) -> None:
    found = house.ec2(region="us-west-2").describe_availability_zones(
        Filters=[{"Name": name, "Values": [value]}]
    )["AvailabilityZones"]

    assert len(found) == count


def test_zones_are_found_by_name_and_by_id(house: House) -> None:
    ec2 = house.ec2()

    by_name = ec2.describe_availability_zones(ZoneNames=["us-east-1b"])["AvailabilityZones"]
    by_id = ec2.describe_availability_zones(ZoneIds=["use1-az2"])["AvailabilityZones"]

    assert [zone["ZoneName"] for zone in by_name] == ["us-east-1b"]
    assert by_name == by_id


def test_unknown_names_are_refused(house: House) -> None:
    ec2 = house.ec2()

    with pytest.raises(ClientError, match=r"\(InvalidParameterValue\).*xx-east-9"):
        ec2.describe_regions(RegionNames=["us-east-1", "xx-east-9"])
    with pytest.raises(ClientError, match=r"Invalid availability zone: \[us-east-1z\]"):
        ec2.describe_availability_zones(ZoneNames=["us-east-1a", "us-east-1z"])
    with pytest.raises(ClientError, match=r"\(InvalidParameterValue\).*use1-az9"):
        ec2.describe_availability_zones(ZoneIds=["use1-az9"])
    with pytest.raises(ClientError, match="The filter 'nope' is invalid"):
        ec2.describe_regions(Filters=[{"Name": "nope", "Values": ["x"]}])
    with pytest.raises(ClientError, match="The filter 'tag-key' is invalid"):
        ec2.describe_availability_zones(Filters=[{"Name": "tag-key", "Values": ["x"]}])


def test_a_dry_run_shows_nothing(house: House) -> None:
    ec2 = house.ec2()

    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.describe_regions(DryRun=True)
    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.describe_availability_zones(DryRun=True)


@pytest.mark.parametrize(
    ("region", "short"),
    [
        ("us-east-1", "use1"),
        ("ap-southeast-2", "apse2"),
        ("ap-south-1", "aps1"),
        ("ca-central-1", "cac1"),
        ("us-gov-west-1", "usgw1"),
        ("cn-northwest-1", "cnnw1"),
        ("mx-central-1", "mxc1"),
        ("me-south-1", "mes1"),
    ],
)
def test_zone_ids_begin_with_the_short_name_of_the_region(region: str, short: str) -> None:
    assert short_name(region) == short

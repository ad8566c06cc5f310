"""DescribeRegions and DescribeAvailabilityZones: the world as botocore's endpoints know it.

vmie serves every Region; those that an account must opt in to are shown as `not-opted-in`, as a
new account sees them. There are no Local Zones and no Wavelength Zones.
"""

from functools import cache

from emulator.context import Context
from emulator.errors import dry_run
from emulator.protocol import regions
from emulator.services.actions import Actions
from emulator.services.ec2 import errors
from emulator.services.ec2.filters import Filters
from emulator.shapes.ec2 import (
    AvailabilityZone,
    DescribeAvailabilityZonesRequest,
    DescribeAvailabilityZonesResult,
    DescribeRegionsRequest,
    DescribeRegionsResult,
    Region,
)

actions = Actions()

# The letters of the zones where they are not a, b, c.
ZONES = {
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "us-east-1": "abcdef",
    "us-west-1": "bc",
    "us-west-2": "abcd",
}
DIRECTIONS = {
    "central": "c", "east": "e", "north": "n", "northeast": "ne", "northwest": "nw",
    "south": "s", "southeast": "se", "southwest": "sw", "west": "w",
}  # fmt: skip

REGION_FILTERS = Filters[Region](
    {
        "endpoint": lambda region: region.get("Endpoint"),
        "opt-in-status": lambda region: region.get("OptInStatus"),
        "region-name": lambda region: region.get("RegionName"),
    }
)
ZONE_FILTERS = Filters[AvailabilityZone](
    {
        "group-long-name": lambda zone: zone.get("GroupLongName"),
        "group-name": lambda zone: zone.get("GroupName"),
        "message": lambda zone: None,
        "opt-in-status": lambda zone: zone.get("OptInStatus"),
        "parent-zone-id": lambda zone: None,
        "parent-zone-name": lambda zone: None,
        "region-name": lambda zone: zone.get("RegionName"),
        "state": lambda zone: zone.get("State"),
        "zone-id": lambda zone: zone.get("ZoneId"),
        "zone-name": lambda zone: zone.get("ZoneName"),
        "zone-type": lambda zone: zone.get("ZoneType"),
    }
)


@actions
def describe_regions(ctx: Context, request: DescribeRegionsRequest) -> DescribeRegionsResult:
    """List the Regions of the partition: those that are open to the account, or those named."""
    test = REGION_FILTERS.test(request.get("Filters"))
    named = request.get("RegionNames")
    known = all_regions(regions.partition(ctx.region))
    if unknown := [name for name in named or () if name not in known]:
        raise errors.invalid_regions(unknown)
    if request.get("DryRun"):
        raise dry_run()
    everything = request.get("AllRegions", False)
    return {
        "Regions": [
            region
            for name, region in known.items()
            if (name in named if named else everything or region["OptInStatus"] != "not-opted-in")
            and (test is None or test(region))
        ]
    }


@actions
def describe_availability_zones(
    ctx: Context, request: DescribeAvailabilityZonesRequest
) -> DescribeAvailabilityZonesResult:
    """List the zones of the Region, or those named."""
    test = ZONE_FILTERS.test(request.get("Filters"))
    zones = zones_of(ctx.region)
    names, zone_ids = request.get("ZoneNames"), request.get("ZoneIds")
    if unknown := set(names or ()).difference(zone["ZoneName"] for zone in zones):
        raise errors.invalid_zones(sorted(unknown))
    if unknown := set(zone_ids or ()).difference(zone["ZoneId"] for zone in zones):
        raise errors.invalid_zone_ids(sorted(unknown))
    if request.get("DryRun"):
        raise dry_run()
    return {
        "AvailabilityZones": [
            zone
            for zone in zones
            if (not names or zone["ZoneName"] in names)
            and (not zone_ids or zone["ZoneId"] in zone_ids)
            and (test is None or test(zone))
        ]
    }


@cache
def all_regions(partition: str) -> dict[str, Region]:
    """Return the Regions of a partition by name."""
    return {
        region.name: {
            "RegionName": region.name,
            "Endpoint": region.endpoint,
            "OptInStatus": "not-opted-in" if region.opt_in else "opt-in-not-required",
        }
        for region in regions.regions(partition)
    }


@cache
def zones_of(region: str) -> tuple[AvailabilityZone, ...]:
    """Return the Availability Zones of a Region; one that AWS doesn't have gets three as well."""
    known = regions.find(region)
    return tuple(
        {
            "GroupLongName": f"{known.description if known else region} 1",
            "GroupName": f"{region}-zg-1",
            "Messages": [],
            "NetworkBorderGroup": region,
            "OptInStatus": "opt-in-not-required",
            "RegionName": region,
            "State": "available",
            "ZoneId": f"{short_name(region)}-az{number}",
            "ZoneName": f"{region}{letter}",
            "ZoneType": "availability-zone",
        }
        for number, letter in enumerate(ZONES.get(region, "abc"), 1)
    )


def find_zone(region: str, name: str | None, zone_id: str | None) -> AvailabilityZone | None:
    """Return the Availability Zone of a name or of an id; None if there is none such."""
    for zone in zones_of(region):
        if name == zone["ZoneName"] or zone_id == zone["ZoneId"]:
            return zone
    return None


def zone_id(region: str, zone: str) -> str:
    """Return the id of an Availability Zone."""
    return next(each["ZoneId"] for each in zones_of(region) if each["ZoneName"] == zone)


def short_name(region: str) -> str:
    """Return a Region's name as zone ids have it: us-gov-east-1 is usge1, ap-southeast-2 apse2."""
    area, *words = region.split("-")
    known = (DIRECTIONS.get(word, word if word.isdigit() else word[:1]) for word in words)
    return area + "".join(known)

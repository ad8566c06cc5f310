"""What a request says of the disk that is to come: its format, its size, and where its manifest is.

The manifest, or anything else, need not be there yet. But it must be clear that it may be fetched:
its URL is one of a bucket here, or of a host that the settings name.
"""

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.protocol import regions
from emulator.services.ec2 import errors as ec2_errors
from emulator.services.ec2.conversions import errors
from emulator.shapes.ec2 import DiskImageDetail, VolumeDetail
from state import fetching, urls
from state.store import Tx
from state.tasks import PartedDisk

FORMATS = ("RAW", "VHD", "VMDK")
LIMIT = 16 << 40  # bytes; a disk must be smaller
LARGEST = 16 << 10  # GiB of a volume
# The user guide, "Limitations of instance import"; China and GovCloud among them.
REGIONS = frozenset({
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "cn-north-1", "eu-central-1", "eu-west-1", "sa-east-1", "us-east-1",
    "us-east-2", "us-gov-west-1", "us-west-1", "us-west-2",
})  # fmt: skip


def check_region(ctx: Context, action: str) -> None:
    """Refuse the Regions that have no conversion tasks, of those that there are."""
    if ctx.region not in REGIONS and regions.find(ctx.region) is not None:
        raise errors.not_in_this_region(action, ctx.region)


def checked(
    image: DiskImageDetail | None,
    volume: VolumeDetail | None,
    zone: str,
    description: str,
    name: str = "",
) -> PartedDisk:
    """Return the disk of a request; name is what stands before the parameters of its members."""
    if image is None:
        raise missing_parameter(f"{name}Image")
    if volume is None:
        raise missing_parameter(f"{name}Volume")
    disk_format, size, url = image["Format"].upper(), image["Bytes"], image["ImportManifestUrl"]
    if disk_format not in FORMATS:
        raise ec2_errors.invalid_format("disk-image-size", 0)  # what the service makes of it
    if size <= 0:
        raise ec2_errors.invalid_format("disk-image-size", size)
    if size >= LIMIT:
        raise errors.image_too_large(size)
    if not 1 <= volume["Size"] <= LARGEST:
        raise errors.volume_size(volume["Size"], LARGEST)
    return PartedDisk(
        format=disk_format,
        told_bytes=size,
        manifest_url=url,
        volume_gib=volume["Size"],
        zone=zone,
        description=description,
    )


def check_location(ctx: Context, tx: Tx, disk: PartedDisk) -> None:
    """Refuse a manifest that would never be fetched."""
    try:
        said = urls.read(disk.manifest_url)
    except urls.Unreadable as error:
        raise errors.location_not_accessible() from error
    if any(tx.buckets.get(place.bucket) for place in said.locations):
        return
    if not fetching.names(ctx.settings.fetch_hosts, disk.manifest_url):
        raise errors.location_not_accessible()

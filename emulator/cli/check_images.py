"""Opens local files for `vmie check`: the disks in them, as raw files that can be looked into."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from converters import errors
from converters.errors import LIMIT_OF_IMAGES, MOST_DISKS, ClientError
from converters.guests.judge.rules import FORMATS, Finding
from converters.stages.container import Held, disks_in
from converters.stages.inspect import Disk
from converters.stages.to_raw import to_raw

Bar = Callable[[str], Callable[[int], None]]  # begins a piece of work: returns what shows a percent

CONVERT: Final = (
    "Convert it: qemu-img convert -p -O vmdk -o subformat=streamOptimized IMAGE IMAGE.vmdk"
)
CURES: Final = {
    str(errors.wrong_format()): f"{CONVERT} (of a format that is taken, leave --format out)",
    str(errors.unsupported_vmdk()): CONVERT,
    str(errors.broken_vhd()): "Export it again as a fixed or dynamic VHD, without a parent: "
    "Merge-VHD, or Convert-VHD -VHDType Dynamic",
    str(errors.unsupported_vhdx()): "Shut the machine down, merge its checkpoints (Merge-VHD) and "
    "export it again.",
    str(errors.chunked_disk()): "Export it in one piece: ovftool without --chunkSize",
    str(errors.ova_among_disks()): "Check the OVA alone: it has all disks of its machine.",
    str(errors.too_many_disks()): "Leave disks out and import them by ImportSnapshot.",
    str(errors.disk_too_large(LIMIT_OF_IMAGES)): "Import it by ImportSnapshot or ImportInstance.",
}
AGAIN: Final = "Export the machine again, and compare the checksum of the file with the original's."


async def images(
    paths: Sequence[Path], declared: str | None, scratch: Path, bar: Bar
) -> tuple[Held, ...]:
    """Return the disks in some files; ClientError if the service would not take the images."""
    found: list[Held] = []
    for number, path in enumerate(paths):
        show = bar(f"opening {path.name}")
        inflated = scratch / f"image-{number}"
        found += await disks_in(path, declared, inflated, show, alone=len(paths) == 1)
        if len(found) > MOST_DISKS:
            raise errors.too_many_disks()
        if any(each.disk.size >= LIMIT_OF_IMAGES for each in found):
            raise errors.disk_too_large(LIMIT_OF_IMAGES)
    return tuple(found)


async def raw_disks(held: Sequence[Held], scratch: Path, bar: Bar) -> list[Path]:
    """Return the disks as raw files: a raw image is read in place. ClientError if one is broken."""
    raws = []
    for number, each in enumerate(held):
        disk = each.disk
        if in_place(disk):
            raws.append(disk.path)
        else:
            target = scratch / f"disk-{number}.raw"
            show = bar(f"unpacking {disk.format} {number + 1} of {len(held)}")
            raws.append((await to_raw(disk, target, show)).path)
    return raws


def in_place(disk: Disk) -> bool:
    """Tell whether a file is the disk, with nothing before it and nothing behind."""
    return disk.driver is None and disk.offset == 0 and disk.path.stat().st_size == disk.size


def finding(held: Sequence[Held], refused: ClientError | None) -> Finding:
    """Return what there is to say of the images themselves."""
    formats = " and ".join(dict.fromkeys(each.disk.format for each in held))
    error = str(refused) if refused is not None else None
    return Finding(
        rule="image-format",
        passed=error is None,
        sentence="The images are sound, and OVA, stream-optimized VMDK, VHD, VHDX or raw.",
        error=error,
        remedy=CURES.get(error, AGAIN) if error else "",
        section=FORMATS,
        blocking=True,
        seen=formats,
    )

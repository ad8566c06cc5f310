"""A real Debian 12 is looked into, judged and adapted, on a disk for BIOS and on one for UEFI."""

from pathlib import Path

import pytest

from tests.guests.debian import Debian
from tests.guests.rounds import a_round, is_whole

pytestmark = [pytest.mark.guests, pytest.mark.slow, pytest.mark.timeout(1200)]

NEEDED = {"xen_blkfront", "virtio_blk"}  # of disks; the kernel itself has NVMe in it


@pytest.mark.parametrize("firmware", ["BIOS", "UEFI"])
async def test_a_real_debian_is_adapted_and_only_what_is_listed_has_changed(
    real_debian: Debian, tmp_path: Path, firmware: str
) -> None:
    disk = real_debian.disk(tmp_path / "disk.raw", firmware)

    done = await a_round([disk], tmp_path)

    is_whole(done, tmp_path)
    shown = {change.shown for change in done.plan.files}
    initrd = f"/boot/initrd.img-{real_debian.kernel}"
    assert shown >= {"/etc/fstab", "/etc/network/interfaces", "/boot/grub/grub.cfg", initrd}
    assert done.verdict.accepted
    name = f"Linux - Debian GNU/Linux 12 (bookworm) - {real_debian.kernel}"
    assert done.verdict.description == name
    assert done.verdict.boot_mode == {"BIOS": "legacy-bios", "UEFI": "uefi"}[firmware]
    assert done.guest.linux is not None
    [after] = [one.initrd for one in done.guest.linux.kernels if one.default]
    assert after is not None
    assert set(after.modules) >= NEEDED

"""Guests that can be imported: every row of the systems table, every kernel of a row."""

from typing import Final

from tests.guests.hives import PRODUCTS
from tests.guests.recipes import Disk, Recipe, WindowsRecipe

BIOS: Final = Disk()
GPT: Final = Disk("gpt", "uefi")
BOTH: Final = Disk("gpt", "both")


def row(told: str, disk: Disk = BIOS, boot: str | None = None, lvm: str = "") -> Recipe:
    """Return the recipe of "debian 12.4 6.1.0-15-amd64 ext4"."""
    distribution, version, kernel, filesystem = told.split()
    return Recipe(distribution, version, kernel, filesystem, disk, boot, lvm)


# each with the filesystem that its installer chooses
LINUX: Final = [
    row("amzn 2023 6.1.79-99.167.amzn2023.x86_64 xfs", BOTH),
    row("amzn 2 4.14.355-275.572.amzn2.x86_64 xfs", Disk("gpt", "bios")),
    row("amzn 2 4.19.84-33.70.amzn2.x86_64 xfs"),
    row("amzn 2 5.4.257-170.359.amzn2.x86_64 xfs"),
    row("amzn 2 5.10.199-190.747.amzn2.x86_64 ext4"),
    row("centos 5.1 2.6.18-53.el5 ext3", boot="ext2"),
    row("centos 5.11 2.6.18-398.el5 ext3", boot="ext3", lvm="whole"),
    row("centos 6.1 2.6.32-131.0.15.el6.x86_64 ext4"),
    row("centos 6.8 2.6.32-642.el6.x86_64 ext4", boot="ext4", lvm="whole"),
    row("centos 7.0.1406 3.10.0-123.el7.x86_64 xfs4"),
    row("centos 7.9.2009 3.10.0-1160.el7.x86_64 xfs", boot="xfs", lvm="whole"),
    row("centos 8.0.1905 4.18.0-80.el8.x86_64 xfs"),
    row("centos 8.2.2004 4.18.0-193.el8.x86_64 xfs", GPT, "ext4"),
    row("centos 9 5.14.0-427.el9.x86_64 xfs", GPT),
    row("debian 6.0.0 2.6.32-5-amd64 ext3"),
    row("debian 6.0.8 2.6.32-5-amd64 ext2"),
    row("debian 7.0.0 3.2.0-4-amd64 ext4"),
    row("debian 7.8 3.2.0-4-amd64 ext4"),
    row("debian 10.13 4.19.0-21-amd64 ext4", boot="ext2", lvm="whole"),
    row("debian 11.9 5.10.0-28-amd64 ext4", GPT),
    row("debian 12.2 6.1.0-13-amd64 ext4", BOTH),
    row("debian 12.4 6.1.0-15-amd64 ext4", Disk(logical=True, more=("swap",))),
    row("fedora 18 3.2.5-3.fc18.x86_64 ext4"),
    row("fedora 19 3.9.5-301.fc19.x86_64 ext4"),
    row("fedora 20 3.11.10-301.fc20.x86_64 ext4"),
    row("fedora 37 6.0.7-301.fc37.x86_64 ext4", GPT),
    row("fedora 38 6.2.9-300.fc38.x86_64 btrfs", GPT, "ext4"),
    row("fedora 39 6.5.6-300.fc39.x86_64 xfs", GPT, "ext4"),
    row("ol 5.10 2.6.39-300.17.1.el5uek ext3"),
    row("ol 5.11 2.6.39-400.215.10.el5uek ext3"),
    row("ol 6.1 2.6.32-131.0.15.el6.x86_64 ext4"),
    row("ol 6.4 2.6.39-400.17.1.el6uek.x86_64 ext4"),
    row("ol 6.6 3.8.13-44.1.1.el6uek.x86_64 ext4"),
    row("ol 6.10 4.1.12-124.16.4.el6uek.x86_64 ext4"),
    row("ol 7.0 3.10.0-123.el7.x86_64 xfs"),
    row("ol 7.1 3.8.13-55.1.6.el7uek.x86_64 xfs"),
    row("ol 7.3 4.1.12-61.1.18.el7uek.x86_64 xfs"),
    row("ol 7.6 4.14.35-1818.3.3.el7uek.x86_64 xfs"),
    row("ol 7.6 5.4.17-2011.0.7.el7uek.x86_64 xfs", boot="xfs", lvm="whole"),
    row("ol 8.0 4.18.0-80.el8.x86_64 xfs"),
    row("ol 8.9 5.15.0-200.131.27.el8uek.x86_64 xfs", GPT),
    row("ol 9.0 5.14.0-70.13.1.0.3.el9_0.x86_64 xfs"),
    row("ol 9.5 5.15.0-303.171.5.2.el9uek.x86_64 xfs", GPT, "xfs", "whole"),
    row("ol 9.6 6.12.0-100.28.2.el9uek.x86_64 xfs", GPT),
    row("rhel 5.11 2.6.18-398.el5 ext3"),
    row("rhel 6.10 2.6.32-754.el6.x86_64 ext4", boot="ext4", lvm="whole"),
    row("rhel 7.9 3.10.0-1160.el7.x86_64 xfs", boot="xfs", lvm="whole"),
    row("rhel 8.0 4.18.0-80.el8.x86_64 xfs", boot="xfs"),
    row("rhel 8.9 4.18.0-513.5.1.el8_9.x86_64 xfs", GPT, "xfs", "whole"),
    row("rhel 9.0 5.14.0-70.13.1.el9_0.x86_64 xfs", boot="xfs"),
    row("rhel 9.6 5.14.0-570.12.1.el9_6.x86_64 xfs", GPT, "xfs"),
    row("rocky 9.0 5.14.0-70.13.1.el9_0.x86_64 xfs"),
    row("rocky 9.6 5.14.0-570.17.1.el9_6.x86_64 xfs", GPT, "xfs", "whole"),
    row("sles 11.1 2.6.32.12-0.7-default ext3"),
    row("sles 11.2 3.0.13-0.27-default ext3"),
    row("sles 11.3 3.0.76-0.11-default ext3"),
    row("sles 11.3 3.0.101-0.47.55-default ext3"),
    row("sles 11.4 3.0.101-63-default ext3"),
    row("sles 12 3.12.28-4-default btrfs"),
    row("sles 12.1 3.12.49-11-default btrfs"),
    row("sles 12.2 4.4.21-69-default btrfs"),
    row("sles 12.3 4.4.73-5-default xfs"),
    row("sles 12.4 4.12.14-94.41-default btrfs"),
    row("sles 12.5 4.12.14-120-default btrfs", GPT),
    row("sles 15 4.12.14-23-default btrfs"),
    row("sles 15.1 4.12.14-195-default btrfs"),
    row("sles 15.2 5.3.18-22-default btrfs"),
    row("sles 15.3 5.3.18-57-default xfs"),
    row("sles 15.4 5.14.21-150400.22-default btrfs"),
    row("sles 15.5 5.14.21-150500.53-default btrfs", GPT),
    row("sles 15.6 6.4.0-150600.21-default btrfs", GPT),
    row("ubuntu 12.04 3.2.0-126-virtual ext4"),
    row("ubuntu 12.10 3.5.0-17-generic ext4"),
    row("ubuntu 13.04 3.8.0-19-generic ext4"),
    row("ubuntu 13.10 3.11.0-12-generic ext4"),
    row("ubuntu 14.04 3.13.0-170-generic ext4"),
    row("ubuntu 14.04 3.16.0-77-generic ext4"),
    row("ubuntu 14.04 3.19.0-80-generic ext4"),
    row("ubuntu 14.10 3.16.0-23-generic ext4"),
    row("ubuntu 15.04 3.19.0-15-generic ext4"),
    row("ubuntu 16.04 4.2.0-42-generic ext4"),
    row("ubuntu 16.04 4.4.0-210-generic ext4"),
    row("ubuntu 16.04 4.8.0-58-generic ext4"),
    row("ubuntu 16.04 4.10.0-42-generic ext4"),
    row("ubuntu 16.04 4.15.0-142-generic ext4"),
    row("ubuntu 16.10 4.8.0-22-generic ext4"),
    row("ubuntu 17.04 4.10.0-19-generic ext4"),
    row("ubuntu 18.04 4.15.0-213-generic ext4", Disk("hybrid", "bios")),
    row("ubuntu 18.04 5.4.0-150-generic ext4"),
    row("ubuntu 20.04 5.4.0-182-generic ext4", GPT),
    row("ubuntu 22.04 5.15.0-119-generic ext4", BOTH),
    row("ubuntu 23.04 5.15.0-119-generic ext4"),
    row("ubuntu 24.04 6.8.0-31-generic ext4", GPT, "ext4"),
    row("ubuntu 24.04 6.11.0-17-generic btrfs", GPT),
]

_PLAIN: Final = {
    key: WindowsRecipe(PRODUCTS[key])
    for key in ("2003", "2003r2", "2008", "2008r2", "2008r2-web", "2012", "2012r2", "2016", "1709",
                "1803", "7", "7-home", "8", "8.1", "10-education")
}  # fmt: skip
WINDOWS: Final = {
    **_PLAIN,
    "2003 32 bits": WindowsRecipe(PRODUCTS["2003"].but(architecture="x86")),
    "2008 32 bits": WindowsRecipe(PRODUCTS["2008"].but(architecture="x86")),
    "7 32 bits": WindowsRecipe(PRODUCTS["7"].but(architecture="x86")),
    "2019 BIOS": WindowsRecipe(PRODUCTS["2019"]),
    "2019 UEFI": WindowsRecipe(PRODUCTS["2019"], GPT),
    "2022 UEFI": WindowsRecipe(PRODUCTS["2022"], GPT),
    "2025 UEFI": WindowsRecipe(PRODUCTS["2025"], GPT),
    "2022 BIOS and UEFI": WindowsRecipe(PRODUCTS["2022"], Disk("hybrid", "both")),
    "10 UEFI": WindowsRecipe(PRODUCTS["10"], GPT),
    "11 UEFI": WindowsRecipe(PRODUCTS["11"], GPT),
}

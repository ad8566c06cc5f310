"""What the service does to a guest and nobody outside has written down: our choices, all of them.

The guide says that fstab, network scripts and GRUB's default entry and timeout are changed, and
which types of fstab's entries are disabled, ending its list with "etc."; the rest is assumed.
"""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Seconds that GRUB waits. Nobody sits at the console of an instance, and 0 is what EC2's own
# images of Ubuntu and Amazon Linux have.
GRUB_TIMEOUT: Final = 0
# GRUB's default entry is changed where it starts no kernel that is there (a memory test, another
# system), to the first entry that does; a default that starts one stays, for it was judged.

# Types of fstab's entries that stay: those of the kernel's own for disks, …
DISK_TYPES: Final = _words(
    "auto btrfs cramfs erofs exfat ext2 ext3 ext4 f2fs fat hfs hfsplus iso9660 jfs minix msdos"
    " nilfs2 ntfs ntfs-3g ntfs3 reiserfs romfs squashfs swap udf ufs umsdos vfat xfs"
)
# … for memory and the kernel's tables, which are never touched, …
MEMORY_TYPES: Final = _words(
    "aufs autofs binfmt_misc bpf capifs cgroup cgroup2 configfs cpuset debugfs devpts devtmpfs"
    " efivarfs fusectl hugetlbfs ignore mqueue nfsd none openpromfs overlay overlayfs proc pstore"
    " ramfs rootfs rpc_pipefs securityfs selinuxfs subfs sysfs tmpfs tracefs usbdevfs usbfs"
)
# … and NFS, which an older edition of the guide listed among the disabled and newer ones do not:
# its entries get nofail. All others are disabled: cifs, smbfs, vboxsf, sshfs, vmhgfs, 9p, fuse.…
NET_TYPES: Final = frozenset(("nfs", "nfs4"))

# nofail is added wherever none of the imported filesystems is meant: by a device's name, by a UUID
# or a label, in entries with noauto too. An entry that mounts the same again at the same place
# counts as invalid, and so does one whose last two fields are no numbers.

# An fstab names the root it lies on: its / gets the UUID of that filesystem whatever device is
# written there, for SLES 11 calls it by the disk's serial number. With a single disk the same
# holds for partitions that are called by the disk's hardware (by-id, by-path).

# The interface that comes along is an Ethernet one and gets another name and another MAC address:
# what was tied to the MAC address is tied to names like these instead.
INTERFACE_GLOBS: Final = ("en*", "eth*")

# Commands of ifup's stanzas that add routes or addresses of the old network are disabled with it.
# Names of the search domain stay, name servers go: those of the VPC come by DHCP.
# Static IPv6 addresses are removed; the kernel takes router advertisements by itself.
# GRUB_TERMINAL and console= are left as they are.

# Windows. Of "registry settings changed so that it boots" nothing more is written down. These are
# the drivers for the disks of instances that Windows or its owner may have brought along: NVMe,
# Xen's, virtio, AHCI and IDE. A driver that Windows lacks is not installed: there is none to take.
WINDOWS_BOOT_DRIVERS: Final = (
    *("stornvme", "AWSNVMe", "xenbus", "xenvbd", "viostor", "vioscsi"),
    *("storahci", "msahci", "atapi", "intelide", "pciide"),
)
# Interfaces with addresses of their own ask for one by DHCP, and for name servers too. The clock of
# an instance runs on universal time: RealTimeIsUniversal is set, as the guide wants it before.
# A GPT becomes an MBR only where Windows can start from it: with its own bootmgr for BIOS, from
# C:\Windows\Boot\PCAT, and a copy of its boot configuration in which devices and programs are those
# of BIOS. Otherwise the GPT stays and the AMI starts by UEFI.

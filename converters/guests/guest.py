"""What was found on the disks of a virtual machine: one frozen value, plain enough for JSON.

    Guest
    ├─ disks       Table       each disk's partition table and its Partitions
    ├─ volumes     Volume      each place with a filesystem: a partition, a logical volume, a disk
    ├─ linux       Linux       when a Linux root was found
    ├─ windows     Windows     when a Windows folder was found
    └─ unseen      str         what the tools at hand could not look at, a sentence each

Nothing is guessed: what could not be found is None or empty. Texts from the guest are cut to
TEXT letters, lists to LIST items.
"""

from dataclasses import dataclass
from typing import Final

TEXT: Final = 400  # letters of a short text of the guest's
LIST: Final = 2000  # items of a list from the guest


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition, as its table says."""

    number: int  # as Linux counts: logical ones from 5 on
    offset: int  # bytes from the start of the disk
    size: int  # bytes
    type: str  # "83" or "EE" (MBR, two hex digits), or the GUID in upper case (GPT)
    bootable: bool = False  # MBR: active; GPT: the legacy BIOS bootable attribute
    uuid: str | None = None  # PARTUUID, as Linux shows it: lower case
    name: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The partition table of a disk."""

    disk: int  # which of the disks, from 0
    size: int  # bytes of the disk
    scheme: str | None  # mbr, gpt, hybrid (a GPT whose MBR is more than protective), or none
    sector: int = 512  # bytes of a logical sector, as the table counts: 512 or 4096
    partitions: tuple[Partition, ...] = ()
    dynamic: bool = False  # a Windows dynamic disk (LDM)
    boot_code: bool = False  # something other than zeros in the first 440 bytes
    problem: str | None = None  # why the table could not be read as it should be


@dataclass(frozen=True, slots=True)
class Extent:
    """A piece of a disk."""

    disk: int
    offset: int  # bytes
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Volume:
    """A place with a filesystem, or with what is in place of one."""

    id: str  # "0:1" partition 1 of disk 0; "0" a whole disk; "vg/lv" a logical volume
    extents: tuple[Extent, ...]  # where its bytes stand, in order
    filesystem: str | None  # ext2 ext3 ext4 xfs btrfs jfs ntfs vfat swap lvm luks bitlocker …
    uuid: str | None = None  # as blkid prints it
    label: str = ""
    problem: str | None = None  # why it could not be read, though the filesystem is known
    subvolumes: tuple[str, ...] = ()  # of Btrfs, the top level not counted


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of the guest's fstab that names something of its own."""

    line: int  # from 1
    source: str  # as written
    point: str
    type: str
    options: str
    volume: str | None = None  # id of the volume it means; None: not among these disks


@dataclass(frozen=True, slots=True)
class Initrd:
    """The initial RAM disk of a kernel."""

    path: str
    readable: bool
    problem: str | None = None
    generator: str | None = None  # dracut, initramfs-tools, mkinitrd, mkinitcpio
    modules: tuple[str, ...] = ()  # names as lsmod shows them: underscores, no .ko


@dataclass(frozen=True, slots=True)
class Kernel:
    """An installed kernel."""

    version: str  # as uname -r says: "5.14.0-503.el9.x86_64"
    path: str | None = None  # of the image below /boot; None: only modules are there
    architecture: str | None = None  # x86_64, i386, arm64, …: of the image itself
    initrd: Initrd | None = None
    modules: tuple[str, ...] = ()  # all of /lib/modules/VERSION that matter for booting, see adapt
    builtin: tuple[str, ...] = ()  # of those, the ones in modules.builtin
    default: bool = False  # what the boot loader starts when nobody touches it


@dataclass(frozen=True, slots=True)
class BootFile:
    """A configuration file of a boot loader."""

    path: str
    kind: str  # grub2, grub-legacy, bls, syslinux, other
    volume: str  # id of the volume it is on
    timeout: int | None = None  # seconds; -1: for ever
    default: str | None = None  # as written
    entries: tuple[str, ...] = ()  # titles, in order
    kernels: tuple[str, ...] = ()  # the path of each entry's kernel, as written
    same_as: str | None = None  # the path of a file with the very same text


@dataclass(frozen=True, slots=True)
class Boot:
    """How a Linux starts."""

    loader: str | None = None  # grub2, grub-legacy, syslinux, systemd-boot, lilo; None: not found
    files: tuple[BootFile, ...] = ()
    bls: bool = False  # grub.cfg takes its entries from /boot/loader/entries
    default_found: bool = False
    arguments: str = ""  # of the default kernel
    efi_fallback: str | None = None  # path of BOOTX64.EFI on the EFI system partition


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A file that configures interfaces."""

    path: str
    kind: str  # ifupdown, ifcfg, ifcfg-suse, netplan, networkd, networkmanager
    interfaces: tuple[str, ...] = ()
    static: bool = False  # it gives an address
    dhcp: bool = False


@dataclass(frozen=True, slots=True)
class Linux:
    """A Linux root filesystem and what is in it."""

    volume: str  # id of the volume with the root
    distribution: str | None = None  # key of the systems table: debian, rhel, sles, amazon, …
    name: str = ""  # PRETTY_NAME or what stands in for it
    version: str | None = None  # "12.4", "9.3", "15.5", "22.04"
    source: str | None = None  # the file that told
    architecture: str | None = None  # x86_64, i386, arm64, …: of real binaries
    kernels: tuple[Kernel, ...] = ()
    boot: Boot = Boot()
    fstab_problem: str | None = None  # why it could not be read; "missing" if it is not there
    mounts: tuple[Mount, ...] = ()
    network: tuple[NetworkFile, ...] = ()
    predictable_names: bool = False  # interface names such as ens192 are in use
    cloud_init: bool = False
    guest_tools: tuple[str, ...] = ()  # open-vm-tools, virtualbox, qemu-ga, …
    package_manager: str | None = None  # dpkg, rpm
    ssh_server: bool = False
    selinux: str | None = None  # enforcing, permissive, disabled
    roots: tuple[str, ...] = ()  # ids of all volumes that hold a root; more than one: dual boot
    etc_directories: tuple[str, ...] = ()  # paths of several /etc, where there are
    free: int | None = None  # bytes free on the root filesystem


@dataclass(frozen=True, slots=True)
class WindowsVolume:
    """Room on the system volume."""

    size: int  # bytes
    free: int  # bytes


@dataclass(frozen=True, slots=True)
class Windows:
    """A Windows folder and what its registry says."""

    volume: str  # id of the volume with \\Windows
    product: str = ""  # ProductName
    edition: str | None = None  # EditionID: ServerDatacenter, Professional, …
    installation: str | None = None  # InstallationType: Server, Server Core, Client, Nano Server
    version: str | None = None  # "6.3", "10.0"
    build: int | None = None  # 17763
    release: str | None = None  # ReleaseId or DisplayVersion: 1809, 21H2
    service_pack: int = 0
    architecture: str | None = None  # x86_64, i386, arm64
    language: str | None = None  # "en-US": the system's default UI language
    hyper_v: bool = False  # the role is there
    sysprepped: bool = False  # generalized, waiting for its first start
    pending_updates: bool = False
    ems: bool = False
    page_file: str | None = None  # PagingFiles, as written
    page_file_fixed: bool | None = None
    real_time_is_universal: bool | None = None
    autologon: bool = False
    remote_desktop: bool | None = None
    dot_net: str | None = None  # the newest .NET Framework's version
    boot_drivers: tuple[str, ...] = ()  # services that start with the boot loader (Start = 0)
    static_addresses: bool = False
    unattend: str | None = None  # path of an answer file that is there already
    domain_controller_volume: str | None = None  # drive letter of the Active Directory database
    guest_tools: tuple[str, ...] = ()
    space: WindowsVolume | None = None
    boot_files: tuple[str, ...] = ()  # bootmgr, Boot/BCD, EFI/Microsoft/Boot/bootmgfw.efi, …
    roots: tuple[str, ...] = ()  # ids of all volumes that hold a Windows folder
    problem: str | None = None  # why a hive could not be read
    languages: tuple[str, ...] = ()  # of the language packs that are installed: "en-US", …
    shut_down: bool | None = None  # False: it is hibernated, or a hive was never closed
    dhcp_client: bool | None = None  # its service starts


@dataclass(frozen=True, slots=True)
class Guest:
    """Everything that was found on the disks of one virtual machine."""

    disks: tuple[Table, ...]
    volumes: tuple[Volume, ...] = ()
    linux: Linux | None = None
    windows: Windows | None = None
    boot_modes: tuple[str, ...] = ()  # legacy-bios, uefi: what the disks could start with
    unseen: tuple[str, ...] = ()

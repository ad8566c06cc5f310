"""Which boot files a guest has, which of them starts it, and with which kernel."""

import pytest

from converters.guests.guest import Boot, BootFile
from converters.guests.look.boot import read_boot
from converters.guests.tree import System
from tests.guests import menus
from tests.guests.memory import Broken, Content, Dir, Giant, Link, MemoryTree, memory
from tests.guests.menus import MACHINE, grubenv

KERNEL = "6.1.0-18-amd64"
DEBIAN: dict[str, Content] = {
    "/boot/grub/grub.cfg": menus.DEBIAN_12,
    f"/boot/vmlinuz-{KERNEL}": "kernel",
    f"/boot/initrd.img-{KERNEL}": "initrd",
}
EL8 = "4.18.0-193.el8.x86_64"
ENTRY = f"/boot/loader/entries/{MACHINE}-{EL8}.conf"
RHEL_8: dict[str, Content] = {
    "/boot/grub2/grub.cfg": menus.RHEL_8,
    "/boot/grub2/grubenv": grubenv(saved_entry=f"{MACHINE}-{EL8}", kernelopts="root=LABEL=r ro"),
    ENTRY: menus.bls(EL8),
    f"/boot/vmlinuz-{EL8}": "kernel",
    f"/boot/initramfs-{EL8}.img": "initrd",
    f"/boot/loader/entries/{MACHINE}-0-rescue.conf": menus.bls("0-rescue"),
}
EL6 = "2.6.32-754.el6.x86_64"
RHEL_6: dict[str, Content] = {
    "/boot/grub/grub.conf": menus.RHEL_6,
    "/boot/grub/menu.lst": Link("./grub.conf"),
    "/etc/grub.conf": Link("../boot/grub/grub.conf"),
    f"/boot/vmlinuz-{EL6}": "kernel",
    f"/boot/initramfs-{EL6}.img": "initrd",
}


def boot(files: dict[str, Content]) -> Boot:
    return read_boot(memory(files)).boot


def shown(found: Boot) -> list[tuple[str, str, str | None]]:
    return [(file.path, file.kind, file.same_as) for file in found.files]


def test_debian_starts_with_grub_2() -> None:
    found = read_boot(memory(DEBIAN))

    assert found.kernel == f"/boot/vmlinuz-{KERNEL}"
    assert found.initrd == f"/boot/initrd.img-{KERNEL}"
    assert found.boot.loader == "grub2"
    assert found.boot.default_found
    assert not found.boot.bls
    assert found.boot.arguments == "root=UUID=6d0c0de1-2a3b-4c5d-8e9f-0123456789ab ro quiet"
    (menu,) = found.boot.files
    assert (menu.path, menu.kind, menu.volume) == ("/boot/grub/grub.cfg", "grub2", "0:1")
    assert (menu.timeout, menu.default) == (5, "0")
    assert len(menu.entries) == len(menu.kernels) == 4


def test_a_custom_cfg_is_part_of_the_menu() -> None:
    custom = "menuentry Mine --id mine { linux /boot/vmlinuz-mine }\nset default=mine\n"
    files = DEBIAN | {"/boot/grub/custom.cfg": custom, "/boot/vmlinuz-mine": "kernel"}

    found = read_boot(memory(files))

    assert found.kernel == "/boot/vmlinuz-mine"
    assert found.boot.files[0].entries[-1] == "Mine"
    assert len(found.boot.files) == 1


def test_a_custom_cfg_that_sources_itself_ends() -> None:
    custom = "source $prefix/custom.cfg\nmenuentry Mine { linux /k }\n" * 9

    found = boot(DEBIAN | {"/boot/grub/custom.cfg": custom})

    assert found.files[0].entries[-9:] == ("Mine",) * 9


def test_rhel_8_starts_with_entries_of_their_own() -> None:
    found = read_boot(memory(RHEL_8))

    assert found.kernel == f"/boot/vmlinuz-{EL8}"
    assert found.initrd == f"/boot/initramfs-{EL8}.img"
    assert found.boot.bls
    assert found.boot.default_found
    assert found.boot.arguments == "root=LABEL=r ro"
    assert shown(found.boot) == [
        ("/boot/grub2/grub.cfg", "grub2", None),
        (ENTRY, "bls", None),
        (f"/boot/loader/entries/{MACHINE}-0-rescue.conf", "bls", None),
    ]


def test_without_a_saved_entry_the_default_is_not_found_but_the_newest_starts() -> None:
    found = read_boot(memory(RHEL_8 | {"/boot/grub2/grubenv": grubenv()}))

    assert found.boot.bls
    assert not found.boot.default_found
    assert found.kernel == f"/boot/vmlinuz-{EL8}"


def test_entries_without_a_grub_cfg_are_nobodys() -> None:
    found = boot({ENTRY: menus.bls(EL8)})

    assert found.loader is None
    assert not found.bls
    assert not found.default_found
    assert [file.kind for file in found.files] == ["bls"]


def test_three_names_of_one_menu_are_one() -> None:
    found = read_boot(memory(RHEL_6))

    assert found.boot.loader == "grub-legacy"
    assert shown(found.boot) == [("/boot/grub/grub.conf", "grub-legacy", None)]
    assert found.kernel == f"/boot/vmlinuz-{EL6}"


def test_two_menus_that_differ_are_two() -> None:
    found = boot(
        DEBIAN | {"/boot/grub2/grub.cfg": menus.RHEL_7, "/boot/grub/menu.lst": menus.SLES_11}
    )

    assert shown(found) == [
        ("/boot/grub2/grub.cfg", "grub2", None),
        ("/boot/grub/grub.cfg", "grub2", None),
        ("/boot/grub/menu.lst", "grub-legacy", None),
    ]
    assert found.loader == "grub2"


def test_a_copy_of_a_menu_says_of_which() -> None:
    found = boot(DEBIAN | {"/boot/efi/EFI/debian/grub.cfg": menus.DEBIAN_12})

    assert shown(found) == [
        ("/boot/grub/grub.cfg", "grub2", None),
        ("/boot/efi/EFI/debian/grub.cfg", "grub2", "/boot/grub/grub.cfg"),
    ]


@pytest.mark.parametrize("stub", [menus.STUB_DEBIAN, menus.STUB_RHEL])
def test_the_stub_on_an_efi_system_partition_is_no_second_menu(stub: str) -> None:
    esp = MemoryTree({"/EFI/debian/grub.cfg": stub, "/EFI/BOOT/BOOTX64.EFI": b"MZ"}, "0:15")
    found = read_boot(System(MemoryTree(DEBIAN), {"/boot/efi": esp})).boot

    assert shown(found) == [
        ("/boot/grub/grub.cfg", "grub2", None),
        ("/boot/efi/EFI/debian/grub.cfg", "other", None),
    ]
    assert [file.volume for file in found.files] == ["0:1", "0:15"]
    assert found.efi_fallback == "/EFI/BOOT/BOOTX64.EFI"


def test_the_menu_may_be_on_the_efi_system_partition_alone() -> None:
    esp = MemoryTree(
        {"/efi/redhat/grub.cfg": menus.RHEL_7, "/efi/redhat/grubenv": grubenv()}, "0:1"
    )
    found = read_boot(System(MemoryTree({"/boot/efi": Dir()}, "0:2"), {"/boot/efi": esp})).boot

    assert [(file.path, file.kind, file.volume) for file in found.files] == [
        ("/boot/efi/efi/redhat/grub.cfg", "grub2", "0:1")
    ]
    assert found.loader == "grub2"
    assert found.default_found


def test_kernels_on_a_boot_of_their_own_are_counted_from_its_top() -> None:
    own = {path.removeprefix("/boot"): content for path, content in RHEL_8.items()}
    system = System(MemoryTree({"/boot": Dir()}, "vg/root"), {"/boot": MemoryTree(own, "0:1")})

    found = read_boot(system)

    assert found.kernel == f"/boot/vmlinuz-{EL8}"
    assert {file.volume for file in found.boot.files} == {"0:1"}


@pytest.mark.parametrize(
    "written",
    [
        f"/boot/vmlinuz-{KERNEL}",
        f"/vmlinuz-{KERNEL}",
        f"(hd0,1)/boot/vmlinuz-{KERNEL}",
        f"(hd0,msdos1)/vmlinuz-{KERNEL}",
        f"/@/boot/vmlinuz-{KERNEL}",
        f"/@/.snapshots/1/snapshot/boot/vmlinuz-{KERNEL}",
        f"/root/boot/vmlinuz-{KERNEL}",
        "/vmlinuz",
        "/boot/vmlinuz",
        f"../vmlinuz-{KERNEL}",
        f"/no/../boot/../../vmlinuz-{KERNEL}",
    ],
)
def test_a_kernel_is_found_however_it_is_written(written: str) -> None:
    text = f"menuentry a {{\n linux {written} ro\n initrd {written.replace('vmlinuz', 'i')}\n}}\n"
    links: dict[str, Content] = {"/vmlinuz": Link(f"boot/vmlinuz-{KERNEL}")}
    links["/boot/vmlinuz"] = Link(f"vmlinuz-{KERNEL}")

    found = read_boot(memory(DEBIAN | links | {"/boot/grub/grub.cfg": text}))

    assert found.kernel == f"/boot/vmlinuz-{KERNEL}"
    assert found.initrd is None
    assert found.initrd_written == written.replace("vmlinuz", "i")


@pytest.mark.parametrize("written", ["/boot/other", "/../../etc/passwd", "", "(hd0", "/" * 500])
def test_a_kernel_that_is_not_there_is_not_found(written: str) -> None:
    text = f'menuentry a {{\n linux "{written}"\n}}\n'

    assert read_boot(memory(DEBIAN | {"/boot/grub/grub.cfg": text})).kernel is None


def test_another_systems_menu_on_a_volume_beside_is_seen() -> None:
    other = MemoryTree({"/boot/grub/grub.cfg": menus.RHEL_7}, "0:2")
    esp = MemoryTree(
        {"/EFI/Boot/bootx64.efi": b"MZ", "/EFI/debian/grub.cfg": menus.STUB_DEBIAN}, "0:3"
    )

    found = read_boot(memory(DEBIAN), [other, esp])

    assert [(file.path, file.kind, file.volume) for file in found.boot.files] == [
        ("/boot/grub/grub.cfg", "grub2", "0:1"),
        ("/boot/grub/grub.cfg", "grub2", "0:2"),
        ("/EFI/debian/grub.cfg", "other", "0:3"),
    ]
    assert found.kernel == f"/boot/vmlinuz-{KERNEL}"
    assert found.boot.efi_fallback == "/EFI/Boot/bootx64.efi"


LOADERS: list[tuple[str, dict[str, Content], str | None, str]] = [
    ("extlinux", {"/boot/extlinux/extlinux.conf": menus.EXTLINUX}, "syslinux", "syslinux"),
    ("syslinux", {"/boot/syslinux/syslinux.cfg": menus.EXTLINUX}, "syslinux", "syslinux"),
    ("isolinux", {"/boot/isolinux/isolinux.cfg": menus.EXTLINUX}, "syslinux", "syslinux"),
    ("lilo", {"/etc/lilo.conf": menus.LILO}, "lilo", "other"),
    (
        "systemd-boot",
        {
            "/boot/efi/EFI/systemd/systemd-bootx64.efi": b"MZ",
            "/boot/efi/loader/loader.conf": "timeout 3\n",
            f"/boot/efi/loader/entries/{MACHINE}-{KERNEL}.conf": f"linux /vmlinuz-{KERNEL}\n",
        },
        "systemd-boot",
        "other",
    ),
    ("GRUB wins over what was left", RHEL_6 | {"/etc/lilo.conf": menus.LILO}, "grub-legacy",
     "grub-legacy"),
    ("an empty grub.cfg is not what starts", RHEL_6 | {"/boot/grub/grub.cfg": ""}, "grub-legacy",
     "grub2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "loader", "kind"), [case[1:] for case in LOADERS], ids=[case[0] for case in LOADERS]
)
def test_the_loader_is_the_one_with_a_menu(
    files: dict[str, Content], loader: str | None, kind: str
) -> None:
    kernel: dict[str, Content] = {f"/boot/vmlinuz-{KERNEL}": "kernel"}

    found = boot(kernel | files)

    assert found.loader == loader
    assert found.files[0].kind == kind
    assert found.default_found


WILD: list[Content] = [
    Dir(), Link("grub.cfg"), Link("/"), Link("/nowhere/at/all"), Broken(), Giant(1 << 40),
    bytes(range(256)) * 64, "menuentry", "", "\0" * 9999,
]  # fmt: skip
PATHS = [
    "/boot/grub/grub.cfg",
    "/boot/grub2/grubenv",
    "/boot/grub/menu.lst",
    ENTRY,
    "/boot/efi/EFI",
]


@pytest.mark.parametrize("content", WILD, ids=lambda content: str(content)[:20])
@pytest.mark.parametrize("path", [*PATHS, "/boot", "/boot/loader/entries", f"/boot/vmlinuz-{EL8}"])
def test_nothing_at_a_path_is_too_wild(path: str, content: Content) -> None:
    files = {at: what for at, what in RHEL_8.items() if not at.startswith(path)}

    assert isinstance(boot(files | {path: content}), Boot)


@pytest.mark.slow
def test_many_menus_are_listed_and_few_are_read() -> None:
    text = "menuentry a { linux /k }\n" * 6000
    files: dict[str, Content] = {
        f"/boot/efi/EFI/v{number:03}/grub.cfg": f"# {number}\n{text}" for number in range(300)
    }

    found = boot(files)

    assert len(found.files) == 50
    assert sum(bool(file.entries) for file in found.files) == 2
    assert all(isinstance(file, BootFile) for file in found.files)


def test_many_entries_are_cut() -> None:
    files: dict[str, Content] = {
        f"/boot/loader/entries/m-{number}-1.conf": f"linux /vmlinuz-{number}\n"
        for number in range(5000)
    }

    assert len(boot(RHEL_8 | files).files) < 300

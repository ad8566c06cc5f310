"""Boot menus as distributions write them, and which of their entries starts by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.guests.look.bls import compare, compare_versions, read_entry
from converters.guests.look.entries import Entry, Menu
from converters.guests.look.grub import all_entries, read_environment, read_grub2, read_legacy
from converters.guests.look.loaders import read_lilo, read_syslinux, read_systemd_boot
from tests.guests import menus


def started(menu: Menu) -> str | None:
    return menu.chosen.kernel if menu.chosen else None


def test_the_menu_of_debian() -> None:
    menu = read_grub2(menus.DEBIAN_12, {})

    assert [title for title, _ in all_entries(menu)] == [
        "Debian GNU/Linux",
        "Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-18-amd64",
        "Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-18-amd64 "
        "(recovery mode)",
        "Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-13-amd64",
    ]
    assert (menu.default, menu.timeout, menu.found, menu.bls, menu.loads) == (
        "0",
        5,
        True,
        False,
        False,
    )
    assert menu.chosen is not None
    assert menu.chosen.kernel == "/boot/vmlinuz-6.1.0-18-amd64"
    assert menu.chosen.initrd == "/boot/initrd.img-6.1.0-18-amd64"
    assert menu.chosen.arguments == "root=UUID=6d0c0de1-2a3b-4c5d-8e9f-0123456789ab ro quiet"


OLDER = "/boot/vmlinuz-6.1.0-13-amd64"
NEWER = "/boot/vmlinuz-6.1.0-18-amd64"
ADVANCED = "Advanced options for Debian GNU/Linux"


@pytest.mark.parametrize(
    ("default", "kernel"),
    [
        ("0", NEWER),
        ("1", NEWER),  # a submenu stands for its first entry
        ("1>0", NEWER),
        ("1>2", OLDER),
        ("1>9", NEWER),  # GRUB starts the first entry if there is none of that name
        ("7", NEWER),
        ("Debian GNU/Linux", NEWER),
        (f"{ADVANCED}>Debian GNU/Linux, with Linux 6.1.0-13-amd64", OLDER),
        (f"{ADVANCED}>2", OLDER),
        ("gnulinux-advanced-6d0c0de1>gnulinux-6.1.0-13-amd64-advanced-6d0c0de1", OLDER),
        ("gnulinux-simple-6d0c0de1", NEWER),
        ("no such title", NEWER),
        ("", NEWER),
        ("-1", NEWER),
    ],
)
def test_a_default_is_a_number_a_title_or_an_id(default: str, kernel: str) -> None:
    text = menus.DEBIAN_12.replace('set default="0"', f'set default="{default}"')

    assert started(read_grub2(text, {})) == kernel


def test_a_saved_default_is_that_of_grubenv() -> None:
    text = menus.DEBIAN_12.replace('set default="0"', 'set default="${saved_entry}"')
    saved = read_environment(menus.grubenv(saved_entry=f"{ADVANCED}>2"))

    assert read_grub2(text, saved).default == "${saved_entry}"
    assert started(read_grub2(text, saved)) == OLDER
    assert started(read_grub2(text, {})) == NEWER


def test_an_entry_for_the_next_start_only_is_what_starts() -> None:
    assert started(read_grub2(menus.DEBIAN_12, {"next_entry": "1>2"})) == OLDER


def test_after_a_failed_start_the_menu_waits_longer() -> None:
    assert read_grub2(menus.DEBIAN_12, {"recordfail": "1"}).timeout == 30


RESCUE = "Red Hat Enterprise Linux Server (0-rescue-0123) 7.9 (Maipo)"


def test_the_menu_of_rhel_7() -> None:
    menu = read_grub2(menus.RHEL_7, {"saved_entry": RESCUE})

    assert started(menu) == "/vmlinuz-0-rescue-0123"
    assert started(read_grub2(menus.RHEL_7, {})) == "/vmlinuz-3.10.0-1160.el7.x86_64"
    assert read_grub2(menus.RHEL_7, {}).found  # no BLS: the first entry is good enough


VERSIONS = ("4.18.0-193.el8.x86_64", "4.18.0-80.el8.x86_64", "4.18.0-513.5.1.el8_9.x86_64")


def entries(*versions: str) -> list[Entry]:
    found = (read_entry(menus.bls(one), f"{menus.MACHINE}-{one}") for one in versions)
    return [entry for entry in found if entry is not None]


def test_the_entries_of_rhel_8_are_in_files_of_their_own() -> None:
    saved = {"saved_entry": f"{menus.MACHINE}-{VERSIONS[1]}", "kernelopts": "root=LABEL=r ro"}

    menu = read_grub2(menus.RHEL_8, saved, entries(*VERSIONS))

    assert menu.bls
    assert menu.found
    assert len(menu.entries) == 3
    assert menu.chosen is not None
    assert menu.chosen.kernel == f"/vmlinuz-{VERSIONS[1]}"
    assert menu.chosen.initrd == f"/initramfs-{VERSIONS[1]}.img"
    assert menu.chosen.arguments == "root=LABEL=r ro"


@pytest.mark.parametrize(
    ("saved", "found", "kernel"),
    [
        ({}, False, 0),
        ({"saved_entry": ""}, False, 0),
        ({"saved_entry": "an-old-machine-4.18.0-1.el8.x86_64"}, False, 0),
        ({"saved_entry": "1"}, True, 1),
        ({"saved_entry": "9"}, False, 0),
        ({"saved_entry": f"Red Hat Enterprise Linux ({VERSIONS[2]}) 8.9 (Ootpa)"}, True, 2),
        ({"boot_counter": "0", "boot_success": "0"}, True, 1),
    ],
)
def test_without_a_saved_entry_no_default_is_found(
    saved: dict[str, str], found: bool, kernel: int
) -> None:
    menu = read_grub2(menus.RHEL_8, saved, entries(*VERSIONS))

    assert menu.found == found
    assert started(menu) == f"/vmlinuz-{VERSIONS[kernel]}"


def test_the_menu_of_rhel_9_is_hidden_once_it_has_started_well() -> None:
    saved = {"saved_entry": f"{menus.MACHINE}-{VERSIONS[1]}", "menu_auto_hide": "1"}

    menu = read_grub2(menus.RHEL_9, saved | {"boot_success": "1"}, entries(*VERSIONS))

    assert (menu.found, menu.bls, menu.loads, menu.timeout) == (True, True, False, 1)
    assert started(menu) == f"/vmlinuz-{VERSIONS[1]}"
    assert read_grub2(menus.RHEL_9, saved, entries(*VERSIONS)).timeout == 5
    assert len(menu.entries) == 3


def test_ubuntus_image_for_clouds_starts_without_an_initrd_first() -> None:
    menu = read_grub2(menus.UBUNTU_CLOUD, {})
    failed = read_grub2(menus.UBUNTU_CLOUD, {"initrdfail": "1"})

    assert menu.chosen is not None
    assert failed.chosen is not None
    assert menu.chosen.kernel == failed.chosen.kernel == "/boot/vmlinuz-5.15.0-91-generic"
    assert (menu.chosen.initrd, failed.chosen.initrd) == ("", "/boot/initrd.img-5.15.0-91-generic")
    assert menu.chosen.id == "gnulinux-simple-6d0c0de1"


def test_without_grubenv_the_options_of_grub_cfg_count() -> None:
    menu = read_grub2(menus.RHEL_8, {}, entries(*VERSIONS), has_environment=False)

    assert menu.chosen is not None
    assert menu.chosen.arguments == "root=/dev/mapper/rhel-root ro crashkernel=auto"


def test_entries_in_grub_cfg_stand_where_they_are_written() -> None:
    text = f"menuentry one {{ linux /one }}\n{menus.RHEL_8}\nmenuentry two {{ linux /two }}\n"

    menu = read_grub2(text, {}, entries(VERSIONS[0]))

    assert [entry.kernel for entry in menu.entries] == ["/one", f"/vmlinuz-{VERSIONS[0]}", "/two"]


@pytest.mark.parametrize("text", [menus.STUB_DEBIAN, menus.STUB_RHEL, "normal /boot/grub/grub.cfg"])
def test_a_file_that_loads_another_has_no_menu(text: str) -> None:
    menu = read_grub2(text, {})

    assert menu.loads
    assert menu.entries == ()
    assert not menu.found


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("menuentry a{linux /k}", "/k"),
        ("menuentry 'it''s' { linux /k }", "/k"),
        ('menuentry "a \\"b\\"" {\n linux /k\n}', "/k"),
        ("menuentry a {\n linux \\\n  /k ro\n}", "/k"),
        ("K=/k\nmenuentry a { linux $K }", "/k"),
        ("K=/k\nmenuentry a { linux ${K}-1 }", "/k-1"),
        ("set K='/k ro'\nmenuentry a { linux $K }", "/k"),
        ("menuentry a { linux $none /k }", "/k"),
        ("S='set K=/k'\n$S\nmenuentry a { linux $K }", "/k"),
        ("$none K=/k\nmenuentry a { linux $K }", "/k"),
        ("menuentry a { linux '$K' }", "$K"),
        ("menuentry a { # linux /no\n linux /k#1\n}", "/k#1"),
        ("if false; then menuentry a { linux /no }; fi; menuentry b { linux /k }", "/k"),
        ("if [ a = b ]; then x; elif [ a != b ]; then menuentry b { linux /k }; fi", "/k"),
        ("if ! true; then menuentry a { linux /no }; else menuentry b { linux /k }; fi", "/k"),
        ("if [ ! -f /x ]; then menuentry b { linux /k }; fi", "/k"),
        ("if [ 3 -lt 10 ]; then menuentry b { linux /k }; fi", "/k"),
        ("if test -z ''; then menuentry b { linux /k }; fi", "/k"),
        ("function f { menuentry a { linux /no }\n}\nmenuentry b { linux /k }", "/k"),
        ("for i in 1 2; do\n menuentry a { linux /no }\ndone\nmenuentry b { linux /k }", "/k"),
        ("menuentry a { linuxefi (hd0,gpt2)/k ro }", "(hd0,gpt2)/k"),
        ("menuentry a { multiboot /xen.gz x\n module /k ro\n module --nounzip /i\n}", "/k"),
        ("menuentry a { xen_hypervisor /xen.efi\n xen_module /no\n linux /k\n}", "/k"),
        ("submenu a { submenu b { menuentry c { linux /k } } }", "/k"),
        ("menuentry a {\n linux /k", "/k"),
        ("} fi done\nmenuentry a { linux /k }", "/k"),
        ("menuentry a { chainloader +1 }", ""),
        ("menuentry a --id=x { linux /a }\nmenuentry b --id=y { linux /k }\ndefault=y", "/k"),
        ("submenu a { }", None),
        ("", None),
    ],
)
def test_the_language_of_grub(text: str, kernel: str | None) -> None:
    assert started(read_grub2(text, {})) == kernel


def test_a_variable_that_is_not_set_is_no_word() -> None:
    menu = read_grub2("menuentry a {\n linux /k ro $tuned_params\n initrd /i $tuned_initrd\n}", {})

    assert menu.chosen is not None
    assert (menu.chosen.initrd, menu.chosen.arguments) == ("/i", "ro")


def test_of_several_initrds_the_first_may_be_microcode() -> None:
    menu = read_grub2("menuentry a {\n linux /k\n initrd /intel-ucode.img /i\n}", {})

    assert menu.chosen is not None
    assert menu.chosen.initrd == "/i"


def test_the_menu_of_rhel_6() -> None:
    menu = read_legacy(menus.RHEL_6)

    assert [entry.title for entry in menu.entries] == [
        "Red Hat Enterprise Linux (2.6.32-754.2.1.el6.x86_64)",
        "Red Hat Enterprise Linux 6 (2.6.32-754.el6.x86_64)",
    ]
    assert (menu.default, menu.timeout, menu.found) == ("1", 5, True)
    assert started(menu) == "/vmlinuz-2.6.32-754.el6.x86_64"
    assert menu.chosen is not None
    assert menu.chosen.arguments == "ro root=/dev/mapper/vg-root rd_NO_LUKS quiet"


def test_the_menu_of_sles_11() -> None:
    menu = read_legacy(menus.SLES_11)

    assert started(menu) == "/boot/vmlinuz-3.0.76-0.11-default"
    assert [entry.kernel for entry in menu.entries] == [
        "/boot/vmlinuz-3.0.76-0.11-default",
        "/boot/vmlinuz-3.0.76-0.11-xen",
        "",
    ]
    assert menu.entries[1].initrd == "/boot/initrd-3.0.76-0.11-xen"


@pytest.mark.parametrize(
    ("default", "saved", "kernel"),
    [
        ("default=0", None, "/a"),
        ("default 1", None, "/b"),
        ("default\t=\t1", None, "/b"),
        ("", None, "/a"),
        ("default saved", "1", "/b"),
        ("default saved", None, "/a"),
        ("default saved", "junk", None),
        ("default 5", None, None),
        ("# default 1", None, "/a"),
    ],
)
def test_the_default_of_grub_legacy(default: str, saved: str | None, kernel: str | None) -> None:
    text = f"{default}\ntitle a\nkernel --no-mem-option /a ro\ntitle b\nkernel (hd0,0)/b\n"
    menu = read_legacy(text, saved)

    assert (started(menu) or "").removeprefix("(hd0,0)") == (kernel or "")
    assert menu.found == (kernel is not None)


def test_the_menu_of_extlinux() -> None:
    menu = read_syslinux(menus.EXTLINUX)

    assert [entry.title for entry in menu.entries] == [
        "Debian GNU/Linux, kernel 6.1.0-18-amd64",
        "recovery",
    ]
    assert (menu.default, menu.timeout, menu.found) == ("l0", 5, True)
    assert menu.chosen is not None
    assert menu.chosen.initrd == "/boot/initrd.img-6.1.0-18-amd64"
    assert menu.entries[1].initrd == "/boot/initrd.img-6.1.0-18-amd64"


def test_the_menu_of_lilo() -> None:
    menu = read_lilo(menus.LILO)

    assert [entry.title for entry in menu.entries] == ["linux", "old", "windows"]
    assert (menu.default, menu.timeout) == ("old", 10)
    assert started(menu) == "/boot/vmlinuz-2.6.32-4-amd64"
    assert menu.entries[0].arguments == "quiet"


def test_the_menu_of_systemd_boot() -> None:
    found = entries(*VERSIONS)

    menu = read_systemd_boot(f"timeout 3\ndefault {menus.MACHINE}-4.18.0-80*\n", found)

    assert menu.timeout == 3
    assert started(menu) == f"/vmlinuz-{VERSIONS[1]}"
    assert started(read_systemd_boot("", found)) == f"/vmlinuz-{VERSIONS[0]}"
    assert not read_systemd_boot("default other.conf", found).found


ORDERED = [  # as rpm's own tests have it, older first
    ("1.0", "2.0"),
    ("2.0", "2.0.1"),
    ("5.5p1", "5.5p2"),
    ("5.5p2", "5.5p10"),
    ("10xyz", "10.1xyz"),
    ("xyz.4", "8"),
    ("xyz.4", "2"),
    ("5.6p1", "6.5p1"),
    ("1.0~rc1", "1.0"),
    ("1.0~rc1", "1.0~rc2"),
    ("20101121", "20101122"),
    ("4.18.0-80.el8", "4.18.0-193.el8"),
    ("5.14.0-70.13.1.el9_0", "5.14.0-362.8.1.el9_3"),
]


@pytest.mark.parametrize(("older", "newer"), ORDERED)
def test_versions_are_compared_as_rpm_does(older: str, newer: str) -> None:
    assert compare_versions(older, newer) < 0
    assert compare_versions(newer, older) > 0
    assert compare_versions(newer, newer) == 0


def test_a_rescue_entry_comes_after_all_kernels() -> None:
    rescue = f"{menus.MACHINE}-0-rescue"

    assert compare(rescue, f"{menus.MACHINE}-4.18.0-80.el8.x86_64") < 0
    assert compare("a", "b") < 0


NAME = st.text(st.sampled_from("0123ab.-_~"), max_size=12)


@given(NAME, NAME, NAME)
def test_the_order_of_entries_is_an_order(one: str, two: str, three: str) -> None:
    assert compare(one, two) == -compare(two, one)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


SCRIPT = st.lists(
    st.sampled_from(
        [
            "menuentry",
            "submenu",
            "{",
            "}",
            "'",
            '"',
            "\\",
            "\n",
            ";",
            "if",
            "then",
            "elif",
            "else",
            "fi",
            "for",
            "in",
            "do",
            "done",
            "function",
            "[",
            "]",
            "=",
            "-z",
            "-n",
            "-a",
            "-o",
            "!",
            "a",
            "'b",
            "c'",
            '"$d"',
            "${e",
            "$",
            "#",
            "set",
            "x=1",
            "linux",
            "/k",
            "initrd",
            "blscfg",
            "configfile",
            "$x",
        ]
    ),
    max_size=60,
)


@given(SCRIPT, st.sampled_from(["", " "]))
def test_no_menu_is_too_wild(words: list[str], between: str) -> None:
    text = between.join(words)

    for read in (read_legacy, read_syslinux, read_lilo):
        assert len(all_entries(read(text))) < 100
    assert len(all_entries(read_grub2(text, {"x": text}, entries(VERSIONS[0])))) < 100


@pytest.mark.parametrize(
    "piece", ["submenu a {\n", "if true; then\n", "{", 'a="$a$a";', "${", "'\"\\"]
)
def test_a_menu_that_is_nothing_but_depth_is_read_in_time(piece: str) -> None:
    read_grub2(piece * ((64 << 10) // len(piece)), {})

"""The table of systems: read as the guide means it, row by row, and what is just beside a row."""

import pytest

from converters.guests.guest import Windows
from converters.guests.judge import systems
from converters.guests.judge.systems import distribution, is_client, opt_in, windows_system
from emulator.protocol import regions

# distribution, version, kernel: a guest of each row
ROWS = [
    ("amazon", "2023", "6.1.21-1.45.amzn2023.x86_64"),
    ("amazon", "2", "4.14.336-257.562.amzn2.x86_64"),
    ("amazon", "2", "4.19.125-1.amzn2.x86_64"),
    ("amazon", "2", "5.4.250-166.369.amzn2.x86_64"),
    ("amazon", "2", "5.10.209-198.812.amzn2.x86_64"),
    ("centos", "5.1", "2.6.18-53.el5"),
    ("centos", "5.11", "2.6.18-398.el5"),
    ("centos", "6.8", "2.6.32-642.el6.x86_64"),
    ("centos", "7.9", "3.10.0-1160.el7.x86_64"),
    ("centos", "7.9.2009", "3.10.0-1160.el7.x86_64"),
    ("centos", "8.2", "4.18.0-193.el8.x86_64"),
    ("centos", "9", "5.14.0-503.el9.x86_64"),
    ("debian", "6.0.8", "2.6.32-5-amd64"),
    ("debian", "7.8", "3.2.0-4-amd64"),
    ("debian", "10.13", "4.19.0-27-amd64"),
    ("debian", "11.9", "5.10.0-28-amd64"),
    ("debian", "12.2", "6.1.0-13-amd64"),
    ("debian", "12.4", "6.1.0-17-amd64"),
    ("fedora", "18", "3.2.5-1.fc18.x86_64"),
    ("fedora", "19", "3.9.5-301.fc19.x86_64"),
    ("fedora", "20", "3.11.10-301.fc20.x86_64"),
    ("fedora", "37", "6.0.7-301.fc37.x86_64"),
    ("fedora", "38", "6.2.9-300.fc38.x86_64"),
    ("fedora", "39", "6.5.6-300.fc39.x86_64"),
    ("oracle", "5.10", "2.6.39-400.109.1.el5uek"),
    ("oracle", "5.11", "2.6.32-400.36.8.el5uek"),
    ("oracle", "6.10", "2.6.32-754.el6.x86_64"),
    ("oracle", "6.3", "2.6.39-200.24.1.el6uek.x86_64"),
    ("oracle", "6.8", "3.8.13-118.13.3.el6uek.x86_64"),
    ("oracle", "6.9", "4.1.12-61.1.28.el6uek.x86_64"),
    ("oracle", "7.6", "3.10.0-957.el7.x86_64"),
    ("oracle", "7.6", "3.8.13-118.el7uek.x86_64"),
    ("oracle", "7.6", "4.1.12-124.el7uek.x86_64"),
    ("oracle", "7.6", "4.14.35-1818.3.3.el7uek.x86_64"),
    ("oracle", "7.6", "5.4.17-2011.el7uek.x86_64"),
    ("oracle", "8.9", "4.18.0-513.5.1.el8_9.x86_64"),
    ("oracle", "8.9", "5.15.0-200.131.27.el8uek.x86_64"),
    ("oracle", "9.5", "5.14.0-503.el9.x86_64"),
    ("oracle", "9.5", "5.15.0-302.167.6.el9uek.x86_64"),
    ("oracle", "9.5", "5.15.0-1.el9.x86_64"),
    ("oracle", "9.6", "6.12.0-1.el9.x86_64"),
    ("oracle", "9.6", "6.12.0-1.23.3.2.el9uek.x86_64"),
    ("rhel", "5.11", "2.6.18-398.el5"),
    ("rhel", "6.10", "2.6.32-754.el6.x86_64"),
    ("rhel", "7.9", "3.10.0-1160.el7.x86_64"),
    ("rhel", "8.9", "4.18.0-513.el8.x86_64"),
    ("rhel", "9.6", "5.14.0-570.12.1.el9_6.x86_64"),
    ("rocky", "9.0", "5.14.0-70.el9.x86_64"),
    ("rocky", "9.6", "5.14.0-570.el9.x86_64"),
    ("sles", "11.1", "2.6.32.12-0.7-default"),
    ("sles", "11.2", "3.0.13-0.27-default"),
    ("sles", "11.3", "3.0.76-0.11-default"),
    ("sles", "11.3", "3.0.101-0.15-default"),
    ("sles", "11.4", "3.0.101-63-default"),
    ("sles", "12", "3.12.28-4-default"),
    ("sles", "12.1", "3.12.49-11-default"),
    ("sles", "12.2", "4.4.21-69-default"),
    ("sles", "12.3", "4.4.73-5-default"),
    ("sles", "12.4", "4.12.14-94.41-default"),
    ("sles", "12.5", "4.12.14-120-default"),
    ("sles", "15", "4.12.14-23-default"),
    ("sles", "15.1", "4.12.14-195-default"),
    ("sles", "15.2", "5.3.18-22-default"),
    ("sles", "15.3", "5.3.18-57-default"),
    ("sles", "15.4", "5.14.21-150400.22-default"),
    ("sles", "15.5", "5.14.21-150500.53-default"),
    ("sles", "15.6", "6.4.0-150600.21-default"),
    ("ubuntu", "12.04", "3.2.0-23-generic"),
    ("ubuntu", "12.10", "3.5.0-17-generic"),
    ("ubuntu", "13.04", "3.8.0-19-generic"),
    ("ubuntu", "13.10", "3.11.0-12-generic"),
    ("ubuntu", "14.04", "3.13.0-24-generic"),
    ("ubuntu", "14.04", "3.16.0-77-generic"),
    ("ubuntu", "14.04", "3.19.0-80-generic"),
    ("ubuntu", "14.10", "3.16.0-23-generic"),
    ("ubuntu", "15.04", "3.19.0-15-generic"),
    ("ubuntu", "16.04", "4.2.0-42-generic"),
    ("ubuntu", "16.04", "4.4.0-21-generic"),
    ("ubuntu", "16.04", "4.15.0-142-generic"),
    ("ubuntu", "16.10", "4.8.0-22-generic"),
    ("ubuntu", "17.04", "4.10.0-19-generic"),
    ("ubuntu", "18.04", "4.15.0-20-generic"),
    ("ubuntu", "18.04", "5.4.0-150-generic"),
    ("ubuntu", "20.04", "5.4.0-26-generic"),
    ("ubuntu", "22.04", "5.15.0-25-generic"),
    ("ubuntu", "23.04", "5.15.0-25-generic"),
    ("ubuntu", "24.04", "6.8.0-31-generic"),
    ("ubuntu", "24.04", "6.11.0-17-generic"),
]

# Just beside a row: a version that isn't in one, or a kernel that isn't in the version's row.
BESIDE = [
    ("rhel", "6.0", "2.6.32-71.el6.x86_64"),
    ("rhel", "6.0", "2.6.32-71.29.1.el6.x86_64"),
    ("rhel", "8.10", "4.18.0-553.el8.x86_64"),
    ("rhel", "9.6", "5.15.0-1.x86_64"),
    ("centos", "6.0", "2.6.32-71.el6.x86_64"),
    ("centos", "5.12", "2.6.18-398.el5"),
    ("centos", "8.3", "4.18.0-240.el8.x86_64"),
    ("centos", "7.9", "3.10.1-1.el7.x86_64"),
    ("debian", "9.13", "4.9.0-19-amd64"),
    ("debian", "6.0.9", "2.6.32-5-amd64"),
    ("debian", "7.11", "3.2.0-6-amd64"),
    ("debian", "12.3", "6.1.0-15-amd64"),
    ("debian", "12.40", "6.1.0-15-amd64"),
    ("fedora", "18", "3.2.50-1.fc18.x86_64"),
    ("fedora", "40", "6.8.5-301.fc40.x86_64"),
    ("oracle", "8.9", "5.15.0-200.el9uek.x86_64"),
    ("oracle", "8.9", "5.4.17-2136.el8uek.x86_64"),
    ("oracle", "5.11", "2.6.18-398.el5"),
    ("oracle", "7.7", "3.10.0-1062.el7.x86_64"),
    ("oracle", "6.1", "3.10.0-1.el6uek.x86_64"),
    ("rocky", "8.9", "4.18.0-513.el8.x86_64"),
    ("sles", "11", "2.6.27.19-5-default"),
    ("sles", "12.2", "4.40.1-1-default"),
    ("sles", "12", "3.12.49-11-default"),
    ("sles", "15.7", "6.4.0-150700.51-default"),
    ("ubuntu", "22.04", "5.19.0-32-generic"),
    ("ubuntu", "22.10", "5.15.0-25-generic"),
    ("ubuntu", "18.04", "4.18.0-15-generic"),
    ("ubuntu", "24.04", "6.80.0-1-generic"),
]


def listed(key: str, version: str, kernel: str) -> bool:
    known = distribution(key)
    return known is not None and any(row.has_kernel(kernel) for row in known.exactly(version))


@pytest.mark.parametrize(("key", "version", "kernel"), ROWS)
def test_a_row_has_its_versions_and_kernels(key: str, version: str, kernel: str) -> None:
    assert listed(key, version, kernel)


@pytest.mark.parametrize(("key", "version", "kernel"), BESIDE)
def test_what_is_just_beside_a_row_is_not_in_it(key: str, version: str, kernel: str) -> None:
    assert not listed(key, version, kernel)


def test_every_row_has_a_guest_here() -> None:
    unmet = [
        (known.key, row.versions)
        for known in systems.systems().linux.values()
        for row in known.releases
        if not any(
            key == known.key and row.has_version(version) and row.has_kernel(kernel)
            for key, version, kernel in ROWS
        )
    ]

    assert unmet == []


def test_a_kernel_of_710_is_not_one_of_71() -> None:
    assert listed("rhel", "6.5", "2.6.32-710.el6.x86_64")


@pytest.mark.parametrize(
    "version", ["", "sid", "x.12", "..", "٦", "1" * 500, "-5.1", "12345678901"]
)
def test_what_is_no_version_is_in_no_row(version: str) -> None:
    assert not any(
        known.exactly(version) or known.nearly(version)
        for known in systems.systems().linux.values()
    )


@pytest.mark.parametrize(
    ("product", "build", "installation", "name"),
    [
        ("Microsoft Windows Server 2003", 3790, None, "Windows Server 2003"),
        ("Microsoft Windows Server 2003 R2", 3790, None, "Windows Server 2003 R2"),
        ("Windows Server (R) 2008 Standard", 6002, "Server", "Windows Server 2008"),
        ("Windows Server 2008 R2 Enterprise", 7601, "Server", "Windows Server 2008 R2"),
        ("Windows Server 2012 Standard", 9200, "Server Core", "Windows Server 2012"),
        ("Windows Server 2012 R2 Datacenter", 9600, "Server", "Windows Server 2012 R2"),
        ("Windows Server 2016 Datacenter", 14393, "Server", "Windows Server 2016"),
        ("Windows Server Datacenter", 16299, "Server Core", "Windows Server 1709"),
        ("Windows Server Standard", 17134, "Server Core", "Windows Server 1803"),
        ("Windows Server 2019 Standard", 17763, "Server", "Windows Server 2019"),
        ("Windows Server 2022 Standard", 20348, "Server", "Windows Server 2022"),
        ("Windows Server 2025 Datacenter", 26100, "Server", "Windows Server 2025"),
        ("Windows 7 Ultimate", 7601, "Client", "Windows 7"),
        ("Windows 8 Pro", 9200, "Client", "Windows 8"),
        ("Windows 8.1 Enterprise", 9600, "Client", "Windows 8.1"),
        ("Windows 10 Education", 10240, "Client", "Windows 10"),
        ("Windows 10 Pro", 19045, "Client", "Windows 10"),
        ("Windows 10 Pro", 22000, "Client", "Windows 11"),
        ("Windows 10 Home", 26100, "Client", "Windows 11"),
    ],
)
def test_a_windows_is_told_by_its_build(
    product: str, build: int, installation: str | None, name: str
) -> None:
    found = windows_system(
        Windows(volume="0:1", product=product, build=build, installation=installation)
    )

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("product", "build", "installation"),
    [
        ("Microsoft Windows XP", 2600, None),
        ("Windows Vista (TM) Ultimate", 6002, "Client"),
        ("Windows Server 2019 Standard", 17764, "Server"),
        ("Windows Server, version 20H2", 19042, "Server Core"),
        ("Windows Server 2019 Standard", None, "Server"),
    ],
)
def test_other_windows_are_in_no_row(
    product: str, build: int | None, installation: str | None
) -> None:
    found = windows_system(
        Windows(volume="0:1", product=product, build=build, installation=installation)
    )

    assert found is None


def test_a_windows_without_installation_type_is_a_client_by_its_name() -> None:
    assert is_client(Windows(volume="0:1", product="Windows 7 Professional"))
    assert not is_client(Windows(volume="0:1", product="Microsoft Windows Server 2003"))
    assert not is_client(Windows(volume="0:1", edition="ServerStandard"))


def test_every_edition_of_a_row_is_known_to_the_registry() -> None:
    for row in systems.systems().windows:
        assert row.edition_ids, row.name


def test_regions_are_opted_in_to_as_in_the_rest_of_the_house() -> None:
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        for region in regions.regions(partition):
            assert opt_in(region.name) == region.opt_in, region.name


def test_the_regions_of_the_table_exist() -> None:
    for row in systems.systems().windows:
        assert all(regions.find(name) for name in row.not_regions), row.name

"""The release files of a distribution, as each version really had them."""

from tests.guests.filesystems import File, link, text
from tests.guests.recipes import Recipe
from tests.guests.ways import NAMES, number

CODENAMES = {
    "6": "squeeze", "7": "wheezy", "10": "buster", "11": "bullseye", "12": "bookworm",
    "12.04": "precise", "14.04": "trusty", "16.04": "xenial", "18.04": "bionic", "20.04": "focal",
    "22.04": "jammy", "24.04": "noble",
}  # fmt: skip


def identity(recipe: Recipe) -> dict[str, File]:
    """The release files that the version really had."""
    distribution, version = recipe.distribution, recipe.version
    at, name = number(version), NAMES.get(recipe.distribution, recipe.distribution.title())
    files = {
        "/etc/hostname": text("guest\n"),
        "/etc/passwd": text(
            "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n"
        ),
        "/etc/group": text("root:x:0:\nann:x:1000:\n"),
        "/etc/shadow": text("root:*:19000:0:99999:7:::\n", 0o600),
        "/etc/ssh/sshd_config": text("PermitRootLogin no\n", 0o600),
        "/home/ann/.ssh/authorized_keys": File(
            b"ssh-ed25519 AAAAC3Nz ann@example\n", 0o600, 1000, 1000
        ),
    }
    match distribution:
        case "debian":
            files["/etc/debian_version"] = text(version + "\n")
            major = version.split(".")[0]
            if at >= (7,):
                code = CODENAMES.get(major, "sid")
                files |= _os_release(f"{name} {major} ({code})", name, "debian", major, "")
        case "ubuntu":
            code = CODENAMES.get(version, "utopic")
            long_term = " LTS" if at[0] % 2 == 0 and at[1] == 4 else ""
            pretty = f"Ubuntu {version}{long_term}"
            files["/etc/debian_version"] = text("sid\n")
            files["/etc/lsb-release"] = text(
                f"DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={version}\nDISTRIB_CODENAME={code}\n"
                f'DISTRIB_DESCRIPTION="{pretty}"\n'
            )
            files |= _os_release(pretty, name, "ubuntu", version, "debian")
        case "sles":
            pack = f" SP{at[1]}" if len(at) > 1 and at[1] else ""
            if at < (15,):
                level = at[1] if len(at) > 1 else 0
                files["/etc/SuSE-release"] = text(
                    f"SUSE Linux Enterprise Server {at[0]} (x86_64)\nVERSION = {at[0]}\n"
                    f"PATCHLEVEL = {level}\n"
                )
            if at >= (11, 4):
                pretty = f"SUSE Linux Enterprise Server {at[0]}{pack}"
                files |= _os_release(pretty, name, "sles", version, "suse")
        case "fedora":
            files["/etc/fedora-release"] = text(f"Fedora release {version} (Nought)\n")
            files["/etc/redhat-release"] = files["/etc/system-release"] = link("fedora-release")
            files |= _os_release(f"Fedora Linux {version}", name, "fedora", version, "")
        case "amzn":
            pretty = f"Amazon Linux {version}"
            files["/etc/system-release"] = text(f"Amazon Linux release {version} (Karoo)\n")
            files |= _os_release(pretty, name, "amzn", version, "centos rhel fedora")
        case "rhel" | "centos" | "rocky" | "ol":
            files |= _red_hat(recipe, name, at)
        case _:
            files |= _os_release(f"{name} {version}", name, distribution, version, "")
    return files


def _red_hat(recipe: Recipe, name: str, at: tuple[int, ...]) -> dict[str, File]:
    version, edition = recipe.version, " Server" if at < (8,) else ""
    told = {
        "rhel": f"Red Hat Enterprise Linux{edition} release {version} (Maipo)",
        "centos": f"CentOS{' Linux' if at >= (7,) else ''} release {version} (Final)",
        "rocky": f"Rocky Linux release {version} (Blue Onyx)",
        "ol": f"Oracle Linux Server release {version}",
    }[recipe.distribution]
    stream = recipe.distribution == "centos" and at >= (9,)
    if stream:
        name, told = "CentOS Stream", f"CentOS Stream release {version}"
    files = {"/etc/redhat-release": text(told + "\n")}
    if recipe.distribution == "ol":
        files["/etc/oracle-release"] = text(told + "\n")
        files["/etc/redhat-release"] = text(f"Red Hat Enterprise Linux release {version} (Maipo)\n")
    if recipe.distribution in ("centos", "rocky"):
        files[f"/etc/{recipe.distribution}-release"] = text(told + "\n")
        files["/etc/redhat-release"] = link(f"{recipe.distribution}-release")
    if at >= (7,):
        shown = version.split(".")[0] if recipe.distribution == "centos" else version
        like = {"rhel": "fedora", "ol": "fedora"}.get(recipe.distribution, "rhel fedora")
        files |= _os_release(f"{name} {shown}", name, recipe.distribution, shown, like)
    return files


def _os_release(pretty: str, name: str, own: str, version: str, like: str) -> dict[str, File]:
    lines = [f'PRETTY_NAME="{pretty}"', f'NAME="{name}"', f'VERSION_ID="{version}"']
    lines += [f'VERSION="{version}"', f"ID={own}" if own == "debian" else f'ID="{own}"']
    lines += [f'ID_LIKE="{like}"'] if like else []
    return {
        "/usr/lib/os-release": text("\n".join(lines) + "\n"),
        "/etc/os-release": link("../usr/lib/os-release"),
    }

"""The fstab, the network configuration and the package database of a guest."""

from tests.guests.filesystems import File, text
from tests.guests.recipes import Recipe
from tests.guests.ways import SELINUX, Places, Ways, secure

FOREIGN = "deadbeef-0000-4000-8000-000000000000"  # UUID of a disk that did not come along


def fstab(recipe: Recipe, places: Places) -> str:
    """The lines of fstab; "devices": with all that a conversion has to repair."""
    kind = {"xfs4": "xfs"}.get(recipe.filesystem, recipe.filesystem)
    untidy = recipe.fstab == "devices"
    root = places.device if untidy or recipe.lvm else f"UUID={places.root}"
    lines = ["# /etc/fstab: static file system information.", f"{root} / {kind} defaults 0 1"]
    if places.boot:
        lines.append(f"UUID={places.boot}\t/boot\t{recipe.boot}\tdefaults\t0 2")
    if places.esp:
        serial = f"{places.esp[:4]}-{places.esp[4:]}"
        lines.append(f"UUID={serial} /boot/efi vfat umask=0077 0 1")
    if places.swap:
        lines.append(f"UUID={places.swap} none swap sw 0 0")
    if untidy:
        lines.append(f"UUID={FOREIGN} /data ext4 defaults 0 2")
        lines.append("//files.example/share /mnt/share cifs guest,uid=1000 0 0")
        lines.append("/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0")
    return "\n".join(lines) + "\n"


def network(recipe: Recipe, how: Ways) -> dict[str, File]:
    """An interface with an address of its own, or with DHCP."""
    static, name = recipe.network == "static", "ens192" if how.predictable else "eth0"
    match how.network:
        case "ifupdown":
            lines = f"auto lo\niface lo inet loopback\n\nauto {name}\niface {name} inet "
            lines += (
                "static\n\taddress 192.168.1.5\n\tnetmask 255.255.255.0\n\tgateway 192.168.1.1\n"
                if static
                else "dhcp\n"
            )
            return {"/etc/network/interfaces": text(lines)}
        case "netplan":
            lines = f"network:\n  version: 2\n  ethernets:\n    {name}:\n"
            lines += (
                "      addresses: [192.168.1.5/24]\n      routes:\n        - to: default\n"
                "          via: 192.168.1.1\n      nameservers:\n        addresses: [192.168.1.1]\n"
                if static
                else "      dhcp4: true\n"
            )
            return {"/etc/netplan/00-installer-config.yaml": text(lines, 0o600)}
        case "ifcfg":
            lines = f"TYPE=Ethernet\nNAME={name}\nDEVICE={name}\nONBOOT=yes\n"
            lines += (
                "BOOTPROTO=none\nIPADDR=192.168.1.5\nPREFIX=24\nGATEWAY=192.168.1.1\nDNS1=192.168.1.1\n"
                "HWADDR=00:50:56:00:00:05\n"
                if static
                else "BOOTPROTO=dhcp\n"
            )
            label = SELINUX % "net_conf" if secure(recipe) else None
            return {
                f"/etc/sysconfig/network-scripts/ifcfg-{name}": text(lines, label=label),
                "/etc/sysconfig/network-scripts/ifcfg-lo": text("DEVICE=lo\nIPADDR=127.0.0.1\n"),
                "/etc/sysconfig/network": text("NETWORKING=yes\n"),
            }
        case "ifcfg-suse":
            lines = "BOOTPROTO='static'\nSTARTMODE='auto'\nIPADDR='192.168.1.5/24'\n"
            return {
                f"/etc/sysconfig/network/ifcfg-{name}": text(
                    lines if static else "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n"
                ),
                "/etc/sysconfig/network/routes": text("default 192.168.1.1 - -\n"),
            }
        case "networkmanager":
            method = "manual\naddress1=192.168.1.5/24,192.168.1.1" if static else "auto"
            lines = f"[connection]\nid={name}\ntype=ethernet\ninterface-name={name}\n\n"
            lines += f"[ipv4]\nmethod={method}\n\n[ipv6]\nmethod=auto\n"
            return {
                f"/etc/NetworkManager/system-connections/{name}.nmconnection": text(lines, 0o600)
            }
        case "networkd":
            lines = f"[Match]\nName={name}\n\n[Network]\n"
            lines += "Address=192.168.1.5/24\nGateway=192.168.1.1\n" if static else "DHCP=yes\n"
            return {f"/etc/systemd/network/10-{name}.network": text(lines)}
    raise ValueError(how.network)


def packages(how: Ways, recipe: Recipe) -> dict[str, File]:
    if how.packages == "dpkg":
        status = (
            "Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
        )
        return {"/var/lib/dpkg/status": text(status)}
    return {"/var/lib/rpm/Packages": File(b"\0\0\0\0" * 64)}

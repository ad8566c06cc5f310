"""The files of a Windows: programs with true headers, and hives."""

from tests.guests import binaries, hives
from tests.guests.filesystems import File, text, without
from tests.guests.recipes import WindowsRecipe

ARCHITECTURES = {"AMD64": "x86_64", "x86": "i386", "ARM64": "arm64"}
DRIVERS = ("disk", "ntfs", "partmgr", "storahci", "stornvme", "tcpip", "volmgr")


def windows(recipe: WindowsRecipe) -> dict[str, File]:
    """Return the files of the system volume."""
    row = recipe.row
    architecture = ARCHITECTURES[row.architecture]
    native, console = (File(binaries.pe(architecture, kind)) for kind in (1, 3))
    system32 = "/Windows/System32"
    files = {
        f"{system32}/config/SOFTWARE": File(hives.software_hive(row, recipe.software)),
        f"{system32}/config/SYSTEM": File(hives.system_hive(row, recipe.system)),
        f"{system32}/ntoskrnl.exe": native,
        f"{system32}/hal.dll": native,
        f"{system32}/cmd.exe": console,
        f"{system32}/winload.exe": native,
        f"{system32}/winload.efi": native,
        "/Windows/explorer.exe": console,
        f"{system32}/drivers/etc/hosts": text("127.0.0.1 localhost\r\n"),
    }
    for name in DRIVERS:
        files[f"{system32}/drivers/{name}.sys"] = native
    if recipe.disk.firmware in ("bios", "both"):
        if row.version >= "6.0":
            files["/bootmgr"] = File(b"\xe9\xd5\x01\xeb" + bytes(4092))
            files["/Boot/BCD"] = File(hives.bcd_hive(recipe.ems))
        else:
            files["/ntldr"] = File(b"\xe9\xd5\x01\xeb" + bytes(4092))
            files["/boot.ini"] = text(
                "[boot loader]\r\ntimeout=30\r\n[operating systems]\r\n"
                'multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS="Windows" /fastdetect\r\n'
            )
    return without(files, recipe.absent) | dict(recipe.extra)


def esp(recipe: WindowsRecipe) -> dict[str, File]:
    """Return the files of the EFI system partition."""
    architecture = ARCHITECTURES[recipe.row.architecture]
    loader = File(binaries.pe(architecture, 10))
    store = hives.bcd_hive(recipe.ems, "\\windows\\system32\\winload.efi")
    files = {
        "/EFI/Microsoft/Boot/bootmgfw.efi": loader,
        "/EFI/Microsoft/Boot/BCD": File(store),
        f"/EFI/Boot/boot{'aa64' if architecture == 'arm64' else 'x64'}.efi": loader,
    }
    return without(files, (path.removeprefix("/boot/efi") for path in recipe.absent))

"""Switches the emergency services off in boot.ini, which Windows had up to Server 2003.

    [boot loader]
    redirect=COM1                      this line goes
    [operating systems]
    multi(0)disk(0)…="…" /fastdetect /redirect      and this word

Line endings stay. https://learn.microsoft.com/windows-hardware/drivers/devtest/boot-parameters-to-enable-ems-redirection
"""

import re
from typing import Final

PATH: Final = "/boot.ini"
LONGEST: Final = 64 << 10  # bytes; NTLDR reads no more

LINE: Final = re.compile(r"^[ \t]*redirect(baudrate)?[ \t]*=[^\r\n]*(\r\n|\n|\r|\Z)", re.I | re.M)
WORD: Final = re.compile(r"[ \t]+/redirect(=[^\s]*)?(?=\s|\Z)", re.I)


def ems_off(text: str) -> str:
    """Return a boot.ini without emergency services."""
    return WORD.sub("", LINE.sub("", text))

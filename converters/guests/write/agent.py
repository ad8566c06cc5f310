"""What runs inside the appliance: a script for busybox, and a program that sets SELinux labels.

    /order        modules to load, in order
    /job/N/mount  kind, options, prefix: of volume N, which is the disk /dev/vdb, /dev/vdc, …
    /job/N/list   its changes, ten lines and more each
    /dev/vda      the new contents, each from a whole 64 KiB on

A change: edit or new; path; name that the original gets; name of the new file until it has its
own; mode; owner; label; where the content begins, in 64 KiB; bytes of it; how many directories to
make; those. Names stand in lines of their own and are never read by the shell as anything else.

It tells on the first serial port, a line each: `begin`; `staged N`, `written N`, `refused N
reason`, `broken N reason`; and at the very end `end`.
"""

import struct
from typing import Final

BLOCK: Final = 65536  # bytes

SCRIPT: Final = r"""#!/bin/busybox sh
export PATH=/bin LC_ALL=C
/bin/busybox mkdir -p /proc /sys /dev /mnt /tmp
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec 2>/dev/null
exec 3>/dev/ttyS0
stty -F /dev/ttyS0 raw 2>/dev/null
while read -r module; do insmod "/modules/$module"; done < /order

tell() { echo "$*" >&3; }

# The reason that the last command gave, after the last colon; dd counts records at the end.
reason() {
    grep -v ' records ' /tmp/error | tail -n 1 | sed 's/.*: //' | tr -cd ' -~' | cut -c 1-120
}

next() { IFS= read -r "$1" <&4; }

change() {
    next action || return 1
    next path && next kept && next new && next mode && next owner && next label &&
    next begin && next size && next count
    path=$root$path new=$root$new
    [ -z "$kept" ] || kept=$root$kept
    parent=${path%/*}
}

# Linux permissions and labels: FAT has none, and NTFS keeps those of Windows.
dress() {
    case $kind in vfat|ntfs) return 0;; esac
    chown "$owner" "$2" && chmod "$1" "$2" && { [ -z "$label" ] || setlabel "$label" "$2"; }
}

pour() {
    dd if=/dev/vda of="$1" bs=65536 skip="$begin" count=$(((size + 65535) / 65536)) conv=fsync &&
    truncate -s "$size" "$1"
}

absent() {
    if [ -e "$1" ] || [ -L "$1" ]; then echo ": a file is in the way" >&2; return 1; fi
}

plain() {
    if [ -L "$1" ] || [ ! -f "$1" ]; then echo ": a file is not there" >&2; return 1; fi
}

straight() {
    if [ "$(readlink -f "$1")" != "$1" ]; then echo ": a link leads elsewhere" >&2; return 1; fi
}

stage_one() {
    while [ "$count" -gt 0 ]; do
        next folder
        folder=$root$folder
        if [ ! -d "$folder" ]; then
            straight "${folder%/*}" && mkdir "$folder" || return 1
            printf '%s\n' "$folder" >> /tmp/folders
            dress 0755 "$folder" || return 1
        fi
        count=$((count - 1))
    done
    straight "$parent" && absent "$new" || return 1
    if [ "$action" = edit ]; then
        plain "$path" && absent "$kept" || return 1
        if [ "$kind" = ntfs ]; then
            printf '%s\n' "$kept" >> /tmp/files
            cp -p "$path" "$kept" || return 1
        fi
    else
        absent "$path" || return 1
    fi
    printf '%s\n' "$new" >> /tmp/files
    pour "$new" && dress "$mode" "$new"
}

stage() {
    : > /tmp/files; : > /tmp/folders
    exec 4< "$job/list"
    while change; do stage_one || return 1; done
}

undo() {
    while IFS= read -r file; do rm -f "$file"; done < /tmp/files
    sed '1!G;h;$!d' /tmp/folders > /tmp/back
    while IFS= read -r folder; do rmdir "$folder"; done < /tmp/back
}

# On NTFS the file stays the same one, with its permissions and its short name.
switch_one() {
    while [ "$count" -gt 0 ]; do next folder; count=$((count - 1)); done
    if [ "$action" = edit ] && [ "$kind" = ntfs ]; then
        rm "$new" && pour "$path"
        return
    fi
    if [ "$action" = edit ]; then mv "$path" "$kept" || return 1; fi
    mv "$new" "$path"
}

switch() {
    exec 4< "$job/list"
    while change; do switch_one || return 1; done
}

attach() {
    if [ "$kind" = ntfs ]; then lowntfs-3g "$device" /mnt -o "$options"; return; fi
    mount -t "$kind" -o "$options" "$device" /mnt
}

volume() {
    { IFS= read -r device; IFS= read -r kind; IFS= read -r options; IFS= read -r prefix; } \
        < "$job/mount"
    root=/mnt$prefix
    i=0
    while [ ! -b "$device" ] && [ $i -lt 250 ]; do usleep 20000; i=$((i + 1)); done
    if ! attach 2> /tmp/error; then tell "refused $number $(reason)"; return; fi
    if ! grep -q '^[^ ]* /mnt [^ ]* rw' /proc/mounts; then
        umount /mnt
        tell "refused $number it can only be read"
        return
    fi
    if stage 2> /tmp/error; then
        tell "staged $number"
        if switch 2> /tmp/error && sync; then told="written $number"
        else told="broken $number $(reason)"; fi
    else
        told="refused $number $(reason)"
        undo
    fi
    exec 4<&-
    umount /mnt 2> /tmp/error || told="broken $number $(reason)"
    tell "$told"
}

tell begin
number=0
while job=/job/$number && [ -d "$job" ]; do
    volume
    number=$((number + 1))
done
sync
tell end
usleep 20000
reboot -f
"""


def setlabel() -> bytes:
    """Return a program for Linux on x86-64 that does what setfattr would, were it in busybox.

    setlabel LABEL FILE: lsetxattr(FILE, "security.selinux", LABEL, length with its NUL, 0).
    """
    code = bytes.fromhex(
        "488b542410"  # mov  rdx, [rsp+16]      the label
        "488b7c2418"  # mov  rdi, [rsp+24]      the file
        "4d31d2"  # xor  r10, r10               its length
        "42803c1200"  # cmp  byte [rdx+r10], 0  ◄┐
        "4d8d5201"  # lea  r10, [r10+1]          │
        "75f5"  # jne  ──────────────────────────┘
        "488d3519000000"  # lea  rsi, [rip+25]  the attribute's name, after the code
        "4531c0"  # xor  r8d, r8d               no flags
        "b8bd000000"  # mov  eax, 189           lsetxattr
        "0f05"  # syscall
        "31ff"  # xor  edi, edi
        "85c0"  # test eax, eax
        "400f95c7"  # setne dil
        "b83c000000"  # mov  eax, 60            exit
        "0f05"  # syscall
    )
    base, headers = 0x400000, 64 + 56
    size = headers + len(code) + len(NAME)
    header = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base + headers, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    header += struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000)
    return header + code + NAME


NAME: Final = b"security.selinux\0"

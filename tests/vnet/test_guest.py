"""A real guest in such a network: Linux's own TCP, at both ends of what it does."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from converters import qemu_img
from converters.boot.computer import started
from converters.boot.console import Console, listen
from converters.boot.machine import Disk, Machine
from converters.qemu_img import Stacked
from converters.vnet import smbios
from converters.vnet.guest import Options
from converters.vnet.lan import Lan
from converters.vnet.wire import HOST, Wire, forwarded
from tests.boot.tiny import DHCP, Tinies, Tiny, missing
from tests.vnet.inside import GUEST

# What cloud-init does, in short: a token, the user data with it, and they are run.
CLOUD = """  up /bin/busybox printf 'PUT /latest/api/token HTTP/1.1\\r\\nHost: x\\r\\n\
X-aws-ec2-metadata-token-ttl-seconds: 60\\r\\n\\r\\n' | /bin/busybox nc 169.254.169.254 80 | \
/bin/busybox tail -n 1 > /run/token
  up /bin/busybox wget -q -O /run/user-data --header "X-aws-ec2-metadata-token: $(cat /run/token)" \
http://169.254.169.254/latest/user-data
  up sh /run/user-data
"""
TINY = Tiny("cloud", network=DHCP + CLOUD)
USER_DATA = """
/bin/busybox --install -s /bin
from() { wget -q -O - "$@"; }
metadata=http://169.254.169.254/latest/meta-data
with="X-aws-ec2-metadata-token: $(cat /run/token)"
echo "who: $(from --header "$with" $metadata/instance-id)"
echo "key: $(from --header "$with" $metadata/public-keys/0/openssh-key)"
echo "name: $(nslookup $(hostname -i 2>/dev/null || echo 172.31.32.5) 172.31.0.2 | grep -c ec2)"
for word in sys_vendor product_name product_uuid product_serial board_asset_tag; do
  echo "$word: $(cat /sys/class/dmi/id/$word)"
done
from $metadata/instance-id || echo "without a token: none"
from http://198.51.100.7/ 2>&1 | sed 's/^/outside: /'
nc -ll -p 22 -e /bin/cat &
until cat /proc/net/tcp* | grep -q :0016; do usleep 50000; done
echo "all is said"
#"""
TEXT = b"".join(i.to_bytes(4) for i in range(50_000))


async def told(console: Console, text: str) -> None:
    async with asyncio.timeout(120):
        while text not in console.last(100):
            await asyncio.sleep(0.05)


@pytest.mark.guests
@pytest.mark.slow
async def test_a_guest_takes_its_address_its_user_data_and_visitors(
    tinies: Tinies, tmp_path: Path
) -> None:
    assert not missing(), f"not installed: {missing()}"
    base = tinies.disk(TINY)
    overlay = tmp_path / "overlay"
    await qemu_img.empty(overlay, base.stat().st_size)
    files = (Stacked(base, "raw"), Stacked(overlay, "qcow2"))
    machine = Machine((Disk(files),), memory=384, hardware=GUEST.hardware)
    user_data = (USER_DATA + "x" * 9000).encode()  # more than goes into a piece
    strict = replace(GUEST, user_data=user_data, options=Options(token_required=True))
    lan, console = Lan(strict), Console()

    async with started(replace(machine, smbios=smbios.told(GUEST)), tmp_path) as computer:
        wire = Wire(lan, computer.network.reader, computer.network.writer)
        listening = asyncio.ensure_future(listen(console, computer.serial.reader, lambda: None))
        serving = asyncio.ensure_future(wire.serve())
        await told(console, "all is said")
        said = console.last(200)
        assert lan.leased

        async with forwarded(wire) as port, asyncio.timeout(60):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(TEXT)
            writer.write_eof()
            assert await reader.read(-1) == TEXT
            writer.close()
        serving.cancel()
        listening.cancel()

    assert "dhcp: 172.31.32.5 via 172.31.32.1, names 172.31.0.2, host ip-172-31-32-5" in said
    assert f"who: {GUEST.instance_id}" in said
    assert GUEST.key
    assert f"key: {GUEST.key[1]}" in said
    assert "without a token: none" in said
    name = smbios.uuid(GUEST.instance_id)
    assert f"product_uuid: {name}\nproduct_serial: {name}" in said
    assert "sys_vendor: Amazon EC2\nproduct_name: t3.micro" in said
    assert f"board_asset_tag: {GUEST.instance_id}" in said
    assert "(198.51.100.7): No route to host" in said
    assert "name: 1" in said

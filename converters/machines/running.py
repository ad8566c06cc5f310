"""One instance that runs, from the moment that this worker takes it until its machine is gone.

    claimed ──► disks, devices, firmware ──► QEMU ──► runs ──► on the network: reached
                                              │
              what is wished, what happens ──►│ follow ──► … ──► asked to stop ──► ended

Whatever goes wrong ends the machine, and the row says so: nobody waits for an instance for ever.
"""

import asyncio
import logging
import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from converters import qemu_img
from converters.boot.admission import CORES
from converters.boot.computer import VARIABLES, Computer, NotStarted, started
from converters.boot.devices import Devices, Without, devices
from converters.boot.machine import PROGRAM, Machine, uefi
from converters.boot.monitor import Gone, Refused
from converters.guests import tools
from converters.guests.guest import Guest
from converters.guests.write.acceleration import accelerated
from converters.lifeline import to_the_end
from converters.machines import picture
from converters.machines.disks import Disks
from converters.machines.said import Said, overhear, put
from converters.machines.wish import Wish, guest_of
from converters.stages.look import look
from converters.vnet import smbios
from converters.vnet.lan import Lan
from converters.vnet.wire import Wire, forwarded
from state import machines
from state.blobs import Blobs
from state.consoles import Consoles
from state.disk_keys import KeyUnusable
from state.firmware import Memories, firmware
from state.instances import Instance
from state.machines import BY_GUEST, WORKER_DIED
from state.store import Stale, Store
from state.volumes import Attachment, Volume

LOOK: Final = 0.2  # seconds between two looks at what does not come by itself
SOON: Final = 0.02  # seconds between two looks, however much happens
GRACE: Final = 60.0  # seconds for a guest to turn itself off
AGAIN: Final = 10.0  # seconds after which its power button is pressed once more
TRIED_AGAIN: Final = 5.0  # seconds after which what could not be done is tried again
PARTING: Final = 5.0  # seconds for QEMU to write what it has in hand
HURRY: Final = 1.5  # … when the worker ends
# The service's own words.
ON_LAUNCH: Final = "Server.InternalError: Internal error on launch"
NO_KEY: Final = "Client.InternalError: Client error on launch"
# assumed: the service's own words are for its own hosts
BROKEN: Final = "Server.InternalError: The machine of the instance has failed"

log = logging.getLogger(__name__)


class Running:
    """An instance in this worker's hands."""

    def __init__(
        self, wish: Wish, store: Store, blobs: Blobs, worker: str, folder: Path, consoles: Consoles
    ) -> None:
        self.id = wish.machine.instance.id
        self.memory = machines.memory_of(wish.machine.instance.instance_type)  # MiB
        self._wish = wish
        self._store = store
        self._blobs = blobs
        self._worker = worker
        self._folder = folder
        self._consoles = consoles
        self._changed = asyncio.Event()
        self._reached = False
        self._reboots = wish.machine.instance.reboots
        self._reset_at: float | None = None  # that a guest has to turn itself off before a reboot
        self._still = False  # what becomes snapshots is to have what a guest writes at its end
        self._off = False  # the guest has turned itself off
        self._was_reset = asyncio.Event()
        self._unplugged: list[str] = []
        self._halted = False  # QEMU has, for want of room on a disk of ours
        self._not_before = 0.0  # what could not be done is tried again then

    @property
    def _instance(self) -> Instance:
        return self._wish.machine.instance

    def news(self, wish: Wish) -> None:
        """Take what is wished now."""
        if wish != self._wish:
            self._wish = wish
            self._changed.set()

    async def run(self) -> None:
        """Run it to its end; nothing, if it is another's or nobody's any more."""
        if not await asyncio.to_thread(self._claim):
            return
        reason: str | None = BROKEN
        try:
            reason = await self._live()
        except asyncio.CancelledError:
            reason = WORKER_DIED
            raise
        except KeyUnusable as error:
            log.info("instance %s can't be started: %s", self.id, error)
            reason = NO_KEY
        except (NotStarted, Without, Stale, qemu_img.Failed) as error:
            log.warning("instance %s can't be started: %s", self.id, error)
            reason = ON_LAUNCH
        except (Gone, Refused) as error:
            log.warning("the machine of instance %s has failed: %s", self.id, error)
        except Exception:  # an edge, like the worker: the others must go on
            log.exception("the machine of instance %s has failed", self.id)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            await to_the_end(self._say_ended(reason))

    async def _live(self) -> str | None:
        """Start it, and follow it to its end; return the reason, if nobody has asked for it."""
        disks = Disks(self._store, self._blobs, self.id, self._folder)
        machine, model = await self._machine(disks)
        lan = Lan(guest_of(self._wish))
        self._consoles.make()
        if machine.firmware == "uefi" and (found := uefi()):
            memory, image_id = disks.written / VARIABLES, self._instance.image_id
            lend = Memories(self._blobs.root).lend
            await asyncio.to_thread(lend, self.id, image_id, found[1], memory)
        said = Said(self._consoles, self.id)
        on_event = partial(self._event, lan)
        async with started(machine, disks.written, on_event, None, [disks.read]) as computer:
            computer.ended.add_done_callback(lambda _: self._changed.set())
            wire = Wire(lan, computer.network.reader, computer.network.writer)
            listening = [
                asyncio.ensure_future(wire.serve(self._changed.set)),
                asyncio.ensure_future(said.listen(computer.serial.reader)),
                asyncio.ensure_future(overhear(computer.log.reader)),
            ]
            try:
                async with forwarded(wire) as port:
                    await asyncio.to_thread(self._say_runs, port)
                    log.info("instance %s runs, its SSH is at port %d", self.id, port)
                    await self._follow(computer, disks, model, lan)
                await asyncio.wait(listening, timeout=HURRY)  # what it said last
            finally:
                for each in listening:
                    each.cancel()
                await asyncio.gather(*listening, return_exceptions=True)
            return self._reason(computer)

    async def _machine(self, disks: Disks) -> tuple[Machine, Devices]:
        """Return what the machine is made of."""
        program = tools.find(PROGRAM)
        if program is None:
            raise NotStarted("QEMU is not installed")
        root = self._instance.root_device_name

        def place(each: tuple[Volume, Attachment]) -> tuple[bool, str]:
            return each[1].device != root, each[1].device

        volumes = [volume for volume, _ in sorted(self._wish.machine.volumes, key=place)]
        taken = tuple([await disks.take(volume.id) for volume in volumes])
        lowest = taken[0].files[0]
        # What was written since is not looked at, nor what is encrypted: drivers change rarely.
        guest = await look([lowest.path]) if lowest.driver == "raw" else Guest(disks=())
        given = devices(guest, len(taken))
        interface = self._wish.machine.interface
        assert interface
        machine = Machine(
            disks=taken,
            firmware=firmware(self._instance.boot_mode, self._instance.instance_type),
            disk=given.disk,
            card=given.card,
            memory=self._wish.machine.memory_mib,
            processors=max(1, min(self._wish.machine.processors, CORES)),
            hardware=interface.mac_address,
            smbios=smbios.told(guest_of(self._wish)),
            real=await accelerated(program),
            grows=True,
        )
        return machine, given

    # while it runs --------------------------------------------------------------------------------

    def _event(self, lan: Lan, name: str, data: dict[str, Any]) -> None:
        """Take an event of QEMU's."""
        if name == "SHUTDOWN" and data.get("guest"):
            self._off = True
        elif name == "RESET":
            self._was_reset.set()
            lan.cut()  # who begins anew knows of no connection
        elif name == "DEVICE_DELETED" and "device" in data:
            self._unplugged.append(data["device"])
        elif name == "BLOCK_IO_ERROR":
            self._halted = self._halted or data.get("action") == "stop"
            self._not_before = time.monotonic() + TRIED_AGAIN
            log.warning("instance %s: a disk fails: %s", self.id, data.get("reason"))
        self._changed.set()

    async def _follow(self, computer: Computer, disks: Disks, given: Devices, lan: Lan) -> None:
        """Do what is wished, until it is to end or has ended."""
        has_run = False
        try:
            while not computer.ended.done() and self._instance.desired == "running":
                has_run = True
                self._changed.clear()
                lan.guest = guest_of(self._wish)
                await self._tell(lan)
                await self._reboot(computer, disks, given)
                while self._unplugged:
                    await disks.gone(computer.monitor, self._unplugged.pop())
                if time.monotonic() >= self._not_before:
                    await self._tend(computer, disks, given)
                await self._show(computer)
                await self._wait()
            await self._stop(computer, asking=has_run)
        except Gone:
            await asyncio.wait([computer.ended], timeout=PARTING)
            if not computer.ended.done():
                raise
        except asyncio.CancelledError:
            await to_the_end(_quit(computer, HURRY))
            raise

    async def _wait(self, seconds: float = LOOK) -> None:
        """Wait until something happens, or for a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
                await asyncio.sleep(SOON)

    async def _tend(self, computer: Computer, disks: Disks, given: Devices) -> None:
        """Bring the disks to what is wished; what can't be done now is no reason to end."""
        try:
            if self._halted:
                self._halted = False
                await computer.monitor.ask("cont")
            volumes = self._wish.machine.volumes
            await disks.follow(computer.monitor, given.disk, volumes, still=self._still)
        except (Refused, Stale, KeyUnusable, qemu_img.Failed) as error:
            self._not_before = time.monotonic() + TRIED_AGAIN
            log.warning("instance %s: its disks are not what they should be: %s", self.id, error)

    async def _tell(self, lan: Lan) -> None:
        if lan.leased and not self._reached:
            self._reached = True
            await asyncio.to_thread(self._say_reached)

    async def _reboot(self, computer: Computer, disks: Disks, given: Devices) -> None:
        """Have the guest turn itself off, as it should before a reset; reset it then, or later.

        Snapshots that came with it, of an AMI, are made in between.
        """
        ask, now = computer.monitor.ask, time.monotonic()
        if self._instance.reboots != self._reboots:
            self._reboots = self._instance.reboots
            if self._reset_at is None:
                self._off = False
                self._still = disks.frozen(self._wish.machine.volumes)
                await ask("set-action", shutdown="pause")
                await ask("system_powerdown")
            self._reset_at = now + GRACE
        if self._reset_at is None or not (self._off or now >= self._reset_at):
            return
        self._reset_at = None
        if self._still:
            self._still = False
            await self._tend(computer, disks, given)
        self._was_reset.clear()
        await ask("system_reset")
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING):
                await self._was_reset.wait()
        await ask("set-action", shutdown="poweroff")
        await ask("cont")
        self._off = False
        log.info("instance %s is rebooted", self.id)

    async def _show(self, computer: Computer) -> None:
        """Take a picture of the screen, if somebody waits for it."""
        wanted = self._consoles.wanted(self.id)
        if not wanted.exists():
            return
        try:
            shown = await picture.jpeg(await computer.picture(), self._folder)
        except (OSError, Refused, picture.Unreadable) as error:
            log.warning("instance %s: no picture of its screen: %s", self.id, error)
        else:
            put(self._consoles.picture(self.id), shown)
        wanted.unlink(missing_ok=True)

    async def _stop(self, computer: Computer, *, asking: bool) -> None:
        """End it: the guest is asked first where that is of use to anybody."""
        now = time.monotonic()
        until, again = now + GRACE, now
        if not computer.ended.done():
            await computer.monitor.ask("set-action", shutdown="poweroff")
        while asking and not computer.ended.done() and self._is_worth_asking and now < until:
            self._changed.clear()
            if now >= again:
                await computer.monitor.ask("system_powerdown")
                again = now + AGAIN
            await self._wait()
            now = time.monotonic()
        await _quit(computer, PARTING)

    @property
    def _is_worth_asking(self) -> bool:
        """Whether what the guest has in hand is to be kept."""
        instance = self._instance
        if instance.forced:
            return False
        kept = any(not each.delete_on_termination for _, each in self._wish.machine.volumes)
        return instance.desired == "stopped" or kept

    def _reason(self, computer: Computer) -> str | None:
        if self._instance.desired != "running":
            return None
        if self._off:
            return BY_GUEST
        if computer.ended.done():
            ended = computer.ended.result()
            log.warning("the machine of %s has failed: %s", self.id, ended.why("QEMU"))
        return BROKEN

    # what rows are told ---------------------------------------------------------------------------

    def _claim(self) -> bool:
        with self._store.begin() as tx:
            return machines.claim(tx, self.id, self._worker)

    def _say_runs(self, port: int) -> None:
        with self._store.begin() as tx:
            machines.runs(tx, self.id, self._worker, datetime.now(UTC), port)

    def _say_reached(self) -> None:
        with self._store.begin() as tx:
            machines.reached(tx, self.id, self._worker, datetime.now(UTC))

    async def _say_ended(self, reason: str | None) -> None:
        await asyncio.to_thread(say_ended, self._store, self._blobs, self.id, self._worker, reason)
        log.info("instance %s has ended: %s", self.id, reason or "as was asked for")


def say_ended(
    store: Store, blobs: Blobs, instance_id: str, worker: str, reason: str | None
) -> None:
    """Say that there is no machine of an instance any more; remove what goes with it."""
    with store.begin() as tx:
        files = machines.ended(tx, instance_id, worker, datetime.now(UTC), reason)
    for file in files:
        blobs.remove(file.blob_id)


async def _quit(computer: Computer, patience: float) -> None:
    """Have QEMU end, which writes what it has in hand first."""
    if not computer.ended.done():
        with suppress(Gone, Refused):
            async with asyncio.timeout(patience):
                await computer.monitor.ask("quit")
        await asyncio.wait([computer.ended], timeout=patience)

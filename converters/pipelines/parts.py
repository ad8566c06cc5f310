"""Brings a disk image that a client uploads in parts: the manifest, then what is there of the rest.

    a URL of this server     the object is read where it is, if who has presigned the URL may: no
                             request is made
    any other                fetched, from where the settings allow it

What is not there yet (404) is asked for again at the next look. So is what a foreign server denies
or cannot give at the moment: a client without the right to list a bucket is told 403 of an object
that has not come yet. A part must have as many bytes as the manifest says, and the MD5 that its
ETag is, where it is one.
"""

import asyncio
import hashlib
import logging
import os
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from converters.errors import (
    ClientError,
    invalid_manifest,
    manifest_of_other_format,
    no_access,
    object_gone,
    redirected,
    wrong_part_digest,
    wrong_part_size,
)
from converters.pipelines.fetching import Fetcher, TooLarge, Unreachable
from converters.pipelines.ledger import CHUNK, Ledger
from converters.pipelines.options import Options
from converters.stages.import_manifest import LARGEST, MOST_PARTS, Manifest, Part, read
from state import callers, urls
from state.blobs import Blobs
from state.bucket_access import may
from state.callers import Caller
from state.fetching import names
from state.jobs import Attempt
from state.key_access import opens
from state.objects import Bucket, Object
from state.store import Tx
from state.tasks import DiskProgress, ImportInstanceWork, ImportVolumeWork, PartedDisk, Task
from state.waiting import Looked, Refused

WINDOW: Final = 64  # parts that are asked for in one go
AT_ONCE: Final = 4  # of them
REMEMBERED: Final = MOST_PARTS  # parts of manifests, some kilobytes each
TRIES: Final = 3  # at a part whose MD5 is wrong
MD5: Final = re.compile(r"[0-9a-f]{32}")
GONE: Final = (403, 404)

log = logging.getLogger(__name__)


class Looker:
    """Looks for the parts of one task after the other."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._fetcher = Fetcher(options.fetch_hosts, options.fetch_networks)
        self._manifests: OrderedDict[str, Manifest] = OrderedDict()
        self._wrong: Counter[tuple[str, int]] = Counter()

    async def __call__(self, attempt: Attempt) -> Looked:
        """Bring what is there; Refused if the image will never be whole."""
        try:
            return await self._look(attempt)
        except ClientError as error:
            log.info("task %s has no disk: %s", attempt.task.id, error)
            raise Refused(f"ClientError: {error}") from error

    async def _look(self, attempt: Attempt) -> Looked:
        work = attempt.task.work
        assert isinstance(work, (ImportVolumeWork, ImportInstanceWork))
        manifest = await self._manifest(attempt, work.disk)
        if manifest is None:
            return Looked()
        brought = False
        with Ledger(attempt.scratch, len(manifest.parts), manifest.size) as ledger:
            shown = _Shown(attempt, manifest, ledger)
            missing = ledger.missing()
            while wanted := list(islice(missing, WINDOW)):
                came = await self._bring(attempt, manifest, ledger, wanted, shown)
                brought = brought or came > 0
                if came < len(wanted):
                    return Looked(brought=brought)
            shown.whole(ledger.checksum())
        self._manifests.pop(attempt.task.id, None)
        return Looked(complete=True, brought=True)

    # the manifest --------------------------------------------------------------------------------

    async def _manifest(self, attempt: Attempt, disk: PartedDisk) -> Manifest | None:
        """Return the manifest, which is fetched once; None if it is not there yet."""
        task_id = attempt.task.id
        if known := self._manifests.get(task_id):
            return known
        path = attempt.scratch / "manifest.xml"
        if not path.exists():
            fetched = path.with_name("manifest.new")
            if not await self._fetch_manifest(attempt, disk.manifest_url, fetched):
                return None
            fetched.rename(path)
        manifest = await asyncio.to_thread(read, path)
        if manifest.format.upper() != disk.format:
            raise manifest_of_other_format(disk.format, manifest.format)
        self._manifests[task_id] = manifest
        while sum(len(each.parts) for each in self._manifests.values()) > REMEMBERED:
            self._manifests.popitem(last=False)
        return manifest

    async def _fetch_manifest(self, attempt: Attempt, url: str, path: Path) -> bool:
        ours, found = await asyncio.to_thread(self._own, attempt, url)
        if ours:
            if found is None:
                return False
            if found.size > LARGEST:
                raise invalid_manifest("it is too large")
            return await asyncio.to_thread(_linked, attempt.blobs, found.blob_id, path)
        with path.open("wb") as file:
            try:
                return await self._fetched(url, file.write, LARGEST) is not None
            except TooLarge:
                raise invalid_manifest("it is too large") from None

    # parts ---------------------------------------------------------------------------------------

    async def _bring(
        self,
        attempt: Attempt,
        manifest: Manifest,
        ledger: Ledger,
        wanted: list[int],
        shown: "_Shown",
    ) -> int:
        """Bring those of some parts that are there; return how many were."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with places:
                await self._part(attempt, ledger, number, manifest)
                if ledger.has(number):
                    shown.came(number)

        try:
            async with asyncio.TaskGroup() as group:
                for number in wanted:
                    group.create_task(one(number))
        except* ClientError as failures:
            raise _first(failures) from None
        return sum(ledger.has(number) for number in wanted)

    async def _part(
        self, attempt: Attempt, ledger: Ledger, number: int, manifest: Manifest
    ) -> None:
        part = manifest.parts[number]
        ours, found = await asyncio.to_thread(self._own, attempt, part.url)
        if not ours:
            await self._foreign_part(attempt.task, ledger, number, part)
        elif found is not None:
            if found.size != part.length:
                raise wrong_part_size(number, found.size, part.length)
            alone = len(manifest.parts) == 1
            copy = partial(_copy, attempt.blobs.path(found.blob_id), ledger, number, part, alone)
            with suppress(FileNotFoundError):  # replaced since the row was read
                await _to_the_end(copy)
                ledger.end(number, bytes.fromhex(found.etag) if MD5.fullmatch(found.etag) else None)

    async def _foreign_part(self, task: Task, ledger: Ledger, number: int, part: Part) -> None:
        digest = hashlib.md5(usedforsecurity=False)
        fresh = ledger.begin(number)
        offset = part.start

        def write(piece: bytes) -> None:
            nonlocal offset
            ledger.write(piece, offset, fresh)
            digest.update(piece)
            offset += len(piece)

        try:
            etag = await self._fetched(part.url, write, part.length)
        except TooLarge:
            raise wrong_part_size(number, part.length + 1, part.length) from None
        if etag is None:
            return
        if offset != part.start + part.length:
            raise wrong_part_size(number, offset - part.start, part.length)
        if MD5.fullmatch(etag) and etag != digest.hexdigest():
            self._wrong[task.id, number] += 1
            if self._wrong[task.id, number] >= TRIES:
                raise wrong_part_digest(number)
            return
        ledger.end(number, digest.digest())

    async def _fetched(self, url: str, write: Callable[[bytes], object], most: int) -> str | None:
        """Fetch a URL; return its ETag, None if there is nothing yet. ClientError, TooLarge."""

        def given(piece: bytes) -> None:
            write(piece)

        try:
            answer = await self._fetcher.fetch(url, given, most)
        except Unreachable as error:
            log.info("a part cannot be fetched now: %s", error)
            return None
        if 300 <= answer.status < 400:
            raise redirected(urlsplit(url).hostname or "")
        if answer.status != 200 and answer.status not in GONE:
            log.info("a part cannot be fetched now: the status is %d", answer.status)
        return answer.etag if answer.status == 200 else None

    # this server's own objects -------------------------------------------------------------------

    def _own(self, attempt: Attempt, url: str) -> tuple[bool, Object | None]:
        """Tell whether a URL is one of this server's, and which object it is, if that is there.

        Another server that the settings name may have a bucket of the same name. ClientError if it
        is one that the task may not read.
        """
        try:
            said = urls.read(url)
        except urls.Unreadable:
            raise object_gone() from None
        if said.host is not None and names(self._options.fetch_hosts, url):
            return False, None
        now = datetime.now(UTC)
        with attempt.store.read() as tx:
            for place in said.locations:
                bucket = tx.buckets.get(place.bucket)
                if bucket is None:
                    continue
                expired = said.expires_at is not None and said.expires_at <= now
                caller = self._caller(tx, attempt.task, bucket, place, url, said, now)
                found = tx.objects.get(place.bucket, place.key)
                if expired or caller is None:
                    raise no_access(403, "Forbidden")
                if found and not (
                    may(caller, "s3:GetObject", bucket, place.key, found).allowed
                    and opens(tx, caller, bucket, found, now).allowed
                ):
                    raise no_access(403, "Forbidden")
                return True, found
        return False, None

    def _caller(
        self,
        tx: Tx,
        task: Task,
        bucket: Bucket,
        place: urls.Location,
        url: str,
        said: urls.ObjectUrl,
        now: datetime,
    ) -> Caller | None:
        """Return who asks for an object by a URL, None for a signature that is nobody's."""
        signer = self._options.signer
        if not said.presigned:
            # Where signatures cannot be verified, a plain URL is as good as one of the account's.
            return callers.NOBODY if signer else callers.of_account(task.account_id, task.region)
        account_id: str | None = task.account_id
        if signer is not None:
            account_id = signer(url, place, now, tx.sessions.get)
        elif self._options.anyone:
            account_id = bucket.account_id
        session = tx.sessions.get(said.access_key_id) if said.access_key_id else None
        if account_id is not None and session is not None:
            return callers.of_session(tx, session)
        return callers.of_account(account_id, task.region) if account_id is not None else None


class _Shown:
    """What is shown of an image while its parts come."""

    def __init__(self, attempt: Attempt, manifest: Manifest, ledger: Ledger) -> None:
        self._attempt = attempt
        self._manifest = manifest
        missing = sum(manifest.parts[number].length for number in ledger.missing())
        self._brought = manifest.size - missing
        self._show()

    def came(self, number: int) -> None:
        """Another part is there."""
        self._brought += self._manifest.parts[number].length
        self._show()

    def whole(self, checksum: str | None) -> None:
        """All of them are."""
        self._show(checksum)

    def _show(self, checksum: str | None = None) -> None:
        disk = DiskProgress(
            format=self._manifest.format.upper(),
            size_bytes=self._manifest.size,
            brought=self._brought,
            checksum=checksum,
        )
        self._attempt.report(0, None, (disk,))


def _linked(blobs: Blobs, blob_id: str, path: Path) -> bool:
    """Give a blob another name; False if it has been replaced since its row was read."""
    path.unlink(missing_ok=True)
    try:
        blobs.link(blob_id, path)
    except FileNotFoundError:
        return False
    return True


def _copy(
    blob: Path, ledger: Ledger, number: int, part: Part, alone: bool, stop: threading.Event
) -> None:
    if alone:
        ledger.whole(blob)
        return
    source = os.open(blob, os.O_RDONLY)
    try:
        fresh = ledger.begin(number)
        for offset in range(0, part.length, CHUNK):
            if stop.is_set():
                return
            piece = os.pread(source, min(CHUNK, part.length - offset), offset)
            ledger.write(piece, part.start + offset, fresh)
    finally:
        os.close(source)


async def _to_the_end(function: Callable[[threading.Event], None]) -> None:
    """Run a function in a thread; if this is cancelled tell it to stop, and wait: it has files."""
    stop = threading.Event()
    running = asyncio.ensure_future(asyncio.to_thread(function, stop))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([running])
        raise


def _first(failures: BaseExceptionGroup[ClientError]) -> ClientError:
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, ClientError)
    return first

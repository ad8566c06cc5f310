"""The application: everything goes to the gateway, but `/_vmie/…` to the pages of vmie itself.

FastAPI makes those pages: health, reports, and the documentation of them. It is imported when the
first of them is asked for, and stands beside the gateway instead of in front of it, so that neither
the start nor the requests of AWS clients have to wait for it.
"""

import asyncio
import gc
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import TYPE_CHECKING

from emulator import routing
from emulator.errors import AwsError
from emulator.gateway import SERVICES, Gateway
from emulator.incoming import Incoming, Receive, Scope, Send, joined
from emulator.outgoing import Answer, send_answer
from emulator.parts import Parts
from emulator.protocol import models
from state.engine import Hands

if TYPE_CHECKING:
    from fastapi import FastAPI

    from emulator.signatures.door import Door

PAGES = "/_vmie"
READER = "vmie.reader"  # in a request's scope: the account that asks for a page
THREADS = 32

log = logging.getLogger(__name__)


class Application:
    """The ASGI application of one process, and what goes on beside its requests."""

    def __init__(
        self,
        parts: Parts,
        job_runner: Callable[[], Hands],
        qemu_img: Callable[[], str | None],
        door: "Door | None" = None,
    ) -> None:
        self.parts = parts
        self.job_runner = job_runner
        self.qemu_img = qemu_img  # tells the version, None if there is no qemu-img
        self.engine_state = "starting"
        self.failed: Callable[[], None] = lambda: None  # called if the engine cannot start
        upstream = None
        if parts.settings.upstream:
            from emulator.upstream import Upstream

            upstream = Upstream(parts.settings.upstream)
        self.gateway = Gateway(
            parts.settings, parts.store, parts.blobs, parts.engine, upstream, door=door
        )
        self._pages: FastAPI | None = None
        self._background: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the gateway or to the pages."""
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
        elif is_page(scope):
            if self._pages is None:
                self._pages = await asyncio.to_thread(self.make_pages)
            await self.page(self._pages, scope, receive, send)
        else:
            await self.gateway(scope, receive, send)

    async def page(self, pages: "FastAPI", scope: Scope, receive: Receive, send: Send) -> None:
        """Show a page; what is told of a task, to its own account alone where there are keys."""
        if scope["path"].startswith(f"{PAGES}/reports/"):
            incoming = Incoming(scope, receive)
            try:
                scope[READER] = await self.gateway.reader(incoming)
            except AwsError as error:
                body = json.dumps({"detail": error.message}).encode()
                kind = ("content-type", "application/json")
                await send_answer(Answer(error.status, [kind], body), incoming, send)
                return
        await pages(scope, receive, send)

    async def lifespan(self, receive: Receive, send: Send) -> None:
        """Start what is not needed for an answer behind the first requests; stop it at the end."""
        await receive()
        # asyncio's own pool has a few threads more than there are cores: too few for copies of
        # large objects beside everybody else's small requests.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "request"))
        self._background = asyncio.create_task(asyncio.to_thread(self.warm_up))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._background
        if self.gateway.upstream is not None:
            await self.gateway.upstream.close()
        await asyncio.to_thread(self.parts.close)
        await send({"type": "lifespan.shutdown.complete"})

    def warm_up(self) -> None:
        """Load the models, sweep, launch the engine; in a thread, while requests are answered."""
        models.warm(SERVICES)
        try:
            self.parts.sweep()
            self.parts.start_engine(self.job_runner)
        except Exception:
            log.exception("the engine cannot start")
            self.engine_state = "failed"
            self.failed()
            return
        self.engine_state = "running"
        gc.freeze()  # what is loaded by now lives on: the collector need not look at it again

    def make_pages(self) -> "FastAPI":
        """Make the pages of vmie itself."""
        from fastapi import FastAPI, HTTPException, Request, Response
        from pydantic import BaseModel

        from state.reports import Report

        pages = FastAPI(
            title="vmie",
            version=version("vmie"),
            summary="Pages of vmie itself; the AWS services are everywhere else on this port.",
            docs_url=f"{PAGES}/docs",
            redoc_url=None,
            openapi_url=f"{PAGES}/openapi.json",
        )

        class Health(BaseModel):
            """How vmie is."""

            version: str
            database: str
            engine: str
            qemu_img: str | None

        def health(response: Response) -> Health:
            """Tell how the parts of this server are; 503 if requests cannot be answered."""
            try:
                database = self.parts.store.version()
            except Exception as error:  # noqa: BLE001 - unhealthy, whatever the driver says
                response.status_code = 503
                database = f"unreachable ({type(error).__name__})"
            return Health(
                version=version("vmie"),
                database=database,
                engine=self.engine_state,
                qemu_img=self.qemu_img(),
            )

        def report(task_id: str, request: Request) -> Report:
            """Tell what was found in the guest of an image import, and what was changed.

            Where there are credentials, the request must be signed by the task's account.
            """
            reader = request.scope[READER]
            with self.parts.store.read() as tx:
                found, task = tx.reports.get(task_id), tx.tasks.get(task_id)
            foreign = reader is not None and (task is None or task.account_id != reader)
            if found is None or foreign:
                raise HTTPException(404, f"There is no report of a task '{task_id}'.")
            return found

        pages.get(f"{PAGES}/health")(health)
        pages.get(f"{PAGES}/reports/{{task_id}}")(report)
        return pages


def is_page(scope: Scope) -> bool:
    """Tell whether a request is for vmie itself and not for a key in a virtual-host bucket."""
    path: str = scope["path"]
    if not path.startswith(PAGES) or path[len(PAGES) : len(PAGES) + 1] not in ("/", ""):
        return False
    host = joined(scope["headers"]).get("host", "")
    return routing.bucket_of(host, ())[0] is None

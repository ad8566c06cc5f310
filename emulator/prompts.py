"""Requests that a service answers past all that others need.

    head ─► who asks whom? ─► a service that is prompt ─┬─► its answer, which is sent on the spot
                 │                      │               └─► how it takes the body, once that is here
                 └──────────────────────┴─► None: it goes the usual way, which says what is wrong

Only where anyone may call, and not for the session of a role: of others there is more to be asked.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, Protocol

from emulator.context import Context
from emulator.credentials import SESSION_KEYS, Caller, caller_of
from emulator.direct import Prompt
from emulator.incoming import new_request_id
from emulator.protocol.streams import BLOCK
from state import current

log = logging.getLogger(__name__)

Headers = Iterable[tuple[bytes, bytes]]

BODILY: Final = frozenset({b"content-length", b"expect", b"transfer-encoding", b"upgrade"})
UNUSUAL: Final = BODILY - {b"content-length"} | {b"content-encoding"}
CALLERS: Final = 64  # who are remembered

# Takes a body that is whole, and the id of its request, in a thread; None: ask the usual way.
Take = Callable[[bytearray, str], Prompt | None]


class Service(Protocol):
    """What a service answers at once, or as soon as it has the body."""

    def answered(self, ctx: Context, target: bytes, request_id: str, /) -> Prompt | None:
        """Answer a GET without a body, if nobody has to be waited for."""

    def taking(self, ctx: Context, target: bytes, headers: Mapping[bytes, bytes], /) -> Take | None:
        """Say how the body of a PUT is taken, of which all is known that has to be."""


class Asked(NamedTuple):
    """Who is asked, and on whose behalf."""

    name: str
    service: Service
    context: Context


class Delivery:
    """How a body is taken that is to come."""

    def __init__(self, name: str, take: Take, size: int) -> None:
        self.name = name
        self.take = take
        self.size = size
        self.request_id = new_request_id()
        self.started = time.perf_counter()

    def answered(self, body: bytearray) -> Prompt | None:
        """Have the body taken, in a thread."""
        reset = current.request_id.set(self.request_id)
        try:
            answer = self.take(body, self.request_id)
            if answer is not None:
                tell(self.name, answer, self.started)
        finally:
            current.request_id.reset(reset)
        return answer


class Prompts:
    """All that is answered at once, or as soon as the body is there."""

    def __init__(self, context: Callable[[Caller], Context]) -> None:
        self.context = context  # of requests that a caller's headers alone tell enough of
        self.services: dict[str, Service] = {}
        self.known: dict[bytes, Asked] = {}  # by the scope that a request is signed for

    def answered(self, target: bytes, headers: Headers) -> Prompt | None:
        """Answer a GET without a body, if nobody has to be waited for."""
        if not self.services:
            return None
        authorization = None
        for name, text in headers:
            if name == b"authorization":
                authorization = text
            elif name in BODILY:
                return None
        asked = None if authorization is None else self.asked(authorization)
        if asked is None:
            return None
        started = time.perf_counter()
        request_id = new_request_id()
        answer = asked.service.answered(asked.context, target, request_id)
        if answer is not None:
            reset = current.request_id.set(request_id)
            tell(asked.name, answer, started)
            current.request_id.reset(reset)
        return answer

    def delivery(self, target: bytes, headers: Headers) -> Delivery | None:
        """Say how the body of a PUT is taken, if a service takes it whole."""
        if not self.services:
            return None
        pairs = list(headers)
        said = dict(pairs)
        size = said.get(b"content-length", b"")
        authorization = said.get(b"authorization")
        if (
            authorization is None
            or len(said) < len(pairs)  # one is there twice
            or not size.isdigit()
            or not 0 < len(size) <= len(b"%d" % BLOCK)
            or not 0 < int(size) <= BLOCK
            or not said.keys().isdisjoint(UNUSUAL)
        ):
            return None
        asked = self.asked(authorization)
        take = None if asked is None else asked.service.taking(asked.context, target, said)
        return None if asked is None or take is None else Delivery(asked.name, take, int(size))

    def asked(self, authorization: bytes) -> Asked | None:
        """Tell who is asked, and on whose behalf; None if that is not said the way all say it."""
        scope, _, rest = authorization.partition(b",")
        if b"Credential=" in rest:
            return None
        found = self.known.get(scope)
        if found is None:
            caller = caller_of(scope.decode("latin-1"), ())
            name = caller.service or ""
            service = self.services.get(name)
            if service is None or caller.region is None:  # the host name may tell
                return None
            if (caller.access_key_id or "").startswith(SESSION_KEYS):
                return None
            if len(self.known) == CALLERS:
                self.known.clear()
            found = self.known[scope] = Asked(name, service, self.context(caller))
        return found


def tell(service: str, answer: Prompt, started: float) -> None:
    """Write the line of the log."""
    took = (time.perf_counter() - started) * 1000
    log.info("%s:%s %d %.1f ms", service, answer.action, answer.status, took)

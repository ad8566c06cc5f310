"""Requests that a service answers at once, past all that others need, while nobody must wait.

    head ─► who asks whom? ─► a service that is prompt ─► its answer, which is sent on the spot
                 └──────────────────────┴─► None: it goes the usual way, which says what is wrong

Only where anyone may call, and not for the session of a role: of others there is more to be asked.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol

from emulator.context import Context
from emulator.credentials import SESSION_KEYS, Caller, caller_of
from emulator.direct import Prompt
from emulator.incoming import new_request_id
from state import current

log = logging.getLogger(__name__)

Headers = Iterable[tuple[bytes, bytes]]

BODILY: Final = frozenset({b"content-length", b"expect", b"transfer-encoding", b"upgrade"})
CALLERS: Final = 64  # who are remembered


class Service(Protocol):
    """What a service answers at once."""

    def answered(self, ctx: Context, target: bytes, request_id: str, /) -> Prompt | None:
        """Answer a GET without a body, if nobody has to be waited for."""


class Asked(NamedTuple):
    """Who is asked, and on whose behalf."""

    name: str
    service: Service
    context: Context


class Prompts:
    """All that is answered at once."""

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
            took = (time.perf_counter() - started) * 1000
            log.info("%s:%s %d %.1f ms", asked.name, answer.action, answer.status, took)
            current.request_id.reset(reset)
        return answer

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

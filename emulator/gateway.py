"""The one door: a request comes in, an action answers it, the answer goes out.

    who asks? ─► which service? ─► is it signed? ─► parse ─► act ─► serialize ─► send
                       └──── not served here ───┴──────► upstream, if there is one ▲

An ASGI application of its own, because every request passes here. Plain actions run in a thread,
parsing and serializing with them; actions with streamed bodies run on the event loop.
"""

import asyncio
import inspect
import logging
import re
import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from emulator import errors, forms, refusals, routing
from emulator.context import Context
from emulator.credentials import ANONYMOUS, SESSION_KEYS, Caller, caller_of, expires_at
from emulator.errors import AwsError
from emulator.incoming import (
    ClientLeft,
    Incoming,
    Receive,
    Scope,
    Send,
    new_request_id,
    nothing,
)
from emulator.outgoing import Answer, header_pairs, send_answer
from emulator.prompts import Prompts
from emulator.protocol import answers, chunked, constraints, json_rpc, models, query, rest
from emulator.protocol.faults import UnknownAction, WireError
from emulator.protocol.responses import WireResponse
from emulator.protocol.streams import RequestBody
from emulator.services import ec2, s3
from emulator.services.actions import Handler
from emulator.settings import Settings
from state import current

if TYPE_CHECKING:
    from emulator.signatures.door import Door
    from emulator.upstream import Upstream
    from state.blobs import Blobs
    from state.engine import Engine
    from state.iam import Session
    from state.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")

SERVICES: Mapping[str, Mapping[str, Handler]] = {
    "ec2": ec2.ACTIONS,
    "s3": s3.ACTIONS,
}
# Few ask for these: they are loaded for the first who does, not by every start.
LATER = {
    "ebs": "emulator.services.ebs",
    "iam": "emulator.services.iam",
    "kms": "emulator.services.kms",
    "sts": "emulator.services.sts",
}
PROTOCOLS = {
    "ec2": "ec2", "sts": "query", "iam": "query", "kms": "json",
    "s3": "rest-xml", "ebs": "rest-json",
}  # fmt: skip
FORM = "application/x-www-form-urlencoded"
VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
HOISTED = re.compile(
    "x-amz-(acl|expected-bucket-owner|grant-.+|meta-.+|server-side-encryption.*|storage-class|"
    "tagging)"
)
BARE = Incoming(
    {"method": "GET", "raw_path": b"/", "query_string": b"", "scheme": "http", "headers": []},
    nothing,
)  # of which nothing is known but who asks
DOCUMENTS = 8  # times max_body: CompleteMultipartUpload with 10,000 parts and checksums is 4 MB


@dataclass(slots=True)
class Visit:
    """What is known of a request so far."""

    incoming: Incoming
    request_id: str
    caller: Caller = ANONYMOUS
    session: "Session | None" = None
    service: str = "s3"
    protocol: str = "rest-xml"
    action: str = ""
    error: str = ""

    @property
    def subject(self) -> str:
        """Name what was asked for, for the log; the query may hold secrets and is left out."""
        asked = f"{self.service}:{self.action or self.incoming.method}"
        return f"{asked} {self.incoming.path}" if self.service == "s3" else asked


class Gateway:
    """Answers requests from a store, its blobs and an engine."""

    def __init__(
        self,
        settings: Settings,
        store: "Store",
        blobs: "Blobs",
        engine: "Engine",
        upstream: "Upstream | None" = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        door: "Door | None" = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.blobs = blobs
        self.engine = engine
        self.upstream = upstream
        self.now = now
        self.door = door  # None: anyone may call
        self.loaded: dict[str, Mapping[str, Handler]] = {}  # of LATER
        self.prompts = Prompts(lambda caller: self.context(Visit(BARE, "", caller)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        started = time.perf_counter()
        visit = Visit(Incoming(scope, receive), new_request_id())
        current.request_id.set(visit.request_id)
        try:
            answer = await self.answer(visit)
        except ClientLeft:
            log.info("%s: the client left before its request was whole", visit.subject)
            return
        except asyncio.CancelledError:  # the end of the grace that uvicorn gives
            answer = refuse(visit, errors.stopping())
        except AwsError as error:
            answer = refuse(visit, error)
        except WireError as fault:
            answer = refuse(visit, refusals.from_wire(visit.service, fault))
        except Exception:
            log.exception("%s failed", visit.subject)
            answer = refuse(visit, errors.internal_error(visit.service))
        try:
            await send_answer(answer, visit.incoming, send)
        except Exception:
            log.exception("the answer to %s broke off", visit.subject)
            return  # without its end: uvicorn closes the connection, and the client can tell
        took = (time.perf_counter() - started) * 1000
        log.info("%s %d %s%.1f ms", visit.subject, answer.status, visit.error, took)

    async def answer(self, visit: Visit) -> Answer:
        """Find out what is asked for, and let the action of that name answer."""
        form = await self.admit(visit)
        incoming = visit.incoming
        actions = SERVICES.get(visit.service)
        if actions is None:
            actions = self.loaded.get(visit.service)
        if actions is None and visit.service in LATER:
            module = await in_thread(import_module, LATER[visit.service])
            actions = self.loaded[visit.service] = module.ACTIONS
            if self.door is None and hasattr(module, "PROMPT"):
                self.prompts.services[visit.service] = module.PROMPT
        if actions is None:
            return await self.pass_on(visit, errors.unknown_service(visit.service))
        if visit.protocol.startswith("rest-"):
            return await self.answer_rest(visit, actions)
        if visit.protocol == "json":
            if visit.action not in actions:
                return await self.pass_on(visit, refusals.unknown_operation())
            body = await incoming.read(self.settings.max_body, refusals.too_large(visit.service))
            return await in_thread(self.act, visit, actions[visit.action], body)
        if not visit.action:
            raise errors.missing_action()
        handler = actions.get(visit.action)
        if handler is None:
            return await self.pass_on(visit, errors.unknown_action(visit.action[:80]))
        version = dict(form).get("Version", "")
        if version and not VERSION.fullmatch(version):
            raise errors.unknown_version(version[:80])
        return await in_thread(self.act, visit, handler, form)

    async def admit(self, visit: Visit) -> list[tuple[str, str]]:
        """Say who asks, as `identify` does; where there are credentials, that must be signed."""
        form = await self.identify(visit)
        if self.door is not None:
            limit = self.settings.max_body * DOCUMENTS
            visit.caller = await self.door.admit(
                visit.incoming, visit.service, visit.protocol, form, self.now(), limit,
                lambda: self.path_style(visit, dict(form)), visit.session,
            )  # fmt: skip
        return form

    async def reader(self, incoming: Incoming) -> str | None:
        """Name the account that asks for a page about its tasks; None where anyone may call.

        It is signed as any request to a service is, and needs the right to see the tasks.
        """
        if self.door is None:
            return None
        visit = Visit(incoming, new_request_id())
        await self.admit(visit)
        context = self.context(visit)
        visit.service, visit.action = "ec2", "DescribeImportImageTasks"
        await in_thread(check_rights, context, visit, {})
        return context.account_id

    async def identify(self, visit: Visit) -> list[tuple[str, str]]:
        """Say who asks which service for what; return the query, and the form if there is one."""
        incoming = visit.incoming
        headers = incoming.headers
        try:
            parameters = forms.pairs(incoming.query_string)
            visit.caller = caller_of(headers.get("authorization"), parameters)
            if is_form(incoming) and visit.caller.service != "s3":
                visit.service, visit.protocol = "ec2", "ec2"
                body = await incoming.read(self.settings.max_body, errors.body_too_large)
                parameters += forms.pairs(body)
                if visit.caller is ANONYMOUS:
                    visit.caller = caller_of(None, parameters)
        except forms.Malformed as problem:
            if visit.service == "s3" and b"Action=" not in incoming.query_string:
                raise refusals.invalid_uri() from None
            visit.service, visit.protocol = "ec2", "ec2"
            raise errors.malformed_query(str(problem)) from None
        target = headers.get("x-amz-target")
        named = dict(parameters)
        visit.service = routing.service_of(visit.caller, target, incoming.host, named)
        visit.action = named.get("Action", "")
        visit.protocol = protocol_of(visit.service, target, visit.action)
        if visit.protocol == "json":
            visit.action = json_rpc.action(target or "")
        key = visit.caller.access_key_id
        if key is not None and key.startswith(SESSION_KEYS):
            visit.session = await in_thread(self.session, visit, key)
        return parameters

    def session(self, visit: Visit, access_key_id: str) -> "Session | None":
        """Find the role behind temporary credentials of ours.

        Refused are those that have expired, and those of a role that was deleted since.
        """
        with self.store.read() as tx:
            session = tx.sessions.get(access_key_id)
            if session is None:
                return None
            role = tx.roles.get(session.account_id, session.role_name)
        if session.expires_at <= self.now():
            raise refusals.expired_token(visit.service)
        if role is None or role.id != session.role_id:
            from emulator.signatures import words  # with all that verifies them

            raise words.of(visit.service, visit.protocol).unknown_key(access_key_id)
        return session

    def act(self, visit: Visit, handler: Handler, sent: list[tuple[str, str]] | bytes) -> Answer:
        """Read a form or a JSON document, act, write the answer; in a thread."""
        operation = models.operation_model(visit.service, visit.action)
        if isinstance(sent, bytes):
            request = json_rpc.parse(operation, sent)
        else:
            request = query.parse(operation, sent)
        if visit.protocol != "ec2" and operation.input_shape is not None:
            constraints.check(operation.input_shape, request)  # EC2's model has none
        context = self.context(visit)
        check_rights(context, visit, request)
        result = handler(context, request)
        return wired(answers.serialize(operation, settled(result), visit.request_id))

    async def answer_rest(self, visit: Visit, actions: Mapping[str, Handler]) -> Answer:
        """Find the action by method and path, and answer it."""
        incoming = visit.incoming
        parameters = forms.pairs(incoming.query_string)
        named = dict(parameters)
        path = incoming.path
        if visit.service == "s3":
            if (expired := expires_at(named)) is not None and expired <= (now := self.now()):
                raise refusals.url_expired(expired, now)
            path = await self.path_style(visit, named)
        operation, labels = rest.match(
            visit.service, incoming.method, path, parameters, incoming.headers
        )
        visit.action = operation.name
        handler = actions.get(operation.name)
        if handler is None:
            unknown = refusals.from_wire(visit.service, UnknownAction(operation.name))
            return await self.pass_on(visit, unknown)
        if not rest.streams(operation):
            limit = self.settings.max_body * DOCUMENTS
            body: Any = await incoming.read(limit, refusals.too_large(visit.service))
        else:
            body = payload(incoming)
        headers = with_presigned(incoming.headers, named)
        request = rest.RestRequest(labels, parameters, headers, body)
        context = self.context(visit, headers)

        def members() -> dict[str, Any]:
            found = rest.parse(operation, request)
            if visit.protocol == "rest-json" and operation.input_shape is not None:
                constraints.check(operation.input_shape, found)  # S3 has its own sentences
            return found

        if inspect.iscoroutinefunction(handler):
            sent = members()
            if visit.session is not None:
                await in_thread(check_rights, context, visit, sent)
            result = await handler(context, sent)
            return wired(answers.serialize(operation, result, visit.request_id))

        def act() -> Answer:
            sent = members()
            check_rights(context, visit, sent)
            result = settled(handler(context, sent))
            return wired(answers.serialize(operation, result, visit.request_id))

        return await in_thread(act)

    async def path_style(self, visit: Visit, parameters: Mapping[str, str]) -> str:
        """Return the path of an S3 request with the bucket in front, if the host names one."""
        incoming = visit.incoming
        bucket, maybe = routing.bucket_of(incoming.host, self.settings.s3_domains)
        if maybe:
            bucket = await in_thread(self.existing, maybe)
            if bucket is None and routing.needs_bucket(incoming.method, incoming.path, parameters):
                bucket = routing.likeliest(maybe)
        if bucket is None:
            return incoming.path
        return f"/{bucket}" if incoming.path == "/" else f"/{bucket}{incoming.path}"

    def existing(self, candidates: tuple[str, ...]) -> str | None:
        """Return the first of some names that is a bucket's."""
        with self.store.read() as tx:
            return next((name for name in candidates if tx.buckets.get(name) is not None), None)

    async def pass_on(self, visit: Visit, otherwise: AwsError) -> Answer:
        """Let the upstream answer; without one, refuse."""
        if self.upstream is None:
            raise otherwise
        return await self.upstream.answer(visit.incoming)

    def context(self, visit: Visit, headers: Mapping[str, str] | None = None) -> Context:
        """Gather what the action may use; the headers are those of the request, or such as it."""
        incoming, caller, session = visit.incoming, visit.caller, visit.session
        return Context(
            account_id=caller.account_id if session is None else session.account_id,
            region=routing.region_of(caller, incoming.host),
            access_key_id=caller.access_key_id,
            session=session,
            request_id=visit.request_id,
            store=self.store,
            blobs=self.blobs,
            engine=self.engine,
            now=self.now,
            settings=self.settings,
            headers=incoming.headers if headers is None else headers,
            host=incoming.host,
            secure=incoming.secure,
            door=self.door,
            address=incoming.address,
        )


def check_rights(context: Context, visit: Visit, request: Any) -> None:
    """Refuse what the session of a role may not do."""
    if visit.session is not None:
        from emulator.rights import sessions  # with all of policies

        sessions.check(context, visit.service, visit.action, request)


def is_form(incoming: Incoming) -> bool:
    """Tell whether a request carries a form."""
    if incoming.method != "POST" or incoming.path.strip("/"):
        return False
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == FORM


def with_presigned(headers: Mapping[str, str], query: Mapping[str, str]) -> Mapping[str, str]:
    """Add to headers those that the SDKs for JavaScript and Go put into a presigned URL instead."""
    if "X-Amz-Signature" not in query:
        return headers
    return {
        **headers,
        **{name.lower(): text for name, text in query.items() if HOISTED.fullmatch(name.lower())},
    }


def payload(incoming: Incoming) -> RequestBody:
    """Get the body of a request as the client meant it, without the framing of aws-chunked."""
    headers = incoming.headers
    length = headers.get("x-amz-decoded-content-length", "")
    framed = chunked.is_chunked(headers.get("x-amz-content-sha256", ""))
    if framed or (length and "aws-chunked" in headers.get("content-encoding", "")):
        return chunked.decode(incoming.pieces(), int(length) if length.isdigit() else None)
    return RequestBody(incoming.pieces(), incoming.announced)


def protocol_of(service: str, target: str | None, action: str) -> str:
    """Name the protocol that a service speaks; of an unknown one, what its request looks like."""
    if service in PROTOCOLS:
        return PROTOCOLS[service]
    if target:
        return "json"
    return "query" if action else "rest-json"


def refuse(visit: Visit, error: AwsError) -> Answer:
    """Write an error as its service does."""
    visit.error = f"{error.code} "
    response = answers.serialize_error(
        visit.protocol, error.code, error.message, error.status, error.members, visit.request_id
    )
    response.headers |= error.headers
    return wired(response)


def wired(response: WireResponse) -> Answer:
    """Take an answer from the protocol."""
    return Answer(response.status, header_pairs(response.headers.items()), response.body)


def settled(result: Any) -> Mapping[str, Any]:
    """Make sure that an action which runs in a thread is a plain function."""
    # Asked of few, for that takes a while.
    assert type(result) is dict or not inspect.isawaitable(result), "a coroutine in a thread"
    return result


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in the pool of threads, with the request's context."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, copy_context().run, function, *arguments)

"""VMIE_UPSTREAM: the server that answers what vmie does not serve; bytes stream both ways."""

from collections.abc import AsyncIterator

import httpx

from emulator import errors
from emulator.incoming import Incoming
from emulator.outgoing import Answer

# Between two neighbours only (RFC 9110, 7.6.1); `expect` has been answered by us.
HOP_BY_HOP = frozenset({
    "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


class Upstream:
    """A client of the upstream that passes requests on as they are."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=5), trust_env=False, follow_redirects=False
        )

    async def answer(self, incoming: Incoming) -> Answer:
        """Pass a request on and answer what comes back; the Host stays the client's."""
        target = incoming.path.encode("latin-1")
        if incoming.query_string:
            target += b"?" + incoming.query_string
        dropped = HOP_BY_HOP | connection_names(incoming.headers.get("connection", ""))
        request = self._client.build_request(
            incoming.method,
            self.url,
            headers=httpx.Headers(
                [pair for pair in incoming.header_list if pair[0].decode("latin-1") not in dropped]
            ),
            content=incoming.pieces() if has_body(incoming) else None,
            extensions={"target": target},  # httpx would tidy up a key's dots and escapes
        )
        for name in ("accept", "accept-encoding", "user-agent"):
            if name not in incoming.headers and name in request.headers:
                del request.headers[name]  # httpx's own
        try:
            response = await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise errors.upstream_unreachable(str(error) or type(error).__name__) from error
        dropped = HOP_BY_HOP | connection_names(response.headers.get("connection", ""))
        headers = [
            (name, text) for name, text in response.headers.multi_items() if name not in dropped
        ]
        headers = [(name, text) for name, text in headers if name != "date"]  # we send our own
        return Answer(response.status_code, headers, body_of(response))

    async def close(self) -> None:
        """Close the connections that are kept open."""
        await self._client.aclose()


async def body_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """Give the body as it comes, still compressed if it is; the connection is free afterwards."""
    try:
        async for piece in response.aiter_raw():
            yield piece
    finally:
        await response.aclose()


def connection_names(connection: str) -> frozenset[str]:
    """List the headers that a Connection header declares to be between neighbours."""
    return frozenset(name.strip().lower() for name in connection.split(","))


def has_body(incoming: Incoming) -> bool:
    """Tell whether a request has a body."""
    return bool(incoming.announced) or "transfer-encoding" in incoming.headers

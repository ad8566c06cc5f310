"""Fetches what a URL of a client leads to, without becoming a way into this machine's network.

    the URL ─► its host is one of those in the settings, on the port that is named there
            ─► every address that the name has is a public one, or in a network of the settings
            ─► these very addresses are spoken to, until one answers: no name is looked up again
            ─► a redirect is an answer, not followed; so many bytes at most, in so much time

No proxy, no cookies, no credentials of this process. TLS is checked by the name in the URL, and by
the authorities that everybody trusts, or this machine does: SSL_CERT_FILE names them.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

import httpx

from converters.errors import host_refused, object_gone
from state.fetching import PORTS, names

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

TIMEOUT: Final = httpx.Timeout(20.0, connect=10.0)  # seconds without a byte
PATIENCE: Final = 120.0  # seconds for the whole of it, and one more …
SLOWEST: Final = 256 << 10  # … for each of so many bytes
# What registries call public, though it leads into a site, or to the host of a virtual machine.
WITHIN: Final = tuple(
    map(ipaddress.ip_network, ("fec0::/10", "3fff::/20", "168.63.129.16/32", "192.88.99.0/24"))
)


class TooLarge(Exception):
    """There are more bytes than there may be."""


class Unreachable(Exception):
    """There is no answer now; there may be one later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a server has answered."""

    status: int
    etag: str = ""
    size: int = 0  # bytes that were given on, of a 200


class Fetcher:
    """Knows where one may fetch from."""

    def __init__(self, hosts: Sequence[str], networks: Sequence[str]) -> None:
        self._hosts = tuple(hosts)
        self._networks = tuple(ipaddress.ip_network(each, strict=False) for each in networks)

    async def fetch(self, url: str, write: Callable[[bytes], None], most: int) -> Answer:
        """Give what a URL leads to to write, in pieces, if it answers 200.

        ClientError if it leads to where one may not go, TooLarge, Unreachable.
        """
        host = urlsplit(url).hostname or ""
        if not names(self._hosts, url):
            raise host_refused(host)
        try:
            async with asyncio.timeout(PATIENCE + most / SLOWEST):
                *others, last = await self._addresses(url, host)
                for address in others:
                    with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                        return await _get(url, host, address, write, most, self._trusted)
                return await _get(url, host, last, write, most, self._trusted)
        except (TimeoutError, OSError, httpx.HTTPError) as error:
            raise Unreachable(f"{host}: {type(error).__name__}") from error
        except (httpx.InvalidURL, UnicodeError) as error:  # no name, or no path, of anything
            raise object_gone() from error

    async def _addresses(self, url: str, host: str) -> list[str]:
        """Look a name up; ClientError if one of its addresses is not to be spoken to."""
        parts = urlsplit(url)
        found = await asyncio.get_running_loop().getaddrinfo(
            host, parts.port or PORTS[parts.scheme], type=socket.SOCK_STREAM
        )
        addresses = [str(each[4][0]) for each in found]
        if not addresses:
            raise Unreachable(f"{host} has no address")
        if not all(self._public(ipaddress.ip_address(each)) for each in addresses):
            raise host_refused(host)
        return addresses

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """What TLS is checked by; made once, as that takes longer than many a part."""
        context = httpx.create_ssl_context(trust_env=False)
        context.load_default_certs()
        return context

    def _public(self, address: Address) -> bool:
        """Tell whether one may speak to an address."""
        plain = address
        if isinstance(address, ipaddress.IPv6Address):
            # The same machine by another name: ::ffff:10.0.0.1, 2002:0a00:0001::
            plain = address.ipv4_mapped or address.sixtofour or address
        if any(plain in network for network in self._networks):
            return True
        if any(plain in network for network in WITHIN):
            return False
        return plain.is_global and not plain.is_multicast and not plain.is_reserved


async def _get(
    url: str,
    host: str,
    address: str,
    write: Callable[[bytes], None],
    most: int,
    trusted: ssl.SSLContext,
) -> Answer:
    asked = httpx.URL(url)
    async with (
        httpx.AsyncClient(
            timeout=TIMEOUT, trust_env=False, follow_redirects=False, verify=trusted
        ) as client,
        client.stream(
            "GET",
            asked.copy_with(host=address),
            headers={"Host": asked.netloc.decode("ascii"), "Accept-Encoding": "identity"},
            extensions={"sni_hostname": host},
        ) as response,
    ):
        if response.status_code != 200:
            return Answer(response.status_code)
        told = response.headers.get("content-length", "")
        if told.isdecimal() and int(told) > most:
            raise TooLarge
        size = 0
        async for piece in response.aiter_raw():
            size += len(piece)
            if size > most:
                raise TooLarge
            write(piece)
        return Answer(200, response.headers.get("etag", "").strip('"'), size)

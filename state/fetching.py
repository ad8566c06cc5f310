"""Which hosts the settings name, from which a client's URL may be fetched.

    minio.test          on the port of the scheme
    minio.test:9000     on that port
    .example.com        every host below it
    [fd00::5]:9000      an address, as it stands in URLs

What a name leads to is another question: it is looked up when it is fetched from.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

PORTS: Final = {"http": 80, "https": 443}


def names(hosts: Iterable[str], url: str) -> bool:
    """Tell whether some hosts are, or are above, that of a URL, on its port."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme not in PORTS or "@" in parts.netloc or not host:
        return False
    ending = "" if port in (None, PORTS[parts.scheme]) else f":{port}"
    host = f"[{host}]" if ":" in host else host
    labels = host.split(".")
    above = (f".{'.'.join(labels[first:])}{ending}" for first in range(1, len(labels)))
    named = {each.lower() for each in hosts}
    return f"{host}{ending}" in named or any(each in named for each in above)

"""Those who ask the metadata service: from a connection a request, and the answer back."""

from dataclasses import dataclass, field
from typing import Final

from converters.vnet import http
from converters.vnet.connection import Connection
from converters.vnet.metadata import Metadata, refused
from converters.vnet.segments import Ends
from converters.vnet.tcp import Tcp

PATIENCE: Final = 60.0  # seconds that a visit may take


@dataclass(slots=True)
class Visit:
    """A connection, what has come by it, and what is to go."""

    ends: Ends
    connection: Connection
    head: bytearray = field(default_factory=bytearray)
    answer: bytes | None = None


class Visits:
    """All who ask at the moment."""

    def __init__(self, metadata: Metadata, tcp: Tcp) -> None:
        self._metadata = metadata
        self._tcp = tcp
        self._visits: list[Visit] = []

    def __len__(self) -> int:
        return len(self._visits)

    def begin(self, ends: Ends, connection: Connection) -> None:
        """Somebody comes."""
        self._visits.append(Visit(ends, connection))

    def go_on(self, now: float) -> None:
        """Read what has come, and answer what is whole."""
        for visit in self._visits:
            if now - visit.connection.began > PATIENCE:
                visit.connection.abort()
            elif visit.answer is None:
                self._listen(visit, now)
            else:
                visit.connection.read()  # whatever they still say
            if visit.answer:
                visit.answer = visit.answer[visit.connection.write(visit.answer) :]
                if not visit.answer:
                    visit.connection.close()
        self._visits = [each for each in self._visits if not each.connection.ended]

    @property
    def due(self) -> float | None:
        """When the first has taken too long."""
        return min((each.connection.began + PATIENCE for each in self._visits), default=None)

    def _listen(self, visit: Visit, now: float) -> None:
        visit.head += visit.connection.read()
        head, end, _ = bytes(visit.head).partition(http.END)
        if not end:
            if len(head) > http.LONGEST:
                visit.answer = http.written(refused(400), self._metadata.today())
            elif visit.connection.at_end:
                visit.connection.close()
            return
        if (request := http.request(head)) is None:
            visit.answer = http.written(refused(400), self._metadata.today())
            return
        if hops := self._metadata.hops(request):
            self._tcp.limit(visit.ends, hops)
        response = self._metadata.answer(request, now)
        body = request.method != "HEAD"
        visit.answer = http.written(response, self._metadata.today(), request.version, body)

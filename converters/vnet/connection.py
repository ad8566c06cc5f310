"""One end of a TCP connection. RFC 9293; when to send again: RFC 6298; how much at once: RFC 5681.

    connect ──► SYN ──► │        │ ──► write … close ──► FIN ──► │ both have ended and
    SYN comes ─► SYN,ACK│ opened │                               │ know it of each other
                        │        │ ◄── read … FIN comes ◄─────── │ ──► ended: "closed"

    ended, too, by "refused", "reset", and "silent": nothing was heard, however often we sent

Sequences are counted from 0, where the SYN is, and never wrap: 1 is the first byte. Segments come
in by `take`, and `said` gives those to send; both are told the time, and nothing happens by itself.
"""

from collections.abc import Callable
from typing import Final, Literal

from converters.boot.frames import ACKNOWLEDGE, FINISH, RST, SYN
from converters.vnet.segments import LARGEST, NUMBERS, PUSH, SMALLEST, USUAL, Segment

Reason = Literal["closed", "refused", "reset", "silent"]

ROOM: Final = 65_535  # bytes that wait to be read, at most
MOST_UNSENT: Final = 65_536  # bytes that wait to be sent or acknowledged, at most
MOST_PIECES: Final = 64  # that came too early and are kept
FIRST: Final = 10  # segments that are sent at once in the beginning. RFC 6928
PATIENCE: Final = 1.0  # seconds until something is sent again, while nothing was measured
SHORTEST, LONGEST = 1.0, 60.0  # of such seconds; an emulated guest may be slow for a while
MOST_TRIES: Final = 8  # to send the same, ever later: four minutes, in which a guest may pause
MOST_CALLS: Final = 5  # again, to open it: a minute
LINGER: Final = 2.0  # seconds in which a FIN that comes again is still acknowledged


class Connection:
    """One end of a connection; heard is the SYN of the other end, if that opened it."""

    def __init__(self, initial: int, now: float, heard: Segment | None = None) -> None:
        self.opened = False
        self.ended: Reason | None = None
        self.began = now
        self.changed: Callable[[], None] = lambda: None
        # What we send: [_acked … _next) is on its way, up to _edge it may go.
        self._initial = initial
        self._acked = self._next = self._highest = 0
        self._edge = 1
        self._last = 1  # where what was written ends, and our FIN would be
        self._unsent = bytearray()  # from _begin on
        self._finish = False
        self._abrupt = False  # a RST is owed
        self._largest = USUAL
        self._at_once = FIRST * USUAL
        self._steady = 1 << 30
        self._repeated = 0  # acknowledgements of the same
        self._once_more = False  # send the oldest again
        self._probing = False  # send a byte though there is no room for it
        self._due: float | None = None
        self._patience = PATIENCE
        self._measured: tuple[float, float] | None = None  # how long answers take, and vary
        self._sample: tuple[int, float] | None = None
        self._tries = 0
        # What we hear.
        self._theirs: int | None = None  # their initial number
        self._heard = 0
        self._told = 0  # up to where they may send
        self._unread = bytearray()
        self._early: list[tuple[int, bytes]] = []
        self._their_end: int | None = None
        self._owed = 0  # acknowledgements
        self._gone: float | None = None  # when nothing is left to do
        if heard is not None:
            self._meet(heard)

    # ── for those who use it ──

    @property
    def unread(self) -> int:
        """How many bytes there are to read."""
        return len(self._unread)

    @property
    def at_end(self) -> bool:
        """Whether there will never be anything to read again."""
        return not self._unread and (self._their_end_came or self.ended is not None)

    @property
    def room(self) -> int:
        """How many bytes may be written."""
        if self._finish or self.ended:
            return 0
        return MOST_UNSENT - len(self._unsent)

    @property
    def due(self) -> float | None:
        """When `said` has something to say, if nothing comes before."""
        return self._gone if self.ended else self._due

    def read(self, most: int = ROOM) -> bytes:
        """Take what has come, some bytes at most."""
        taken = bytes(self._unread[:most])
        del self._unread[:most]
        if taken and not self._their_end_came and not self.ended and self._worth_telling:
            self._owed = max(self._owed, 1)
        return taken

    def write(self, content: bytes) -> int:
        """Send bytes; return how many of them there was room for."""
        taken = content[: self.room]
        self._unsent += taken
        self._last += len(taken)
        return len(taken)

    def close(self) -> None:
        """Send nothing more than what was written."""
        self._finish = True

    def abort(self) -> None:
        """End it at once, and tell the other end."""
        if not self.ended:
            self._abrupt = self._theirs is not None
            self._end("reset")

    def cut(self) -> None:
        """The other end is gone: there is nobody to tell."""
        self._end("reset")

    def over(self, now: float) -> bool:
        """Tell whether it may be forgotten."""
        return self.ended is not None and (self._gone is None or now >= self._gone)

    # ── segments that come ──

    def take(self, segment: Segment, now: float) -> None:
        """Take a segment of the other end."""
        if self.ended:
            if self.ended == "closed" and segment.length:
                self._owed = 1
            return
        if self._theirs is None:
            self._opening(segment, now)
        else:
            self._going_on(segment, self._theirs, now)
        self.changed()

    def _meet(self, heard: Segment) -> None:
        self._theirs = heard.sequence
        self._heard = 1
        self._told = 1 + ROOM
        largest = USUAL if heard.largest is None else heard.largest
        self._largest = min(max(largest, SMALLEST), LARGEST)
        self._at_once = FIRST * self._largest

    def _opening(self, segment: Segment, now: float) -> None:
        ours = self._of_ours(segment.acknowledged)
        answers = bool(segment.flags & ACKNOWLEDGE)
        if answers and ours != 1:
            return
        if segment.flags & RST:
            if answers:
                self._end("refused")
        elif segment.flags & SYN:
            self._meet(segment)
            if answers:
                self._acknowledged(ours, segment, now)
                self._owed = 1
            else:  # both have called at once
                self._next = 0

    def _going_on(self, segment: Segment, theirs: int, now: float) -> None:
        at = self._heard + _ahead(segment.sequence, (theirs + self._heard) % NUMBERS)
        if segment.flags & RST:
            if at == self._heard:
                self._end("reset" if self.opened else "refused")
            elif self._heard < at < self._told:
                self._owed = max(self._owed, 1)  # "do you mean it?" RFC 5961
            return
        if segment.flags & SYN:
            ours = self._of_ours(segment.acknowledged)
            if self.opened or at != 0:
                self._owed = max(self._owed, 1)
            elif segment.flags & ACKNOWLEDGE and ours == 1:  # both had called
                self._acknowledged(ours, segment, now)
            else:
                self._next = 0
            return
        if not segment.flags & ACKNOWLEDGE:
            return
        if at + segment.length < self._heard or at > self._told:
            self._owed = max(self._owed, 1)
            return
        ours = self._of_ours(segment.acknowledged)
        if ours > self._highest:
            self._owed = max(self._owed, 1)
            return
        self._acknowledged(ours, segment, now)
        if self.opened:
            self._content(at, segment)
            self._finished(now)

    def _of_ours(self, number: int) -> int:
        return self._acked + _ahead(number, (self._initial + self._acked) % NUMBERS)

    def _acknowledged(self, ours: int, segment: Segment, now: float) -> None:
        if ours < self._acked:
            return
        closed = self._edge <= self._acked
        edge = ours + segment.window
        if ours > self._acked:
            self._progress(ours, now)
        elif closed:
            if edge > self._acked:  # it opens: what was sent into nothing is sent again
                self._next, self._due, self._probing = self._acked, None, False
                self._sample = None
            self._tries = 0  # there is no room, but somebody is there
        elif self._on_its_way and not segment.length and edge == self._edge:
            self._repeated += 1
            if self._repeated == 3:
                self._lost()
                self._at_once = self._steady
                self._once_more = True
        self._edge = edge

    def _progress(self, ours: int, now: float) -> None:
        if self._sample and ours >= self._sample[0]:
            self._measure(now - self._sample[1])
            self._sample = None
        elif self._tries:
            self._patience = PATIENCE
            if self._measured is not None:
                self._be_patient(*self._measured)
        del self._unsent[: max(0, ours - self._begin)]
        if self._at_once < self._steady:
            self._at_once += min(ours - self._acked, self._largest)
        else:
            self._at_once += max(1, self._largest * self._largest // self._at_once)
        self._at_once = min(self._at_once, MOST_UNSENT)
        self._acked, self._next = ours, max(self._next, ours)
        self.opened = True
        self._repeated = self._tries = 0
        self._probing = False
        self._due = now + self._patience if self._acked < self._highest else None

    def _measure(self, seconds: float) -> None:
        if self._measured is None:
            self._be_patient(seconds, seconds / 2)
        else:
            usual, varies = self._measured
            varies = 0.75 * varies + 0.25 * abs(usual - seconds)
            self._be_patient(0.875 * usual + 0.125 * seconds, varies)

    def _be_patient(self, usual: float, varies: float) -> None:
        self._measured = usual, varies
        self._patience = min(max(usual + 4 * varies, SHORTEST), LONGEST)

    def _content(self, at: int, segment: Segment) -> None:
        if not segment.length:
            return
        self._owed += 1
        content, end = segment.content, at + len(segment.content)
        if segment.flags & FINISH and self._their_end is None and self._heard <= end <= self._told:
            self._their_end = end
        end = self._told if self._their_end is None else min(self._told, self._their_end)
        content = content[max(0, self._heard - at) : max(0, end - at)]
        at = max(at, self._heard)
        if at > self._heard:
            self._keep(at, content)
        else:
            self._owed = 1
            self._unread += content
            self._heard += len(content)
            self._join()
        if self._heard == self._their_end:
            self._heard += 1

    def _keep(self, at: int, content: bytes) -> None:
        """Keep what came early, if there is room, and nobody said it already."""
        if not content or any(
            begin == at and len(piece) >= len(content) for begin, piece in self._early
        ):
            return
        size = sum(len(piece) for _, piece in self._early)
        if len(self._early) < MOST_PIECES and size + len(content) <= ROOM:
            self._early.append((at, content))
            self._early.sort()

    def _join(self) -> None:
        """Take what came early and now fits."""
        while self._early and self._early[0][0] <= self._heard:
            at, content = self._early.pop(0)
            more = content[self._heard - at :]
            self._unread += more
            self._heard += len(more)

    @property
    def _their_end_came(self) -> bool:
        return self._their_end is not None and self._heard > self._their_end

    @property
    def _worth_telling(self) -> bool:
        """Whether enough was read to let them send on."""
        return self._heard + ROOM - len(self._unread) - self._told >= min(2 * LARGEST, ROOM // 2)

    @property
    def _begin(self) -> int:
        """Where the first byte is that nobody has acknowledged."""
        return max(self._acked, 1)

    @property
    def _on_its_way(self) -> int:
        return self._highest - self._acked

    def _finished(self, now: float) -> None:
        if self._finish and self._their_end_came and self._acked > self._last:
            self._end("closed")
            self._gone = now + LINGER

    def _end(self, reason: Reason) -> None:
        if self.ended is None:
            self.ended = reason
            self._due = None
            self._unsent.clear()
            self._early.clear()
            if reason != "closed":
                self._owed = 0
            self.changed()

    # ── segments that go ──

    def said(self, now: float) -> list[Segment]:
        """Return the segments to send by now."""
        if self._due is not None and now >= self._due:
            self._late()
        if self.ended:
            return self._parting()
        segments = self._sending(now)
        if self._due is None and (self._on_its_way or self._next < self._last + self._finish):
            self._due = now + self._patience
        if self._owed and not segments:
            segments.append(self._made(self._next, ACKNOWLEDGE))
        while self._owed > 1:  # each tells of another piece that came too early
            segments.append(self._made(self._next, ACKNOWLEDGE))
            self._owed -= 1
        self._owed = 0
        return segments

    def _parting(self) -> list[Segment]:
        owed, abrupt = self._owed, self._abrupt
        self._owed, self._abrupt = 0, False
        if abrupt:
            return [self._made(self._next, RST | ACKNOWLEDGE)]
        return [self._made(self._next, ACKNOWLEDGE)] if owed else []

    def _late(self) -> None:
        """Nothing was heard for too long."""
        self._tries += 1
        if self._tries > (MOST_TRIES if self.opened else MOST_CALLS):
            self._abrupt = self._theirs is not None
            self._end("silent")
            return
        if self._on_its_way:
            self._lost()
            self._at_once = self._largest
        self._patience = min(2 * self._patience, LONGEST)
        self._due = None
        self._next = self._acked
        self._probing = self.opened and self._edge <= self._acked

    def _lost(self) -> None:
        self._steady = max(self._on_its_way // 2, 2 * self._largest)
        self._sample = None  # of what is sent twice nobody knows which was answered
        self._repeated = 0

    def _sending(self, now: float) -> list[Segment]:
        if self._next == 0:
            flags = SYN if self._theirs is None else SYN | ACKNOWLEDGE
            segment = self._made(0, flags, largest=LARGEST)
            self._sent(1, now)
            return [segment]
        segments: list[Segment] = []
        if not self.opened:
            return segments
        if self._once_more:
            self._once_more = False
            size = min(self._last - self._begin, self._largest)
            segments.append(self._piece(self._begin, size, self._begin + size == self._last))
        while True:
            left = self._last - self._next
            allowed = min(self._edge, self._acked + self._at_once) - self._next
            if self._probing:
                allowed = max(allowed, self._acked + 1 - self._next)
            size = min(left, allowed, self._largest)
            finish = self._finish and left == size and allowed > size
            if size < 0 or (size == 0 and not finish):
                break
            if size < min(left, self._largest) and self._next > self._acked:
                break  # not in crumbs. RFC 9293, 3.8.6.2.1
            segments.append(self._piece(self._next, size, finish))
            self._sent(size + finish, now)
        return segments

    def _sent(self, length: int, now: float) -> None:
        self._next += length
        if self._next > self._highest:
            self._highest = self._next
            if self._sample is None:
                self._sample = self._next, now

    def _piece(self, at: int, size: int, finish: bool) -> Segment:
        content = bytes(self._unsent[at - self._begin :][:size])
        flags = ACKNOWLEDGE | (PUSH if content and at + size == self._last else 0)
        return self._made(at, flags | (FINISH if finish and self._finish else 0), content)

    def _made(
        self, at: int, flags: int, content: bytes = b"", largest: int | None = None
    ) -> Segment:
        number = (self._initial + at) % NUMBERS
        if self._theirs is None:
            return Segment(number, 0, flags, ROOM, content, largest)
        if self._worth_telling:
            self._told = self._heard + ROOM - len(self._unread)
        window = max(0, self._told - self._heard)
        theirs = (self._theirs + self._heard) % NUMBERS
        return Segment(number, theirs, flags, window, content, largest)


def _ahead(number: int, of: int) -> int:
    """Return how far a number is before another, backwards too."""
    return (number - of + NUMBERS // 2) % NUMBERS - NUMBERS // 2

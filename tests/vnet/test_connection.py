"""Two of our own ends talk over a line that loses, delays, swaps and doubles what it carries."""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from converters.boot.frames import ACKNOWLEDGE, FINISH, RST, SYN
from converters.vnet.connection import (
    LINGER,
    MOST_CALLS,
    MOST_PIECES,
    MOST_UNSENT,
    ROOM,
    SHORTEST,
    Connection,
    Reason,
)
from converters.vnet.segments import LARGEST, NUMBERS, SMALLEST, Segment

QUICK = (0.01,)
WEATHER: dict[str, tuple[float, ...]] = {
    "good": QUICK,
    "lost": (),
    "late": (0.05,),
    "very late": (1.5,),
    "twice": (0.01, 0.3),
}


class Line:
    """Two ends, what is between them, and the time."""

    def __init__(
        self, weather: Iterable[str] = (), initial: tuple[int, int] = (1000, 5000)
    ) -> None:
        self.now = 0.0
        self.sent: list[tuple[Connection, Segment]] = []
        self.weather = iter(weather)
        self._order = itertools.count()
        self._air: list[tuple[float, int, bool, Segment]] = []
        self._initial = initial
        self.near = Connection(initial[0], 0.0)
        self._far: Connection | None = None

    @property
    def far(self) -> Connection:
        assert self._far
        return self._far

    def step(self) -> bool:
        """Let the next thing happen; tell whether there was one."""
        for end in (self.near, self._far):
            for segment in end.said(self.now) if end else ():
                assert end
                self.sent.append((end, segment))
                for delay in WEATHER[next(self.weather, "good")]:
                    at = self.now + delay
                    heapq.heappush(self._air, (at, next(self._order), end is self.near, segment))
        ends = [end for end in (self.near, self._far) if end and not end.over(self.now)]
        dues = [end.due for end in ends if end.due is not None]
        if self._air and (not dues or self._air[0][0] <= min(dues)):
            self.now, _, to_far, segment = heapq.heappop(self._air)
            self._arrive(segment, to_far)
            return True
        if dues:
            self.now = min(dues)
        return bool(dues)

    def _arrive(self, segment: Segment, to_far: bool) -> None:
        if not to_far:
            self.near.take(segment, self.now)
        elif self._far:
            self._far.take(segment, self.now)
        elif segment.flags == SYN:
            self._far = Connection(self._initial[1], self.now, segment)

    def until(self, reached: Callable[[], bool], steps: int = 5000) -> None:
        going = True
        for _ in range(steps):
            if reached():
                return
            assert going, "nothing more happens"
            going = self.step()
        raise AssertionError("it takes too long")

    def opened(self) -> "Line":
        self.until(lambda: self.near.opened and self._far is not None and self._far.opened)
        return self


def carried(line: Line, sender: Connection, receiver: Connection, content: bytes) -> bytes:
    """Send bytes, and close; return what comes."""
    got = bytearray()
    rest = content

    def over() -> bool:
        nonlocal rest
        rest = rest[sender.write(rest) :]
        if not rest:
            sender.close()
        got.extend(receiver.read())
        return receiver.at_end

    line.until(over)
    return bytes(got)


def how(*ends: Connection) -> list[Reason | None]:
    """How connections have ended."""
    return [end.ended for end in ends]


def text(size: int, start: int = 0) -> bytes:
    return b"".join(i.to_bytes(4) for i in range(start, start + size // 4 + 1))[:size]


def test_a_connection_opens_carries_bytes_both_ways_and_closes() -> None:
    line = Line().opened()

    assert carried(line, line.near, line.far, text(300_000)) == text(300_000)
    assert how(line.near) == [None]  # its half is closed, the other is not
    assert carried(line, line.far, line.near, text(1000)) == text(1000)

    line.until(lambda: None not in how(line.near, line.far))
    assert how(line.near, line.far) == ["closed", "closed"]
    assert not line.near.over(line.now)
    assert line.near.over(line.now + LINGER)


def bearable(weather: list[str]) -> list[str]:
    """Let no more be lost than the ends try again."""
    losses = itertools.count(1)
    return [each for each in weather if each != "lost" or next(losses) <= MOST_CALLS]


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(sorted(WEATHER)), max_size=60).map(bearable),
    st.integers(0, NUMBERS - 1),
    st.integers(0, 20_000),
)
@example(["lost"] * 4, NUMBERS - 3, 9000)
def test_in_any_weather_what_is_said_is_heard(weather: list[str], initial: int, size: int) -> None:
    line = Line(weather, (initial, NUMBERS - 2))
    line.near.write(text(100))
    line.until(lambda: line.near.opened)

    assert carried(line, line.near, line.far, text(size, 25)) == text(100 + size)
    assert carried(line, line.far, line.near, text(size)) == text(size)

    line.until(lambda: None not in how(line.near, line.far))
    assert how(line.near, line.far) == ["closed", "closed"]


def test_sequences_go_on_after_the_largest_number() -> None:
    line = Line(initial=(NUMBERS - 1000, NUMBERS - 1)).opened()

    assert carried(line, line.near, line.far, text(200_000)) == text(200_000)


def test_who_does_not_read_is_not_sent_more_than_there_is_room_for() -> None:
    line = Line().opened()
    content = text(4 * ROOM)
    rest = content
    for _ in range(2000):
        rest = rest[line.near.write(rest) :]
        line.step()
        assert line.far.unread <= ROOM
    assert line.now > 60  # it asks again and again, and does not despair
    assert line.far.unread == ROOM
    assert len(rest) >= len(content) - ROOM - MOST_UNSENT
    assert how(line.near) == [None]

    got = line.far.read() + carried(line, line.near, line.far, rest)

    assert got == content


def test_a_window_whose_opening_was_not_heard_of_is_asked_for() -> None:
    line = Line().opened()
    line.near.write(text(MOST_UNSENT))
    line.until(lambda: line.far.unread == ROOM)
    line.near.write(text(1000))
    line.until(lambda: line.now > 5)
    line.weather = iter(["lost"])

    first = line.far.read()
    line.until(lambda: line.far.unread > 0)

    assert len(first) + line.far.unread <= MOST_UNSENT + 1000
    line.until(lambda: line.far.unread == MOST_UNSENT + 1000 - ROOM)


def test_a_piece_that_was_lost_is_sent_again_before_it_is_late() -> None:
    line = Line().opened()
    line.weather = iter(["good", "lost"])

    begin = line.now
    assert carried(line, line.near, line.far, text(12 * LARGEST)) == text(12 * LARGEST)

    assert line.now - begin < SHORTEST


def test_pieces_are_as_large_as_the_other_end_takes_them() -> None:
    call = Segment(7, 0, SYN, 4000, largest=1000)
    end = Connection(0, 0.0, call)
    [answer] = end.said(0.0)
    assert (answer.flags, answer.acknowledged) == (SYN | ACKNOWLEDGE, 8)
    assert answer.largest == LARGEST
    end.take(Segment(8, 1, ACKNOWLEDGE, 2500), 0.0)
    end.write(text(9000))

    sizes = [len(segment.content) for segment in end.said(0.0)]

    assert sizes == [1000, 1000]  # the window has 500 more: a crumb
    end.take(Segment(8, 2001, ACKNOWLEDGE, 2500), 0.0)
    assert [len(segment.content) for segment in end.said(0.0)] == [1000, 1000]


@pytest.mark.parametrize(("largest", "used"), [(0, SMALLEST), (None, 536), (9000, LARGEST)])
def test_absurd_sizes_are_not_believed(largest: int | None, used: int) -> None:
    end = Connection(0, 0.0, Segment(7, 0, SYN, 60_000, largest=largest))
    end.said(0.0)
    end.take(Segment(8, 1, ACKNOWLEDGE, 60_000), 0.0)
    end.write(text(5000))

    assert max(len(segment.content) for segment in end.said(0.0)) == used


def receiving() -> Connection:
    """An end that was called by number 99 and has told its own, 0."""
    end = Connection(0, 0.0, Segment(99, 0, SYN, 60_000))
    end.said(0.0)
    end.take(Segment(100, 1, ACKNOWLEDGE, 60_000), 0.0)
    assert end.opened
    return end


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 120)), max_size=MOST_PIECES),
    st.randoms(use_true_random=False),
)
def test_pieces_that_overlap_come_together_in_any_order(
    pieces: list[tuple[int, int]], random: Random
) -> None:
    whole = text(300)
    cut = [(at, whole[at : at + size]) for at, size in pieces]
    cut += [(at, whole[at : at + 50]) for at in range(0, 300, 50)]
    random.shuffle(cut)
    end = receiving()

    for at, content in cut:
        end.take(Segment(100 + at, 1, ACKNOWLEDGE, 60_000, content), 0.0)
        end.said(0.0)
    for at in range(0, 300, 50):  # what there was no place for is sent again
        end.take(Segment(100 + at, 1, ACKNOWLEDGE, 60_000, whole[at : at + 50]), 0.0)
    end.take(Segment(400, 1, ACKNOWLEDGE | FINISH, 60_000), 0.0)

    assert end.read() == whole
    assert end.at_end


def test_each_piece_that_comes_too_early_is_answered_by_where_we_are() -> None:
    end = receiving()
    for at in (200, 300, 400):
        end.take(Segment(at, 1, ACKNOWLEDGE, 60_000, b"x" * 100), 0.0)

    said = end.said(0.0)

    assert [segment.acknowledged for segment in said] == [100, 100, 100]
    end.take(Segment(100, 1, ACKNOWLEDGE, 60_000, b"x" * 100), 0.0)
    assert [segment.acknowledged for segment in end.said(0.0)] == [500]


def test_nobody_there() -> None:
    end = Connection(0, 0.0)
    calls = [(0.0, end.said(0.0))]
    while end.due is not None:
        calls.append((end.due, end.said(end.due)))

    assert end.ended == "silent"
    assert [len(said) for _, said in calls] == [1] * (MOST_CALLS + 1) + [0]
    assert {said[0].flags for _, said in calls[:-1]} == {SYN}
    assert 30 < calls[-1][0] < 120
    assert end.over(calls[-1][0])


def test_somebody_who_is_gone_is_told_from_somebody_slow() -> None:
    line = Line().opened()
    line.weather = itertools.repeat("lost")
    line.near.write(b"are you there?")

    line.until(lambda: line.near.ended is not None)

    assert line.near.ended == "silent"
    assert line.sent[-1][1].flags & RST
    assert line.near.said(line.now) == []


def test_a_port_where_nobody_listens() -> None:
    end = Connection(41, 0.0)
    end.said(0.0)

    end.take(Segment(0, 41, RST | ACKNOWLEDGE), 0.0)  # of another call
    assert how(end) == [None]
    end.take(Segment(0, 42, RST | ACKNOWLEDGE), 0.0)

    assert end.ended == "refused"
    assert end.said(0.0) == []
    assert end.over(0.0)


def test_only_a_reset_of_the_next_number_ends_it() -> None:
    end = receiving()

    end.take(Segment(150, 0, RST), 0.0)
    assert how(end) == [None]
    assert [segment.flags for segment in end.said(0.0)] == [ACKNOWLEDGE]  # do you mean it?
    end.take(Segment(99, 0, RST), 0.0)
    assert end.said(0.0) == []
    end.take(Segment(100, 0, RST), 0.0)

    assert end.ended == "reset"
    assert end.at_end


def test_who_calls_again_is_told_where_we_are() -> None:
    end = receiving()

    end.take(Segment(77_777, 0, SYN, 60_000), 0.0)

    assert [(s.flags, s.sequence, s.acknowledged) for s in end.said(0.0)] == [(ACKNOWLEDGE, 1, 100)]
    assert how(end) == [None]


def test_both_may_call_at_once() -> None:
    ends = Connection(10, 0.0), Connection(20, 0.0)
    calls = [end.said(0.0)[0] for end in ends]
    ends[0].take(calls[1], 0.0)
    ends[1].take(calls[0], 0.0)

    answers = [end.said(0.0)[0] for end in ends]
    assert {answer.flags for answer in answers} == {SYN | ACKNOWLEDGE}
    ends[0].take(answers[1], 0.0)
    ends[1].take(answers[0], 0.0)

    # Each has the other's number by its first call; that it was heard is told by the answer.
    assert all(end.ended is None for end in ends)
    for end, other in (ends, ends[::-1]):
        for segment in end.said(0.0):
            other.take(segment, 0.0)
    assert all(end.opened for end in ends)


def test_what_is_aborted_is_reset_and_not_spoken_of_again() -> None:
    line = Line().opened()
    line.near.write(b"never mind")

    line.near.abort()
    line.until(lambda: line.far.ended is not None)

    assert line.far.ended == "reset"
    assert line.near.over(line.now)
    assert line.near.room == line.near.write(b"x") == 0


def test_a_last_word_that_comes_again_is_acknowledged_again() -> None:
    line = Line().opened()
    line.near.close()
    line.far.close()
    line.until(lambda: None not in how(line.near, line.far))
    [last] = [s for end, s in line.sent if end is line.far and s.flags & FINISH]

    line.near.take(last, line.now)

    assert [segment.flags for segment in line.near.said(line.now)] == [ACKNOWLEDGE]


def number() -> st.SearchStrategy[int]:
    near = st.integers(-70_000, 70_000).map(lambda of: (100 + of) % NUMBERS)
    return near | st.integers(0, NUMBERS - 1)


SEGMENTS = st.builds(
    Segment,
    number(),
    st.integers(0, 3000) | number(),
    st.integers(0, 63),
    st.integers(0, 65_535),
    st.binary(max_size=40) | st.sampled_from([1460, 65_000]).map(bytes),
    st.none() | st.integers(0, 65_535),
)


@settings(max_examples=60)
@given(st.lists(SEGMENTS, max_size=20), st.booleans())
def test_nothing_that_is_sent_brings_an_end_down(said: list[Segment], called: bool) -> None:
    end = receiving() if called else Connection(0, 0.0)
    end.write(text(3000))
    end.said(0.0)

    for at, segment in enumerate(said):
        end.take(segment, float(at))
        assert len(end.said(float(at))) < 100
        assert end.unread <= ROOM
        assert len(end._early) <= MOST_PIECES
    for answer in answers(end):
        assert 0 <= answer.window <= ROOM


def answers(end: Connection) -> Iterator[Segment]:
    """What an end says from now on, though nobody speaks to it."""
    for _ in range(50):
        if end.due is None:
            return
        yield from end.said(end.due)
    raise AssertionError("it never gives up")

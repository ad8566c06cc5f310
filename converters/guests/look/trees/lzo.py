"""LZO1X, one of the compressions of Btrfs.

https://docs.kernel.org/staging/lzo.html

0..15    after a match: literals, or a short match     16..31  a match far back, or the end
32..63   a match up to 16 KiB back                     64..255 a short match near by
"""

from converters.guests.tree import Unreadable


def unlzo(data: bytes, limit: int) -> bytes:
    """Return what was compressed; raises Unreadable if it is damaged or longer than limit."""
    try:
        return _unlzo(data, limit)
    except IndexError:
        raise Unreadable("the LZO data is cut short") from None


def _unlzo(data: bytes, limit: int) -> bytes:
    out = bytearray()
    at = 0
    state = 0  # literals copied just before: 0 none, 1 to 3, or 4 for a whole run
    if data[0] > 17:
        count = data[0] - 17
        at = 1
        out += _exact(data, at, count)
        at += count
        state = min(count, 4)
    while True:
        code = data[at]
        at += 1
        if code < 16:
            if state == 0:
                count, at = _length(data, at, code, 15)
                out += _exact(data, at, count + 3)
                at += count + 3
                state = 4
                if len(out) > limit:
                    raise Unreadable("the LZO data is longer than it says")
                continue
            length = 3 if state == 4 else 2
            distance = (2049 if state == 4 else 1) + (code >> 2) + (data[at] << 2)
            at += 1
            state = code & 3
        elif code >= 64:
            length = (code >> 5) + 1
            distance = 1 + (code >> 2 & 7) + (data[at] << 3)
            at += 1
            state = code & 3
        else:
            near = code >= 32
            length, at = _length(data, at, code & (31 if near else 7), 31 if near else 7)
            length += 2
            word = data[at] | data[at + 1] << 8
            at += 2
            distance = (word >> 2) + (1 if near else 16384 + ((code & 8) << 11))
            state = word & 3
            if distance == 16384 and not near:
                return bytes(out)
        start = len(out) - distance
        if start < 0 or len(out) + length > limit:
            raise Unreadable("the LZO data is damaged")
        if distance >= length:
            out += out[start : start + length]
        else:  # it runs into what it writes: a pattern that repeats
            pattern = out[start:]
            out += (pattern * (length // distance + 1))[:length]
        out += _exact(data, at, state)
        at += state


def _length(data: bytes, at: int, low: int, mask: int) -> tuple[int, int]:
    """Return a length and where to go on; zero bytes add 255 each."""
    if low:
        return low, at
    length = mask
    while data[at] == 0:
        length += 255
        at += 1
    return length + data[at], at + 1


def _exact(data: bytes, at: int, count: int) -> bytes:
    if at + count > len(data):
        raise IndexError
    return data[at : at + count]

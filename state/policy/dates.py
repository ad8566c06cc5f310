"""Dates as policies write them: ISO 8601 in whole or in part, or seconds since 1970.

As lax as IAM is known to be: years of any size (so `datetime` will not do), one digit where two
are usual, a zone without minutes. A number without a dash or a T is seconds.
"""

import re
from decimal import Decimal

DATE = re.compile(
    r"(-?[0-9]{1,9})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?"
    r"(?:[Tt](?:([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2}(?:\.[0-9]{1,9})?))?)?)?"
    r"(?:[Zz]|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?"
)
SECONDS = re.compile(r"[0-9]{1,19}")
LAST = (1 << 63) - 1  # of seconds
YEARS = range(-292275054, 292278993 + 1)  # as far as the milliseconds of 64 bits go


def seconds(text: str) -> Decimal | None:
    """Return the seconds since 1970; None if the text is no date."""
    if SECONDS.fullmatch(text):
        return Decimal(text) if int(text) <= LAST else None
    found = DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    hour, minute, second = int(found[4] or 0), int(found[5] or 0), Decimal(found[6] or 0)
    ahead = (int(found[8] or 0) * 60 + int(found[9] or 0)) * 60
    if not (year in YEARS and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    if not (hour <= 23 and minute <= 59 and second < 60):
        return None
    local = ((_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return local - ahead if found[7] != "-" else local + ahead


def _days(year: int, month: int, day: int) -> int:
    """Count the days since 1970; years begin in March, so that leap days are their last."""
    year, month = (year - 1, month + 9) if month < 3 else (year, month - 3)
    leaps = year // 4 - year // 100 + year // 400
    return year * 365 + leaps + (153 * month + 2) // 5 + day - 1 - 719468

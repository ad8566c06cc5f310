"""Many small cases in one test: each by itself costs pytest more than what it shows."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def about(case: object) -> Iterator[None]:
    """Say which case it was when something fails."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in the case of {case}")
        raise

"""What was read once and is still so: long lists that clients ask for again and again.

To read a thousand snapshots and their tags costs ten times what it costs to ask the database
whether anything has been written since.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from state.store import Store

Value = TypeVar("Value")

MOST = 16  # lists of a store; the one that was read first goes first


class Remembered(Generic[Value]):
    """The last values that were read from each store, by a key."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Store, dict[Hashable, tuple[Hashable, Value]]]
        self._known = WeakKeyDictionary()

    def get(self, store: Store, key: Hashable, read: Callable[[], Value]) -> Value:
        """Return what read() would; it is only called if something has been written since."""
        moment = store.moment()  # before reading: what is written in between is not missed
        known = self._known.setdefault(store, {})
        found = known.get(key)
        if found is not None and found[0] == moment:
            return found[1]
        value = read()
        known.pop(key, None)
        known[key] = (moment, value)
        for oldest in list(known)[:-MOST]:
            known.pop(oldest, None)
        return value

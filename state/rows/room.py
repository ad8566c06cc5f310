"""The generic room: values of one kind, found by their key columns, decoded once.

A value is frozen, so a document needs decoding only once however often it is read: the decoded
value is remembered by the text of the document itself, which can never be out of date.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection, Executable, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from state.values import Frozen

T = TypeVar("T", bound=Frozen)
V = TypeVar("V")

REMEMBERED: Final = 8192  # decoded values of a kind, 1 to 2 KB each

Insert: TypeAlias = sqlite.Insert | postgresql.Insert
INSERTS: Final[Mapping[str, Callable[[Table], Insert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

Columns = Mapping[str, object]


class Stale(Exception):
    """Another hand was first: the row is not, or no longer, as the caller knew it."""


class Duplicate(Exception):
    """The key exists already."""


class Numbered(NamedTuple, Generic[V]):
    """A value and its place in the order of creation, which it alone will ever have."""

    sequence: int
    value: V


# A method named `list` hides the type of that name in its class.
Values: TypeAlias = list[V]
Listing: TypeAlias = list[Numbered[V]]


class Kind(Generic[T]):
    """What is known of one kind before any transaction: its table, its columns, its statements."""

    def __init__(
        self,
        table: Table,
        model: type[T],
        identity: tuple[str, ...],
        columns: Callable[[T], Columns],
        remembered: int = REMEMBERED,
    ) -> None:
        self.table = table
        self.identity = identity
        self.columns = columns
        self.decode: Callable[[str], T] = lru_cache(remembered)(model.model_validate_json)
        where = [table.c[name] == bindparam(f"at_{name}") for name in identity]
        # Built once: a statement costs SQLAlchemy more to build than SQLite to run.
        self.select = select(table.c.document).where(*where)
        self.update = update(table).where(*where)
        self.delete = delete(table).where(*where).returning(table.c.document)
        self.insert = {
            dialect: insert(table)
            .on_conflict_do_nothing()
            .execution_options(preserve_rowcount=True)
            for dialect, insert in INSERTS.items()
        }

    def row(self, value: T) -> dict[str, object]:
        """Return a value as the columns of its row."""
        return {**self.columns(value), "document": value.model_dump_json()}

    def at(self, identity: Iterable[object]) -> dict[str, object]:
        """Return the parameters that find one row."""
        return {f"at_{name}": key for name, key in zip(self.identity, identity, strict=True)}


class Rows(Generic[T]):
    """The values of one kind, in one transaction."""

    def __init__(self, connection: Connection, kind: Kind[T]) -> None:
        self._connection = connection
        self._kind = kind

    def add(self, value: T) -> None:
        """Keep a new value; Duplicate if there is one by its key already."""
        insert = self._kind.insert[self._connection.dialect.name]
        if not self._connection.execute(insert, self._kind.row(value)).rowcount:
            raise Duplicate(repr(value))

    def replace(self, value: T) -> None:
        """Keep a value in place of the one with the same key; Stale if there is none."""
        row = self._kind.row(value)
        identity = [row[name] for name in self._kind.identity]
        found = self._connection.execute(self._kind.update, {**row, **self._kind.at(identity)})
        if not found.rowcount:
            raise Stale(repr(value))

    def _get(self, *identity: object) -> T | None:
        return self._one(self._kind.select, self._kind.at(identity))

    def _remove(self, *identity: object) -> T | None:
        return self._one(self._kind.delete, self._kind.at(identity))

    def _one(self, statement: Executable, parameters: Columns) -> T | None:
        document: str | None = self._connection.execute(statement, parameters).scalar()
        return None if document is None else self._kind.decode(document)

    def _all(self, statement: Executable, parameters: Columns) -> Values[T]:
        decode = self._kind.decode
        return [decode(document) for (document,) in self._connection.execute(statement, parameters)]

    def _numbered(self, statement: Executable, parameters: Columns) -> Listing[T]:
        decode = self._kind.decode
        rows = self._connection.execute(statement, parameters)
        return [Numbered(sequence, decode(document)) for sequence, document in rows]

"""How the parts of a network are listed: named or filtered, a page at a time, with their tags."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from emulator.context import Context
from emulator.errors import AwsError, dry_run
from emulator.services.ec2 import ids, network_errors, paging
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network import world
from emulator.shapes.ec2 import Filter
from state.network import Placed
from state.rows.network import Room
from state.store import Numbered, Tx

SMALLEST_PAGE = 5

V = TypeVar("V", bound=Placed)
R = TypeVar("R")
Tags = Mapping[str, Mapping[str, str]]  # by the ids of the resources


class Asked(NamedTuple):
    """What part of a list a request asks for."""

    named: Sequence[str] | None
    filters: Iterable[Filter] | None
    size: int | None
    token: str | None
    dry_run: bool


class Described(NamedTuple, Generic[V, R]):
    """How one kind is listed: rows are what the filters look at, and what is shown."""

    action: str
    prefix: str
    malformed: str  # the error's code
    room: Callable[[Tx], Room[V]]
    rows: Callable[[Tx, Sequence[V], Tags], list[R]]
    filters: Filters[R]
    not_found: Callable[..., AwsError]
    largest: int = 1000

    def list(self, ctx: Context, asked: Asked) -> tuple[list[R], str | None]:
        """Return the rows that a request asks for, and the NextToken if there are more."""
        test = self.filters.test(asked.filters)
        page = paging.page(
            self.action, asked.size, asked.token, smallest=SMALLEST_PAGE, largest=self.largest
        )
        named = list(dict.fromkeys(asked.named or ()))
        for each in named:
            if ids.prefix_of(each) != self.prefix:
                raise network_errors.malformed(self.malformed, self.prefix, each)
        if asked.dry_run:
            raise dry_run()
        with world.reading(ctx) as tx:

            def fetch(after: int, limit: int | None) -> list[Numbered[R]]:
                found = self.room(tx).list(
                    ctx.account_id, ctx.region, ids=named or None, after=after, limit=limit
                )
                values = [each.value for each in found]
                tags = tx.tags.of([value.id for value in values])
                rows = self.rows(tx, values, tags)
                return [Numbered(each.sequence, row) for each, row in zip(found, rows, strict=True)]

            if named:
                present = tx.network.present(ctx.account_id, ctx.region, named)
                if missing := [each for each in named if each not in present]:
                    raise self.not_found(*missing)
            return paging.take(page, fetch, test)


def true_false(value: bool) -> str:
    """Return a truth as filters write it."""
    return "true" if value else "false"

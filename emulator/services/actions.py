"""How a module of a service says which functions are its actions.

actions = Actions()

@actions                          # ImportSnapshot
def import_snapshot(ctx, request): ...

@actions.named("ListObjectsV2")   # where the name is not the function's in CamelCase
def list_objects_again(ctx, request): ...
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

from emulator.context import Context

# A plain function is called in a thread; a coroutine function runs on the event loop and is for
# streamed bodies alone.
Handler = Callable[[Context, Any], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]

H = TypeVar("H", bound=Callable[..., Any])


class Actions:
    """The actions of one module, by the name that AWS calls them."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}

    def __call__(self, handler: H) -> H:
        """Register a function as the action whose name is its own in CamelCase."""
        words = handler.__name__.split("_")
        return self.named("".join(word[:1].upper() + word[1:] for word in words))(handler)

    def named(self, name: str) -> Callable[[H], H]:
        """Register a function as the action of that name."""

        def register(handler: H) -> H:
            if name in self.handlers:
                raise ValueError(f"the action {name} is registered twice")
            self.handlers[name] = handler
            return handler

        return register


def merge(modules: Iterable[Actions]) -> dict[str, Handler]:
    """Put the modules of a service together; a name may be there once only."""
    merged: dict[str, Handler] = {}
    for module in modules:
        if twice := merged.keys() & module.handlers.keys():
            raise ValueError(f"registered twice: {', '.join(sorted(twice))}")
        merged |= module.handlers
    return merged


class Families(Mapping[str, Handler]):
    """The actions of a service of which some are loaded when they are first asked for.

    What few requests need must not slow down every start.
    """

    def __init__(self, loaded: Mapping[str, Handler], later: Mapping[str, Iterable[str]]) -> None:
        self._loaded = dict(loaded)
        self._later = {name: module for module, names in later.items() for name in names}

    def get(self, name: str, otherwise: Any = None) -> Any:
        """Return an action, loaded by now, without the detour of a mapping's own `get`."""
        if (found := self._loaded.get(name)) is not None:
            return found
        return self[name] if name in self._later else otherwise

    def __getitem__(self, name: str) -> Handler:
        if name in self._later and name not in self._loaded:
            module = self._later[name]
            found: Mapping[str, Handler] = import_module(module).ACTIONS
            if other := found.keys() ^ {each for each, at in self._later.items() if at == module}:
                raise ValueError(f"{module}: not as it is listed: {', '.join(sorted(other))}")
            self._loaded |= found
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._loaded, **self._later})

    def __len__(self) -> int:
        return len(self._loaded.keys() | self._later.keys())

"""What can be wrong with a request before any action has seen it."""


class WireError(Exception):
    """The request cannot be read."""


class UnknownAction(WireError):
    """The service has no such action."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class NoRoute(WireError):
    """No action of a REST service answers to this method and path."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"{method} {path}")
        self.method = method
        self.path = path


class MissingMember(WireError):
    """A required parameter is absent."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class UnknownMember(WireError):
    """A parameter of that name does not belong to the action."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class InvalidValue(WireError):
    """A parameter's text cannot be a value of its type."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"{name}={value}")
        self.name = name
        self.value = value


class Violations(WireError):
    """Values that break the rules which the model has for them; each a clause of one sentence."""

    def __init__(self, clauses: list[str]) -> None:
        super().__init__("; ".join(clauses))
        self.clauses = clauses


class MalformedBody(WireError):
    """The request's body is not what its protocol prescribes."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MalformedQuery(MalformedBody):
    """The names of a form contradict each other."""


class MalformedXML(MalformedBody):
    """The body is not well-formed XML, or not of the shape that the action takes."""


class MalformedJSON(MalformedBody):
    """The body is not JSON, or not of the shape that the action takes."""


class MalformedChunk(MalformedBody):
    """The framing of an aws-chunked body is broken."""


class IncompleteBody(MalformedBody):
    """The body ended before the bytes that were announced had arrived."""

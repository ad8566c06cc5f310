"""ARNs and patterns of ARNs, compared component by component.

    arn : partition : service : region : account : resource
     1       2           3        4         5         6 (may have colons of its own)

A star ends at the colon; only the sixth component goes on to the end. Components that a pattern
does not have are as if they were stars (assumed; IAM's own messages show them so).
"""

from collections.abc import Iterable
from itertools import zip_longest

from state.policy.wildcards import Part, pattern

COMPONENTS = 6
STAR = (Part("*"),)


def matches(parts: Iterable[Part], value: str) -> bool:
    """Say whether value is an ARN as the pattern says; no text but an ARN is."""
    components = value.split(":", COMPONENTS - 1)
    if len(components) < COMPONENTS:
        return False
    pairs = zip_longest(_components(parts), components, fillvalue=None)
    return all(
        pattern(*(STAR if wanted is None else wanted)).matches(component)
        for wanted, component in pairs
        if component is not None
    )


def _components(parts: Iterable[Part]) -> list[list[Part]]:
    found: list[list[Part]] = [[]]
    for text, literal in parts:
        first, *others = text.split(":", COMPONENTS - len(found))
        found[-1].append(Part(first, literal))
        found += [[Part(other, literal)] for other in others]
    return found


def account_of(arn: str) -> str:
    """Return the account of an ARN; empty if it has none."""
    components = arn.split(":", COMPONENTS - 1)
    return components[4] if len(components) == COMPONENTS else ""

"""Policy variables: `${aws:username}`, `${aws:username, 'nobody'}`, and `${*}` `${?}` `${$}`.

Documents of 2012-10-17 have them, in resources and in the values of String, Arn and Bool
conditions; in older ones they are letters like any others. What they stand for is no pattern:
its stars are stars.
"""

import re
from collections.abc import Mapping

from state.policy.wildcards import Part

VARIABLE = re.compile(r"\$\{(?:([*?$])|([^,{}']++)(?:, ?'([^']*+)')?)\}")

Context = Mapping[str, tuple[str, ...]]  # values by key in lower case


def parts(text: str, context: Context | None) -> tuple[Part, ...] | None:
    """Put values in the place of variables; None if one has no value and no default.

    Without a context nothing is replaced. A key with several values is no variable.
    """
    if context is None or "${" not in text:
        return (Part(text),)
    found = list[Part]()
    place = 0
    for variable in VARIABLE.finditer(text):
        special, name, default = variable.groups()
        values = context.get(name.strip().lower(), ()) if name else ()
        value = special or (values[0] if len(values) == 1 else default)
        if value is None:
            return None
        found += Part(text[place : variable.start()]), Part(value, literal=True)
        place = variable.end()
    return (*found, Part(text[place:]))


def plain(text: str, context: Context | None) -> str | None:
    """Put values in the place of variables of a text that is no pattern; None as above."""
    found = parts(text, context)
    return None if found is None else "".join(part.text for part in found)

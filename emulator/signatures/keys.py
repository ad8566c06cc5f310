"""The access keys of VMIE_CREDENTIALS, a TOML file with a table for each.

    [AKIAIOSFODNN7EXAMPLE]
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    account = "123456789012"
    token = "…"                      # only of temporary credentials

The tables may also stand in vmie.toml, as [credentials.AKIAIOSFODNN7EXAMPLE].
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

KEY_ID = re.compile(r"\w{3,128}", re.ASCII)
ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
MEMBERS = frozenset({"secret", "account", "token"})


class KeysError(Exception):
    """The file cannot be used; the text is one sentence for the user, without any secret."""


@dataclass(frozen=True, slots=True)
class Key:
    """An access key."""

    id: str
    account_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)  # that every request must carry


def read(path: Path) -> dict[str, Key]:
    """Read the keys of a file; KeysError if something is wrong with it."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KeysError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:  # its text might show a secret
        raise KeysError(f"{path} is not a TOML file of credentials") from None
    if isinstance(inner := tables.get("credentials"), dict) and "secret" not in inner:
        tables = inner
    if not tables:
        raise KeysError(f"there are no credentials in {path}")
    return {key_id: key(path, key_id, table) for key_id, table in tables.items()}


def key(path: Path, key_id: str, table: object) -> Key:
    """Read one table; KeysError if it is not an access key's."""
    where = f"the credentials '{key_id[:128]}' in {path}"
    if not KEY_ID.fullmatch(key_id):
        raise KeysError(f"{where} are not named by an access key id")
    if not isinstance(table, Mapping) or not table.keys() <= MEMBERS:
        raise KeysError(f"{where} must be a table of secret, account and token")
    if not all(isinstance(text, str) and text for text in table.values()):
        raise KeysError(f"{where} must be strings, and not empty ones")
    if "secret" not in table:
        raise KeysError(f"{where} have no secret")
    if not ACCOUNT.fullmatch(table.get("account", "")):
        raise KeysError(f"{where} need an account of twelve digits")
    return Key(key_id, table["account"], table["secret"], table.get("token"))

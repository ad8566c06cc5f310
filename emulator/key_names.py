"""How a request names a key of KMS: four spellings.

1234abcd-12ab-34cd-56ef-1234567890ab                                    the key of that id
arn:aws:kms:us-east-1:111122223333:key/1234abcd-…                       the same, wherever
alias/mine                                                              what has that name
arn:aws:kms:us-east-1:111122223333:alias/mine                           the same, wherever
"""

import re
from dataclasses import dataclass

KEY_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"
)
ALIAS = re.compile(r"alias/[A-Za-z0-9/_-]{1,250}")
ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):kms:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>.+)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class KeyName:
    """A key as a request names it: by its id, or by an alias."""

    account_id: str
    region: str
    key_id: str | None = None
    alias: str | None = None
    is_arn: bool = False


def key_name(text: str, account_id: str, region: str) -> KeyName | None:
    """Take a name apart; what does not say whose it is belongs to the account and Region given."""
    arn = ARN.fullmatch(text)
    if arn is not None:
        account_id, region, text = arn["account"], arn["region"], arn["name"]
        if not text.startswith(("key/", "alias/")):
            return None
        text = text.removeprefix("key/")
    if KEY_ID.fullmatch(text):
        return KeyName(account_id, region, key_id=text, is_arn=arn is not None)
    if ALIAS.fullmatch(text):
        return KeyName(account_id, region, alias=text, is_arn=arn is not None)
    return None

"""Keys for the tests of KMS, and the wrong ways to ask for something."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from state.store import Store
from tests.house import House, default_url

NOWHERE = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture
def kms(house: House) -> Any:
    """A client for KMS of a fresh account."""
    return house.kms()


@pytest.fixture
def key_id(kms: Any) -> str:
    """A new key."""
    made: str = kms.create_key()["KeyMetadata"]["KeyId"]
    return made


@pytest.fixture
def friend(house: House) -> House:
    """The same server, seen from another fresh account."""
    return House(house.server)


def refusal(attempt: Callable[..., object], **request: Any) -> tuple[str, str]:
    """Return the code and the message of the error that an attempt ends with."""
    with pytest.raises(ClientError) as caught:
        attempt(**request)
    error = caught.value.response["Error"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Code"], error["Message"]


def let_its_days_pass(house: House, key_id: str) -> None:
    """Set the date of a key's deletion back, as if it had come."""
    store = Store(default_url(house.data_dir))
    try:
        with store.begin() as tx:
            key = tx.keys.get(key_id, datetime.min.replace(tzinfo=UTC))
            assert key is not None
            assert key.deletes_at is not None
            past = datetime.now(UTC) - timedelta(seconds=1)
            tx.keys.replace(key.model_copy(update={"deletes_at": past}))
    finally:
        store.close()


def arn(house: House, name: str, region: str = "us-east-1") -> str:
    """Spell the ARN of a key or an alias."""
    return f"arn:aws:kms:{region}:{house.account_id}:{name}"

"""The rooms of keys, their aliases and their grants; and how bytes are sealed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from state import sealing
from state.keys import Alias, Grant, Key
from state.managed_keys import managed_key
from state.store import Duplicate, Store
from tests.state.samples import ACCOUNT, NOW, REGION

MATERIAL = b"0123456789abcdef0123456789abcdef"


def key(**more: Any) -> Key:
    key_id = str(uuid4())
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key_id}"
    owner = {"account_id": ACCOUNT, "region": REGION}
    return Key(**{"id": key_id, "arn": arn, **owner, "created_at": NOW, "policy": "{}", **more})


def alias(of: Key, name: str = "alias/mine") -> Alias:
    return Alias(
        account_id=of.account_id,
        region=of.region,
        name=name,
        key_id=of.id,
        created_at=NOW,
        updated_at=NOW,
    )


def grant(of: Key) -> Grant:
    return Grant(
        id=str(uuid4()),
        key_id=of.id,
        created_at=NOW,
        operations=("Decrypt",),
        grantee="arn:aws:iam::111111111111:role/r",
        issuer="arn:aws:iam::111111111111:root",
    )


def test_a_key_is_kept_with_its_material(store: Store) -> None:
    first, second = key(tags={"b": "1", "a": "2"}), key(account_id="222222222222")
    with store.begin() as tx:
        tx.keys.create(first, MATERIAL)
        tx.keys.create(second, MATERIAL[::-1])

    with store.read() as tx:
        found = tx.keys.get(first.id, NOW)
        assert found == first
        assert list(found.tags) == ["b", "a"]
        assert tx.keys.material(first.id) == MATERIAL
        assert tx.keys.material(second.id) == MATERIAL[::-1]
        assert [row.value for row in tx.keys.list(ACCOUNT, REGION, NOW)] == [first]
        assert tx.keys.get("none", NOW) is None


def test_a_key_that_changes_keeps_its_material(store: Store) -> None:
    first = key()
    with store.begin() as tx:
        tx.keys.create(first, MATERIAL)
        tx.keys.replace(first.model_copy(update={"enabled": False}))

    with store.read() as tx:
        assert tx.keys.material(first.id) == MATERIAL
        assert tx.keys.get(first.id, NOW) == first.model_copy(update={"enabled": False})


def test_a_key_is_gone_at_its_date_and_forgotten_with_all_that_is_its_own(store: Store) -> None:
    going, staying = key(deletes_at=NOW), key()
    with store.begin() as tx:
        for each in (going, staying):
            tx.keys.create(each, MATERIAL)
            tx.aliases.add(alias(each, f"alias/{each.id}"))
            tx.grants.add(grant(each))

    with store.read() as tx:
        before = NOW - timedelta(milliseconds=1)
        assert tx.keys.get(going.id, before) == going
        assert len(tx.keys.list(ACCOUNT, REGION, before)) == 2
        assert len(tx.aliases.list(ACCOUNT, REGION, before)) == 2
        assert tx.keys.get(going.id, NOW) is None
        assert [row.value.id for row in tx.keys.list(ACCOUNT, REGION, NOW)] == [staying.id]
        assert [each.key_id for each in tx.aliases.list(ACCOUNT, REGION, NOW)] == [staying.id]
    with store.begin() as tx:
        tx.keys.purge(NOW)
        assert tx.keys.get(going.id, NOW - timedelta(days=1)) is None
        assert tx.grants.list(going.id) == []
        assert len(tx.grants.list(staying.id)) == 1


def test_a_name_is_taken_once(store: Store) -> None:
    one, other = key(), key()
    with store.begin() as tx:
        tx.keys.create(one, MATERIAL)
        tx.keys.create(other, MATERIAL)
        tx.aliases.add(alias(one))
        with pytest.raises(Duplicate):
            tx.aliases.add(alias(other))
        tx.aliases.replace(alias(other))

        assert tx.aliases.get(ACCOUNT, REGION, "alias/mine") == alias(other)
        assert tx.aliases.remove(ACCOUNT, REGION, "alias/mine") == alias(other)
        assert tx.aliases.get(ACCOUNT, REGION, "alias/mine") is None


def test_the_key_of_a_service_is_made_once_for_an_account_and_region(store: Store) -> None:
    with store.begin() as tx:
        made = managed_key(tx, ACCOUNT, REGION, "alias/aws/ebs", "aws", NOW)
        again = managed_key(tx, ACCOUNT, REGION, "alias/aws/ebs", "aws", NOW)
        others = {
            managed_key(tx, account_id, region, name, "aws", NOW).id
            for account_id, region, name in [
                ("222222222222", REGION, "alias/aws/ebs"),
                (ACCOUNT, "eu-west-1", "alias/aws/ebs"),
                (ACCOUNT, REGION, "alias/aws/s3"),
            ]
        }

    assert made == again
    assert made.managed
    assert len(others - {made.id}) == 3


def test_hosts_that_need_the_key_of_a_service_at_once_get_the_same(store: Store) -> None:
    together = Barrier(4)

    def needed(_: int) -> str:
        together.wait()
        with store.begin() as tx:
            return managed_key(tx, ACCOUNT, REGION, "alias/aws/ebs", "aws", NOW).id

    with ThreadPoolExecutor(4) as hosts:
        found = set(hosts.map(needed, range(4)))

    with store.read() as tx:
        assert {row.value.id for row in tx.keys.list(ACCOUNT, REGION, NOW)} == found
    assert len(found) == 1


def test_material_is_in_no_value_and_no_error(store: Store) -> None:
    first = key()
    with store.begin() as tx:
        tx.keys.create(first, MATERIAL)
        assert "0123456789abcdef" not in repr(tx.keys.get(first.id, NOW)).replace(first.id, "")

    with pytest.raises(IntegrityError) as caught, store.begin() as tx:
        tx.keys.create(first, MATERIAL)

    assert "0123456789abcdef" not in str(caught.value)


TEXTS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)


@given(st.binary(max_size=100), TEXTS, TEXTS)
def test_only_the_same_context_opens(
    content: bytes, context: dict[str, str], other: dict[str, str]
) -> None:
    key_id = str(uuid4())
    sealed = sealing.seal(key_id, MATERIAL, content, context)

    assert sealing.key_id_of(sealed) == key_id
    assert sealing.unseal(MATERIAL, sealed, context) == content
    if other != context:
        assert sealing.spelled(other) != sealing.spelled(context)
        with pytest.raises(sealing.Broken):
            sealing.unseal(MATERIAL, sealed, other)


@given(st.binary(max_size=60))
def test_other_bytes_do_not_open(sealed: bytes) -> None:
    with pytest.raises(sealing.Broken):
        sealing.unseal(MATERIAL, sealed, {})

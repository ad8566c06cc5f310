"""The passphrases of encrypted disks, and the keys they are sealed by."""

import base64
from datetime import timedelta

import pytest

from state import disk_keys
from state.disk_keys import KeyUnusable
from state.keys import Key
from state.sealing import Broken, unseal
from state.store import Store
from tests.state.samples import NOW
from tests.state.test_keys import MATERIAL, key

UNUSABLE = [{"enabled": False}, {"deletes_at": NOW + timedelta(days=7)}, {"deletes_at": NOW}]


def kept(store: Store, found: Key, material: bytes = MATERIAL) -> str:
    with store.begin() as tx:
        tx.keys.create(found, material)
    return found.arn


def test_what_is_kept_of_a_passphrase_opens_it_again(store: Store) -> None:
    arn = kept(store, key())

    with store.read() as tx:
        passphrase, sealed = disk_keys.new(tx, arn, "snap-1", NOW)
        other, _ = disk_keys.new(tx, arn, "snap-1", NOW)

        assert disk_keys.opened(tx, sealed, arn, "snap-1", NOW) == passphrase
    assert other != passphrase
    assert len(bytes.fromhex(passphrase.decode())) == 32
    assert passphrase not in base64.b64decode(sealed)


def test_what_is_kept_is_a_ciphertext_of_kms(store: Store) -> None:
    arn = kept(store, key())

    with store.read() as tx:
        passphrase, sealed = disk_keys.new(tx, arn, "snap-1", NOW)

    opened = unseal(MATERIAL, base64.b64decode(sealed), {"aws:ebs:id": "snap-1"})
    assert opened.hex().encode() == passphrase


def test_a_passphrase_is_good_for_the_disk_alone_that_it_was_made_for(store: Store) -> None:
    arn = kept(store, key())

    with store.read() as tx:
        _, sealed = disk_keys.new(tx, arn, "snap-1", NOW)
        with pytest.raises(Broken):
            disk_keys.opened(tx, sealed, arn, "snap-2", NOW)


@pytest.mark.parametrize("change", UNUSABLE)
def test_a_key_that_cannot_be_used_seals_and_opens_nothing(
    store: Store, change: dict[str, object]
) -> None:
    used, whole = key(), key()
    arn = kept(store, used)
    kept(store, whole)
    with store.begin() as tx:
        _, sealed = disk_keys.new(tx, arn, "snap-1", NOW)
        tx.keys.replace(used.model_copy(update=change))

    with store.read() as tx:
        with pytest.raises(KeyUnusable):
            disk_keys.usable(tx, arn, NOW)
        with pytest.raises(KeyUnusable):
            disk_keys.new(tx, arn, "snap-1", NOW)
        with pytest.raises(KeyUnusable):
            disk_keys.opened(tx, sealed, arn, "snap-1", NOW)
        for arns in ((arn, whole.arn), (whole.arn, arn)):
            with pytest.raises(KeyUnusable):
                disk_keys.resealed(
                    tx,
                    sealed if arns[0] == arn else disk_keys.new(tx, whole.arn, "snap-1", NOW)[1],
                    arns[0],
                    "snap-1",
                    to_key_arn=arns[1],
                    to_resource_id="snap-2",
                    now=NOW,
                )


def test_no_key_has_the_arn_of_an_alias(store: Store) -> None:
    with store.read() as tx, pytest.raises(KeyUnusable, match="gone"):
        disk_keys.usable(tx, "arn:aws:kms:us-east-1:111122223333:alias/aws/ebs", NOW)


def test_a_copy_has_the_same_passphrase_under_its_own_key(store: Store) -> None:
    first = kept(store, key())
    second = kept(store, key(), MATERIAL[::-1])

    with store.read() as tx:
        passphrase, sealed = disk_keys.new(tx, first, "snap-1", NOW)
        again = disk_keys.resealed(
            tx, sealed, first, "snap-1", to_key_arn=second, to_resource_id="snap-2", now=NOW
        )

        assert disk_keys.opened(tx, again, second, "snap-2", NOW) == passphrase
        with pytest.raises(Broken):
            disk_keys.opened(tx, again, second, "snap-1", NOW)

"""Volumes: by id, by token, by what they are made of and what they are attached to."""

from typing import Literal

import pytest

from state.layers import Layer
from state.store import Duplicate, Store
from state.volumes import Attachment, Shape, Volume
from tests.state.samples import ACCOUNT, NOW, REGION

OTHER = "222222222222"


def layer(blob_id: str, format: Literal["raw", "qcow2"] = "qcow2", sealed: bool = False) -> Layer:
    return Layer(blob_id=blob_id, size=1 << 30, format=format, sealed=sealed)


def volume(volume_id: str, account_id: str = ACCOUNT, client_token: str | None = None) -> Volume:
    return Volume(
        id=volume_id,
        account_id=account_id,
        region=REGION,
        zone=f"{REGION}a",
        created_at=NOW,
        shape=Shape(size_gib=1),
        client_token=client_token,
    )


def test_a_volume_comes_back_as_it_was(store: Store) -> None:
    value = volume("vol-1").model_copy(
        update={
            "layers": (layer("base", "raw"), layer("first")),
            "written": layer("second", sealed=True),
            "attachments": (Attachment(instance_id="i-1", device="/dev/sdf", attached_at=NOW),),
        }
    )
    with store.begin() as tx:
        tx.volumes.add(value)

    with store.read() as tx:
        assert tx.volumes.get("vol-1") == value
        assert [layer.blob_id for layer in value.files] == ["base", "first", "second"]
        assert [each.value for each in tx.volumes.list(ACCOUNT, REGION)] == [value]


def test_a_token_makes_one_volume_in_an_account_and_region(store: Store) -> None:
    with store.begin() as tx:
        tx.volumes.add(volume("vol-1", client_token="token"))
        tx.volumes.add(volume("vol-2", OTHER, client_token="token"))
        tx.volumes.add(volume("vol-3"))
        tx.volumes.add(volume("vol-4"))
        with pytest.raises(Duplicate):
            tx.volumes.add(volume("vol-5", client_token="token"))

        assert tx.volumes.by_token(ACCOUNT, REGION, "token") == volume(
            "vol-1", client_token="token"
        )
        assert tx.volumes.by_token(ACCOUNT, REGION, "other") is None


def test_the_files_of_a_volume_are_known_as_long_as_it_has_them(store: Store) -> None:
    ids = ["base", "first", "second", "stray"]

    def known() -> set[str]:
        with store.read() as tx:
            return tx.known_blobs(ids)

    value = volume("vol-1").model_copy(update={"layers": (layer("base", "raw"),)})
    with store.begin() as tx:
        tx.volumes.add(value)
    assert known() == {"base"}

    written = value.model_copy(update={"written": layer("first")})
    with store.begin() as tx:
        tx.volumes.replace(written)
    assert known() == {"base", "first"}

    with store.begin() as tx:
        tx.volumes.replace(value.model_copy(update={"layers": (layer("second", "raw"),)}))
    assert known() == {"second"}

    with store.begin() as tx:
        assert tx.volumes.remove("vol-1") is not None
        assert tx.volumes.remove("vol-1") is None
    assert known() == set()


def test_an_instance_knows_what_is_attached_to_it(store: Store) -> None:
    attached = Attachment(instance_id="i-1", device="/dev/sdf", attached_at=NOW)
    both = (attached, attached.model_copy(update={"instance_id": "i-2"}))
    with store.begin() as tx:
        tx.volumes.add(volume("vol-1"))
        tx.volumes.add(volume("vol-2").model_copy(update={"attachments": both}))
        tx.volumes.replace(volume("vol-1").model_copy(update={"attachments": (attached,)}))

    with store.begin() as tx:
        assert [each.id for each in tx.volumes.of_instance("i-1")] == ["vol-1", "vol-2"]
        assert [each.id for each in tx.volumes.of_instance("i-2")] == ["vol-2"]
        several = tx.volumes.of_instances(["i-1", "i-2", "i-3"])
        names = {key: [each.id for each in found] for key, found in several.items()}
        assert names == {"i-1": ["vol-1", "vol-2"], "i-2": ["vol-2"], "i-3": []}
        tx.volumes.replace(volume("vol-2"))
        tx.volumes.remove("vol-1")
        assert tx.volumes.of_instance("i-1") == []


def test_a_snapshots_bytes_take_the_place_of_what_they_were_made_of() -> None:
    first, second, third = (
        layer(name).model_copy(update={"source_id": name}) for name in ("first", "second", "third")
    )
    value = volume("vol-1").model_copy(update={"layers": (first, second), "written": third})
    flat = layer("flat", "raw").model_copy(update={"source_id": "second"})

    merged = value.merged(flat)

    assert merged is not None
    assert merged.files == (flat, third)
    again = value.frozen().merged(flat)
    assert again is not None
    assert (again.layers, again.written) == ((flat, third), None)
    assert merged.merged(layer("other")) is None

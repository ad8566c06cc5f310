"""Images: by id, by name, by what they are made of, and who may use them."""

import pytest

from state.accounts import AccountSettings
from state.images import BlockDevice, Image
from state.store import Duplicate, Store
from tests.state.samples import ACCOUNT, NOW, REGION, snapshot

OTHER = "222222222222"


def image(
    image_id: str,
    name: str = "",
    snapshots: tuple[str, ...] = (),
    account_id: str = ACCOUNT,
    region: str = REGION,
) -> Image:
    name = name or f"name of {image_id}"
    return Image(
        id=image_id,
        account_id=account_id,
        region=region,
        created_at=NOW,
        name=name,
        location=f"{account_id}/{name}",
        root_device_name="/dev/sda1",
        devices=tuple(
            BlockDevice(device_name=f"/dev/sd{letter}", snapshot_id=snapshot_id)
            for letter, snapshot_id in zip("abcdefgh", snapshots, strict=False)
        ),
    )


def test_an_image_comes_back_as_it_was(store: Store) -> None:
    value = image("ami-1", snapshots=("snap-1", "snap-2"))
    with store.begin() as tx:
        tx.images.add(value)

    with store.read() as tx:
        assert tx.images.get("ami-1") == value
        assert tx.images.by_name(ACCOUNT, REGION, "name of ami-1") == value
        assert tx.images.by_name(OTHER, REGION, "name of ami-1") is None


def test_a_name_is_given_once_in_an_account_and_region(store: Store) -> None:
    with store.begin() as tx:
        tx.images.add(image("ami-1", "golden"))
        tx.images.add(image("ami-2", "golden", account_id=OTHER))
        tx.images.add(image("ami-3", "golden", region="eu-west-1"))
        with pytest.raises(Duplicate):
            tx.images.add(image("ami-4", "golden", snapshots=("snap-1",)))
        assert tx.images.made_of("snap-1") == []


def test_a_snapshot_knows_what_is_made_of_it(store: Store) -> None:
    with store.begin() as tx:
        tx.images.add(image("ami-1", snapshots=("snap-1", "snap-2", "snap-1")))
        tx.images.add(image("ami-2", snapshots=("snap-2",)))

    with store.begin() as tx:
        assert [each.id for each in tx.images.made_of("snap-2")] == ["ami-1", "ami-2"]
        assert tx.images.remove("ami-1") is not None
        assert tx.images.remove("ami-1") is None
        assert tx.images.made_of("snap-1") == []
        assert [each.id for each in tx.images.made_of("snap-2")] == ["ami-2"]


def test_what_is_shared_can_be_used_by_those_it_is_shared_with(store: Store) -> None:
    with store.begin() as tx:
        for number in range(5):
            tx.images.add(image(f"ami-{number}", account_id=OTHER))
        tx.images.add(image("ami-mine"))
        tx.images.add(image("ami-far", account_id=OTHER, region="eu-west-1"))
        tx.permissions.put(REGION, "ami-1", ["all"])
        tx.permissions.put(REGION, "ami-3", [ACCOUNT, "333333333333"])
        tx.permissions.put("eu-west-1", "ami-far", ["all"])

    def usable(account_id: str = ACCOUNT, ids: list[str] | None = None) -> list[str]:
        with store.read() as tx:
            whole = tx.images.usable(account_id, REGION, ids=ids)
            if whole:  # and in two pages
                first = tx.images.usable(account_id, REGION, ids=ids, limit=1)
                rest = tx.images.usable(account_id, REGION, ids=ids, after=first[0].sequence)
                assert first + rest == whole
        return [each.value.id for each in whole]

    assert usable() == ["ami-1", "ami-3", "ami-mine"]
    assert usable("333333333333") == ["ami-1", "ami-3"]
    assert usable("444444444444") == ["ami-1"]
    assert usable(ids=["ami-2", "ami-3", "ami-mine", "ami-far"]) == ["ami-3", "ami-mine"]
    assert usable("444444444444", ids=["ami-1", "ami-3"]) == ["ami-1"]


def test_a_permission_is_given_once_and_taken_again(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1", account_id=OTHER))
        tx.permissions.put(REGION, "snap-1", [ACCOUNT, "all"])
        tx.permissions.put(REGION, "snap-1", ["333333333333", ACCOUNT])
        tx.permissions.put(REGION, "ami-1", ["all"])
    with store.read() as tx:
        assert tx.permissions.of(["snap-1", "snap-2"]) == {
            "snap-1": [ACCOUNT, "all", "333333333333"],
            "snap-2": [],
        }
    with store.begin() as tx:
        tx.permissions.remove("snap-1", ["all", "nobody"])
        assert tx.permissions.of(["snap-1"])["snap-1"] == [ACCOUNT, "333333333333"]
        tx.permissions.clear("snap-1")
        assert tx.permissions.of(["snap-1", "ami-1"]) == {"snap-1": [], "ami-1": ["all"]}
        assert tx.snapshots.usable(ACCOUNT, REGION) == []


def test_what_is_withheld_from_everybody_is_given_again(store: Store) -> None:
    with store.begin() as tx:
        for number in range(3):
            tx.snapshots.add(snapshot(f"snap-{number}", account_id=OTHER))
            tx.permissions.put(REGION, f"snap-{number}", ["all"])
        tx.permissions.put(REGION, "snap-1", [ACCOUNT])

    def usable() -> list[str]:
        with store.read() as tx:
            return [each.value.id for each in tx.snapshots.usable(ACCOUNT, REGION)]

    with store.begin() as tx:
        tx.permissions.withhold(["snap-0", "snap-1"], withheld=True)
    assert usable() == ["snap-1", "snap-2"]
    with store.begin() as tx:
        tx.permissions.withhold(["snap-0", "snap-1"], withheld=False)
    assert usable() == ["snap-0", "snap-1", "snap-2"]


def test_an_account_has_settings_before_it_has_chosen_any(store: Store) -> None:
    with store.begin() as tx:
        default = tx.accounts.get(ACCOUNT, REGION)
        chosen = default.model_copy(update={"image_public_access": "block-new-sharing"})
        tx.accounts.put(chosen)
        tx.accounts.put(chosen)

    with store.read() as tx:
        assert default == AccountSettings(account_id=ACCOUNT, region=REGION)
        assert tx.accounts.get(ACCOUNT, REGION) == chosen
        assert tx.accounts.get(ACCOUNT, "eu-west-1").image_public_access == "unblocked"

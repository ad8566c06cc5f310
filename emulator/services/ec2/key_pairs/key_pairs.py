"""Key pairs: CreateKeyPair, ImportKeyPair, DescribeKeyPairs and DeleteKeyPair."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from emulator.context import Context
from emulator.errors import dry_run, invalid_parameter_value, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import ids, network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.key_pairs import private_keys, public_keys
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    CreateKeyPairRequest,
    DeleteKeyPairRequest,
    DeleteKeyPairResult,
    DescribeKeyPairsRequest,
    DescribeKeyPairsResult,
    ImportKeyPairRequest,
    ImportKeyPairResult,
    KeyPairInfo,
)
from emulator.shapes.ec2 import KeyPair as KeyPairShape
from state.key_pairs import KeyPair
from state.store import Tx

actions = Actions()

LONGEST_NAME = 255  # ASCII characters


class Row(NamedTuple):
    """A key pair and its tags."""

    pair: KeyPair
    tags: Mapping[str, str]


FILTERS = Filters[Row](
    {
        "fingerprint": lambda row: row.pair.fingerprint,
        "key-name": lambda row: row.pair.name,
        "key-pair-id": lambda row: row.pair.id,
    },
    lambda row: row.tags,
)


@actions
def create_key_pair(ctx: Context, request: CreateKeyPairRequest) -> KeyPairShape:
    """Make a key pair; the private key is told now and never again."""
    name = checked_name(request["KeyName"])
    key_type = request.get("KeyType", "rsa")
    if key_type not in ("rsa", "ed25519"):
        raise invalid_parameter_value("KeyType", key_type)
    key_format = request.get("KeyFormat", "pem")
    if key_format not in ("pem", "ppk"):
        raise invalid_parameter_value("KeyFormat", key_format)
    tags = specified(request.get("TagSpecifications"), ("key-pair",))["key-pair"]
    with ctx.store.read() as tx:
        check_free(ctx, tx, name)
    if request.get("DryRun"):
        raise dry_run()
    key = private_keys.new_key(key_type)  # takes a while: no transaction waits for it
    if isinstance(key, RSAPrivateKey):
        fingerprint = public_keys.made_fingerprint(key)
    else:
        fingerprint = public_keys.ed25519_fingerprint(key.public_key())
    pair = keep(ctx, name, key.public_key(), fingerprint, tags)
    shape: KeyPairShape = {
        "KeyFingerprint": pair.fingerprint,
        "KeyMaterial": (
            private_keys.pem(key) if key_format == "pem" else private_keys.ppk(key, name)
        ),
        "KeyName": pair.name,
        "KeyPairId": pair.id,
    }
    if tags:
        shape["Tags"] = tag_set(tags)
    return shape


@actions
def import_key_pair(ctx: Context, request: ImportKeyPairRequest) -> ImportKeyPairResult:
    """Keep the public key of a pair that the client has made."""
    name = checked_name(request["KeyName"])
    key = public_keys.public_key(request["PublicKeyMaterial"])
    tags = specified(request.get("TagSpecifications"), ("key-pair",))["key-pair"]
    with ctx.store.read() as tx:
        check_free(ctx, tx, name)
    if request.get("DryRun"):
        raise dry_run()
    pair = keep(ctx, name, key, public_keys.imported_fingerprint(key), tags)
    shape: ImportKeyPairResult = {
        "KeyFingerprint": pair.fingerprint,
        "KeyName": pair.name,
        "KeyPairId": pair.id,
    }
    if tags:
        shape["Tags"] = tag_set(tags)
    return shape


@actions
def describe_key_pairs(ctx: Context, request: DescribeKeyPairsRequest) -> DescribeKeyPairsResult:
    """List key pairs: those named, or all that pass the filters."""
    test = FILTERS.test(request.get("Filters"))
    names, key_pair_ids = request.get("KeyNames", []), request.get("KeyPairIds", [])
    for each in key_pair_ids:
        check_id(each)
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.read() as tx:
        pairs = [each.value for each in tx.key_pairs.list(ctx.account_id, ctx.region)]
        tags = tx.tags.of([pair.id for pair in pairs])
    for name in names:
        if not any(pair.name == name for pair in pairs):
            raise network_errors.key_pair_not_found(name)
    for each in key_pair_ids:
        if not any(pair.id == each for pair in pairs):
            raise network_errors.key_pair_id_not_found(each)
    with_key = request.get("IncludePublicKey", False)
    return {
        "KeyPairs": [
            shown(pair, tags[pair.id], with_key)
            for pair in pairs
            if (not (names or key_pair_ids) or pair.name in names or pair.id in key_pair_ids)
            and (test is None or test(Row(pair, tags[pair.id])))
        ]
    }


@actions
def delete_key_pair(ctx: Context, request: DeleteKeyPairRequest) -> DeleteKeyPairResult:
    """Forget a key pair; there need not be one of the name."""
    name, key_pair_id = request.get("KeyName"), request.get("KeyPairId")
    if key_pair_id is not None:
        check_id(key_pair_id)
    elif name is None:
        raise missing_parameter("KeyName")
    with ctx.store.begin() as tx:
        pair = (
            tx.key_pairs.by_name(ctx.account_id, ctx.region, name)
            if name is not None
            else find(ctx, tx, key_pair_id or "")
        )
        if request.get("DryRun"):
            raise dry_run()
        if pair is None:
            return {"Return": True}
        tx.key_pairs.remove(pair.id)
        tx.tags.remove(ctx.account_id, ctx.region, pair.id)
    return {"Return": True, "KeyPairId": pair.id}


def keep(
    ctx: Context,
    name: str,
    key: public_keys.PublicKey,
    fingerprint: str,
    tags: Mapping[str, str],
) -> KeyPair:
    """Keep a key pair under a name; InvalidKeyPair.Duplicate."""
    key_type: Literal["rsa", "ed25519"] = "ed25519" if isinstance(key, Ed25519PublicKey) else "rsa"
    pair = KeyPair(
        id=ctx.new_id("key"),
        account_id=ctx.account_id,
        region=ctx.region,
        name=name,
        type=key_type,
        fingerprint=fingerprint,
        public_key=public_keys.one_line(key, name),
        created_at=ctx.now(),
    )
    with ctx.store.begin() as tx:
        check_free(ctx, tx, name)
        tx.key_pairs.add(pair)
        tx.tags.put(ctx.account_id, ctx.region, pair.id, tags)
    return pair


def check_free(ctx: Context, tx: Tx, name: str) -> None:
    """Refuse a name that a key pair has; InvalidKeyPair.Duplicate."""
    if tx.key_pairs.by_name(ctx.account_id, ctx.region, name) is not None:
        raise network_errors.key_pair_exists(name)


def find(ctx: Context, tx: Tx, key_pair_id: str) -> KeyPair:
    """Return the key pair of an id; InvalidKeyPair.NotFound."""
    for each in tx.key_pairs.list(ctx.account_id, ctx.region, ids=[key_pair_id]):
        return each.value
    raise network_errors.key_pair_id_not_found(key_pair_id)


def checked_name(name: str) -> str:
    """Return a name that a key pair may have; InvalidParameterValue for others.

    So the API reference: up to 255 ASCII characters, no spaces at either end.
    """
    if not name.isascii():
        raise network_errors.not_ascii(name, "KeyName")
    if not name or len(name) > LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise network_errors.characters(
            name[: LONGEST_NAME + 1], "KeyName", "ASCII, without spaces at either end"
        )
    return name


def check_id(key_pair_id: str) -> None:
    """Refuse a string that cannot be the id of a key pair."""
    if ids.prefix_of(key_pair_id) != "key":
        raise network_errors.malformed("InvalidKeyPairId.Malformed", "key", key_pair_id)


def shown(pair: KeyPair, tags: Mapping[str, str], with_key: bool) -> KeyPairInfo:
    """Return a key pair as clients see it."""
    shape: KeyPairInfo = {
        "KeyPairId": pair.id,
        "KeyName": pair.name,
        "KeyType": pair.type,
        "KeyFingerprint": pair.fingerprint,
        "CreateTime": pair.created_at,
        "Tags": tag_set(tags),
    }
    if with_key:
        shape["PublicKey"] = pair.public_key
    return shape

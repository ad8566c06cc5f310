"""Keys: CreateKey, DescribeKey and ListKeys.

All keys are symmetric, of one Region, and their material is made here. Asymmetric and HMAC keys,
keys of many Regions, imported material and custom key stores are refused.
"""

from uuid import uuid4

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.kms import errors, finding, pages, policies, tags
from emulator.shapes.kms import (
    CreateKeyRequest,
    CreateKeyResponse,
    DescribeKeyRequest,
    DescribeKeyResponse,
    KeyMetadata,
    ListKeysRequest,
    ListKeysResponse,
)
from state.keys import Key
from state.sealing import new_material

actions = Actions()

SYMMETRIC = "SYMMETRIC_DEFAULT"
USAGE = "ENCRYPT_DECRYPT"
ORIGIN = "AWS_KMS"


@actions
def create_key(ctx: Context, request: CreateKeyRequest) -> CreateKeyResponse:
    """Make a key."""
    check_kind(request)
    given = policies.checked(
        ctx, request.get("Policy"), unchecked=request.get("BypassPolicyLockoutSafetyCheck")
    )
    key_id = str(uuid4())
    key = Key(
        id=key_id,
        arn=finding.arn(ctx, f"key/{key_id}"),
        account_id=ctx.account_id,
        region=ctx.region,
        created_at=ctx.now(),
        description=request.get("Description", ""),
        policy=given,
        tags=tags.with_more({}, request.get("Tags", [])),
    )
    with ctx.store.begin() as tx:
        tx.keys.purge(ctx.now())
        tx.keys.create(key, new_material())
    return {"KeyMetadata": metadata(key)}


@actions
def describe_key(ctx: Context, request: DescribeKeyRequest) -> DescribeKeyResponse:
    """Show a key."""
    finding.make_managed_key(ctx, request["KeyId"])
    with ctx.store.read() as tx:
        key = finding.find_by_any_name(ctx, tx, request["KeyId"], "DescribeKey")
    return {"KeyMetadata": metadata(key)}


@actions
def list_keys(ctx: Context, request: ListKeysRequest) -> ListKeysResponse:
    """Name the keys of the account and Region."""
    limit = pages.limited(request.get("Limit"), 100, 1000)
    after = pages.number("ListKeys", request.get("Marker"))
    with ctx.store.read() as tx:
        rows = tx.keys.list(ctx.account_id, ctx.region, ctx.now(), after=after, limit=limit + 1)
    shown, marker = pages.cut("ListKeys", rows, limit, lambda row: row.sequence)
    answer: ListKeysResponse = {
        "Keys": [{"KeyId": key.id, "KeyArn": key.arn} for _, key in shown],
        "Truncated": marker is not None,
    }
    if marker is not None:
        answer["NextMarker"] = marker
    return answer


def check_kind(request: CreateKeyRequest) -> None:
    """Refuse the kinds of keys that there are not; UnsupportedOperationException."""
    spec = request.get("KeySpec", request.get("CustomerMasterKeySpec", SYMMETRIC))
    if spec != SYMMETRIC:
        raise errors.unsupported(f"Keys of the spec {spec} are")
    if (usage := request.get("KeyUsage", USAGE)) != USAGE:
        raise errors.validation(f"KeyUsage {usage} is not compatible with KeySpec {SYMMETRIC}")
    if request.get("Origin", ORIGIN) != ORIGIN or "CustomKeyStoreId" in request:
        raise errors.unsupported("Key material from elsewhere is")
    if request.get("MultiRegion"):
        raise errors.unsupported("Keys of many Regions are")


def metadata(key: Key) -> KeyMetadata:
    """Show a key without its policy and tags."""
    shape: KeyMetadata = {
        "AWSAccountId": key.account_id,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created_at,
        "Enabled": key.state == "Enabled",
        "Description": key.description,
        "KeyUsage": USAGE,
        "KeyState": key.state,
        "Origin": ORIGIN,
        "KeyManager": "AWS" if key.managed else "CUSTOMER",
        "CustomerMasterKeySpec": SYMMETRIC,
        "KeySpec": SYMMETRIC,
        "EncryptionAlgorithms": [SYMMETRIC],
        "MultiRegion": False,
    }
    if key.deletes_at is not None:
        shape["DeletionDate"] = key.deletes_at
    return shape

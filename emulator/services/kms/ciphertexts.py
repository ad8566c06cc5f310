"""Small secrets, sealed and opened: Encrypt, Decrypt and ReEncrypt."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError, missing_member
from emulator.services.actions import Actions
from emulator.services.kms import errors, finding
from emulator.shapes.kms import (
    DecryptRequest,
    DecryptResponse,
    EncryptRequest,
    EncryptResponse,
    ReEncryptRequest,
    ReEncryptResponse,
)
from state import sealing
from state.keys import Key
from state.store import Tx

actions = Actions()

ALGORITHM = "SYMMETRIC_DEFAULT"


@actions
def encrypt(ctx: Context, request: EncryptRequest) -> EncryptResponse:
    """Seal up to 4096 bytes under a key."""
    check_algorithm(request.get("EncryptionAlgorithm"))
    context = request.get("EncryptionContext", {})
    key, material = finding.usable(ctx, request["KeyId"], "Encrypt", context)
    check_dry_run(request)
    return {
        "CiphertextBlob": sealing.seal(key.id, material, request["Plaintext"], context),
        "KeyId": key.arn,
        "EncryptionAlgorithm": ALGORITHM,
    }


@actions
def decrypt(ctx: Context, request: DecryptRequest) -> DecryptResponse:
    """Open what was sealed; the key need not be named."""
    check_algorithm(request.get("EncryptionAlgorithm"))
    if "Recipient" in request:
        raise errors.unsupported("Attested recipients are")
    key, content = opened(
        ctx,
        request.get("CiphertextBlob"),
        request.get("EncryptionContext", {}),
        request.get("KeyId"),
        "Decrypt",
    )
    check_dry_run(request)
    return {"KeyId": key.arn, "Plaintext": content, "EncryptionAlgorithm": ALGORITHM}


@actions
def re_encrypt(ctx: Context, request: ReEncryptRequest) -> ReEncryptResponse:
    """Seal under another key, or with another context, without showing what is in it."""
    check_algorithm(request.get("SourceEncryptionAlgorithm"))
    check_algorithm(request.get("DestinationEncryptionAlgorithm"))
    source, content = opened(
        ctx,
        request.get("CiphertextBlob"),
        request.get("SourceEncryptionContext", {}),
        request.get("SourceKeyId"),
        "ReEncryptFrom",
    )
    context = request.get("DestinationEncryptionContext", {})
    key, material = finding.usable(ctx, request["DestinationKeyId"], "ReEncryptTo", context)
    check_dry_run(request)
    return {
        "CiphertextBlob": sealing.seal(key.id, material, content, context),
        "SourceKeyId": source.arn,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": ALGORITHM,
        "DestinationEncryptionAlgorithm": ALGORITHM,
    }


def opened(
    ctx: Context, sealed: bytes | None, context: Mapping[str, str], text: str | None, action: str
) -> tuple[Key, bytes]:
    """Return what was sealed, and under which key; if one is named, it must be that one."""
    if sealed is None:
        raise missing_member("CiphertextBlob")
    try:
        key_id = sealing.key_id_of(sealed)
    except sealing.Broken:
        raise errors.invalid_ciphertext() from None
    with ctx.store.read() as tx:
        if text is not None:
            key = finding.find_by_any_name(ctx, tx, text, action, context)
            if key.id != key_id:
                raise errors.incorrect_key()
        else:
            key = meant(ctx, tx, key_id, action, context)
        finding.check_usable(key)
        material = tx.keys.material(key.id)
    try:
        return key, sealing.unseal(material, sealed, context)
    except sealing.Broken:
        raise errors.invalid_ciphertext() from None


def meant(ctx: Context, tx: Tx, key_id: str, action: str, context: Mapping[str, str]) -> Key:
    """Return the key that a ciphertext was sealed under, in whatever account; if it may be used."""
    key = tx.keys.get(key_id, ctx.now())
    if key is None or key.region != ctx.region:
        raise errors.ciphertext_not_allowed()
    try:
        return finding.permitted(ctx, tx, key, action, context)
    except AwsError:
        if key.account_id == ctx.account_id:
            raise
        raise errors.ciphertext_not_allowed() from None


def check_algorithm(algorithm: str | None) -> None:
    """Refuse the algorithms of asymmetric keys; InvalidKeyUsageException."""
    if algorithm not in (None, ALGORITHM):
        raise errors.wrong_algorithm(str(algorithm))


def check_dry_run(request: Mapping[str, Any]) -> None:
    """End a request that was only to be tried."""
    if request.get("DryRun"):
        raise errors.dry_run()

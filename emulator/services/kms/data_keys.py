"""Keys for the bytes of others: GenerateDataKey, and the same without showing it.

KMS forgets a data key at once. Who keeps it keeps it sealed, and asks Decrypt when it is needed.
"""

import secrets

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.kms import errors, finding
from emulator.services.kms.ciphertexts import check_dry_run
from emulator.shapes.kms import (
    GenerateDataKeyRequest,
    GenerateDataKeyResponse,
    GenerateDataKeyWithoutPlaintextRequest,
    GenerateDataKeyWithoutPlaintextResponse,
)
from state import sealing

actions = Actions()

SPECS = {"AES_128": 16, "AES_256": 32}


@actions
def generate_data_key(ctx: Context, request: GenerateDataKeyRequest) -> GenerateDataKeyResponse:
    """Make a data key, in the clear and sealed."""
    if "Recipient" in request:
        raise errors.unsupported("Attested recipients are")
    content, sealed, arn = made(ctx, request, "GenerateDataKey")
    return {"CiphertextBlob": sealed, "Plaintext": content, "KeyId": arn}


@actions
def generate_data_key_without_plaintext(
    ctx: Context, request: GenerateDataKeyWithoutPlaintextRequest
) -> GenerateDataKeyWithoutPlaintextResponse:
    """Make a data key that is needed later, sealed."""
    _, sealed, arn = made(ctx, request, "GenerateDataKeyWithoutPlaintext")
    return {"CiphertextBlob": sealed, "KeyId": arn}


def made(
    ctx: Context,
    request: GenerateDataKeyRequest | GenerateDataKeyWithoutPlaintextRequest,
    action: str,
) -> tuple[bytes, bytes, str]:
    """Return a data key, the same sealed, and the ARN of the key that it is sealed under."""
    spec, size = request.get("KeySpec"), request.get("NumberOfBytes")
    if (spec is None) == (size is None):
        raise errors.one_of_two_sizes()
    context = request.get("EncryptionContext", {})
    key, material = finding.usable(ctx, request["KeyId"], action, context)
    check_dry_run(request)
    content = secrets.token_bytes(size or SPECS[spec or ""])
    sealed = sealing.seal(key.id, material, content, context)
    return content, sealed, key.arn

"""What is sealed under keys: small secrets and data keys."""

from typing import Any

import pytest

from tests.house import House
from tests.kms.conftest import NOWHERE, arn, refusal

CONTEXT = {"vmie:disk": "1", "vmie:task": "import-ami-é"}
ANOTHER = {"vmie:disk": "2", "vmie:task": "import-ami-é"}


def test_what_is_sealed_is_opened_again(house: House, kms: Any, key_id: str) -> None:
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"a secret", EncryptionContext=CONTEXT)
    again = kms.encrypt(KeyId=key_id, Plaintext=b"a secret", EncryptionContext=CONTEXT)
    opened = kms.decrypt(
        CiphertextBlob=sealed["CiphertextBlob"],
        EncryptionContext=dict(reversed(CONTEXT.items())),
    )

    assert sealed["KeyId"] == opened["KeyId"] == arn(house, f"key/{key_id}")
    assert sealed["EncryptionAlgorithm"] == opened["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert opened["Plaintext"] == b"a secret"
    assert b"secret" not in sealed["CiphertextBlob"]
    assert sealed["CiphertextBlob"] != again["CiphertextBlob"]


def test_a_key_seals_up_to_4096_bytes(kms: Any, key_id: str) -> None:
    largest = bytes(range(256)) * 16
    sealed = kms.encrypt(KeyId=key_id, Plaintext=largest)["CiphertextBlob"]

    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == largest
    code, message = refusal(kms.encrypt, KeyId=key_id, Plaintext=largest + b"x")
    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )


@pytest.mark.parametrize("context", [{}, ANOTHER, CONTEXT | {"more": ""}, {"vmie:disk": "1"}])
def test_only_who_knows_the_context_opens(kms: Any, key_id: str, context: dict[str, str]) -> None:
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]

    code, _ = refusal(kms.decrypt, CiphertextBlob=sealed, EncryptionContext=context)

    assert code == "InvalidCiphertextException"


def test_no_bit_of_a_ciphertext_can_be_changed(kms: Any, key_id: str) -> None:
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]

    for index in range(len(sealed)):
        changed = bytearray(sealed)
        changed[index] ^= 1
        code, _ = refusal(kms.decrypt, CiphertextBlob=bytes(changed))
        # where the key's id stands, it is that of no key
        assert code == (
            "AccessDeniedException" if 1 <= index < 17 else "InvalidCiphertextException"
        )


@pytest.mark.parametrize("sealed", [b"x", b"\x01" * 45, b"\x00" * 60])
def test_what_was_never_sealed(kms: Any, sealed: bytes) -> None:
    code, _ = refusal(kms.decrypt, CiphertextBlob=sealed)

    assert code in ("InvalidCiphertextException", "AccessDeniedException")


def test_a_ciphertext_is_opened_by_its_account_and_region_alone(
    house: House, friend: House, kms: Any, key_id: str
) -> None:
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]

    for elsewhere in (friend.kms(), house.kms(region="eu-west-1")):
        assert refusal(elsewhere.decrypt, CiphertextBlob=sealed) == (
            "AccessDeniedException",
            "The ciphertext refers to a customer master key that does not exist, does not exist "
            "in this region, or you are not allowed to access.",
        )


def test_a_key_that_is_named_must_be_the_one(house: House, kms: Any, key_id: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId="alias/mine", Plaintext=b"x")["CiphertextBlob"]

    assert kms.decrypt(CiphertextBlob=sealed, KeyId="alias/mine")["Plaintext"] == b"x"
    assert kms.decrypt(CiphertextBlob=sealed, KeyId=arn(house, f"key/{key_id}"))
    assert refusal(kms.decrypt, CiphertextBlob=sealed, KeyId=other) == (
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
    assert refusal(kms.decrypt, CiphertextBlob=sealed, KeyId=NOWHERE)[0] == "NotFoundException"


def test_a_disabled_key_opens_nothing(kms: Any, key_id: str) -> None:
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key_id)

    assert refusal(kms.decrypt, CiphertextBlob=sealed)[0] == "DisabledException"


@pytest.mark.parametrize(
    ("size", "expected"),
    [({"KeySpec": "AES_128"}, 16), ({"KeySpec": "AES_256"}, 32), ({"NumberOfBytes": 64}, 64)],
)
def test_a_data_key(
    house: House, kms: Any, key_id: str, size: dict[str, Any], expected: int
) -> None:
    made = kms.generate_data_key(KeyId=key_id, EncryptionContext=CONTEXT, **size)
    hidden = kms.generate_data_key_without_plaintext(
        KeyId=key_id, EncryptionContext=CONTEXT, **size
    )

    assert made["KeyId"] == hidden["KeyId"] == arn(house, f"key/{key_id}")
    opened = [
        kms.decrypt(CiphertextBlob=each["CiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"]
        for each in (made, hidden)
    ]
    assert opened[0] == made["Plaintext"]
    assert [len(each) for each in opened] == [expected, expected]
    assert opened[0] != opened[1]
    assert "Plaintext" not in hidden


@pytest.mark.parametrize("size", [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32}])
def test_a_data_key_has_one_size(kms: Any, key_id: str, size: dict[str, Any]) -> None:
    expected = ("ValidationException", "Please specify either number of bytes or key spec.")

    assert refusal(kms.generate_data_key, KeyId=key_id, **size) == expected
    assert refusal(kms.generate_data_key_without_plaintext, KeyId=key_id, **size) == expected


def test_what_is_sealed_moves_to_another_key(house: House, kms: Any, key_id: str) -> None:
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]

    moved = kms.re_encrypt(
        CiphertextBlob=sealed,
        SourceEncryptionContext=CONTEXT,
        SourceKeyId=key_id,
        DestinationKeyId=other,
        DestinationEncryptionContext=ANOTHER,
    )

    assert moved["SourceKeyId"] == arn(house, f"key/{key_id}")
    assert moved["KeyId"] == arn(house, f"key/{other}")
    kms.disable_key(KeyId=key_id)
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext=ANOTHER)
    assert opened["Plaintext"] == b"x"


def test_what_moves_must_be_opened_first(kms: Any, key_id: str) -> None:
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    request = {"CiphertextBlob": sealed, "DestinationKeyId": other}

    assert refusal(kms.re_encrypt, **request)[0] == "InvalidCiphertextException"
    request["SourceEncryptionContext"] = CONTEXT
    assert refusal(kms.re_encrypt, **request, SourceKeyId=other)[0] == "IncorrectKeyException"
    kms.disable_key(KeyId=other)
    assert refusal(kms.re_encrypt, **request)[0] == "DisabledException"


def test_nothing_is_done_by_a_dry_run(kms: Any, key_id: str) -> None:
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]

    for attempt, request in [
        (kms.encrypt, {"KeyId": key_id, "Plaintext": b"x"}),
        (kms.decrypt, {"CiphertextBlob": sealed}),
        (kms.generate_data_key, {"KeyId": key_id, "KeySpec": "AES_256"}),
        (kms.generate_data_key_without_plaintext, {"KeyId": key_id, "KeySpec": "AES_256"}),
        (kms.re_encrypt, {"CiphertextBlob": sealed, "DestinationKeyId": key_id}),
    ]:
        assert refusal(attempt, **request, DryRun=True) == (
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        )


def test_a_symmetric_key_knows_one_algorithm(kms: Any, key_id: str) -> None:
    request = {"KeyId": key_id, "Plaintext": b"x"}

    assert kms.encrypt(**request, EncryptionAlgorithm="SYMMETRIC_DEFAULT")
    code, _ = refusal(kms.encrypt, **request, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    assert code == "InvalidKeyUsageException"


def test_the_log_knows_no_secrets(house: House) -> None:
    kms = house.kms()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    made = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")
    kms.decrypt(CiphertextBlob=made["CiphertextBlob"])
    refusal(kms.encrypt, KeyId=key_id, Plaintext=b"very secret" * 500)

    log = house.server.log

    assert "kms:Decrypt 200" in log
    assert "very secret" not in log
    assert made["Plaintext"].hex() not in log

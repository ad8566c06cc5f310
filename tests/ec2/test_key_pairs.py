"""Key pairs; ssh-keygen and openssl tell what is right."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from emulator.services.ec2.key_pairs.key_pairs import FILTERS
from tests.ec2.conftest import refusal
from tests.ec2.putty import read_ppk
from tests.house import House

RSA = (
    b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDmKMj1iGrXhbNDh1xfmeKTYPeHJEgS1c53xq8Zwr7rCkDFnwFTVcgZ"
)
MISSING = "key-0123456789abcdef0"
NOT_A_KEY = ("InvalidKey.Format", "Key is not in valid OpenSSH public key format")


def run(*command: object, given: bytes | None = None) -> bytes:
    return subprocess.run(
        [str(word) for word in command], input=given, stdout=subprocess.PIPE, check=True
    ).stdout


def kept(tmp_path: Path, material: str) -> Path:
    """Write a private key as its owner would."""
    path = tmp_path / "key.pem"
    path.write_text(material if material.endswith("\n") else material + "\n")
    path.chmod(0o600)
    return path


def new_key(tmp_path: Path, *options: str) -> Path:
    """Make a key as a client would; its public half is beside it."""
    path = tmp_path / "own"
    run("ssh-keygen", "-q", "-N", "", "-C", "me@home", "-f", path, *options)
    return path


def public(path: Path) -> bytes:
    return path.with_suffix(".pub").read_bytes()


def described(house: House, name: str) -> Any:
    (pair,) = house.ec2().describe_key_pairs(KeyNames=[name], IncludePublicKey=True)["KeyPairs"]
    return pair


def test_an_rsa_key_has_the_fingerprint_of_its_private_half(house: House, tmp_path: Path) -> None:
    made = house.ec2().create_key_pair(
        KeyName="mine",
        TagSpecifications=[{"ResourceType": "key-pair", "Tags": [{"Key": "A", "Value": "b"}]}],
    )

    path = kept(tmp_path, made["KeyMaterial"])
    assert made["KeyMaterial"].startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert made["KeyMaterial"].endswith("-----END RSA PRIVATE KEY-----")
    der = run("openssl", "pkcs8", "-in", path, "-outform", "DER", "-topk8", "-nocrypt")
    assert made["KeyFingerprint"] == hashlib.sha1(der).digest().hex(":")
    pair = described(house, "mine")
    assert pair["PublicKey"].split() == [
        *run("ssh-keygen", "-y", "-f", path).decode().split(),
        "mine",
    ]
    assert pair["KeyType"] == "rsa"
    assert pair["KeyPairId"] == made["KeyPairId"]
    assert pair["Tags"] == made["Tags"] == [{"Key": "A", "Value": "b"}]
    assert b"2048" in run("ssh-keygen", "-l", "-f", path)


def test_an_ed25519_key_has_the_fingerprint_that_openssh_shows(
    house: House, tmp_path: Path
) -> None:
    made = house.ec2().create_key_pair(KeyName="mine", KeyType="ed25519")

    path = kept(tmp_path, made["KeyMaterial"])
    assert made["KeyMaterial"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    shown = run("ssh-keygen", "-l", "-f", path).decode().split()
    assert f"SHA256:{made['KeyFingerprint']}" == f"{shown[1]}="
    pair = described(house, "mine")
    assert pair["KeyType"] == "ed25519"
    assert pair["PublicKey"].split()[:2] == run("ssh-keygen", "-y", "-f", path).decode().split()[:2]


@pytest.mark.parametrize("key_type", ["rsa", "ed25519"])
def test_putty_reads_the_other_format(house: House, key_type: Any) -> None:
    made = house.ec2().create_key_pair(KeyName="mine", KeyType=key_type, KeyFormat="ppk")

    name, comment, key = read_ppk(made["KeyMaterial"])

    assert name == f"ssh-{key_type}"
    assert comment == "mine"
    pair = described(house, "mine")
    assert pair["PublicKey"].split()[1] == key.public.decode()
    if isinstance(key.private, rsa.RSAPrivateKey):
        der = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        assert pair["KeyFingerprint"] == hashlib.sha1(der).digest().hex(":")


@pytest.mark.parametrize("bits", [1024, 2048])
def test_an_imported_rsa_key_has_the_fingerprint_of_its_public_half(
    house: House, tmp_path: Path, bits: int
) -> None:
    own = new_key(tmp_path, "-t", "rsa", "-b", str(bits), "-m", "PEM")

    made = house.ec2().import_key_pair(KeyName="own", PublicKeyMaterial=public(own))

    der = run("openssl", "rsa", "-in", own, "-pubout", "-outform", "DER")
    assert made["KeyFingerprint"] == hashlib.md5(der).digest().hex(":")
    pair = described(house, "own")
    assert pair["KeyFingerprint"] == made["KeyFingerprint"]
    assert pair["PublicKey"].split() == [*public(own).decode().split()[:2], "own"]


@pytest.mark.parametrize("kind", ["openssh", "RFC4716", "PKCS8", "DER", "bare"])
def test_a_public_key_is_taken_in_every_format(house: House, tmp_path: Path, kind: str) -> None:
    own = new_key(tmp_path, "-t", "rsa", "-b", "1024")
    pub = own.with_suffix(".pub")
    match kind:
        case "openssh":
            material = public(own)
        case "bare":
            material = b" ".join(public(own).split()[:2])
        case "DER":
            pem = run("ssh-keygen", "-e", "-m", "PKCS8", "-f", pub)
            material = b"".join(pem.splitlines()[1:-1])
        case _:
            material = run("ssh-keygen", "-e", "-m", kind, "-f", pub)

    house.ec2().import_key_pair(KeyName="own", PublicKeyMaterial=material)

    assert described(house, "own")["PublicKey"].split()[1] == public(own).decode().split()[1]


def test_an_imported_ed25519_key(house: House, tmp_path: Path) -> None:
    own = new_key(tmp_path, "-t", "ed25519")

    made = house.ec2().import_key_pair(KeyName="own", PublicKeyMaterial=public(own))

    shown = run("ssh-keygen", "-l", "-f", own).decode().split()
    assert f"SHA256:{made['KeyFingerprint']}" == f"{shown[1]}="
    assert described(house, "own")["KeyType"] == "ed25519"


@pytest.mark.parametrize(
    "material",
    [b"x", b"ssh-rsa AAAA", RSA, b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", b"\xff\xfe",
     b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", b"AAAA", b"ssh-rsa",
     b"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA", b"ssh-rsa " + b"A" * 20000],
)  # fmt: skip
def test_what_is_no_key_is_refused(shared_house: House, material: bytes) -> None:
    assert (
        refusal(lambda: shared_house.ec2().import_key_pair(KeyName="k", PublicKeyMaterial=material))
        == NOT_A_KEY
    )


@pytest.mark.parametrize("options", [("-t", "ecdsa"), ("-t", "rsa", "-b", "1536")])
def test_keys_of_other_kinds_are_refused(
    shared_house: House, tmp_path: Path, options: tuple[str, ...]
) -> None:
    own = new_key(tmp_path, *options)

    code, _ = refusal(
        lambda: shared_house.ec2().import_key_pair(KeyName="k", PublicKeyMaterial=public(own))
    )

    assert code == "InvalidKey.Format"


def imported(house: House, tmp_path: Path, *names: str) -> None:
    material = public(new_key(tmp_path, "-t", "ed25519"))
    for name in names:
        house.ec2().import_key_pair(KeyName=name, PublicKeyMaterial=material)


def test_a_name_is_free_once_in_a_region(house: House, tmp_path: Path) -> None:
    imported(house, tmp_path, "one")
    ec2 = house.ec2()

    exists = ("InvalidKeyPair.Duplicate", "The keypair 'one' already exists.")
    assert refusal(lambda: ec2.create_key_pair(KeyName="one")) == exists
    material = public(tmp_path / "own")
    assert refusal(lambda: ec2.import_key_pair(KeyName="one", PublicKeyMaterial=material)) == exists
    house.ec2(region="eu-west-1").import_key_pair(KeyName="one", PublicKeyMaterial=material)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"KeyName": " a"}, "InvalidParameterValue"),
        ({"KeyName": "é"}, "InvalidParameterValue"),
        ({"KeyName": "x" * 256}, "InvalidParameterValue"),
        ({"KeyName": "a", "KeyType": "dsa"}, "InvalidParameterValue"),
        ({"KeyName": "a", "KeyFormat": "der"}, "InvalidParameterValue"),
        ({"KeyName": "a", "DryRun": True}, "DryRunOperation"),
    ],
)
def test_some_key_pairs_cannot_be(shared_house: House, request_: Any, code: str) -> None:
    ec2 = shared_house.ec2()

    assert refusal(lambda: ec2.create_key_pair(**request_))[0] == code
    assert ec2.describe_key_pairs()["KeyPairs"] == []


def test_key_pairs_are_named_and_filtered(house: House, tmp_path: Path) -> None:
    imported(house, tmp_path, "one", "two")
    ec2 = house.ec2()
    one, two = ec2.describe_key_pairs()["KeyPairs"]
    ec2.create_tags(Resources=[two["KeyPairId"]], Tags=[{"Key": "Team", "Value": "red"}])

    def names(**request: Any) -> list[str]:
        return [pair["KeyName"] for pair in ec2.describe_key_pairs(**request)["KeyPairs"]]

    assert names(KeyNames=["two"]) == names(KeyPairIds=[two["KeyPairId"]]) == ["two"]
    values = {
        "fingerprint": [one["KeyFingerprint"]],
        "key-name": ["o*", "t?o"],
        "key-pair-id": [one["KeyPairId"]],
    }
    found = {name: names(Filters=[{"Name": name, "Values": values[name]}]) for name in values}
    assert found == {
        "fingerprint": ["one", "two"],
        "key-name": ["one", "two"],
        "key-pair-id": ["one"],
    }
    assert values.keys() == FILTERS.fields.keys()
    assert names(Filters=[{"Name": "tag:Team", "Values": ["red"]}]) == ["two"]
    assert "PublicKey" not in one
    assert refusal(lambda: names(KeyNames=["one", "nope"])) == (
        "InvalidKeyPair.NotFound",
        "The key pair 'nope' does not exist",
    )
    assert refusal(lambda: names(KeyPairIds=[MISSING])) == (
        "InvalidKeyPair.NotFound",
        f"The key pair ID '{MISSING}' does not exist",
    )
    ec2.get_waiter("key_pair_exists").wait(KeyNames=["one"])


def test_key_pairs_are_deleted(house: House, friend: House, tmp_path: Path) -> None:
    imported(house, tmp_path, "one", "two")
    ec2 = house.ec2()
    one, two = ec2.describe_key_pairs()["KeyPairs"]
    friend.ec2().delete_key_pair(KeyName="one")
    assert refusal(lambda: friend.ec2().delete_key_pair(KeyPairId=one["KeyPairId"]))[0] == (
        "InvalidKeyPair.NotFound"
    )

    assert ec2.delete_key_pair(KeyName="one")["KeyPairId"] == one["KeyPairId"]
    assert ec2.delete_key_pair(KeyPairId=two["KeyPairId"])["Return"]

    assert ec2.describe_key_pairs()["KeyPairs"] == []
    assert "KeyPairId" not in ec2.delete_key_pair(KeyName="one")
    assert refusal(lambda: ec2.delete_key_pair())[0] == "MissingParameter"


def test_the_private_key_is_kept_nowhere(own_house: House) -> None:
    made = own_house.ec2().create_key_pair(KeyName="mine", KeyType="ed25519")

    secret = made["KeyMaterial"].splitlines()[3].encode()
    files = [path for path in own_house.data_dir.rglob("*") if path.is_file()]
    assert files
    assert not any(secret in path.read_bytes() for path in files)
    assert secret.decode() not in own_house.server.log

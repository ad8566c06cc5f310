"""Whom the commands ask as, and where: variables, then what `aws configure` has written."""

from pathlib import Path

import pytest

from emulator.cli.aws import Place
from emulator.cli.profiles import completed
from emulator.parts import StartError

CREDENTIALS = """
[default]
aws_access_key_id = ONE
aws_secret_access_key = one/secret%
[other]
aws_access_key_id=TWO
aws_secret_access_key=two
aws_session_token=token
"""
CONFIG = """
[default]
region = eu-west-1
s3 =
  max_concurrent_requests = 20
[profile other]
endpoint_url = http://localhost:4577/
region = us-west-2
[profile alone]
aws_access_key_id = THREE
aws_secret_access_key = three
region = sa-east-1
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The variables that say where the files are."""
    (tmp_path / "credentials").write_text(CREDENTIALS)
    (tmp_path / "config").write_text(CONFIG)
    return {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
    }


@pytest.mark.parametrize(
    ("environ", "keys", "region", "endpoint"),
    [
        ({}, ("ONE", "one/secret%", None), "eu-west-1", "https://ec2.eu-west-1.amazonaws.com"),
        ({"AWS_PROFILE": "other"}, ("TWO", "two", "token"), "us-west-2", "http://localhost:4577"),
        (
            {"AWS_PROFILE": "alone", "AWS_ENDPOINT_URL": "http://x"},
            ("THREE", "three", None),
            "sa-east-1",
            "http://x",
        ),
        (
            {"AWS_PROFILE": "other", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": "x"},
            ("TWO", "two", "token"),
            "us-east-1",
            "x",
        ),
        (
            {"AWS_PROFILE": "other", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"},
            ("A", "B", None),
            "us-west-2",
            "http://localhost:4577",
        ),
    ],
)
def test_a_profile_tells_what_no_variable_does(
    files: dict[str, str],
    environ: dict[str, str],
    keys: tuple[str, str, str | None],
    region: str,
    endpoint: str,
) -> None:
    place = Place.of({**files, **environ}, None, None)

    assert (place.key.id, place.key.secret, place.key.token) == keys
    assert (place.region, place.ec2) == (region, endpoint)


def test_without_files_there_are_the_variables(tmp_path: Path) -> None:
    environ = {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "nothing"),
        "AWS_CONFIG_FILE": str(tmp_path / "nothing"),
    }

    assert completed(environ) == environ
    with pytest.raises(StartError, match="there is no profile other"):
        completed({**environ, "AWS_PROFILE": "other"})
    with pytest.raises(StartError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"):
        Place.of({**environ, "AWS_REGION": "us-east-1"}, None, None)


def test_a_file_that_is_none_of_profiles_is_named(files: dict[str, str]) -> None:
    path = Path(files["AWS_CONFIG_FILE"])
    for content in (b"no section", b"\xff\xfe"):
        path.write_bytes(content)
        with pytest.raises(StartError, match="config is no file of profiles"):
            completed(files)

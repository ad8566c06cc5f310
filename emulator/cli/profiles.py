"""What `aws configure` has written: the keys, the Region and the endpoint of a profile.

    ~/.aws/credentials    [NAME]                        keys
    ~/.aws/config         [default], [profile NAME]     keys, region, endpoint_url, ca_bundle

A variable goes before what stands in a file, and keys come from one place, all of them. Only what
stands there plainly is read: no roles, no single sign-on, no programs to be run.
"""

from collections.abc import Mapping
from configparser import Error, RawConfigParser
from pathlib import Path

from emulator.parts import StartError

DEFAULT = "default"
KEYS = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
}
PLACES = {
    "region": "AWS_REGION",
    "endpoint_url": "AWS_ENDPOINT_URL",
    "ca_bundle": "AWS_CA_BUNDLE",
}


def completed(environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables, and those that are missing from a profile; StartError."""
    named = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
    profile = named or DEFAULT
    folder = Path.home() / ".aws"
    config = section(
        Path(environ.get("AWS_CONFIG_FILE") or folder / "config"),
        profile if profile == DEFAULT else f"profile {profile}",
    )
    keys = section(
        Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or folder / "credentials"), profile
    )
    if named and config is None and keys is None:
        raise StartError(f"there is no profile {named}")
    found = dict(environ)
    if "AWS_DEFAULT_REGION" in found:
        found.setdefault("AWS_REGION", found["AWS_DEFAULT_REGION"])
    for name, variable in PLACES.items():
        if config and config.get(name):
            found.setdefault(variable, config[name])
    if not any(environ.get(variable) for variable in KEYS.values()):
        told = keys if keys and "aws_access_key_id" in keys else config or {}
        found.update({KEYS[name]: told[name] for name in KEYS if told.get(name)})
    return found


def section(path: Path, name: str) -> Mapping[str, str] | None:
    """Return a section of a file, None if there is none; StartError if it cannot be read."""
    parser = RawConfigParser(strict=False, default_section="")
    try:
        parser.read_string(path.expanduser().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StartError(f"cannot read {path}: {error.strerror}") from None
    except (Error, UnicodeDecodeError):
        raise StartError(f"{path} is no file of profiles") from None
    return dict(parser[name]) if parser.has_section(name) else None

"""Everything that can be set: flags over VMIE_… environment over a TOML file over the defaults.

This is the only module that reads the environment. `python -m emulator.settings` prints the table
that the README shows.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

PREFIX = "VMIE_"

HOST = re.compile(r"(?:\.?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class SettingsError(Exception):
    """A setting that is unknown or has a bad value; the text is one sentence for the user."""


class Settings(BaseModel):
    """The settings of one process; never changed after the start."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(4577, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    credentials: Path | None = Field(
        None,
        description="A TOML file with a table `[ACCESSKEYID]` of `secret` and `account` for every "
        "key that may sign requests; anyone may call when not set.",
    )
    allow_anonymous: bool = Field(
        False,
        description="Listen beyond this machine though anyone may call, there being no "
        "`credentials`.",
    )
    tls: Literal["off", "self-signed"] = Field(
        "off",
        description="`self-signed` speaks TLS with a certificate that is made in the data folder; "
        "`tls_cert` and `tls_key` name another.",
    )
    tls_cert: Path | None = Field(None, description="The certificate, and its chain, as PEM.")
    tls_key: Path | None = Field(None, description="The private key of the certificate, as PEM.")
    role: Literal["all", "api", "worker"] = Field(
        "all", description="`api` only answers requests, `worker` only runs tasks, `all` does both."
    )
    data_dir: Path = Field(
        Path("~/.local/share/vmie"),
        description="Folder of the objects, the snapshots and, by default, the database.",
    )
    database_url: str | None = Field(
        None,
        description="`postgresql+psycopg://user:password@host/name`; SQLite in the data folder "
        "when not set.",
    )
    quota: int = Field(
        5, ge=1, le=20, description="Tasks that run at the same time per account and Region."
    )
    guests: Literal["auto", "require", "off"] = Field(
        "auto",
        description="What an image import does with the system on its disks: `auto` looks into it, "
        "judges and adapts it with the programs that are here, `require` fails where one is "
        "missing, `off` imports disks as they are.",
    )
    instances: Literal["auto", "off"] = Field(
        "auto",
        description="What an instance is: `auto` runs it on a machine where there is a worker that "
        "can, `off` keeps it as a record that nothing is started for.",
    )
    role_check: Literal["auto", "strict", "off"] = Field(
        "auto",
        description="Whether an import or export needs its service role: `auto` asks the role if "
        "there is one of that name, `strict` refuses where there is none, `off` never asks.",
    )
    agent: Path | None = Field(
        None,
        description="Folder with packages (.deb, .rpm) of the Systems Manager agent, which is put "
        "into Linux guests.",
    )
    fetch_hosts: tuple[str, ...] = Field(
        (),
        description="Hosts, separated by commas, from which ImportInstance and ImportVolume may "
        "fetch manifests and parts, beside this server: `name`, `name:port`, or `.name` for all "
        "below it.",
    )
    fetch_networks: tuple[str, ...] = Field(
        (),
        description="Networks, separated by commas, that such hosts may be in although they are "
        "private, loopback or link-local: `172.18.0.0/16`.",
    )
    boot: Literal["auto", "require", "off"] = Field(
        "auto",
        description="Whether an image import starts its machine, which must get on the network: "
        "`auto` does so where QEMU is here and the system was adapted, `require` always, and fails "
        "where it cannot.",
    )
    boot_time: int = Field(
        600, ge=1, le=86_400, description="Seconds that the start of an imported machine may take."
    )
    upstream: str | None = Field(
        None,
        pattern=r"^https?://[^/]+/?$",
        description="Endpoint that gets the requests for actions and services vmie does not serve.",
    )
    s3_domains: tuple[str, ...] = Field(
        (),
        description="Host names, separated by commas, whose first labels are always bucket names.",
    )
    max_body: int = Field(
        1 << 20, ge=1024, description="Bytes that a form or a document in a request may have."
    )
    log_format: Literal["text", "json"] = Field("text", description="How a log line is written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important lines that are logged."
    )

    @field_validator("fetch_hosts")
    @classmethod
    def hosts(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what would never be the host of a URL, as a whole URL."""
        for each in given:
            if not HOST.fullmatch(each):
                raise ValueError(f"'{each}' is no host: name, name:port or .name")
        return given

    @field_validator("fetch_networks")
    @classmethod
    def networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what is no network."""
        for each in given:
            ip_network(each, strict=False)
        return given

    @property
    def store_url(self) -> str:
        """Where the store is: database_url, or the SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'vmie.db'}"


def load(
    flags: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """Gather the settings; SettingsError with one sentence if something is wrong with them.

    A flag that is None was not given. `config`, or VMIE_CONFIG, names the TOML file.
    """
    environ = os.environ if environ is None else environ
    names = Settings.model_fields
    if config is None and (named := environ.get(PREFIX + "CONFIG")):
        config = Path(named)
    values: dict[str, object] = {}
    origin: dict[str, str] = {}
    given = {name: environ.get(PREFIX + name.upper()) for name in names}
    written = from_file(config) if config else {}
    if isinstance(written.get("credentials"), dict):  # a table: it is read where it is needed
        written["credentials"] = config
    for source, found in (
        (str(config), written),
        ("the environment", {name: text for name, text in given.items() if text}),
        ("the command line", {name: flag for name, flag in flags.items() if flag is not None}),
    ):
        values |= found
        origin |= dict.fromkeys(found, source)
    for name in ("s3_domains", "fetch_hosts", "fetch_networks"):
        if isinstance(text := values.get(name), str):
            values[name] = tuple(filter(None, (part.strip().lower() for part in text.split(","))))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(sentence(error.errors(), origin)) from None
    names_of_files = ("data_dir", "agent", "credentials", "tls_cert", "tls_key")
    paths = {name: getattr(settings, name) for name in names_of_files}
    return settings.model_copy(
        update={name: path.expanduser().absolute() for name, path in paths.items() if path}
    )


def aws_environment() -> dict[str, str]:
    """Return the variables that tell AWS clients where to go and who asks."""
    return {name: text for name, text in os.environ.items() if name.startswith("AWS_")}


def from_file(path: Path) -> dict[str, Any]:
    """Read a TOML file of settings."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not a TOML file: {error}") from None


def sentence(problems: list[Any], origin: Mapping[str, str]) -> str:
    """Say in one sentence what is wrong with the first setting that has something wrong."""
    problem = problems[0]
    name = str(problem["loc"][0])
    where = origin.get(name, "the defaults")
    if problem["type"] == "extra_forbidden":
        return f"there is no setting '{name}' (in {where})"
    reason = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"the setting '{name}' cannot be '{problem['input']}' (in {where}): {reason}"


def table() -> str:
    """Every setting as a row of a Markdown table."""
    rows = [
        "| flag | environment, TOML | default | what it is |",
        "|---|---|---|---|",
        "| `--config` | `VMIE_CONFIG` |  | A TOML file with settings by these names. |",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default in (None, ()) else f"`{default}`"
        flag = f"`--{name.replace('_', '-')}`"
        rows.append(
            f"| {flag} | `{PREFIX}{name.upper()}`, `{name}` | {shown} | {field.description} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())

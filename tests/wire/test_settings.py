"""Where settings come from, and what is said about bad ones."""

from pathlib import Path

import pytest

from emulator import settings
from emulator.settings import Settings, SettingsError


def test_flags_go_before_the_environment_before_the_file_before_the_defaults(
    tmp_path: Path,
) -> None:
    file = tmp_path / "vmie.toml"
    file.write_text('port = 1\nquota = 1\nlog_level = "debug"\n')
    environ = {"VMIE_CONFIG": str(file), "VMIE_PORT": "2", "VMIE_QUOTA": "2", "VMIE_HOST": ""}

    loaded = settings.load({"port": "3", "quota": None}, environ)

    assert (loaded.port, loaded.quota, loaded.log_level) == (3, 2, "debug")
    assert loaded.host == "127.0.0.1"


def test_a_flag_names_the_file_too(tmp_path: Path) -> None:
    file = tmp_path / "vmie.toml"
    file.write_text('s3_domains = ["vmie.example"]\n')

    assert settings.load({}, {}, file).s3_domains == ("vmie.example",)
    assert settings.load({}, {"VMIE_S3_DOMAINS": "A.b, c.d,"}).s3_domains == ("a.b", "c.d")


def test_the_data_folder_is_absolute_and_holds_the_store(tmp_path: Path) -> None:
    assert settings.load({"data_dir": "~/x"}, {}).data_dir == Path.home() / "x"
    assert settings.load({"data_dir": "x"}, {}).data_dir == Path.cwd() / "x"
    assert settings.load({"data_dir": tmp_path}, {}).store_url == f"sqlite:///{tmp_path}/vmie.db"
    url = "postgresql+psycopg://u:p@h/vmie"
    assert settings.load({"database_url": url}, {}).store_url == url


@pytest.mark.parametrize(
    ("flags", "environ", "file", "said"),
    [
        ({"port": "x"}, {}, "", "'port' cannot be 'x' (in the command line)"),
        ({}, {"VMIE_PORT": "70000"}, "", "'port' cannot be '70000' (in the environment)"),
        ({}, {"VMIE_QUOTA": "21"}, "", "'quota' cannot be '21'"),
        ({}, {"VMIE_ROLE": "king"}, "", "'role' cannot be 'king'"),
        ({}, {"VMIE_UPSTREAM": "localhost:5000"}, "", "'upstream' cannot be"),
        *(
            ({}, {"VMIE_FETCH_HOSTS": f"minio:9000,{host}"}, "", f"'{host}' is no host: name")
            for host in ("http://minio", "minio/x", "*.test", "a@minio", "minio:", "a..b", "::1")
        ),
        ({}, {"VMIE_FETCH_NETWORKS": "minio"}, "", "'minio' does not appear to be"),
        ({}, {}, "colour = 1", "there is no setting 'colour'"),
        ({}, {}, "port = ", "is not a TOML file"),
        ({}, {"VMIE_CONFIG": "/nowhere/vmie.toml"}, None, "cannot read /nowhere/vmie.toml"),
    ],
)
def test_a_bad_setting_is_one_clear_sentence(
    flags: dict[str, object],
    environ: dict[str, str],
    file: str | None,
    said: str,
    tmp_path: Path,
) -> None:
    config = None
    if file is not None:
        config = tmp_path / "vmie.toml"
        config.write_text(file)

    with pytest.raises(SettingsError) as raised:
        settings.load(flags, environ, config)

    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_hosts_are_names_and_addresses_with_their_ports() -> None:
    hosts = ("minio", "minio.test:9000", ".s3.test", "10.0.0.1:80", "[fd00::5]:9000")

    assert settings.load({}, {"VMIE_FETCH_HOSTS": ",".join(hosts)}).fetch_hosts == hosts


def test_the_table_has_every_setting() -> None:
    table = settings.table()

    assert all(f"`VMIE_{name.upper()}`" in table for name in Settings.model_fields)
    assert len({line.count(" | ") for line in table.splitlines()[2:]}) == 1

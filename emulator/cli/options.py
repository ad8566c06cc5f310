"""The settings as flags of the command line."""

from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from pathlib import Path
from typing import Any

from emulator import settings
from emulator.settings import Settings


def add_settings(parser: ArgumentParser, without: Collection[str] = ()) -> None:
    """Give a command a flag for every setting."""
    parser.add_argument("--config", type=Path, help="TOML file with settings.")
    for name, field in Settings.model_fields.items():
        if name not in without:
            help_text = f"{field.description} [{field.default}]"
            switch: dict[str, Any] = {"nargs": "?", "const": "true"}
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                help=help_text.replace("%", "%%"),
                **(switch if field.annotation is bool else {}),
            )


def settings_of(options: Namespace, **fixed: object) -> Settings:
    """Gather the settings of a command; SettingsError if something is wrong with them."""
    given = {name: getattr(options, name, None) for name in Settings.model_fields}
    return settings.load(given | fixed, config=options.config)

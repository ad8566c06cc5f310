"""The command `vmie`: finds the module of a command, and turns what stops it into one sentence."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

COMMANDS = {
    "serve": "answer AWS clients on one port",
    "worker": "run tasks for other servers",
    "demo": "import a real disk image, start to end",
    "doctor": "say what is missing on this machine",
    "check": "say whether AWS would import a virtual machine",
    "import-instance": "upload the disks of a machine, and make a stopped instance of it",
    "import-volume": "upload a disk, and make a volume of it",
    "ssh": "log in to an instance that runs",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in COMMANDS:
        return overview(words)
    module = import_module(f"emulator.cli.{words[0].replace('-', '_')}")
    parser = ArgumentParser(prog=f"vmie {words[0]}", description=module.__doc__)
    module.arguments(parser)
    try:
        return int(module.run(parser.parse_args(words[1:])))
    except KeyboardInterrupt:
        return 130
    except reasons() as error:
        print(f"vmie: {error}", file=sys.stderr)
        return 1


def reasons() -> tuple[type[Exception], ...]:
    """Return what a command raises to say why it can't start.

    Asked for when something was raised: a command without a server is done before the server's
    parts are even imported.
    """
    from emulator.parts import StartError
    from emulator.settings import SettingsError

    return SettingsError, StartError


def overview(words: Sequence[str]) -> int:
    """Say which commands there are."""
    parser = ArgumentParser(
        prog="vmie",
        description="A local emulator of the AWS VM Import/Export service.",
        epilog="commands:\n"
        + "\n".join(f"  {name:<16}{summary}" for name, summary in COMMANDS.items())
        + "\n\n`vmie COMMAND --help` says what a command takes.",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"vmie {version('vmie')}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.parse_args(words)
    return 2


if __name__ == "__main__":
    sys.exit(main())

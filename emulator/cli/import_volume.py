"""Upload a disk image (raw, VHD or stream-optimized VMDK) in parts, and make a volume of it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from emulator.cli import conversion


def arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, help="The disk image.")
    conversion.add_arguments(parser)


def run(options: Namespace) -> int:
    """Upload, and wait for the volume; 0 if it is there."""
    return conversion.run(options, [options.file], [conversion.volume(options.description)])

"""Upload the disks of a machine in parts, and make a stopped instance of it.

The first disk is the one that it boots from. The others become volumes, to be attached later.
"""

import base64
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from emulator.cli import conversion
from emulator.cli.conversion import Ask
from emulator.cli.parted import Upload
from emulator.parts import StartError


def arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, nargs="+", help="The disk images, the boot disk first.")
    parser.add_argument("--instance-type", default="t2.micro", help="[t2.micro]")
    parser.add_argument("--platform", default="Linux", choices=("Linux", "Windows"))
    parser.add_argument("--architecture", choices=("i386", "x86_64"))
    parser.add_argument("--subnet", help="Subnet of the instance.")
    parser.add_argument("--private-ip-address", help="Its address there.")
    parser.add_argument("--group", action="append", default=[], help="Name of a security group.")
    parser.add_argument("--user-data-file", type=Path, help="What the instance is told at boot.")
    parser.add_argument("--shutdown-behavior", choices=("stop", "terminate"))
    parser.add_argument("--monitor", action="store_true", help="Detailed monitoring.")
    conversion.add_arguments(parser)


def run(options: Namespace) -> int:
    """Upload, and wait for the instance; 0 if it is there, and every volume."""
    data = user_data(options.user_data_file)

    def form(upload: Upload, url: str, zone: str) -> Mapping[str, str]:
        launch = {
            "InstanceType": options.instance_type,
            "Architecture": options.architecture,
            "SubnetId": options.subnet,
            "PrivateIpAddress": options.private_ip_address,
            "InstanceInitiatedShutdownBehavior": options.shutdown_behavior,
            "Monitoring": "true" if options.monitor else None,
            "UserData.Data": data,
            "Placement.AvailabilityZone": None if options.subnet and not options.zone else zone,
            **{f"GroupName.{number}": name for number, name in enumerate(options.group, 1)},
        }
        told = {"Description": options.description} if options.description else {}
        return {
            "Platform": options.platform,
            **conversion.image(upload, url, "DiskImage.1."),
            **{f"LaunchSpecification.{name}": text for name, text in launch.items() if text},
            **told,
        }

    others = [conversion.volume(options.description)] * (len(options.file) - 1)
    return conversion.run(options, options.file, [Ask("ImportInstance", form), *others])


def user_data(path: Path | None) -> str | None:
    """Return what a file holds, as a request has it."""
    if path is None:
        return None
    try:
        return base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise StartError(f"cannot read {path}: {error.strerror}") from None

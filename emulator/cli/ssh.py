"""Log in to an instance by SSH, through the port of this machine that leads to it.

What comes after the instance goes to ssh: `vmie ssh admin@i-0123456789abcdef0 -i key.pem uptime`.
"""

import asyncio
import os
import re
import shutil
import sys
from argparse import REMAINDER, ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

import httpx

from emulator import settings
from emulator.cli.aws import Aws, AwsRefusal, Place, listed
from emulator.parts import StartError
from state.machines import SSH_TAG

PORT = re.compile(r"127\.0\.0\.1:[0-9]{1,5}")  # whoever may tag may not say anything else to ssh
FAILED = 255  # as ssh itself says that it has not got there


def arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--endpoint-url", help="Where EC2 is [AWS_ENDPOINT_URL]")
    parser.add_argument("--region", help="[AWS_REGION]")
    parser.add_argument("instance", metavar="[USER@]INSTANCE", help="Whom to log in as, and where.")
    parser.add_argument("rest", nargs=REMAINDER, metavar="…", help="More for ssh.")


def run(options: Namespace) -> int:
    """Become ssh; return only if that can't be."""
    user, _, instance_id = options.instance.rpartition("@")
    place = Place.of(settings.aws_environment(), options.endpoint_url, options.region)
    program = shutil.which("ssh")
    if program is None:
        raise StartError("there is no ssh: apt-get install openssh-client")
    try:
        address = asyncio.run(found(place, instance_id))
    except (AwsRefusal, httpx.HTTPError) as error:
        print(f"vmie: {error}", file=sys.stderr)
        return FAILED
    if address is None:
        print(f"vmie: {instance_id} does not run where its SSH could be reached", file=sys.stderr)
        return FAILED
    sys.stdout.flush()
    return os.execv(program, command(program, user, instance_id, address, options.rest))


async def found(place: Place, instance_id: str) -> str | None:
    """Return where the SSH of an instance is reached, host:port, if it is."""
    async with Aws(place) as aws:
        answer = await aws.ec2("DescribeInstances", {"InstanceId.1": instance_id})
    for reservation in listed(answer.get("reservationSet")):
        for instance in listed(reservation.get("instancesSet")):
            tags: list[dict[str, Any]] = listed(instance.get("tagSet"))
            for tag in tags:
                if tag["key"] == SSH_TAG and PORT.fullmatch(tag["value"] or ""):
                    return str(tag["value"])
    return None


def command(
    program: str, user: str, instance_id: str, address: str, rest: Sequence[str]
) -> list[str]:
    """Return the command line of ssh: it knows the host's key by the name of the instance."""
    host, _, port = address.rpartition(":")
    line = [program, "-p", port, "-o", f"HostKeyAlias={instance_id}"]
    line += ["-o", "StrictHostKeyChecking=accept-new"]
    return [*line, f"{user}@{host}" if user else host, *rest]

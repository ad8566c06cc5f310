"""GetConsoleOutput, GetConsoleScreenshot, GetPasswordData: what a machine says, shows and hides.

The password of a Windows guest is what the guest itself has said on its serial port, encrypted for
its key pair: EC2Launch does so, at its first start. Until then, and for every other guest, it is
empty.
"""

import base64
from datetime import UTC, datetime

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2.instances import errors
from emulator.services.ec2.instances.rows import find_instance
from emulator.shapes.ec2 import (
    GetConsoleOutputRequest,
    GetConsoleOutputResult,
    GetConsoleScreenshotRequest,
    GetConsoleScreenshotResult,
    GetPasswordDataRequest,
    GetPasswordDataResult,
)
from state.consoles import Consoles
from state.instances import Instance

actions = Actions()


@actions
def get_console_output(ctx: Context, request: GetConsoleOutputRequest) -> GetConsoleOutputResult:
    """Return the latest of what was said on the serial port; as of now, Latest or not."""
    instance = asked(ctx, request["InstanceId"])
    if request.get("DryRun"):
        raise dry_run()
    said = Consoles(ctx.settings.data_dir).said(instance.id)
    if said is None:
        return {"InstanceId": instance.id, "Timestamp": ctx.now()}
    text, at = said
    return {
        "InstanceId": instance.id,
        "Output": base64.b64encode(text).decode(),
        "Timestamp": datetime.fromtimestamp(int(at), UTC),
    }


@actions
def get_console_screenshot(
    ctx: Context, request: GetConsoleScreenshotRequest
) -> GetConsoleScreenshotResult:
    """Return a picture of the screen as it is now, JPEG; WakeUp changes nothing."""
    instance = asked(ctx, request["InstanceId"])
    if instance.state != "running":
        raise errors.not_in_state(instance.id, "running")
    if not instance.real:
        raise errors.no_screen(instance.id)
    if request.get("DryRun"):
        raise dry_run()
    picture = Consoles(ctx.settings.data_dir).seen(instance.id)
    if picture is None:
        raise errors.not_seen(instance.id)
    return {"InstanceId": instance.id, "ImageData": base64.b64encode(picture).decode()}


@actions
def get_password_data(ctx: Context, request: GetPasswordDataRequest) -> GetPasswordDataResult:
    """Return the password of a Windows guest, as soon as it has told one."""
    instance = asked(ctx, request["InstanceId"])
    if request.get("DryRun"):
        raise dry_run()
    found = None
    if instance.platform == "windows":
        found = Consoles(ctx.settings.data_dir).password(instance.id)
    if found is None:
        return {"InstanceId": instance.id, "PasswordData": "", "Timestamp": ctx.now()}
    password, at = found
    return {
        "InstanceId": instance.id,
        "PasswordData": password.decode(),
        "Timestamp": datetime.fromtimestamp(int(at), UTC),
    }


def asked(ctx: Context, instance_id: str) -> Instance:
    """Return the instance that a request names."""
    with ctx.store.read() as tx:
        return find_instance(ctx, tx, instance_id)

"""ModifyInstanceMetadataOptions: how the metadata service answers an instance."""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2.instances import errors
from emulator.services.ec2.instances.rows import find_instance, metadata_shape
from emulator.shapes.ec2 import (
    InstanceMetadataOptionsRequest,
    ModifyInstanceMetadataOptionsRequest,
    ModifyInstanceMetadataOptionsResult,
)
from state.images import Image
from state.instances import Metadata

actions = Actions()

SWITCHES = {
    "HttpEndpoint": "enabled",
    "HttpProtocolIpv6": "ipv6",
    "InstanceMetadataTags": "tags",
}
TOKENS = ("optional", "required")
HOPS = range(1, 65)
HOPS_OF_V2 = 2  # where the AMI wants tokens


@actions
def modify_instance_metadata_options(
    ctx: Context, request: ModifyInstanceMetadataOptionsRequest
) -> ModifyInstanceMetadataOptionsResult:
    """Change how the metadata service answers an instance, now and after its next start."""
    options: InstanceMetadataOptionsRequest = {}
    for member in ("HttpTokens", "HttpEndpoint", "HttpProtocolIpv6", "InstanceMetadataTags"):
        if member in request:
            options[member] = request[member]
    if "HttpPutResponseHopLimit" in request:
        options["HttpPutResponseHopLimit"] = request["HttpPutResponseHopLimit"]
    with ctx.store.begin() as tx:
        instance = find_instance(ctx, tx, request["InstanceId"])
        wanted = changed(instance.metadata, options)
        if request.get("DryRun"):
            raise dry_run()
        tx.instances.replace(instance.model_copy(update={"metadata": wanted}))
    shape = metadata_shape(wanted)
    shape["State"] = "pending"
    return {"InstanceId": instance.id, "InstanceMetadataOptions": shape}


def of_image(image: Image) -> Metadata:
    """Return how it answers where a request says nothing."""
    if image.imds_support == "v2.0":
        return Metadata(tokens="required", hops=HOPS_OF_V2)
    return Metadata()


def changed(metadata: Metadata, options: InstanceMetadataOptionsRequest) -> Metadata:
    """Return how it answers after a change; refuses values that there are not."""
    changes: dict[str, object] = {}
    given: Mapping[str, object] = options
    for member, name in SWITCHES.items():
        value = given.get(member)
        if value is not None:
            if value not in ("enabled", "disabled"):
                raise errors.wrong_choice(member, str(value))
            changes[name] = value == "enabled"
    tokens = options.get("HttpTokens")
    if tokens is not None:
        if tokens not in TOKENS:
            raise errors.wrong_choice("HttpTokens", tokens)
        changes["tokens"] = tokens
    hops = options.get("HttpPutResponseHopLimit")
    if hops is not None:
        if hops not in HOPS:
            raise errors.wrong_choice("HttpPutResponseHopLimit", str(hops))
        changes["hops"] = hops
    return metadata.model_copy(update=changes)

"""Volumes: block devices, empty or with the bytes of a snapshot, and what has been written to them.

    layers    0  the disk as a snapshot left it, under a name of the volume's own   raw, or sealed
              1  what was written after it, up to the next snapshot of the volume   qcow2
              …
    written      what has been written since then: the only file that may change    qcow2

A volume without layers is empty, one without `written` has not been written to. A file never
changes again once it is a layer: who is to write puts a new one on top. When the bytes of a
snapshot have been written, they take the place of the layers that they were made of. Exports, too,
make layers of what was written; the next snapshot counts them as written since the last one.
"""

from datetime import datetime
from typing import Literal

from state.layers import Layer
from state.values import Frozen


class Attachment(Frozen):
    """An instance that a volume is attached to."""

    instance_id: str
    device: str  # /dev/sdf, as the client has named it
    attached_at: datetime
    state: Literal["attaching", "attached", "detaching", "busy"] = "attached"
    delete_on_termination: bool = False
    forced: bool = False  # detaching without a word to the guest


class Shape(Frozen):
    """What a volume is sold as: all that ModifyVolume can change."""

    size_gib: int
    volume_type: str = "gp2"
    iops: int | None = None
    throughput: int | None = None  # MiB/s
    multi_attach: bool = False


class Modification(Frozen):
    """One change of a volume's shape."""

    started_at: datetime
    before: Shape
    after: Shape


class Volume(Frozen):
    """A block device; members that are None are not shown."""

    id: str
    account_id: str
    region: str
    zone: str  # us-east-1a
    created_at: datetime
    shape: Shape
    snapshot_id: str = ""  # what it was made of; that may be gone
    state: Literal["creating", "available", "in-use", "deleting", "error"] = "available"
    attachments: tuple[Attachment, ...] = ()
    encrypted: bool = False
    kms_key_id: str | None = None
    sealed: str | None = None  # the passphrase of all its sealed files, base64
    layers: tuple[Layer, ...] = ()
    written: Layer | None = None
    unsaved: int = 0  # how many of the topmost layers no snapshot is made of yet
    held: str | None = None  # the blob that a running machine writes to
    last_snapshot_id: str | None = None  # whose blocks its layers are, or what it was made of
    auto_enable_io: bool = False
    initialization_rate: int | None = None  # MiB/s, as it was asked for
    modifications: tuple[Modification, ...] = ()  # those of the last day, the latest last
    client_token: str | None = None  # of the request that made it
    request_digest: str | None = None

    @property
    def files(self) -> tuple[Layer, ...]:
        """All its files, the lowest first."""
        return self.layers if self.written is None else (*self.layers, self.written)

    @property
    def is_to_be_sealed(self) -> bool:
        """Whether it has the bytes of an unencrypted snapshot, though it is encrypted itself."""
        return self.encrypted and bool(self.layers) and not self.layers[0].sealed

    def frozen(self) -> "Volume":
        """Return the volume with all that was written to it as a layer: it may not change then."""
        return self.model_copy(update={"layers": self.files, "written": None})

    def set_aside(self) -> "Volume":
        """Return the frozen volume, which remembers that no snapshot was made of it."""
        if self.written is None:
            return self
        return self.frozen().model_copy(update={"unsaved": self.unsaved + 1})

    def merged(self, layer: Layer) -> "Volume | None":
        """Return the volume with a layer in place of those it was made of; None without them.

        The layer has the source_id of the topmost of those.
        """
        for place, each in enumerate(self.layers):
            if each.source_id == layer.source_id:
                layers = (layer, *self.layers[place + 1 :])
                return self.model_copy(update={"layers": layers})
        return None

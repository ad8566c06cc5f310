"""Layers: the files that a volume, or a snapshot that is still pending, is made of.

A block is what the topmost file that has it says; what none has is zeros, also beyond the end of a
lower file. Which files lie below which is told by the values that hold them, and by nothing else:
what a qcow2 file says of its backing file is for human readers, and is never believed.
"""

from typing import Literal

from state.values import Frozen


class Layer(Frozen):
    """One file: a blob that only its holder names."""

    blob_id: str
    size: int  # bytes of the disk that it holds: what lies behind its end is zeros
    format: Literal["raw", "qcow2"] = "raw"
    sealed: bool = False  # LUKS inside of the qcow2 file; its passphrase is the holder's
    source_id: str = ""  # the blob it was first; other names of the same bytes keep it

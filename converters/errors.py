"""What can be wrong with a client's disk, one sentence each: the StatusMessage of the failed task.

Texts are as the user guide or clients of the real service spell them. Nobody has written down all
cases: where one is marked "assumed", the text or when it is given is our guess, and this is the
one place to correct it.
"""

LIMIT = 16 << 40  # bytes; a disk must be smaller


class ClientError(Exception):
    """The client's fault; the message is what the client reads after `ClientError: `."""


def validation_failed(reason: str) -> ClientError:
    """Wrap a reason as the validation of a disk does."""
    return ClientError(f"Disk validation failed [{reason}]")


def unsupported_vmdk() -> ClientError:
    """Tell of a VMDK that is not stream-optimized, or that refers to another file."""
    return validation_failed("Unsupported VMDK File Format")


def corrupt_vmdk() -> ClientError:
    """Tell of a stream-optimized VMDK that is cut off or garbled."""
    # The guide's English may have been "has invalid length"; clients have seen this spelling.
    return ClientError("Uncompressed data has an invalid length")


def broken_vhd() -> ClientError:
    """Tell of a differencing VHD, or one whose footer or tables are broken or cut off."""
    # assumed: that tables pointing outside the file are told in the same words
    return ClientError("Footers not identical")


def unsupported_vhdx() -> ClientError:
    """Tell of a VHDX that has a parent, that is cut off or garbled, or has a log to replay."""
    # assumed: the text, after the VMDK's; the guide only says that such a VHDX is not accepted
    return validation_failed("Unsupported VHDX File Format")


def wrong_format() -> ClientError:
    """Tell of a file that is not in the format the client named, or in none that is imported."""
    # assumed: that qcow2, VDI, QED, OVA and the like are told so whatever format was named or none
    return validation_failed("Unsupported specified file format")


def empty_disk() -> ClientError:
    """Tell of an object without a single byte."""
    # assumed
    return validation_failed("The disk image is empty")


def disk_too_large() -> ClientError:
    """Tell of a disk of 16 TiB or more."""
    # assumed: the text; the limit is the guide's
    return validation_failed("The disk image must be smaller than 16 TiB")


def object_gone() -> ClientError:
    """Tell of an object that was there when the task was asked for and no longer is."""
    # assumed: 404; clients have seen the sentence with `403 Forbidden`
    return validation_failed("We do not have access to the given resource. Reason 404 Not Found")

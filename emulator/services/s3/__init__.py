"""S3, as far as disks and their files need it."""

from emulator.services.actions import merge
from emulator.services.s3 import (
    access,
    buckets,
    completion,
    copies,
    encryption,
    listing,
    multipart,
    objects,
    parts,
    reading,
    tagging,
)

ACTIONS = merge(
    module.actions
    for module in (
        buckets,
        objects,
        reading,
        listing,
        copies,
        tagging,
        access,
        encryption,
        multipart,
        parts,
        completion,
    )
)

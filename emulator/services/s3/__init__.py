"""S3, as far as disks and their files need it."""

from emulator.services.actions import merge
from emulator.services.s3 import (
    buckets,
    completion,
    copies,
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
        multipart,
        parts,
        completion,
    )
)

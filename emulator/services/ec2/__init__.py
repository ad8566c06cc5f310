"""EC2, as far as VM Import/Export and its clients need it."""

from emulator.services.actions import Handler, merge
from emulator.services.ec2 import images, import_tasks, regions, snapshots, tags

ACTIONS: dict[str, Handler] = merge(
    [images.actions, import_tasks.actions, regions.actions, snapshots.actions, tags.actions]
)

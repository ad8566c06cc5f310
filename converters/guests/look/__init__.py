"""Reads what is on disks: partitions, volumes, filesystems, and the system in them."""

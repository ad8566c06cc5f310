"""Writes planned changes into the filesystems of a raw disk."""

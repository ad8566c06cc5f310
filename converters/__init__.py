"""The workers: what happens to the bytes of disk images."""

"""Whether imported disks start: tiny guests that do, and that fail in every way of the table."""

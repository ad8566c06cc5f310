"""KMS, seen by its clients."""

"""What vmie remembers: values, the store of them, the blobs, and the engine that runs tasks."""

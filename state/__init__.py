"""What vmie remembers: values, the store that keeps them, the blobs, and the engine that runs tasks."""

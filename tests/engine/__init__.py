"""The engine: durable, preemptible, fenced; on both databases, with real processes to kill."""

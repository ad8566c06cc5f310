"""What the members of requests and answers are called: TypedDicts, one module a service."""

"""One straight function for each kind of work."""

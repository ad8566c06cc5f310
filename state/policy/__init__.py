"""Policies: what their documents say, and whether they let a request through; values, no rows."""

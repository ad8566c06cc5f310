"""Requests as they arrive on a socket, and the command that listens for them."""

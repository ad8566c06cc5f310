"""The network of an instance: its TCP, names, metadata service, and the port that leads to it."""

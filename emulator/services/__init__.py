"""The services: a package each, whose ACTIONS the gateway calls."""

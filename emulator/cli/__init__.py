"""The commands of `vmie`, one module each.

A module has `arguments(parser)`, which declares what the command takes, and `run(options)`, which
does it and returns the exit code; its docstring is the help. It is imported when it is called.
"""

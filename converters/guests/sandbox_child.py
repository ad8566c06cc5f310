"""Starts a module of vmie in the sandbox: a script, since the package is not on its path yet.

    python -I -S -B sandbox_child.py FOLDERS module arguments…

FOLDERS are where Python finds packages, with colons between. Without -S every package that hooks
into the start of Python would have a say, and take its time.
"""

import contextlib
import os
import resource
import runpy
import sys

PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h


def fence() -> None:
    """Give up what no reader needs: set-user-id programs, and processes beside this one."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # root is not held by it


def main() -> None:
    """Run the module that the command line names."""
    folders, module, *arguments = sys.argv[1:]
    fence()
    sys.path += folders.split(os.pathsep)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

"""The far end of the lifeline: runs one program and kills it with all it started when stdin ends.

    python -I -S lifeline_wrapper.py ADDRESS_SPACE,CPU_SECONDS,FILE_SIZE program arguments…

A stand-alone script with few imports, because it is started for every program. It ends as its
program ended: with the same exit code, or by the same signal. On Linux it is the subreaper of all
that the program starts, so that nothing escapes by forking twice or by a session of its own;
elsewhere (macOS) only the process group is killed.
"""

import contextlib
import os
import resource
import select
import signal
import sys

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
NOT_STARTED = 127  # as a shell says it
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # a whole container is being stopped

if LINUX:
    import ctypes

    prctl = ctypes.CDLL(None).prctl


def limit(kind: int, value: int, spare: int = 0) -> None:
    """Set a limit; 0 leaves it as it is. A lower one that holds already stays."""
    if value and (LINUX or kind != resource.RLIMIT_AS):  # macOS refuses to limit address space
        hard = resource.getrlimit(kind)[1]
        ceiling = value + spare if hard == resource.RLIM_INFINITY else min(value + spare, hard)
        resource.setrlimit(kind, (min(value, ceiling), ceiling))


def become(limits: list[int], command: list[str]) -> None:
    """Turn this forked process into the program."""
    wrapper = os.getppid()
    os.setpgid(0, 0)
    if LINUX:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != wrapper:
            os._exit(NOT_STARTED)
    # Python ignores SIGPIPE and SIGXFSZ, and the program would too: a limit must bite.
    for changed in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, *ENDINGS):
        signal.signal(changed, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # the lifeline is the wrapper's alone
    address_space, cpu_seconds, file_size = limits
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit(resource.RLIMIT_CPU, cpu_seconds, spare=5)  # SIGXCPU first, then SIGKILL
    limit(resource.RLIMIT_FSIZE, file_size)
    limit(resource.RLIMIT_AS, address_space)
    os.execve(command[0], command, {"PATH": os.defpath, "LC_ALL": "C"})  # no secrets, English


def children() -> list[int]:
    """Return the processes whose parent we are; the kernel's own list may miss some."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                file = os.open(f"/proc/{entry.name}/stat", os.O_RDONLY)
                stat = os.read(file, 4096)
                os.close(file)
                if int(stat[stat.rindex(b")") + 2 :].split()[1]) == os.getpid():
                    found.append(int(entry.name))
    return found


def clear(program: int, ended: bool) -> None:
    """Kill whatever is left below us, and what falls to us when its parent dies."""
    if not ended or not LINUX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(program, signal.SIGKILL)
    while True:
        for process in children() if LINUX else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def watch(program: int, wakeup: int) -> int | None:
    """Return the program's wait status, or None when the lifeline or a signal came first."""
    while True:
        ready = select.select([0, wakeup], [], [])[0]
        if 0 in ready and not os.read(0, 4096):
            return None
        if wakeup in ready:
            if set(os.read(wakeup, 4096)) & set(ENDINGS):
                return None
            with contextlib.suppress(ChildProcessError):
                while pair := os.waitpid(-1, os.WNOHANG):
                    if pair[0] == program:
                        return pair[1]
                    if pair[0] == 0:
                        break


def main() -> None:
    """Run the program that the command line names."""
    limits = [int(value) for value in sys.argv[1].split(",")]
    wakeup, woken = os.pipe()
    os.set_blocking(woken, False)
    for awaited in (signal.SIGCHLD, *ENDINGS):
        signal.signal(awaited, lambda *_: None)
    signal.set_wakeup_fd(woken)
    if LINUX:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
    program = os.fork()
    if program == 0:
        try:
            become(limits, sys.argv[2:])
        except OSError as error:
            os.write(2, f"{sys.argv[2]}: {error.strerror}\n".encode())
        finally:
            os._exit(NOT_STARTED)
    status = watch(program, wakeup)
    clear(program, ended=status is not None)
    if status is None:
        os._exit(128 + signal.SIGKILL)
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError):  # SIGKILL has no other disposition
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()

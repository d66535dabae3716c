"""Start a command that ends when its starter ends; run as a script, before any import of SmartQueue.

    python -I -S leash.py SIGNAL STARTER UID GID COMMAND...

`kill -9` of a supervisor runs none of its code, so the kernel has to do it: PR_SET_PDEATHSIG (prctl(2), Linux). It is
set here rather than in `preexec_fn`, which is unsafe beside threads, and after the change of user, which clears it.
UID -1 keeps the user.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def follow(starter: int, death_signal: int) -> None:
    """Ask the kernel for `death_signal` when the thread that started this process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != starter:  # it ended before we asked
        os._exit(0)


def become(uid: int, gid: int) -> None:
    """Drop root's rights for those of another user."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def run(death_signal: int, starter: int, uid: int, gid: int, command: list[str]) -> None:
    """Become `command`."""
    if uid != -1:
        become(uid, gid)
        os.chdir("/")
    follow(starter, death_signal)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execv(command[0], command)  # noqa: S606 - the command is the caller's, no shell


if __name__ == "__main__":
    signal_, starter, uid, gid = (int(word) for word in sys.argv[1:5])
    run(signal_, starter, uid, gid, sys.argv[5:])

"""Small programs that stand in for the web and task processes, and a supervisor to be killed."""

import subprocess
import sys
from pathlib import Path

from smartqueue.cli.engines import running_engines
from smartqueue.cli.processes import Child
from smartqueue.cli.supervisor import ending_on_signals, supervised

WAIT = "import signal; signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)\nwhile 1: signal.pause()"
)
# Answers every connection on an inherited socket with its own process number.
ANSWER = """\
import os, socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
while True:
    client, _ = listener.accept()
    client.sendall(str(os.getpid()).encode())
    client.close()
"""


def python(name: str, code: str, *words: str, fds: tuple[int, ...] = ()) -> Child:
    """A child that runs a line of Python."""
    return Child(name, (sys.executable, "-c", code, *words), fds=fds)


def start_house(home: Path) -> tuple["subprocess.Popen[str]", dict[str, int]]:
    """Run `main()` below in a process of its own; returns it and the process numbers of its children."""
    house = subprocess.Popen([sys.executable, __file__, str(home)], stdout=subprocess.PIPE, text=True)
    assert house.stdout
    line = house.stdout.readline().split()
    return house, dict(zip(line[::2], map(int, line[1::2]), strict=True))


def main(home: Path) -> None:
    """Engines and two stand-ins, until a signal."""
    with ending_on_signals(), running_engines(home) as engines, supervised(engines.roster) as supervisor:
        supervisor.start(python("web-1", WAIT), python("worker", WAIT))
        sys.stdout.write(" ".join(f"{name} {process.pid}" for name, process in engines.roster.running.items()) + "\n")
        sys.stdout.flush()
        supervisor.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

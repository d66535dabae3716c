"""Senders as processes of their own, for tests that kill them: `python -m tests.chaos.senders N LEASE_S`.

The first process forks the others, forks a new one for each that dies, and never touches the database.
"""

import os
import sys
import time

POLL_S = 0.05


def send_for_ever() -> None:
    from smartqueue.notifications.actions.sending import send_due

    while True:
        if not send_due():
            time.sleep(POLL_S)


def main(count: int, lease_s: float) -> None:
    import django

    django.setup()
    from smartqueue.notifications.actions import claiming, sending  # noqa: F401 - loaded once for all children
    from smartqueue.notifications.transports import transport_class

    transport_class("twilio_sms")
    claiming.LEASE_S = lease_s  # type: ignore[assignment]
    for _ in range(count):
        start()
    while True:
        pid, _status = os.wait()
        sys.stdout.write(f"-{pid}\n")
        start()


def start() -> None:
    pid = os.fork()
    if pid == 0:
        try:
            send_for_ever()
        finally:
            os._exit(1)
    sys.stdout.write(f"+{pid}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))

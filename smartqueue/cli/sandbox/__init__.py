"""`smartqueue sandbox`: stand-ins for every provider of messages, for tests and for whoever builds on SmartQueue.

They speak the providers' protocols, keep what they were given, call back, and fail on demand. Their frame and the
control API are described in `frame.py`. They need packages of the development group, which nothing else imports.
"""

import socket
from typing import Any

import click

from smartqueue.cli.processes import PlainError

PORT = 8650
LONG = 100
"""Letters of a credential that are printed."""


@click.command("sandbox")
@click.option("--port", default=PORT, show_default=True, help="Where to listen, on 127.0.0.1; 0 for any free port.")
def command(port: int) -> None:
    """Run stand-ins for Twilio, Africa's Talking, Orange, Meta and the rest."""
    listener = _listening(port)
    boxes, server = running_server()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    click.echo(f"Sandbox: {url}/\n")
    for name, box in boxes.items():
        settings, secrets = box.credentials(box.demo)
        click.echo(f"{box.title}\n  base_url: {box.base_url(f'{url}/{name}', box.demo)}")
        for field, value in {**settings, **secrets}.items():
            shown = value if len(value) <= LONG else f"{value[:LONG]}… (whole on the page)"
            click.echo(f"  {field}: {shown}")
    click.echo("\nSmartQueue calls 127.0.0.1 only with SMARTQUEUE_ALLOW_LOOPBACK=1. Ctrl-C ends.")
    server.run(sockets=[listener])


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise PlainError(f"Port {port} cannot be used ({error.strerror}). Choose another one with --port.") from None


def running_server() -> tuple[dict[str, Any], Any]:
    """The stand-ins by name, and a uvicorn server that will serve them: `server.run(sockets=[…])`.

    Raises:
        PlainError: the packages of the development group are missing.
    """
    try:
        import python_multipart  # noqa: F401  # starlette asks for it only when the first form comes
        import uvicorn

        from smartqueue.cli.sandbox.app import application, stand_ins
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        raise PlainError(f"{package} is missing. Run scripts/bootstrap.sh dev.") from None
    boxes = stand_ins()
    config = uvicorn.Config(
        application(boxes), loop="asyncio", ws="none", lifespan="off", log_level="warning", access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    return boxes, uvicorn.Server(config)

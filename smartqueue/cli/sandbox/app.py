"""All stand-ins behind one port, their control API, and a page for people."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from smartqueue.cli.sandbox.frame import CONTROLS, Sandbox
from smartqueue.cli.sandbox.page import page

WHERE = {
    "twilio": "smartqueue.cli.sandbox.twilio:Twilio",
    "at": "smartqueue.cli.sandbox.africastalking:AfricasTalking",
    "orange": "smartqueue.cli.sandbox.orange:Orange",
    "http": "smartqueue.cli.sandbox.http_sms:HttpGateway",
    "meta": "smartqueue.cli.sandbox.meta:Meta",
    "fcm": "smartqueue.cli.sandbox.fcm:Fcm",
    "webpush": "smartqueue.cli.sandbox.webpush:WebPush",
    "sendgrid": "smartqueue.cli.sandbox.mailers:SendGrid",
    "mailgun": "smartqueue.cli.sandbox.mailers:Mailgun",
    "brevo": "smartqueue.cli.sandbox.mailers:Brevo",
    "smtp": "smartqueue.cli.sandbox.smtp:Mail",
}


def stand_ins() -> dict[str, Sandbox]:
    """One of each, with no account yet."""
    named = {name: where.partition(":") for name, where in WHERE.items()}
    return {name: getattr(import_module(module), cls)() for name, (module, _colon, cls) in named.items()}


def application(boxes: dict[str, Sandbox]) -> ASGIApp:
    """The server's application: run it in one process, all state is in its memory."""

    async def control(request: Request) -> Response:
        box = boxes.get(request.path_params["provider"])
        deed = CONTROLS.get((request.method, request.path_params["deed"]))
        if box is None or deed is None:
            return JSONResponse({"error": "see the page of the sandbox for what there is"}, 404)
        try:
            return await deed(box, request)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    async def front(request: Request) -> Response:
        return HTMLResponse(page(boxes, str(request.base_url).rstrip("/")))

    routes: list[BaseRoute] = [
        Route("/", front),
        Route("/__sandbox__/{provider}/{deed}", control, methods=["GET", "POST"]),
        *(Mount(f"/{name}", routes=box.routes()) for name, box in boxes.items()),
    ]
    return cuttable(Starlette(routes=routes))


def cuttable(app: ASGIApp) -> ASGIApp:
    """Gives `scope["cut"]`: the connection ends at once, without a word."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's `send` is a method of the request's cycle; ASGI itself knows no way to hang up.
        transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
        hang_up: Callable[[], None] = transport.abort if transport else lambda: None
        await app({**scope, "cut": hang_up}, receive, send)

    return served

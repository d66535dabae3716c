"""Addresses of the audience `agent`, all below `/{slug}/counter/`."""

from django.urls import URLPattern, path, register_converter

from smartqueue.web.agent import doings, pages

HERE = "<slug:slug>/counter/"
MOVE = "|".join(doings.MOVES)


class MoveConverter:
    """The name of a move of a ticket."""

    regex = MOVE

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MoveConverter, "counter-move")

urlpatterns: list[URLPattern] = [
    path(HERE, pages.Console.as_view(), name="counter"),
    path(HERE + "line/", pages.Line.as_view(), name="counter-line"),
    path(HERE + "sit/", doings.Sit.as_view(), name="counter-sit"),
    path(HERE + "leave/", doings.Leave.as_view(), name="counter-leave"),
    path(HERE + "break/", doings.Break.as_view(), name="counter-break"),
    path(HERE + "back/", doings.Back.as_view(), name="counter-back"),
    path(HERE + "next/", doings.Call.as_view(), name="counter-next"),
    path(HERE + "call/", doings.CallChosen.as_view(), name="counter-call"),
    path(HERE + "walk-in/", doings.WalkIn.as_view(), name="counter-walk-in"),
    path(HERE + "note/", doings.Note.as_view(), name="counter-note"),
    path(HERE + "tickets/<uuid:id>/undo/", doings.Undo.as_view(), name="counter-undo"),
    path(HERE + "tickets/<uuid:id>/<counter-move:move>/", doings.TicketMove.as_view(), name="counter-move"),
]

"""One step of a conversation: something was typed, something is done, a screen is answered.

A screen's choices are kept with what each does, so an answer means what its reader saw even if the line has moved on.
What writes ends the conversation: a gateway that repeats a hop cannot repeat the deed.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from smartqueue.customers.actions import change_customer, customer_by_phone
from smartqueue.customers.queries import customer_of_phone
from smartqueue.kernel.errors import RuleBroken
from smartqueue.notifications.actions.consent import start
from smartqueue.phone import screens, words_said
from smartqueue.phone.keywords import tokens_of
from smartqueue.phone.talk import Reply, Screen, Talk, answered
from smartqueue.phone.words import Line
from smartqueue.queueing.actions.hot import issue_ticket
from smartqueue.queueing.actions.tickets import cancel_ticket, check_in_ticket, defer_ticket
from smartqueue.queueing.queries import TicketView, show_ticket
from smartqueue.queueing.queries.public import PublicLine, public_lines
from smartqueue.queueing.states import Channel, TicketState
from smartqueue.sites.models import Site
from smartqueue.sites.queries import public_sites, site_by_code

MOST_LIVE = 5
"""Live tickets of one phone: a family, not a line."""


def step(talk: Talk, text: str, at: datetime) -> Reply:
    """Go on by one message. Inside the tenant's transaction, with the phone's conversation locked.

    Args:
        talk: changed: its state, its language, its customer.
        text: as typed; '' where somebody has only dialled.
        at: the instant, timezone-aware.
    """
    with override(talk.language):
        return answered(talk, _next(talk, text.strip(), at))


def _next(talk: Talk, typed: str, at: datetime) -> Screen:
    menu, here = talk.state.get("menu", {}), talk.state.get("here", "")
    if talk.writes_words and (screen := words_said.answer(talk, typed, at, do)):
        return screen
    if typed in menu:
        return do(talk, menu[typed], at)
    if typed and (site := site_by_code("".join(tokens_of(typed)[:1]))):
        return do(talk, f"site:{site.id}", at)
    if here and typed:
        return do(talk, here, at, _wrong(typed, here))
    if talk.channel == Channel.SMS:
        return words_said.help_text(talk)
    return screens.home(talk, at)


def _wrong(typed: str, here: str) -> str:
    if here.startswith("sites") and not typed.isdigit():
        return _("Nothing has the code {code}.").format(code=typed[:12].upper())
    return _("Choose one of these numbers.")


def do(talk: Talk, deed: str, at: datetime, notice: str = "") -> Screen:
    """What a choice stands for, and the screen that follows; `notice` stands above it."""
    name, *rest = deed.split(":")
    return DEEDS[name](talk, rest, at, notice)


def _site(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    site = public_sites().filter(id=rest[0]).first()
    if site is None:
        return screens.sites(talk, at, notice=_("This place gives no tickets any more."))
    lines = public_lines(site.id, at=at)
    if len(lines) == 1 and lines[0].takes_tickets and not notice:
        return _line(talk, [str(site.id), str(lines[0].id)], at, "")
    return screens.services(talk, at, site, lines, int(rest[1]) if rest[1:] else 0, notice)


def _line(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    """A service was chosen. By SMS that is the wish itself; elsewhere it is confirmed first."""
    site, lines, line = _chosen(rest, at)
    if site is None or line is None or not line.takes_tickets:
        return _not_now(talk, site, lines, line, at)
    for mine in screens.own_tickets(talk, at):
        if mine.service.id == line.service_id:
            return screens.held(site.id, line.id, mine)
    if talk.channel == Channel.SMS:
        return _take(talk, [*rest[:2], "0"], at, "")
    return screens.confirm(site, line, at, notice)


def _other(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    """The same for somebody who has no phone at hand."""
    if talk.channel == Channel.SMS:
        return _take(talk, [*rest[:2], "1"], at, "")
    site, lines, line = _chosen(rest, at)
    if site is None or line is None or not line.takes_tickets:
        return _not_now(talk, site, lines, line, at)
    return screens.confirm(site, line, at, notice, for_other=True)


def _take(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    """A place in the line. Whoever takes two at once with one phone gets one: the conversation is locked."""
    site, lines, line = _chosen(rest, at)
    if site is None or line is None:
        return _not_now(talk, site, lines, line, at)
    customer = customer_by_phone(
        tenant_id=talk.tenant_id, phone=talk.phone, language=talk.language, actor=talk.actor, at=at
    )
    talk.customer_id = customer.id
    mine = screens.own_tickets(talk, at)
    if len(mine) >= MOST_LIVE:
        return screens.home(talk, at, _("This phone has {count} tickets. Cancel one first.").format(count=len(mine)))
    for one in mine:
        if one.service.id == line.service_id and rest[2] == "0":
            return screens.held(site.id, line.id, one)
    try:
        ticket_id = issue_ticket(
            tenant_id=talk.tenant_id, queue_id=line.id, channel=talk.channel, actor=talk.actor, at=at,
            customer_id=customer.id, language=talk.language,
        )  # fmt: skip
    except RuleBroken as refusal:
        return screens.services(talk, at, site, public_lines(site.id, at=at), notice=str(refusal))
    if talk.writes_words:  # who takes a ticket by message wants to hear of it
        start(tenant_id=talk.tenant_id, channel=talk.channel, address=talk.phone, actor=talk.actor, at=at)
    view = show_ticket(tenant_id=talk.tenant_id, ticket_id=ticket_id, at=at)
    assert view is not None
    return Screen([*screens.standing(view), screens.way_back(talk)], ticket_id=ticket_id)


def _chosen(rest: list[str], at: datetime) -> tuple[Site | None, list[PublicLine], PublicLine | None]:
    """A place, its queues that anybody may join, and one of them."""
    site = public_sites().filter(id=rest[0]).first()
    lines = public_lines(site.id, at=at) if site else []
    return site, lines, next((line for line in lines if str(line.id) == rest[1]), None)


def _not_now(talk: Talk, site: Site | None, lines: list[PublicLine], line: PublicLine | None, at: datetime) -> Screen:
    """What was offered a moment ago is offered no more."""
    if site is None:
        return screens.sites(talk, at, notice=_("This place gives no tickets any more."))
    notice = _("This is not offered any more.") if line is None else screens.why_not(line)
    return screens.services(talk, at, site, lines, notice=notice)


def _ticket(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    return _with_own(talk, rest, at, lambda mine: screens.ticket(talk, mine, notice))


def _leave(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    return _with_own(talk, rest, at, lambda mine: screens.leaving(mine, notice))


def _pass(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    def defer(mine: TicketView) -> Screen:
        defer_ticket(ticket_id=mine.id, people=1, actor=talk.actor, at=at)
        now = show_ticket(tenant_id=talk.tenant_id, ticket_id=mine.id, at=at) or mine
        return Screen([Line(_("Somebody goes before you.")), *screens.standing(now), screens.way_back(talk)])

    return _with_own(talk, rest, at, defer)


def _here(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    """Whoever is being served has been seen already."""

    def check_in(mine: TicketView) -> Screen:
        if mine.status != TicketState.SERVING:
            check_in_ticket(ticket_id=mine.id, actor=talk.actor, at=at)
        return Screen([Line(_("We know that you are here.")), *screens.standing(mine)])

    return _with_own(talk, rest, at, check_in)


def _cancel(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    def cancel(mine: TicketView) -> Screen:
        cancel_ticket(ticket_id=mine.id, agent_id=None, reason="", actor=talk.actor, at=at)
        return Screen([Line(_("Ticket {number} is cancelled.").format(number=mine.number))])

    return _with_own(talk, rest, at, cancel)


def _with_own(talk: Talk, rest: list[str], at: datetime, what: Callable[[TicketView], Screen]) -> Screen:
    """Something about a live ticket of this phone; about any other nothing is said."""
    for mine in screens.own_tickets(talk, at):
        if str(mine.id) == rest[0]:
            try:
                return what(mine)
            except RuleBroken as refusal:
                return screens.ticket(talk, mine, str(refusal))
    return screens.home(talk, at, _("This ticket is over."))


def _language(talk: Talk, rest: list[str], at: datetime, notice: str) -> Screen:
    """Kept with the customer, so that messages speak it too; with the conversation while nobody knows the phone."""
    talk.language = rest[0]
    if customer := customer_of_phone(talk.phone):
        change_customer(customer=customer, values={"language": talk.language}, actor=talk.actor, at=at)
    with override(talk.language):
        return screens.home(talk, at)


Deed = Callable[[Talk, list[str], datetime, str], Screen]
DEEDS: dict[str, Deed] = {
    "home": lambda talk, rest, at, notice: screens.home(talk, at, notice),
    "sites": lambda talk, rest, at, notice: screens.sites(talk, at, int(rest[0]), notice),
    "site": _site,
    "line": _line,
    "other": _other,
    "take": _take,
    "ticket": _ticket,
    "leave": _leave,
    "pass": _pass,
    "here": _here,
    "cancel": _cancel,
    "lang": _language,
}

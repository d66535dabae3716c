"""What a message in words is answered: each word of `keywords`, by SMS and on WhatsApp."""

import difflib
from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from smartqueue.notifications.actions.consent import start, stop
from smartqueue.phone import screens
from smartqueue.phone.keywords import RISKY, Said, Word, said, tokens_of
from smartqueue.phone.talk import Option, Screen, Talk
from smartqueue.phone.words import Line
from smartqueue.queueing.queries import TicketView
from smartqueue.queueing.queries.public import PublicLine, public_lines
from smartqueue.sites.queries import public_sites, site_by_code

SERVICE_ALIKE_FROM = 0.7
Do = Callable[[Talk, str, datetime, str], Screen]


def answer(talk: Talk, typed: str, at: datetime, do: Do) -> Screen | None:
    """None where the message is no word of ours.

    Args:
        do: what a choice of the menus does (`conversation.do`).
    """
    heard = said(typed)
    if heard is None:
        return None
    if heard.is_guess and heard.word in RISKY:
        return Screen([Line(_("Did you mean {word}? Send {word} alone.").format(word=heard.written))])
    match heard.word:
        case Word.TAKE:
            return _take(talk, heard.rest, at, do)
        case Word.INFO:
            return _about(talk, at)
        case Word.HERE:
            return _with_ticket(talk, heard, at, "here", do)
        case Word.LATE:
            return _with_ticket(talk, heard, at, "pass", do)
        case Word.CANCEL:
            return _with_ticket(talk, heard, at, "cancel", do)
        case Word.STOP:
            stop(tenant_id=talk.tenant_id, channel=talk.channel, address=talk.phone, actor=talk.actor, at=at)
            told = _("You get no more messages from {name}. To get them again, send START.")
            return Screen([Line(told.format(name=talk.tenant_name))])
        case Word.START:
            start(tenant_id=talk.tenant_id, channel=talk.channel, address=talk.phone, actor=talk.actor, at=at)
            return Screen([Line(_("You get messages from {name} again.").format(name=talk.tenant_name))])
    return help_text(talk)


def help_text(talk: Talk) -> Screen:
    return Screen(
        [
            Line("", talk.tenant_name),
            Line(_("TICKET and the code of a place: take a ticket")),
            Line(_("INFO: my place")),
            Line(_("LATE: let someone pass")),
            Line(_("CANCEL: leave the line")),
            Line(_("STOP: no messages")),
        ]
    )


def no_ticket() -> Screen:
    return Screen([Line(_("You have no ticket. Send TICKET and the code of a place."))])


def _take(talk: Talk, rest: Sequence[str], at: datetime, do: Do) -> Screen:
    """TICKET, TICKET DKR1, TICKET DKR1 2, TICKET DKR1 RETRAIT."""
    if not rest:
        return screens.sites(talk, at)
    site = site_by_code(rest[0])
    if site is None:
        return _unknown_code(talk, rest[0], at)
    lines = public_lines(site.id, at=at)
    takers = [line for line in lines if line.takes_tickets]
    if len(takers) == 1:
        return do(talk, f"line:{site.id}:{takers[0].id}", at, "")
    if rest[1:] and takers:
        chosen = _meant(rest[1:], takers)
        if chosen is None:
            return screens.services(talk, at, site, lines, notice=_("Choose one of these numbers."))
        return do(talk, f"line:{site.id}:{chosen.id}", at, "")
    return screens.services(talk, at, site, lines)


def _unknown_code(talk: Talk, typed: str, at: datetime) -> Screen:
    """The places again, those first whose code looks like it: a slip in a code must not lead to another town."""
    codes = dict(public_sites().values_list("code", "id"))
    alike = difflib.get_close_matches(typed, codes, n=2, cutoff=0.6)
    notice = _("Nothing has the code {code}.").format(code=typed[:12])
    return screens.sites(talk, at, notice=notice, first=[codes[code] for code in alike])


def _meant(typed: Sequence[str], takers: Sequence[PublicLine]) -> PublicLine | None:
    """A service by its number on the screen, or by a word of its name; None where two could be meant."""
    if typed[0].isdigit():
        place = int(typed[0][:4])
        return takers[place - 1] if 0 < place <= len(takers) else None
    found = [line for line in takers if _looks_like(typed, screens.name_of(line, takers))]
    return found[0] if len(found) == 1 else None


def _looks_like(typed: Sequence[str], name: str) -> bool:
    words = tokens_of(name)
    return all(
        any(word.startswith(one) for word in words) or difflib.get_close_matches(one, words, 1, SERVICE_ALIKE_FROM)
        for one in typed
    )


def _about(talk: Talk, at: datetime) -> Screen:
    """Where the own tickets stand."""
    tickets = screens.own_tickets(talk, at)
    if not tickets:
        return no_ticket()
    if len(tickets) == 1:
        return Screen(screens.standing(tickets[0]))
    return Screen([_short(mine) for mine in tickets[:6]])


def _short(mine: TicketView) -> Line:
    """One of several: the wait where it is known, else the place."""
    if mine.people_ahead is None:
        return Line(f"{mine.number}: ", mine.status)
    where = screens.ahead(mine.people_ahead) if mine.eta_seconds is None else screens.wait(mine)
    return Line(f"{mine.number}: ", where)


def _with_ticket(talk: Talk, heard: Said, at: datetime, deed: str, do: Do) -> Screen:
    """Of several tickets the one whose number follows the word; else it is asked which."""
    tickets = screens.own_tickets(talk, at)
    if not tickets:
        return no_ticket()
    named = [mine for mine in tickets if mine.number in heard.rest] or tickets
    if len(named) == 1:
        return do(talk, f"{deed}:{named[0].id}", at, "")
    options = [
        Option(str(place), f"{mine.number} {mine.service.name}", f"{deed}:{mine.id}", is_name=True)
        for place, mine in enumerate(named[:5], 1)
    ]
    return Screen([Line(_("Which ticket?"))], options, here="home")

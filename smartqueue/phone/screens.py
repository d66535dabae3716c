"""Every screen that only reads. Sentences are short: a screen has 160 signs, names included."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from smartqueue.forecast.queries.closing import closing_risks
from smartqueue.phone.talk import Option, Screen, Talk
from smartqueue.phone.words import Line
from smartqueue.queueing.errors import QueueClosed, QueueFull, QueuePaused, SiteClosed
from smartqueue.queueing.queries import TicketView
from smartqueue.queueing.queries.phone import live_tickets_of, recent_site_ids
from smartqueue.queueing.queries.public import PublicLine
from smartqueue.queueing.states import Channel, EtaQuality, QueueStatus, TicketState
from smartqueue.sites.models import Site
from smartqueue.sites.queries import next_offers, public_sites

Row = TypeVar("Row")
ON_A_PAGE = 4
"""Choices on a screen that can go on."""
RECENT = 3
HOUR = 60
TONGUES = {"fr": ("8", "Français"), "wo": ("9", "Wolof")}
"""A language is always behind the same key, so that a repeated hop does not turn it back."""


def home(talk: Talk, at: datetime, notice: str = "") -> Screen:
    """The own tickets where there are some, else the sites."""
    tickets = own_tickets(talk, at)
    if not tickets:
        return sites(talk, at, notice=notice)
    if len(tickets) == 1:
        return ticket(talk, tickets[0], notice)
    options = [
        Option(str(place), f"{one.number} {one.service.name}", f"ticket:{one.id}", is_name=True)
        for place, one in enumerate(tickets[:ON_A_PAGE], 1)
    ]
    options.append(Option(str(len(options) + 1), _("Another ticket"), "sites:0"))
    return Screen(_lines(notice, _("Your tickets")), options, tongues(talk), "home")


def own_tickets(talk: Talk, at: datetime) -> list[TicketView]:
    """Live tickets of this phone, oldest first."""
    if talk.customer_id is None:
        return []
    return live_tickets_of(talk.customer_id, tenant_id=talk.tenant_id, at=at)


def sites(talk: Talk, at: datetime, page: int = 0, notice: str = "", first: Sequence[UUID] = ()) -> Screen:
    """Where to go: the places where this phone was before, then the others by name."""
    recent = recent_site_ids(talk.customer_id, most=RECENT) if talk.customer_id else ()
    rank = {site_id: place for place, site_id in enumerate(dict.fromkeys([*first, *recent]))}
    known = sorted(public_sites(), key=lambda site: rank.get(site.id, len(rank)))
    shown, ways = _page(known, page, "sites")
    if page:
        ways.append(Option("00", _("Back"), "home"))
    options = [
        Option(str(place), site.name, f"site:{site.id}", is_name=True, after=f" {site.code}")
        for place, site in enumerate(shown, 1)
    ]
    asked = _("Choose a place, or type its code") if options else _("No place gives tickets here.")
    return Screen(_lines(notice, asked), options, [*ways, *tongues(talk)], f"sites:{page}")


def services(
    talk: Talk, at: datetime, site: Site, lines: Sequence[PublicLine], page: int = 0, notice: str = ""
) -> Screen:
    """What this place offers now, and above it what it does not, with the reason."""
    takers = [line for line in lines if line.takes_tickets]
    offers = next_offers(site.id, [line.service_id for line in lines if not line.offered], at) if lines else {}
    if not takers:
        return sites(talk, at, notice=_shut(site, lines, offers, at), first=[site.id])
    shown, ways = _page(takers, page, f"site:{site.id}")
    options = [
        Option(str(place), name_of(line, lines), f"line:{site.id}:{line.id}", is_name=True)
        for place, line in enumerate(shown, 1)
    ]
    room = max(0, ON_A_PAGE - len(options))
    shut = [
        Line("- ", name_of(line, lines), f": {_reason(line, offers, site, at)}")
        for line in lines if not line.takes_tickets
    ]  # fmt: skip
    head = [*_lines(notice), Line("", site.name)]
    ways.append(Option("00", _("Back"), "sites:0"))
    # What cannot be chosen stands above the choices: the last lines of a screen are read most.
    return Screen([*head, *shut[:room]], options, ways, f"site:{site.id}:{page}")


def confirm(site: Site, line: PublicLine, at: datetime, notice: str = "", *, for_other: bool = False) -> Screen:
    """Before the ticket is taken: how many are ahead, how long it will take, and whether that may be too long."""
    lines = [*_lines(notice), Line("", line.service), Line("", site.name), place_in_line(line.waiting, line)]
    known = [] if line.eta_seconds is None else [line.id]
    if closes_at := closing_risks(known, at=at).get(line.id):
        lines.append(Line(_("We close at {time}: your turn may not come.").format(time=_when(closes_at, site, at))))
    taken = f"take:{site.id}:{line.id}:{int(for_other)}"
    label = _("Ticket for somebody else") if for_other else _("Take a ticket")
    here = f"{'other' if for_other else 'line'}:{site.id}:{line.id}"
    return Screen(lines, [Option("1", label, taken)], [Option("00", _("Back"), f"site:{site.id}")], here)


def held(site_id: UUID, queue_id: UUID, mine: TicketView) -> Screen:
    """One live ticket per phone and service, unless it is for somebody else."""
    said = _("You already have ticket {number} for this.").format(number=mine.number)
    options = [
        Option("1", _("See my ticket"), f"ticket:{mine.id}"),
        Option("2", _("Ticket for somebody else"), f"other:{site_id}:{queue_id}"),
    ]
    back = Option("00", _("Back"), f"site:{site_id}")
    return Screen([Line(said)], options, [back], f"line:{site_id}:{queue_id}")


def ticket(talk: Talk, mine: TicketView, notice: str = "") -> Screen:
    """One of the own tickets, and what can be done with it."""
    options = [Option("3", _("Another ticket"), "sites:0")]
    if mine.status != TicketState.SERVING:
        options.insert(0, Option("2", _("Cancel my ticket"), f"leave:{mine.id}"))
    if mine.status == TicketState.WAITING:
        options.insert(0, Option("1", _("Let someone pass"), f"pass:{mine.id}"))
    return Screen([*_lines(notice), *standing(mine)], options, tongues(talk), f"ticket:{mine.id}")


def leaving(mine: TicketView, notice: str = "") -> Screen:
    asked = _("Cancel ticket {number}? You lose your place.").format(number=mine.number)
    options = [Option("1", _("Yes, cancel"), f"cancel:{mine.id}"), Option("2", _("No"), f"ticket:{mine.id}")]
    return Screen([*_lines(notice), Line(asked)], options, here=f"leave:{mine.id}")


def standing(mine: TicketView) -> list[Line]:
    """A ticket in two or three lines."""
    number = _("Ticket {number}").format(number=mine.number)
    head = Line(f"{number} ", mine.service.name)
    if mine.status == TicketState.CALLED:
        counter = mine.counter.name if mine.counter else ""
        said = _("It is your turn. Go to:")
        return [head, Line(f"{said} ", counter)]
    if mine.status == TicketState.SERVING:
        return [head, Line(_("You are being served."))]
    if mine.status == TicketState.PAUSED:
        return [head, Line(_("On hold. The agent calls you again."))]
    return [head, Line("", mine.site.name), place_in_line(mine.people_ahead or 0, mine)]


def place_in_line(people: int, shown: TicketView | PublicLine) -> Line:
    """`3 people ahead of you, 12 to 18 min`: on one line, because a screen has seven."""
    return Line(f"{ahead(people)}, {wait(shown)}")


def wait(shown: TicketView | PublicLine) -> str:
    """The range in minutes, or in hours where it is long; that no counter is open, where nothing may be claimed."""
    if shown.eta_low_seconds is None or shown.eta_high_seconds is None:
        return _("no counter is open now")
    low, high = max(0, shown.eta_low_seconds // 60), max(1, -(-shown.eta_high_seconds // 60))
    if low < 1:
        said = _("less than {minutes} min").format(minutes=high)
    elif low >= high:
        said = _("about {minutes} min").format(minutes=high)
    elif high > HOUR:
        said = _("{low} to {high}").format(low=_length(low), high=_length(high))
    else:
        said = _("{low} to {high} min").format(low=low, high=high)
    return _("perhaps {time}").format(time=said) if shown.eta_quality == EtaQuality.ROUGH else said


def _length(minutes: int) -> str:
    """`45 min`, `1h05`."""
    return f"{minutes // HOUR}h{minutes % HOUR:02}" if minutes >= HOUR else f"{minutes} min"


def way_back(talk: Talk) -> Line:
    """How to ask again."""
    if talk.channel == Channel.USSD:
        return Line(_("Follow: dial {code}").format(code=talk.dial) if talk.dial else _("Dial again to follow."))
    return Line(_("Follow: send INFO"))


def ahead(people: int) -> str:
    if people == 0:
        return _("Nobody ahead of you")
    return ngettext("{count} person ahead of you", "{count} people ahead of you", people).format(count=people)


def tongues(talk: Talk) -> list[Option]:
    """The other languages, each in its own words."""
    return [Option(key, name, f"lang:{code}") for code, (key, name) in TONGUES.items() if code != talk.language]


def name_of(line: PublicLine, among: Iterable[PublicLine]) -> str:
    """The service; where two queues of a place serve it, the queue."""
    twins = [other for other in among if other.service_id == line.service_id]
    return line.name if len(twins) > 1 else line.service


def why_not(line: PublicLine) -> str:
    """What the queue would refuse with, before it is asked."""
    refusal = {QueueStatus.PAUSED: QueuePaused, QueueStatus.CLOSED: QueueClosed}.get(
        QueueStatus(line.status), QueueFull
    )
    return str(refusal() if line.offered else SiteClosed())


def _shut(site: Site, lines: Sequence[PublicLine], offers: dict[UUID, datetime], at: datetime) -> str:
    if any(line.offered for line in lines):
        return _("{place} takes no tickets now.").format(place=site.code)
    if offers:
        return _("{place} is closed. Opens {when}.").format(place=site.code, when=_when(min(offers.values()), site, at))
    return _("{place} is closed.").format(place=site.code)


def _reason(line: PublicLine, offers: dict[UUID, datetime], site: Site, at: datetime) -> str:
    if not line.offered:
        opens = offers.get(line.service_id)
        return _("opens {when}").format(when=_when(opens, site, at)) if opens else pgettext("a queue", "closed")
    if line.status == QueueStatus.PAUSED:
        return _("on a break")
    return _("full") if line.status == QueueStatus.OPEN else pgettext("a queue", "closed")


def _when(instant: datetime, site: Site, at: datetime) -> str:
    """`08:00` today, `Mon 08:00` on another day, in the place's own time."""
    zone = ZoneInfo(site.time_zone)
    local = instant.astimezone(zone)
    return date_format(local, "H:i" if local.date() == at.astimezone(zone).date() else "D H:i")


def _lines(*said: str) -> list[Line]:
    return [Line(sentence) for sentence in said if sentence]


def _page(rows: Sequence[Row], page: int, deed: str) -> tuple[Sequence[Row], list[Option]]:
    start = page * ON_A_PAGE
    more = [Option("0", _("More"), f"{deed}:{page + 1}")] if len(rows) > start + ON_A_PAGE else []
    return rows[start : start + ON_A_PAGE], more

"""What a kiosk is told, as JSON-ready values."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import segno

from smartqueue.devices.models import Device
from smartqueue.devices.queries import queues_of
from smartqueue.forecast.queries.closing import closing_risks
from smartqueue.queueing.actions.blocks import token_of
from smartqueue.queueing.queries import TicketView
from smartqueue.queueing.queries.blocks import Leased
from smartqueue.queueing.queries.kiosk import Tile, tiles
from smartqueue.queueing.queries.public import short_code
from smartqueue.sites.models import Site
from smartqueue.web.shared.pictograms import PICTOGRAMS


def state_of(device: Device, *, at: datetime) -> dict[str, Any]:
    """The kiosk's tiles now. Nothing in it changes with the clock alone but the warning before closing. Five queries,
    in the tenant's scope."""
    shown = tiles([queue.id for queue in queues_of(device)], at=at)
    late = closing_risks([tile.id for tile in shown if tile.eta_seconds is not None], at=at)
    return {
        "revision": device.revision,
        "printer": device.printer,
        "languages": device.languages,
        "tiles": [_tile(tile, late.get(tile.id), device.site) for tile in shown],
    }


def _tile(tile: Tile, closes_at: datetime | None, site: Site) -> dict[str, Any]:
    return {
        "queue": str(tile.id),
        "name": tile.name,
        "pictogram": tile.pictogram if tile.pictogram in PICTOGRAMS else "default",
        "why_not": tile.why_not,
        "hours": tile.hours,
        "waiting": tile.waiting,
        "wait_range": _range(tile),
        "quality": tile.eta_quality,
        "closes": f"{closes_at.astimezone(ZoneInfo(site.time_zone)):%H:%M}" if closes_at else "",
    }


def block_json(block: Leased, base: str) -> dict[str, Any]:
    """A block with all that the kiosk prints of each number that is still free.

    Args:
        base: scheme and host of our addresses, without a slash at the end.
    """
    free = [number for number in range(block.first, block.last + 1) if number not in set(block.issued)]
    return {
        "id": str(block.id),
        "queue": str(block.queue_id),
        "ends_at": block.ends_at.isoformat(),
        "numbers": [
            {"sequence": sequence, "number": f"{block.prefix}{sequence:03}"}
            | _links(token_of(block.secret, sequence), base)
            for sequence in free
        ],
    }


def ticket_json(ticket: TicketView, site: Site, base: str) -> dict[str, Any]:
    arrived = ticket.created_at.astimezone(ZoneInfo(site.time_zone))
    return {
        "number": ticket.number,
        "status": ticket.status,
        "service": ticket.service.name,
        "site": ticket.site.name,
        "time": f"{arrived:%H:%M}",
        "date": f"{arrived:%d/%m/%Y}",
        "people_ahead": ticket.people_ahead,
        "wait_range": _range(ticket),
        "quality": ticket.eta_quality,
    } | _links(ticket.token, base)


def _range(shown: Tile | TicketView) -> list[int] | None:
    """Both bounds of the wait, in seconds; None where no range is known: one number alone would promise too much."""
    low, high = shown.eta_low_seconds, shown.eta_high_seconds
    return None if low is None or high is None else [low, high]


def _links(token: str, base: str) -> dict[str, str]:
    url = f"{base}/t/{token}"
    return {"url": url, "code": short_code(token), "qr": qr_address(url)}


def qr_address(text: str) -> str:
    """A QR code as a `data:` address of an SVG, of error correction M, with its quiet zone of 4."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(border=4, omitsize=True))

"""How a tenant's ways are computed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from smartqueue.journal.actions import add, change
from smartqueue.journal.states import Actor
from smartqueue.kernel.errors import Invalid
from smartqueue.outbound.addresses import judge_url
from smartqueue.outbound.deadline import NoAnswer
from smartqueue.travel.actions.speeds import take_turns
from smartqueue.travel.models import TravelRules
from smartqueue.travel.states import Engine

MARGIN_MIN, NEAR_M = range(61), range(30, 2001)
LONGEST_URL = 300


def save_travel_rules(*, tenant_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> TravelRules:
    """Change the rules; what is not named stays. Inside the tenant's scope; two at once take turns.

    Args:
        values: any of `engine`, `engine_url` (https, or this machine where that is allowed), `margin_min`, `near_m`.

    Raises:
        Invalid: with the fields that cannot be.
    """
    with transaction.atomic():
        take_turns(tenant_id)
        row = TravelRules.objects.filter(tenant_id=tenant_id).first()
        wanted = _judged(row or TravelRules(), values)
        if row is None:
            return add(TravelRules(tenant_id=tenant_id, **wanted), actor=actor, at=at)
        return change(row, wanted, actor=actor, at=at)


def _judged(row: TravelRules, values: dict[str, Any]) -> dict[str, Any]:
    names = ("engine", "engine_url", "margin_min", "near_m")
    settled = {name: values.get(name, getattr(row, name)) for name in names}
    settled["engine_url"] = settled["engine_url"].strip().rstrip("/")
    wrong: dict[str, str] = {}
    if settled["engine"] not in Engine.values:
        wrong["engine"] = _("There is no such engine.")
    for name, possible in (("margin_min", MARGIN_MIN), ("near_m", NEAR_M)):
        if settled[name] not in possible:
            wrong[name] = _("A whole number from {least} to {most}.").format(least=possible[0], most=possible[-1])
    if settled["engine"] != Engine.TABLE and "engine" not in wrong and not settled["engine_url"]:
        wrong["engine_url"] = _("Where is the engine? Type its address.")
    elif settled["engine_url"] and (why := _refused(settled["engine_url"])):
        wrong["engine_url"] = why
    if wrong:
        raise Invalid(**wrong)
    return settled


def _refused(url: str) -> str:
    """Why this address is not called; '' when it is."""
    if len(url) > LONGEST_URL or "?" in url:
        return _("This is not the address of an engine.")
    try:
        judge_url(url)
    except NoAnswer as silence:
        if silence.code == NoAnswer.NO_TLS:
            return _("The address must begin with https://.")
        return _("This address cannot be called. Use one that is on the internet.")
    return ""

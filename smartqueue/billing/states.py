"""What a plan has a quota of, and what using more than that comes to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Measure(models.TextChoices):
    """What is counted. Tickets and messages are counted for a month, sites and agents as they stand."""

    TICKETS = "tickets", _("Tickets this month")
    MESSAGES = "messages", _("Messages this month")
    SITES = "sites", _("Sites")
    AGENTS = "agents", _("Agents")


NEARLY = 0.8
"""From this share of a quota on, the pages point to it."""


@dataclass(frozen=True)
class Terms:
    """What a plan promised and asked for when a month was counted: a later change of the plan does not reach back.

    Attributes:
        price_xof: for a month.
        tickets, messages, sites, agents: the quotas; None is without limit.
        ticket_price_xof, message_price_xof: for each one beyond its quota.
    """

    price_xof: int
    tickets: int | None
    messages: int | None
    sites: int | None
    agents: int | None
    ticket_price_xof: int
    message_price_xof: int

    def as_json(self) -> dict[str, int | None]:
        return asdict(self)


@dataclass(frozen=True)
class Use:
    """How much of one quota is used.

    Attributes:
        limit: None is without limit.
        overage_xof: what is beyond the quota costs; sites and agents beyond it cost nothing.
    """

    measure: Measure
    used: int
    limit: int | None
    overage_xof: int

    @property
    def share(self) -> float:
        """Of the quota, 1.0 when it is used up. A quota of nothing is used up by the first one."""
        if self.limit is None:
            return 0.0
        return self.used / self.limit if self.limit else float(self.used)

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 is all of it."""
        return int(self.share * 100)

    @property
    def over_by(self) -> int:
        return 0 if self.limit is None else max(0, self.used - self.limit)

    @property
    def is_nearly(self) -> bool:
        return not self.over_by and self.share >= NEARLY


def uses(terms: Terms, used: Mapping[str, int]) -> list[Use]:
    """Every quota of a plan against what was used."""
    prices = {Measure.TICKETS: terms.ticket_price_xof, Measure.MESSAGES: terms.message_price_xof}
    found = []
    for measure in Measure:
        limit = getattr(terms, measure)
        over_by = 0 if limit is None else max(0, used[measure] - limit)
        found.append(Use(measure, used[measure], limit, over_by * prices.get(measure, 0)))
    return found

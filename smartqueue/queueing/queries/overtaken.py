"""Who was called before somebody who had come earlier, and by which rule. For one ticket's owner: no numbers, no names,
and never the ground of a priority."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext, ngettext

from smartqueue.queueing.states import FIRST_LANE


class Overtaking(StrEnum):
    """By which rule somebody who came later is called first; in a sentence that names several, in this order."""

    PRIORITY = "priority"
    RETURNED = "returned"
    CHOSEN = "chosen"
    YIELDED = "let_pass"
    AWAY = "away"
    MOVED_BACK = "moved_back"


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Those who came after a ticket and have been called before it; never empty.

    Attributes:
        by_rule: people by rule, the most frequent rule first.
    """

    by_rule: Mapping[Overtaking, int]

    @property
    def people(self) -> int:
        return sum(self.by_rule.values())

    @property
    def rule(self) -> Overtaking:
        """The one by which most of them were called."""
        return next(iter(self.by_rule))

    @property
    def sentence(self) -> str:
        """Why, in one sentence, in the reader's language."""
        if len(self.by_rule) == 1:
            return _alone(self.rule, self.people)
        said = ngettext(
            "{count} person who came after you was called before you: {parts}.",
            "{count} people who came after you were called before you: {parts}.",
            self.people,
        )
        parts = [_part(rule, self.by_rule[rule]) for rule in Overtaking if rule in self.by_rule]
        return said.format(count=self.people, parts=", ".join(parts))


def _alone(rule: Overtaking, people: int) -> str:
    said = {
        Overtaking.PRIORITY: ngettext(
            "{count} person was called before you: that person has priority.",
            "{count} people were called before you: they have priority.", people,
        ),
        Overtaking.RETURNED: ngettext(
            "{count} person was called before you: that person had been called already and came back.",
            "{count} people were called before you: they had been called already and came back.", people,
        ),
        Overtaking.CHOSEN: ngettext(
            "{count} person was called before you: an agent chose that person.",
            "{count} people were called before you: an agent chose them.", people,
        ),
        Overtaking.YIELDED: ngettext(
            "{count} person was called before you: you let that person pass.",
            "{count} people were called before you: you let them pass.", people,
        ),
        Overtaking.AWAY: ngettext(
            "{count} person was called before you: you were still on the way.",
            "{count} people were called before you: you were still on the way.", people,
        ),
        Overtaking.MOVED_BACK: ngettext(
            "{count} person was called before you: you were put back in the line.",
            "{count} people were called before you: you were put back in the line.", people,
        ),
    }[rule]  # fmt: skip
    return said.format(count=people)


def _part(rule: Overtaking, people: int) -> str:
    said = {
        Overtaking.PRIORITY: ngettext("{count} has priority", "{count} have priority", people),
        Overtaking.RETURNED: ngettext("{count} came back after a call", "{count} came back after a call", people),
        Overtaking.CHOSEN: ngettext("{count} was chosen by the agent", "{count} were chosen by the agent", people),
        Overtaking.YIELDED: gettext("you let {count} pass"),
        Overtaking.AWAY: gettext("{count} while you were on the way"),
        Overtaking.MOVED_BACK: gettext("{count} because you were put back in the line"),
    }[rule]
    return said.format(count=people)


# Only since the ticket stands in this queue: whoever was called here before its transfer has overtaken nobody.
MINE = """
SELECT t.queue_id, t.day, t.created_at, t.priority,
    coalesce((SELECT max(e.at) FROM journal_entry e WHERE e.object_id = t.id AND e.version IS NOT NULL
        AND e.fact = 'ticket.transferred' AND e.data ? 'from_queue_id'), t.created_at),
    ARRAY(SELECT e.at FROM journal_entry e WHERE e.object_id = t.id AND e.version IS NOT NULL
        AND e.fact = ANY (%(moves)s) ORDER BY e.version),
    ARRAY(SELECT concat(e.fact, ' ', e.data ->> 'rule', e.data ->> 'place') FROM journal_entry e
        WHERE e.object_id = t.id AND e.version IS NOT NULL AND e.fact = ANY (%(moves)s) ORDER BY e.version)
FROM queueing_ticket t WHERE t.id = %(ticket)s AND t.status = 'waiting'
"""

LATER = """
SELECT t.call_reason ->> 'rule', t.priority, t.lane, t.called_at
FROM queueing_ticket t
WHERE t.queue_id = %s AND t.day >= %s AND t.created_at > %s AND t.called_at >= %s AND t.call_reason IS NOT NULL
"""

MOVES = {
    "ticket.deferred ": Overtaking.YIELDED,
    "ticket.deferred away": Overtaking.AWAY,
    "ticket.put_back last": Overtaking.MOVED_BACK,
    "ticket.put_back first": None,
    "ticket.put_back arrival": None,
    "ticket.returned away": None,
}
"""What a fact that changes a ticket's place in the line lets others do from then on."""


class Call(NamedTuple):
    """The call of somebody who came later."""

    rule: str
    priority: int
    lane: int
    called_at: datetime


def overtaken(ticket_id: UUID) -> Overtaken | None:
    """Who has been called in its queue before a waiting ticket although they came later; two queries, in scope.

    Whoever was called and is waiting again has overtaken nobody. Nobody is said to have overtaken a ticket that was
    not yet known when a later one was called (paper of a kiosk without a network): no rule did that.

    Returns:
        None where nobody has overtaken it, and for a ticket that does not wait.
    """
    with connection.cursor() as cursor:
        cursor.execute(MINE, {"ticket": ticket_id, "moves": sorted({fact.split()[0] for fact in MOVES})})
        mine = cursor.fetchone()
        if mine is None:
            return None
        queue_id, day, created_at, priority, since, *moves = mine
        cursor.execute(LATER, [queue_id, day, created_at, since])
        calls = [Call(*row) for row in cursor.fetchall()]
    rules = [_rule(call, priority, list(zip(*moves, strict=True))) for call in calls]
    counts = {rule: rules.count(rule) for rule in Overtaking if rule in rules}
    return Overtaken(dict(sorted(counts.items(), key=lambda pair: -pair[1]))) if counts else None


def _rule(call: Call, priority: int, moves: Sequence[tuple[datetime, str]]) -> Overtaking | None:
    """Why somebody who came later was called before my ticket; None where no rule says so.

    Args:
        priority: my ticket's.
        moves: when and how my ticket's place in the line has changed, in order.
    """
    if call.rule == "chosen":
        return Overtaking.CHOSEN
    if call.lane == FIRST_LANE:
        return Overtaking.RETURNED
    if call.priority > priority:
        return Overtaking.PRIORITY
    before = [move for at, move in moves if at <= call.called_at]
    return MOVES.get(before[-1]) if before else None

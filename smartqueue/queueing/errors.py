"""What the queue refuses, by name."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import Forbidden, NotFound, RuleBroken


class QueueNotFound(NotFound):
    code = "queue_not_found"
    sentence = _("There is no such queue.")


class TicketNotFound(NotFound):
    code = "ticket_not_found"
    sentence = _("There is no such ticket.")


class AgentNotFound(NotFound):
    code = "agent_not_found"
    sentence = _("There is no such agent.")


class CounterNotFound(NotFound):
    code = "counter_not_found"
    sentence = _("There is no such counter.")


class NumberNotLeased(NotFound):
    code = "number_not_leased"
    sentence = _("This device does not have that number.")


class QueueClosed(RuleBroken):
    code = "queue_closed"
    sentence = _("This queue is closed.")


class QueuePaused(RuleBroken):
    code = "queue_paused"
    sentence = _("This queue takes no new tickets at the moment.")


class SiteClosed(RuleBroken):
    code = "site_closed"
    sentence = _("This place is closed now.")


class QueueFull(RuleBroken):
    code = "queue_full"
    sentence = _("This queue is full.")


class AgentBusy(RuleBroken):
    code = "agent_busy"
    sentence = _("There is already a customer at the counter.")


class AgentPaused(RuleBroken):
    code = "agent_paused"
    sentence = _("You are on a break: make yourself available first.")


class AgentOffline(RuleBroken):
    code = "agent_offline"
    sentence = _("Sign in at a counter first.")


class NotEligible(Forbidden):
    code = "not_eligible"
    sentence = _("This agent does not serve this queue.")


class NotYourTicket(Forbidden):
    code = "not_your_ticket"
    sentence = _("Another agent is serving this ticket.")


class KeptForAnother(Forbidden):
    code = "kept_for_another"
    sentence = _("This ticket is kept for a colleague.")


class NotYourCounter(Forbidden):
    code = "not_your_counter"
    sentence = _("You can act for yourself only.")


class ReasonNeeded(RuleBroken):
    code = "reason_needed"
    status = 400
    sentence = _("Say why: others are before this ticket.")


class IllegalMove(RuleBroken):
    code = "illegal_move"
    sentence = _("The ticket cannot do this in its present state.")


class TooSoon(RuleBroken):
    code = "too_soon"
    sentence = _("Wait a moment: {retry_after_s} s.")


class DeferralsUsedUp(RuleBroken):
    code = "deferrals_used_up"
    sentence = _("This ticket has let others pass as often as allowed.")


class NobodyBehind(RuleBroken):
    code = "nobody_behind"
    sentence = _("Nobody is behind this ticket.")


class NothingToUndo(RuleBroken):
    code = "nothing_to_undo"
    sentence = _("There is nothing to undo: only your last action, within ten seconds.")


class CounterTaken(RuleBroken):
    code = "counter_taken"
    sentence = _("Another agent is at this counter.")


class NobodyAtCounter(RuleBroken):
    code = "nobody_at_counter"
    sentence = _("Nobody sits at this counter now.")


class ColleagueAway(RuleBroken):
    code = "colleague_away"
    sentence = _("This colleague sits at no counter of this place now.")


class SameAgent(RuleBroken):
    code = "same_agent"
    sentence = _("The ticket is already with this agent.")


class SameQueue(RuleBroken):
    code = "same_queue"
    sentence = _("The ticket is already in this queue.")


class BlockNotSynced(RuleBroken):
    code = "block_not_synced"
    sentence = _("Numbers of this block were printed and are not known here yet: send them first.")


class QueueExists(RuleBroken):
    code = "already_exists"
    sentence = _("This site already has such a queue, or one with these letters.")


class QueueInUse(RuleBroken):
    code = "in_use"
    sentence = _("People took tickets in this queue. Take it out of use instead: its history stays.")


class AlreadyAgent(RuleBroken):
    code = "already_exists"
    sentence = _("This person already works here.")


class AlertRuleExists(RuleBroken):
    code = "already_exists"
    sentence = _("There is already a rule with this name.")


class AlertNotFound(NotFound):
    code = "alert_not_found"
    sentence = _("There is no such alert.")


class AlertSettled(RuleBroken):
    code = "alert_settled"
    sentence = _("Somebody has seen to this alert already, or it is over.")


REFUSALS: dict[str, type[RuleBroken]] = {
    refusal.code: refusal
    for refusal in (
        QueueNotFound, TicketNotFound, AgentNotFound, QueueClosed, QueuePaused, SiteClosed, QueueFull, AgentBusy,
        AgentPaused, AgentOffline, NotEligible, NotYourTicket, NotYourCounter, ReasonNeeded,
        IllegalMove, NumberNotLeased, BlockNotSynced,
    )
}  # fmt: skip
"""What the SQL functions answer → the refusal that Python raises."""

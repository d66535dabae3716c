"""Every write of the billing room. All of it is the platform's: a tenant reads what it used, and changes nothing."""

from smartqueue.billing.actions.plans import change_plan_of, edit_plan
from smartqueue.billing.actions.usage import count_usage, rebuild_usage

__all__ = ["change_plan_of", "count_usage", "edit_plan", "rebuild_usage"]

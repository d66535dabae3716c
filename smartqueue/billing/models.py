"""Plans of the platform, which tenant had which, and what each used in a month."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from smartqueue.billing.states import Terms
from smartqueue.tenants.models import TenantOwned
from smartqueue.tenants.states import PlanName


class Plan(models.Model):
    """What the platform offers. An empty quota is without limit; whatever is beyond one is billed, never refused."""

    name = models.CharField(_("plan"), max_length=20, primary_key=True, choices=PlanName.choices)
    price_xof = models.PositiveIntegerField(_("price for a month, F CFA"))
    sites = models.PositiveIntegerField(_("sites"), null=True, blank=True)
    agents = models.PositiveIntegerField(_("agents"), null=True, blank=True)
    tickets = models.PositiveIntegerField(_("tickets a month"), null=True, blank=True)
    messages = models.PositiveIntegerField(_("messages a month"), null=True, blank=True)
    ticket_price_xof = models.PositiveIntegerField(_("price of a ticket beyond, F CFA"))
    message_price_xof = models.PositiveIntegerField(_("price of a message beyond, F CFA"))

    class Meta:
        ordering = ["price_xof", "name"]
        constraints = [models.CheckConstraint(condition=Q(name__in=PlanName.values), name="plan_known")]

    def __str__(self) -> str:
        return str(self.get_name_display())

    @property
    def terms(self) -> Terms:
        return Terms(
            price_xof=self.price_xof, tickets=self.tickets, messages=self.messages, sites=self.sites,
            agents=self.agents, ticket_price_xof=self.ticket_price_xof, message_price_xof=self.message_price_xof,
        )  # fmt: skip


class Subscription(TenantOwned):
    """Which plan a tenant had, and when. `Tenant.plan` is the one it has: a tenant that never changed has no row."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant"], condition=Q(until=None), name="subscription_one_open"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="subscription_ends_after_it_began"
            ),
        ]


class MonthUsage(TenantOwned):
    """What a tenant used in a month, counted again and again until a few days after the month.

    Attributes:
        month: its first day.
        terms: the plan's quotas and prices as they were when the month was last counted.
        share: of the quota that is used most, 1.0 when it is used up.
        overage_xof: what is beyond the quotas costs, beside the plan's price.
    """

    month = models.DateField(_("month"))
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", db_index=False)
    tickets = models.PositiveIntegerField(_("tickets"), default=0)
    messages = models.PositiveIntegerField(_("messages"), default=0)
    sites = models.PositiveIntegerField(_("sites"), default=0)
    agents = models.PositiveIntegerField(_("agents"), default=0)
    terms = models.JSONField(_("quotas and prices"))
    share = models.FloatField(_("share of the quota"), default=0)
    overage_xof = models.PositiveBigIntegerField(_("beyond the quotas, F CFA"), default=0)
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        indexes = [models.Index(fields=["month", "-share"], name="month_usage_by_share")]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "month"], name="month_usage_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="month_usage_first_day"),
        ]

    @property
    def counts(self) -> dict[str, int]:
        return {"tickets": self.tickets, "messages": self.messages, "sites": self.sites, "agents": self.agents}

    @property
    def agreed(self) -> Terms:
        kept: dict[str, Any] = self.terms
        return Terms(**kept)

    @property
    def total_xof(self) -> int:
        """The plan's price and what is beyond its quotas."""
        return self.agreed.price_xof + self.overage_xof

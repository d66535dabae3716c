"""The letter that tells administrators that the month's budget for messages is used."""

from datetime import datetime
from uuid import UUID

from django.core.mail import EmailMessage, get_connection
from django.db.models import F, OuterRef, Subquery
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from smartqueue.notifications.actions.spending import month_of
from smartqueue.notifications.models import MessageRules, MonthSpend
from smartqueue.tenants.models import Membership, Tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import Role


def send_budget_letter(*, tenant_id: UUID, at: datetime) -> bool:
    """Tell the administrators once a month that its messages have cost as much as was planned. Messages go on: only
    the cap ends them. Enters the scope itself; never call it inside a transaction.

    A mail server that refuses leaves the letter to the next look. A process that dies at this instant loses it; the
    page of the rules shows the same.

    Returns:
        Whether a letter went out.

    Raises:
        OSError: the mail server did not take it.
    """
    with in_tenant(tenant_id):
        tenant = Tenant.objects.get(id=tenant_id)
        budget = Subquery(MessageRules.objects.filter(tenant_id=OuterRef("tenant_id")).values("budget_xof")[:1])
        due = MonthSpend.objects.select_for_update(no_key=True, skip_locked=True).filter(
            month=month_of(at, tenant.time_zone), told_at=None
        )
        spend = due.annotate(budget_xof=budget).filter(cost_xof__gte=F("budget_xof")).first()
        if spend is None:
            return False
        MonthSpend.objects.filter(id=spend.id).update(told_at=at)
        letter = _letter(tenant, cost_xof=spend.cost_xof, budget_xof=spend.budget_xof)
    try:
        get_connection().send_messages([letter] if letter.bcc else [])
    except OSError:
        with in_tenant(tenant_id):
            MonthSpend.objects.filter(id=spend.id, told_at=at).update(told_at=None)
        raise
    return bool(letter.bcc)


def _letter(tenant: Tenant, *, cost_xof: int, budget_xof: int) -> EmailMessage:
    """In the tenant's language; no address sees another."""
    members = Membership.objects.filter(role=Role.ADMIN, user__is_active=True).values_list("user__email", flat=True)
    rules = MessageRules.objects.get()
    with translation.override(tenant.locale):
        cost, budget, cap = (number_format(xof, force_grouping=True) for xof in (cost_xof, budget_xof, rules.cap_xof))
        subject = _("{name}: the budget for messages is used").format(name=tenant.name)
        text = _(
            "The messages of this month have cost {cost} FCFA. Your budget is {budget} FCFA.\n\n"
            "Messages go on until {cap} FCFA, which is your cap. You can change both under Messages, Rules."
        ).format(cost=cost, budget=budget, cap=cap)
    return EmailMessage(subject, text, bcc=sorted({address for address in members if address}))

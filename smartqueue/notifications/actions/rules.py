"""How a tenant sends."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from smartqueue.journal.actions import add, change
from smartqueue.journal.states import Actor
from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.models import MessageRules
from smartqueue.notifications.queries.rules import rules_of
from smartqueue.notifications.states import MessageKind
from smartqueue.notifications.states.reach import is_calling_code

NEAR = range(1, 51)
MOST_XOF = 1_000_000_000


def save_rules(*, tenant_id: UUID, values: dict[str, Any], actor: Actor, at: datetime) -> MessageRules:
    """Change the rules; what is not named stays. Inside the tenant's scope.

    Args:
        values: any of `quiet_from`, `quiet_to` (equal: no quiet hours), `kinds_off`, `fold_accents`, `near_at`,
            `budget_xof` (None: none), `cap_xof`, `countries` (calling codes, with or without `+`; none: Senegal's).

    Raises:
        Invalid: with the fields that cannot be.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:  # of two who make the first row at once, the second changes it
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [str(tenant_id)])
        row = MessageRules.objects.select_for_update().filter(tenant_id=tenant_id).first()
        wanted = _judged(row or rules_of(tenant_id), values)
        if row is None:
            return add(MessageRules(tenant_id=tenant_id, **wanted), actor=actor, at=at)
        return change(row, wanted, actor=actor, at=at)


def _judged(row: MessageRules, values: dict[str, Any]) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    wanted = dict(values)
    if "countries" in wanted:
        wanted["countries"] = _codes(wanted["countries"])
        if strange := [code for code in wanted["countries"] if not is_calling_code(code)]:
            wrong["countries"] = _("{code} is no calling code of a country.").format(code=f"+{strange[0][:10]}")
    if "kinds_off" in wanted:
        wanted["kinds_off"] = sorted(set(wanted["kinds_off"]))
        if any(kind not in MessageKind.values for kind in wanted["kinds_off"]):
            wrong["kinds_off"] = _("There is no such message.")
    if "near_at" in wanted and wanted["near_at"] not in NEAR:
        wrong["near_at"] = _("A whole number from 1 to {most}.").format(most=NEAR[-1])
    budget, cap = (wanted.get(name, getattr(row, name)) for name in ("budget_xof", "cap_xof"))
    for name, amount in (("budget_xof", budget), ("cap_xof", cap)):
        if amount is not None and not 0 <= amount <= MOST_XOF:
            wrong[name] = _("From 0 to {most}.").format(most=MOST_XOF)
    if budget is not None and not wrong and cap < budget:
        wrong["cap_xof"] = _("The cap is at least the budget.")
    if wrong:
        raise Invalid(**wrong)
    return wanted


def _codes(written: Sequence[str]) -> list[str]:
    """Each once, without `+` and spaces, in order."""
    return sorted({str(code).strip().lstrip("+") for code in written} - {""})

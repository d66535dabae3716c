"""What is said both ways on the day of the pictures: messages, a webhook, a source, an account."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from smartqueue.cli.picturing.stage import Stage, set_stage
from smartqueue.cli.processes import PlainError, wait_until
from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.notifications.actions.integrations import keep_integration
from smartqueue.notifications.actions.outgoing import announce_news, tell_one
from smartqueue.notifications.actions.presence import gone, seen_here
from smartqueue.notifications.actions.watches import watch
from smartqueue.notifications.models import Notification
from smartqueue.notifications.queries.optout import optout_link
from smartqueue.notifications.states import MessageChannel, NotificationState, Provider
from smartqueue.queueing.queries.board import ticket_of_token
from smartqueue.tenants.models import Tenant
from smartqueue.tenants.scope import in_tenant
from smartqueue.webhooks.actions.endpoints import add_endpoint, try_endpoint
from smartqueue.webhooks.actions.inbound import add_source
from smartqueue.webhooks.models import Delivery
from smartqueue.webhooks.states import DeliveryStatus, Right

NEWS = "Le système des cartes est en panne. Nous vous servons dès qu'il marche."
READY = "Votre dossier est prêt. Gardez votre pièce d'identité à la main."
TOLD_FACTS = ("ticket.called", "ticket.closed", "ticket.no_show")
ACCOUNT = {"account_sid": "AC" + "0123456789abcdef" * 2, "sender": "Teranga", "price_xof": 25}
SETTLED_WITHIN_S = 90.0
Settled = Callable[[], None]


def set_talking_stage(tenant: Tenant, at: datetime, *, receiver: str, settled: Settled) -> Stage:
    """The day of `set_stage`, and all that is said about it.

    Args:
        receiver: address of the webhook.
        settled: waits until the house has told everything that there is to tell.
    """
    with in_tenant(tenant.id):
        endpoint, _secret = add_endpoint(
            tenant_id=tenant.id, url=receiver, facts=TOLD_FACTS, description="Logiciel de caisse", actor=SYSTEM,
            at=at - timedelta(days=20),
        )  # fmt: skip
    stage = set_stage(tenant, at)
    settled()
    with in_tenant(tenant.id):
        stage.places |= _say(tenant, stage, at) | {"endpoint": str(endpoint.id)}
        try_endpoint(endpoint_id=endpoint.id, actor=SYSTEM, at=now())
    settled()
    # Last of all: from here on nothing is sent any more, and nobody is called by mistake.
    with in_tenant(tenant.id):
        keep_integration(
            tenant_id=tenant.id, provider=Provider.TWILIO_SMS, values=ACCOUNT, secrets={"auth_token": "none"},
            actor=SYSTEM, at=at - timedelta(days=20),
        )  # fmt: skip
    return stage


def _say(tenant: Tenant, stage: Stage, at: datetime) -> dict[str, str]:
    """News for a line, where one looks at the page and one does not; a word for one; a wish; another system."""
    looking, told, near = (_ticket(stage.places[name]) for name in ("notice", "told", "near"))
    seen_here(looking)
    announce_news(
        tenant_id=tenant.id, queue_id=UUID(stage.places["accounts"]), news=NEWS, is_urgent=True, actor=SYSTEM, at=at
    )
    gone(looking)
    message = tell_one(tenant_id=tenant.id, ticket_id=told, news=READY, is_urgent=True, actor=SYSTEM, at=at)
    assert message is not None
    watch(ticket_id=near, people_ahead=2, at=at)
    add_source(
        tenant_id=tenant.id, name="Site de rendez-vous", rights=[Right.ISSUE, Right.CANCEL], actor=SYSTEM,
        at=at - timedelta(days=20),
    )  # fmt: skip
    link = optout_link(tenant_id=tenant.id, channel=MessageChannel.EMAIL, address="coumba@example.com")
    return {"message": str(message.id), "stop": link.rpartition("/")[2]}


def _ticket(token: str) -> UUID:
    found = ticket_of_token(token)
    assert found is not None
    return found[1]


def wait_until_told(tenant_id: UUID) -> None:
    """Until the house's own relay, senders and worker have nothing left to do for this tenant.

    Raises:
        PlainError: they have not, within a minute and a half.
    """
    mine = {"tenant_id": tenant_id}
    entries = Entry.objects.using("platform").filter(dispatched_at=None, **mine)
    messages = Notification.objects.using("platform").filter(status=NotificationState.PENDING, **mine)
    deliveries = Delivery.objects.using("platform").filter(status=DeliveryStatus.PENDING, **mine)
    if not wait_until(
        lambda: not (entries.exists() or messages.filter(due_at__lte=now()).exists() or deliveries.exists()),
        seconds=SETTLED_WITHIN_S,
        pause_s=0.2,
    ):
        raise PlainError("The instance for the pictures does not come to rest: messages or webhooks wait.")

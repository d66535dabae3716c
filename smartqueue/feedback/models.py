"""What people said of their visits."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from smartqueue.customers.states import Language
from smartqueue.feedback.states import LONGEST_COMMENT, LONGEST_NOTE, FollowUp, NpsCategory, Rating, Tag, nps_category
from smartqueue.queueing.models import Agent, Queue, Ticket
from smartqueue.queueing.states import Channel, TicketState
from smartqueue.sites.models import Service, Site
from smartqueue.tenants.models import TenantForeignKey, TenantOwned


class Feedback(TenantOwned):
    """One answer about one visit.

    Attributes:
        queue, site, service, agent: of the ticket at the moment of the answer, so that a report reads one table.
        visit: the state in which the ticket had ended; who was not served rates no service.
        csat: how the visit was; the only rating that everybody gives.
        handled_by: the user who last followed up.
        created_at: the instant of the answer.
    """

    ticket = TenantForeignKey(Ticket, on_delete=models.CASCADE)
    queue = TenantForeignKey(Queue, on_delete=models.PROTECT)
    site = TenantForeignKey(Site, on_delete=models.PROTECT)
    service = TenantForeignKey(Service, on_delete=models.PROTECT)
    agent = TenantForeignKey(Agent, on_delete=models.PROTECT, null=True)
    visit = models.CharField(_("how the visit ended"), max_length=10, choices=TicketState.choices)
    csat = models.PositiveSmallIntegerField(_("satisfaction"), choices=Rating.choices)
    nps = models.PositiveSmallIntegerField(_("would recommend, 0 to 10"), null=True)
    wait_rating = models.PositiveSmallIntegerField(_("the wait"), choices=Rating.choices, null=True)
    quality_rating = models.PositiveSmallIntegerField(_("the service"), choices=Rating.choices, null=True)
    comment = models.CharField(_("comment"), max_length=LONGEST_COMMENT, blank=True)
    tags = ArrayField(models.CharField(max_length=12, choices=Tag.choices), verbose_name=_("about"), default=list)
    language = models.CharField(_("language"), max_length=5, choices=Language.choices, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.WEB)
    state = models.CharField(_("follow-up"), max_length=12, choices=FollowUp.choices, default=FollowUp.NEW)
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)
    handled_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(_("answered"))
    updated_at = models.DateTimeField(_("changed"))

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "created_at", "id"], name="feedback_by_time"),
            models.Index(fields=["tenant", "state"], condition=~Q(state=FollowUp.DONE), name="feedback_to_do"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="feedback_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "ticket"], name="feedback_once"),
            models.CheckConstraint(condition=Q(csat__range=(1, 5)), name="feedback_csat"),
            models.CheckConstraint(condition=Q(nps=None) | Q(nps__range=(0, 10)), name="feedback_nps"),
            models.CheckConstraint(condition=Q(wait_rating=None) | Q(wait_rating__range=(1, 5)), name="feedback_wait"),
            models.CheckConstraint(
                condition=Q(quality_rating=None) | Q(quality_rating__range=(1, 5), visit=TicketState.CLOSED),
                name="feedback_quality_of_who_was_served",
            ),
            models.CheckConstraint(
                condition=Q(visit__in=["closed", "no_show", "cancelled", "expired"]), name="feedback_visit_over"
            ),
            models.CheckConstraint(condition=Q(tags__contained_by=Tag.values), name="feedback_tags_known"),
            models.CheckConstraint(condition=Q(state__in=FollowUp.values), name="feedback_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.csat} / 5"

    @property
    def nps_category(self) -> NpsCategory | None:
        return nps_category(self.nps)

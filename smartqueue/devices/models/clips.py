"""An organisation's own recordings of the voice."""

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.models import User
from smartqueue.devices.states.clips import MOST_BYTES
from smartqueue.tenants.models import TenantOwned


class Clip(TenantOwned):
    """One recorded fragment in one language; it takes the place of the clip that ships.

    Attributes:
        key: of the fragment, as `states.voice.fragments` lists it.
        seconds: as the browser measured it; None where nobody did.
        digest: of the sound, so that an address with it never means another recording.
    """

    language = models.CharField(_("language"), max_length=5)
    key = models.CharField(_("fragment"), max_length=20)
    audio = models.BinaryField(editable=False)
    mime = models.CharField(_("kind of sound"), max_length=20)
    seconds = models.FloatField(_("length, seconds"), null=True)
    digest = models.CharField(max_length=16, editable=False)
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    uploaded_at = models.DateTimeField(_("uploaded"))

    class Meta:
        ordering = ["language", "key"]
        constraints = [
            models.UniqueConstraint(fields=["language", "key", "tenant"], name="clip_once"),
            models.CheckConstraint(condition=LessThanOrEqual(Length("audio"), MOST_BYTES), name="clip_small"),
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.key}"

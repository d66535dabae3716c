"""What the devices' room refuses, by name."""

from django.utils.translation import gettext_lazy as _

from smartqueue.accounts.errors import TooManyTries
from smartqueue.kernel.errors import NotFound, RuleBroken


class DeviceNotFound(NotFound):
    code = "device_not_found"
    sentence = _("There is no such device.")


class SiteNotFound(NotFound):
    code = "site_not_found"
    sentence = _("There is no such site.")


class PairingCodeUnknown(RuleBroken):
    """Never given, expired, used by somebody else, or of another kind of device: one answer for all."""

    code = "pairing_code_unknown"
    status = 400
    sentence = _(
        "This code is not valid. Read it again from the screen of the device: a new one comes every 10 minutes."
    )


class TooManyCodes(TooManyTries):
    sentence = _("Too many wrong codes. Wait a minute, then read the code again from the screen.")


class TooManyPairings(RuleBroken):
    code = "too_many_pairings"
    status = 429
    sentence = _("Too many devices wait for their pairing here. Try again in a few minutes.")


class DeviceRevoked(RuleBroken):
    code = "device_revoked"
    sentence = _("This device was cut off. Pair it again.")


class ClipNotFound(NotFound):
    code = "clip_not_found"
    sentence = _("There is no such recording.")


class FragmentUnknown(NotFound):
    code = "fragment_unknown"
    sentence = _("The voice does not use this fragment. Give the file the name of the fragment, for example n-10.")


class ClipTooBig(RuleBroken):
    code = "clip_too_big"
    status = 400
    sentence = _("This recording is larger than 200 kB. Record the words only, without a pause around them.")


class NotSound(RuleBroken):
    code = "not_sound"
    status = 400
    sentence = _("This is not a sound that screens can play. Use MP3, Ogg, WAV or WebM.")

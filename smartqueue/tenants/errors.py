"""What the tenants' room refuses, by name."""

from django.utils.translation import gettext_lazy as _

from smartqueue.kernel.errors import NotFound, RuleBroken


class MemberNotFound(NotFound):
    code = "member_not_found"
    sentence = _("There is no such person here.")


class AlreadyMember(RuleBroken):
    code = "already_member"
    sentence = _("This person already belongs to your organisation.")


class OwnMembership(RuleBroken):
    """Nobody shuts the door behind himself by mistake: another administrator does it."""

    code = "own_membership"
    sentence = _("You cannot do this to yourself. Ask another administrator.")


class LastAdministrator(RuleBroken):
    code = "last_administrator"
    sentence = _("This is the last active administrator. Make somebody else an administrator first.")


class KeyNotFound(NotFound):
    code = "key_not_found"
    sentence = _("There is no such key.")


class KeyRevoked(RuleBroken):
    code = "key_revoked"
    sentence = _("This key is already revoked.")


class DraftNotFound(NotFound):
    code = "draft_not_found"
    sentence = _("There is nothing waiting to be published here.")


class DraftConflict(RuleBroken):
    """Somebody has changed the object since it was drafted; `differing` says field → [before, now, drafted]."""

    code = "draft_conflict"
    sentence = _("Somebody has changed this since the draft was made. Compare both, then publish or discard it.")

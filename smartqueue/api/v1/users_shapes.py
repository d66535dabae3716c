"""What goes in and comes out below `/api/v1/users/`."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from smartqueue.api.v1.base import Strict
from smartqueue.tenants.models import Membership


class EmailField(serializers.EmailField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)


class PasswordField(serializers.CharField):
    """Taken to the letter, spaces at both ends included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=1024, trim_whitespace=False, write_only=True, **options)


class CodeField(serializers.RegexField):
    def __init__(self, **options: Any) -> None:
        super().__init__(r"^[0-9]{6}\Z", help_text="The six digits from the letter.", **options)


class LanguageField(serializers.ChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[code for code, _name in settings.LANGUAGES], **options)


class EmailOnly(Strict):
    email = EmailField()


class Registration(EmailOnly):
    password = PasswordField()
    full_name = serializers.CharField(max_length=150, default="", allow_blank=True)
    phone = serializers.CharField(
        max_length=30, default="", allow_blank=True, help_text="National (Senegal) or international form."
    )
    language = LanguageField(default=settings.LANGUAGE_CODE)


class EmailAndCode(EmailOnly):
    code = CodeField()


class NewPassword(EmailAndCode):
    new_password = PasswordField()


class Credentials(EmailOnly):
    password = PasswordField()
    tenant = serializers.CharField(
        max_length=50, required=False, help_text="Slug of the tenant to work in; the oldest membership when absent."
    )
    otp = serializers.CharField(
        max_length=40,
        required=False,
        write_only=True,
        help_text="For somebody with a second factor: its six digits, or a recovery code. Without it the answer is 401 "
        "with the code `second_factor_required`.",
    )


class RefreshOnly(Strict):
    refresh = serializers.CharField(max_length=4096)


class Profile(Strict):
    full_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True)
    language = LanguageField(required=False)


class PasswordChange(Strict):
    current = PasswordField()
    new = PasswordField()


# What goes out


class CodeSent(serializers.Serializer[Any]):
    """The same for every address, known or not."""

    email = serializers.EmailField()
    expires_in_s = serializers.IntegerField()


class UserOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    email_verified = serializers.BooleanField()
    phone = serializers.CharField(help_text="E.164, or empty.")
    full_name = serializers.CharField()
    language = serializers.CharField()
    is_superuser = serializers.BooleanField(help_text="Platform super-admin, outside every tenant.")


class SignedIn(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="For `Authorization: Bearer`; ten minutes.")
    refresh = serializers.CharField(help_text="For one exchange at `jwt/refresh/`; each answer brings the next one.")
    user = UserOut()


class TenantName(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class MembershipOut(serializers.Serializer[Any]):
    tenant = TenantName()
    role = serializers.CharField()
    scopes = serializers.SerializerMethodField()

    def get_scopes(self, membership: Membership) -> list[str]:
        return sorted(membership.scopes)


class MeOut(serializers.Serializer[Any]):
    """Oneself; `tenant`, `role` and `scopes` of this sign-in as the database says now."""

    user = UserOut()
    memberships = MembershipOut(many=True)
    tenant = TenantName(allow_null=True)
    role = serializers.CharField(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField())

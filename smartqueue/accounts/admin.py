"""People, for platform staff; and what the admin pages of every room have in common."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import router, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smartqueue.accounts.actions import normal_phone
from smartqueue.accounts.actions.sessions import end_sessions_of
from smartqueue.accounts.models import User
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    PeopleAdmin = UserAdmin[User]
    PersonForm = forms.ModelForm[User]
    NewPersonForm = BaseUserCreationForm[User]
    PasswordForm = AdminPasswordChangeForm[User]
    Pages = Paginator[Any]
else:  # these classes take no parameter when they run
    AnyAdmin, PeopleAdmin, PersonForm = admin.ModelAdmin, UserAdmin, forms.ModelForm
    NewPersonForm, PasswordForm, Pages = BaseUserCreationForm, AdminPasswordChangeForm, Paginator


def badge(tone: str, word: object) -> SafeString:
    """A word on a coloured ground; the colour repeats what the word says.

    Args:
        tone: `ok`, `now`, `wait`, `warn` or `off`; the colours are in platform/badges.css.
    """
    return format_html('<span class="sq-badge sq-{}">{}</span>', tone, word)


def active_badge(is_active: bool) -> SafeString:
    return badge("ok", _("Active")) if is_active else badge("off", _("Inactive"))


def instant(at: datetime) -> str:
    """Short, to the second, in the time zone of the site: `21/11/2026 08:20:05`."""
    local = timezone.localtime(at)
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M:%S}"


class FirstTenThousand(Pages):
    """Pages of a table that grows all day: nobody pages further, and counting every row would read every row."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.MOST].count())


class StaffAdmin(AnyAdmin):
    """The rows of one table.

    Attributes:
        search_ids: columns with a UUID, searched when one was typed.
        unrecorded: fields whose values the journal does not keep, because nobody can erase them there.
        permission_fields: fields whose change is a change of what somebody may do.
        fact_names: `updated` → the fact's name, where it is not the model's own, `site.updated`.
    """

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    search_ids: ClassVar[Sequence[str]] = ()
    unrecorded: ClassVar[frozenset[str]] = frozenset()
    permission_fields: ClassVar[frozenset[str]] = frozenset()
    fact_names: ClassVar[dict[str, str]] = {}

    class Media:
        css: ClassVar[dict[str, Sequence[str]]] = {"all": ["platform/badges.css"]}

    def get_search_results(self, request: Any, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """An identifier is looked up as one; anything else in the fields of text."""
        try:
            sought = UUID(search_term.strip())
        except ValueError:
            sought = None
        if sought is None or not self.search_ids:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(Q.create([(name, sought) for name in self.search_ids], connector=Q.OR)), False


class ReadOnlyAdmin(StaffAdmin):
    """Rows that staff look at: no adding, changing, deleting."""

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


def language_choice() -> forms.ChoiceField:
    return forms.ChoiceField(label=gettext_lazy("language"), choices=lambda: settings.LANGUAGES)


class PersonChange(PersonForm):
    """E-mails in lower case and phones as E.164, as the rest of the house keeps them."""

    language = language_choice()

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_phone(self) -> str:
        try:
            return normal_phone(self.cleaned_data["phone"])
        except Invalid as refusal:
            raise ValidationError(refusal.facts["errors"]["phone"][0]["message"]) from refusal


class PersonCreation(NewPersonForm):
    """A new account: the password is typed twice."""

    language = language_choice()

    class Meta:
        model = User
        fields = ("email", "full_name", "language", "email_verified")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class NewPassword(PasswordForm):
    """Another password ends every sign-in of that person."""

    def save(self, commit: bool = True) -> User:
        user = super().save(commit=commit)
        end_sessions_of(user, at=now())
        return user


@admin.register(User)
class PersonAdmin(StaffAdmin, PeopleAdmin):
    """Accounts. What makes somebody staff, only a super-admin changes, and only a super-admin touches staff."""

    PRIVILEGES = ("is_staff", "is_superuser", "groups", "user_permissions")

    form = PersonChange
    add_form = PersonCreation
    add_form_template = None
    change_password_form = NewPassword
    list_display = ("email", "full_name", "active", "verified", "staff", "created_at", "last_login")
    list_filter = ("is_active", "email_verified", "is_staff", "is_superuser")
    search_fields = ("email", "full_name")
    search_ids = ("id",)
    ordering = ("email",)
    readonly_fields = ("password_kept", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "email_verified", "password_kept", "full_name", "phone", "language", "is_active")}),
        (gettext_lazy("Platform"), {"fields": PRIVILEGES}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "full_name", "language", "email_verified", "password1", "password2")}),
    )
    unrecorded = frozenset({"email", "full_name", "phone", "password", "last_login"})
    permission_fields = frozenset({"is_active", *PRIVILEGES})

    def has_change_permission(self, request: Any, obj: User | None = None) -> bool:
        is_staff = obj is not None and (obj.is_staff or obj.is_superuser)
        if is_staff and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: Any, obj: User | None = None) -> bool:
        return False  # a person's tickets and facts stay: close the account instead

    def get_readonly_fields(self, request: Any, obj: User | None = None) -> list[str]:
        more = () if request.user.is_superuser else self.PRIVILEGES
        return [*self.readonly_fields, *more]

    def user_change_password(self, request: Any, id: str, form_url: str = "") -> Any:
        with transaction.atomic(using=router.db_for_write(User)):
            User.objects.select_for_update(no_key=True).filter(id=id).first()
            return super().user_change_password(request, id, form_url)

    @admin.display(description=gettext_lazy("password"))
    def password_kept(self, user: User) -> SafeString:
        state = badge("ok", _("Set")) if user.has_usable_password() else badge("off", _("None"))
        return format_html('{} <a href="../password/">{}</a>', state, _("Choose another password"))

    @admin.display(description=gettext_lazy("active"), ordering="is_active")
    def active(self, user: User) -> SafeString:
        return active_badge(user.is_active)

    @admin.display(description=gettext_lazy("e-mail verified"), ordering="email_verified")
    def verified(self, user: User) -> SafeString:
        return badge("ok", _("Verified")) if user.email_verified else badge("wait", _("Not verified"))

    @admin.display(description=gettext_lazy("platform staff"), ordering="is_staff")
    def staff(self, user: User) -> SafeString:
        if user.is_superuser:
            return badge("warn", _("Super-admin"))
        return badge("now", _("Staff")) if user.is_staff else badge("off", _("No"))


admin.site.unregister(Group)


@admin.register(Group)
class RightsAdmin(GroupAdmin):
    """Whoever could change a group could give themselves any right."""

    permission_fields = frozenset({"permissions"})

    def has_module_permission(self, request: Any) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: Any, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: Any) -> bool:
        return bool(request.user.is_superuser)

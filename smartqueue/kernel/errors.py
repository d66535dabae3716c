"""Refusals: what a rule says when it says no."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RuleBroken(Exception):
    """A rule of the house refuses a request.

    Attributes:
        code: stable, for machines; never translated, never reused for something else.
        status: the HTTP status that a surface answers with.
        sentence: for people, in the reader's language; `{name}` places are filled from `facts`.
        facts: further members of the answer, JSON-ready.
    """

    code = "rule_broken"
    status = 409
    sentence: str | Promise = _("This is not possible now.")

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    def __str__(self) -> str:
        return str(self.sentence).format_map({key: str(value) for key, value in self.facts.items()})


class NotFound(RuleBroken):
    """Absent, or another tenant's: the two look the same from outside."""

    code = "not_found"
    status = 404
    sentence = _("There is nothing here.")


class Forbidden(RuleBroken):
    """Signed in, but this role may not."""

    code = "forbidden"
    status = 403
    sentence = _("Your role does not allow this.")


class Invalid(RuleBroken):
    """A value that no rule can accept; `errors` names the fields."""

    code = "invalid"
    status = 400
    sentence = _("Some of the values cannot be accepted.")

    def __init__(self, **errors: Any) -> None:
        """Name the fields: a sentence, several, or `{code, message}` where machines should tell them apart."""
        listed = {field: value if isinstance(value, list) else [value] for field, value in errors.items()}
        super().__init__(
            errors={
                field: [item if isinstance(item, dict) else {"code": self.code, "message": item} for item in items]
                for field, items in listed.items()
            }
        )

"""Which of the three database roles a query runs as."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models

_as_platform: ContextVar[bool] = ContextVar("as_platform", default=False)


@contextmanager
def as_platform() -> Iterator[None]:
    """Every query inside runs as `sq_platform`: Django admin, platform pages. Never a tenant's request."""
    before = _as_platform.set(True)
    try:
        yield
    finally:
        _as_platform.reset(before)


class Connections:
    """`default` is the application role; `platform` inside `as_platform()`; only the owner migrates."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        """Never undecided: Django would go on with the connection that a related row was read by, and a tenant that the
        platform has read would open every row that refers to it."""
        return "platform" if _as_platform.get() else "default"

    db_for_write = db_for_read

    def allow_relation(self, obj1: models.Model, obj2: models.Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"

"""Turning PostgreSQL's refusals into named ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError

from smartqueue.kernel.errors import RuleBroken


@contextmanager
def refusing(**refusals: type[RuleBroken]) -> Iterator[None]:
    """Raise the named refusal when PostgreSQL refuses the block by that constraint.

    Args:
        refusals: constraint name → refusal. What no name covers goes on as it is.
    """
    try:
        yield
    except IntegrityError as error:
        refusal = refusals.get(constraint_of(error))
        if refusal is None:
            raise
        raise refusal from error


def constraint_of(error: BaseException) -> str:
    """Name of the constraint that PostgreSQL says was broken, or ''."""
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    return (diagnosis and diagnosis.constraint_name) or ""

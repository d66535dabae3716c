"""Wolof is written with the numbers and dates of French; Django knows no Wolof."""

from django.conf.locale.fr.formats import *  # type: ignore[import-untyped]  # noqa: F403 - every format; it has no types

"""The endpoints describe themselves without a warning."""

from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from smartqueue.api.v1.users_urls import urlpatterns


def schema() -> Any:
    from django.urls import include, path

    GENERATOR_STATS.reset()
    generator: Any = SchemaGenerator(patterns=[path("api/v1/users/", include((urlpatterns, "users")))])
    return generator.get_schema(request=None, public=True)


def test_the_schema_is_valid_and_comes_without_warnings() -> None:
    made = schema()

    validate_schema(made)
    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_every_operation_says_what_it_answers() -> None:
    operations = {
        (method, path.removeprefix("/api/v1/users/")): set(operation["responses"])
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
    }

    assert operations == {
        ("post", "register/"): {"202", "400", "413", "415", "429"},
        ("post", "verify-email/"): {"204", "400", "413", "415", "429"},
        ("post", "resend-code/"): {"202", "400", "413", "415", "429"},
        ("post", "password-reset/"): {"202", "400", "413", "415", "429"},
        ("post", "password-reset/confirm/"): {"204", "400", "413", "415", "429"},
        ("post", "jwt/token/"): {"200", "400", "401", "403", "404", "413", "415", "429"},
        ("post", "jwt/refresh/"): {"200", "400", "401", "413", "415"},
        ("post", "jwt/blacklist/"): {"204", "400", "401", "413", "415"},
        ("get", "me/"): {"200", "401"},
        ("patch", "me/"): {"200", "400", "401", "413", "415"},
        ("post", "me/password/"): {"204", "400", "401", "413", "415", "429"},
    }


def test_open_endpoints_ask_for_no_sign_in() -> None:
    secured = {
        path.removeprefix("/api/v1/users/")
        for path, methods in schema()["paths"].items()
        for operation in methods.values()
        if {"bearer": []} in operation.get("security", [])
    }

    assert secured == {"me/", "me/password/"}

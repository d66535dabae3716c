"""The content policy: which header is on what, and that no page breaks it."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client

EVERYWHERE = {
    "default-src 'self'", "script-src 'self'", "img-src 'self' data:", "object-src 'none'", "base-uri 'none'",
    "frame-ancestors 'none'", "form-action 'self'", "connect-src 'self' ws://testserver wss://testserver",
}  # fmt: skip


def policy(address):
    return set(Client().get(address)["Content-Security-Policy"].split("; "))


@pytest.mark.parametrize("address", ["/sign-in/", "/there/is/nothing/here/", "/platform/admin/login/"])
def test_pages_have_the_strict_policy_and_no_other(address):
    assert policy(address) == EVERYWHERE | {"style-src 'self'"}


def test_swagger_alone_may_write_styles_into_its_page():
    assert policy("/api/v1/docs/") == EVERYWHERE | {"style-src 'self' 'unsafe-inline'"}


def test_json_goes_without_it():
    assert "Content-Security-Policy" not in Client().get("/healthz")
    assert "Content-Security-Policy" not in Client().get("/api/v1/nothing/")


def test_pages_have_the_other_headers():
    answer = Client().get("/sign-in/")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def own_templates():
    web = Path(get_template("shared/base.html").origin.name).parents[3]
    return sorted(web.glob("*/templates/**/*.html"))


def test_no_template_has_a_script_or_a_style_of_its_own():
    forbidden = re.compile(
        r'<style|\sstyle=|<script(?![^>]*\s(?:src=|type="application/json"))|\son[a-z]+=|javascript:'
        r"|https?://(?!www\.w3\.org)"
    )
    found = {
        str(template): forbidden.findall(template.read_text())
        for template in own_templates()
        if forbidden.search(template.read_text())
    }

    assert found == {}
    assert len(own_templates()) > 30

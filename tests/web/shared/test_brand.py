"""A tenant's colour and logo on its pages."""

import pytest
from django.test import Client

from smartqueue.journal.actions.organisation import change_brand
from smartqueue.journal.models import Entry
from smartqueue.journal.states import SYSTEM
from smartqueue.kernel.clock import now
from smartqueue.kernel.colours import WHITE, contrast
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.shared.brand import DARK_CARD, PAPER, NoBrandColour, brand_css
from tests.tenants.test_set_brand import JPEG, PNG


@pytest.fixture
def painted(bank):
    change_brand(tenant_id=bank.id, colour="#7a1fa2", logo=PNG, actor=SYSTEM, at=now())
    return bank


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#595959", "#ffffff", 7.0),
        ("#abcdef", "#abcdef", 1.0),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert contrast(one, other) == contrast(other, one)
    assert round(contrast(one, other), 2) == ratio


@pytest.mark.parametrize("colour", ["#f2b01e", "#fff", "#000", "#ffff00", "#0b6b50", "#e30613", "#00a3e0"])
def test_words_in_and_on_a_brand_colour_can_be_read(colour):
    rules = brand_css(colour)
    light, dark = rules.split("[data-theme=dark]")[0], rules.split("[data-theme=dark]")[1]

    def value(name, part):
        return part.split(f"--{name}:")[1][:7]

    assert contrast(value("brand", light), value("brand-ink", light)) >= 4.5
    assert contrast(value("brand-text", light), PAPER) >= 4.5
    assert contrast(value("brand-text", light), WHITE) >= 4.5
    assert contrast(value("brand-text", dark), DARK_CARD) >= 4.5


@pytest.mark.parametrize("colour", ["", "red", "#7e7e7e", "#000;}*{display:none"])
def test_what_is_no_brand_colour_makes_no_stylesheet(colour):
    with pytest.raises(NoBrandColour):
        brand_css(colour)


def test_the_stylesheet_is_fetched_once(painted):
    first = Client().get(f"/{painted.slug}/brand.css")
    again = Client().get(f"/{painted.slug}/brand.css", headers={"if-none-match": first["ETag"]})

    assert (first.status_code, first["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "--brand:#7a1fa2" in first.text
    assert (again.status_code, again.content) == (304, b"")
    assert "public" in first["Cache-Control"]
    assert "Cookie" not in first.get("Vary", "")


def test_the_logo_is_a_picture_and_nothing_else(painted):
    first = Client().get(f"/{painted.slug}/logo")
    again = Client().get(f"/{painted.slug}/logo", headers={"if-none-match": first["ETag"]})
    change_brand(tenant_id=painted.id, logo=JPEG, actor=SYSTEM, at=now())
    other = Client().get(f"/{painted.slug}/logo", headers={"if-none-match": first["ETag"]})

    assert (first.status_code, first.content, first["Content-Type"]) == (200, PNG, "image/png")
    assert first["X-Content-Type-Options"] == "nosniff"
    assert again.status_code == 304
    assert (other.status_code, other["Content-Type"]) == (200, "image/jpeg")


def test_there_is_no_logo_of_nobody_and_of_a_suspended_tenant(bank, make_tenant, painted):
    closed = make_tenant(is_active=False)

    assert Client().get("/no-such-bank/logo").status_code == 404
    assert Client().get("/no-such-bank/brand.css").status_code == 404
    assert Client().get(f"/{closed.slug}/brand.css").status_code == 404
    assert Client().get(f"/{make_tenant().slug}/logo").status_code == 404


def test_the_change_is_a_fact_and_no_change_is_none(painted):
    assert change_brand(tenant_id=painted.id, colour="#7a1fa2", actor=SYSTEM, at=now()) is False

    with in_tenant(painted.id):
        (entry,) = Entry.objects.filter(fact="tenant.brand_changed")
    assert entry.before == {"brand_colour": "", "logo_version": ""}
    assert entry.after["brand_colour"] == "#7a1fa2"
    assert entry.data == {}


def test_pages_carry_colour_and_logo_only_where_there_are_some(painted, make_tenant, rf_page):
    page, plain = rf_page(painted), rf_page(make_tenant())

    assert f'href="/{painted.slug}/brand.css"' in page
    assert f'<img src="/{painted.slug}/logo?v=' in page
    assert "brand.css" not in plain
    assert "<img" not in plain


@pytest.fixture
def rf_page():
    """The frame, for a tenant as the address found it."""
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    from smartqueue.tenants.queries import active_tenant

    def render(tenant):
        context = {"tenant": active_tenant(tenant.slug), "request": RequestFactory().get("/")}
        return render_to_string("shared/base.html", context)

    return render

"""A tenant's colour and logo, and the names that nobody may have."""

import hashlib
import re
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError

from smartqueue.kernel.errors import Invalid
from smartqueue.tenants.actions import create_tenant, set_brand
from smartqueue.tenants.models import RESERVED, Logo, Tenant
from smartqueue.tenants.queries import active_tenant, logo_of
from smartqueue.tenants.scope import in_tenant
from smartqueue.tenants.states import OrganisationType
from tests.cast import at_the_same_time

PNG, JPEG = b"\x89PNG\r\n\x1a\n" + bytes(100), b"\xff\xd8\xff\xe0" + bytes(100)

SLUG_SHAPED = re.compile(r"[a-z0-9-]{3,}")


def refusal(**wanted):
    with pytest.raises(Invalid) as refused:
        set_brand(**wanted)
    return {field: errors[0]["code"] for field, errors in refused.value.facts["errors"].items()}


def test_a_colour_is_kept_in_one_form(bank):
    assert set_brand(tenant_id=bank.id, colour=" #ABC ") == {"brand_colour": ("", "#aabbcc")}
    assert active_tenant(bank.slug).brand_colour == "#aabbcc"
    assert set_brand(tenant_id=bank.id, colour="#aabbcc") == {}
    assert set_brand(tenant_id=bank.id, colour="") == {"brand_colour": ("#aabbcc", "")}


@pytest.mark.parametrize("colour", ["green", "#12", "#12345g", "#1234567", "url(x)", "#fff;}body{", "rgb(0 0 0)"])
def test_what_is_no_colour_is_refused(bank, colour):
    assert refusal(tenant_id=bank.id, colour=colour) == {"colour": "no_colour"}


def test_a_colour_on_which_nothing_can_be_read_is_refused(bank):
    assert refusal(tenant_id=bank.id, colour="#7e7e7e") == {"colour": "unreadable_colour"}
    with pytest.raises(ValidationError):
        Tenant(name="Mairie", slug="mairie-7", brand_colour="#7e7e7e").clean_fields()


@pytest.mark.parametrize(("image", "media_type"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_a_logo_is_known_by_its_first_bytes(bank, image, media_type):
    (version,) = [after for _before, after in set_brand(tenant_id=bank.id, logo=image).values()]

    kept = logo_of(bank.id)
    assert (bytes(kept.image), kept.media_type) == (image, media_type)
    assert active_tenant(bank.slug).logo_version == version


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "no_picture"),
        (b"GIF89a" + bytes(100), "no_picture"),
        (b"<html>", "no_picture"),
        (PNG + bytes(64 * 1024), "too_large"),
    ],
)
def test_other_pictures_are_refused(bank, image, code):
    assert refusal(tenant_id=bank.id, logo=image) == {"logo": code}
    assert logo_of(bank.id) is None


def test_a_logo_can_be_replaced_and_taken_away(bank):
    set_brand(tenant_id=bank.id, logo=PNG)
    set_brand(tenant_id=bank.id, logo=JPEG)
    assert logo_of(bank.id).media_type == "image/jpeg"

    set_brand(tenant_id=bank.id, logo=b"")
    assert logo_of(bank.id) is None
    assert active_tenant(bank.slug).logo_version == ""


def test_logos_chosen_at_once_follow_one_another(bank):
    """Each knows the one it replaced, and the last one's picture is the one that is kept."""
    logos = [(PNG, JPEG)[number % 2] + bytes([number]) for number in range(8)]

    answers = at_the_same_time(*[partial(set_brand, tenant_id=bank.id, logo=logo) for logo in logos])

    steps = [answer["logo_version"] for answer in answers]
    (last,) = {after for _before, after in steps} - {before for before, _after in steps}
    assert len({before for before, _after in steps}) == 8
    assert active_tenant(bank.slug).logo_version == last
    kept = logo_of(bank.id)
    assert hashlib.sha256(kept.image).hexdigest()[:16] == last
    assert kept.media_type == ("image/png" if bytes(kept.image).startswith(PNG) else "image/jpeg")


def test_another_tenants_logo_is_out_of_reach(bank, cheikh):
    set_brand(tenant_id=bank.id, logo=PNG)

    assert logo_of(cheikh.tenant.id) is None
    with in_tenant(cheikh.tenant.id):
        assert not Logo.objects.filter(tenant_id=bank.id).exists()


def test_the_applications_role_cannot_change_a_tenants_colour(bank):
    with pytest.raises(ProgrammingError, match="permission denied"):
        Tenant.objects.filter(id=bank.id).update(brand_colour="#000000")


@pytest.mark.parametrize("slug", sorted(RESERVED))
def test_an_address_of_the_house_is_no_tenants_name(slug):
    with pytest.raises(ValidationError):
        create_tenant(name="Mairie", slug=slug, type=OrganisationType.TOWN_HALL)


def test_every_first_word_of_our_addresses_is_reserved():
    from django.urls import get_resolver

    ours = {str(one.pattern).split("/")[0] for one in leaves(get_resolver())} | {"static", "ws", "live"}

    assert {word for word in ours if SLUG_SHAPED.fullmatch(word)} - RESERVED == set()


def leaves(resolver):
    """The patterns below what has no prefix of its own."""
    for one in resolver.url_patterns:
        if hasattr(one, "url_patterns") and not str(one.pattern):
            yield from leaves(one)
        else:
            yield one

"""The page of API keys: who may, what it shows once, and the end of a key."""

import re
from uuid import uuid4

import pytest

from smartqueue.tenants.models import ApiKey
from smartqueue.tenants.scope import in_tenant
from tests.cast import Api


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/keys/"


def text_of(answer):
    return answer.content.decode()


def keys_of(bank):
    with in_tenant(bank.id):
        return list(ApiKey.objects.order_by("id"))


@pytest.mark.parametrize("path", ["", "new/", "{id}/revoke/"])
def test_who_may(base, path, visit, moussa, awa, cheikh, bank):
    visit(moussa).post(base + "new/", {"name": "Site web", "scopes": ["read:queue"]})
    (key,) = keys_of(bank)
    address = base + path.format(id=key.id)
    for method in ("get", "post"):
        assert getattr(visit(None), method)(address)["Location"] == f"/sign-in/?next={address}"
        assert getattr(visit(cheikh), method)(address).status_code == 404
        assert getattr(visit(awa), method)(address).status_code == 403
    if "{id}" in path:
        for key_id in (key.id, uuid4()):
            foreign = f"/{cheikh.tenant.slug}/manage/keys/{key_id}/revoke/"
            assert visit(cheikh).post(foreign).status_code == 404
    assert keys_of(bank)[0].revoked_at is None


def test_a_key_is_shown_once_works_and_is_revoked(base, bank, visit, moussa, cheikh):
    person = visit(moussa)
    assert "No key yet" in text_of(person.get(base))

    made = person.post(base + "new/", {"name": "Site web", "scopes": ["read:queue"], "expires_on": "2999-12-31"})

    secret = re.search(r'value="(sqk_[^"]+)"', text_of(made))[1]
    assert (made.status_code, "no-store" in made["Cache-Control"]) == (201, True)

    def use():
        headers = {"Authorization": f"Bearer {secret}"}
        return Api().request("GET", f"tenants/{bank.slug}/queues/", headers=headers).status_code

    assert use() == 200
    page = text_of(person.get(base))
    assert secret not in page
    assert all(words in page for words in ("Site web", f"sqk_…{secret[-4:]}", "See queues", "Moussa Diop", "Active"))
    assert "Site web" not in text_of(visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/keys/"))
    (key,) = keys_of(bank)
    person.post(f"{base}{key.id}/revoke/")
    assert use() == 401
    assert "Revoked" in text_of(person.get(base))
    person.post(f"{base}{key.id}/revoke/")
    assert "already revoked" in text_of(person.get(base))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "", "scopes": ["read:queue"]}, "name"),
        ({"name": "Site web"}, "scopes"),
        ({"name": "Site web", "scopes": ["read:everything"]}, "scopes"),
        ({"name": "Site web", "scopes": ["read:queue"], "expires_on": "2020-01-01"}, "expires_on"),
        ({"name": "Site web", "scopes": ["read:queue"], "expires_on": "soon"}, "expires_on"),
    ],
)
def test_a_mistake_is_said_beside_its_field(base, bank, visit, moussa, typed, field):
    answer = visit(moussa).post(base + "new/", typed)

    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in text_of(answer)
    assert keys_of(bank) == []

"""API keys over HTTP: what they open, for how long, under whose name; and nothing of another organisation."""

from datetime import date, timedelta

import pytest

from smartqueue.journal.actions.keys import make_key, revoke_key
from smartqueue.journal.models import Entry
from smartqueue.kernel.clock import now
from smartqueue.kernel.errors import Invalid
from smartqueue.tenants.errors import KeyNotFound, KeyRevoked
from smartqueue.tenants.models import ApiKey, Tenant
from smartqueue.tenants.scope import in_tenant
from tests.cast import Api, at_the_same_time


@pytest.fixture
def make(moussa):
    """`make("read:queue", …) -> (row, secret)`: a key of the bank."""

    def new(*scopes, person=moussa, **options):
        with in_tenant(person.tenant.id):
            return make_key(
                tenant_id=person.tenant.id, name="Borne web", scopes=scopes, actor=person.actor, at=now(),
                **{"expires_on": None, "time_zone": "Africa/Dakar"} | options,
            )  # fmt: skip

    return new


def ask(secret, method, path, json=None):
    return Api().request(method, path, json=json, headers={"Authorization": f"Bearer {secret}"})


def row(key):
    with in_tenant(key.tenant_id):
        return ApiKey.objects.get(id=key.id)


def test_a_key_takes_a_ticket_under_its_own_name(bank, make, tellers):
    key, secret = make("read:queue", "write:ticket", "read:ticket")

    taken = ask(secret, "POST", f"tenants/{bank.slug}/tickets/", {"queue_id": str(tellers.id), "channel": "web"})

    assert taken.status_code == 201, taken.content
    with in_tenant(bank.id):
        fact = Entry.objects.get(fact="ticket.created", object_id=taken.json()["id"])
    assert (fact.actor_kind, fact.actor_id, fact.actor_label) == ("system", key.id, "Borne web")


def test_a_key_has_the_scopes_that_were_chosen_and_no_others(bank, make, tellers):
    _key, secret = make("read:queue")
    here = f"tenants/{bank.slug}/"

    assert ask(secret, "GET", here + "queues/").status_code == 200
    for method, path, json in (
        ("GET", "tickets/", None),
        ("POST", "tickets/", {"queue_id": str(tellers.id), "channel": "web"}),
        ("GET", "audit-log/", None),
        ("POST", "sites/", {"name": "Thiès", "code": "THIES1"}),
    ):
        assert ask(secret, method, here + path, json).status_code == 403, path


def test_a_key_of_another_organisation_finds_nothing_and_cannot_tell_why(bank, make, cheikh, tellers):
    _key, secret = make("read:queue", person=cheikh)

    foreign, absent = (ask(secret, "GET", f"tenants/{slug}/queues/") for slug in (bank.slug, "nowhere"))

    assert (foreign.status_code, foreign.content) == (404, absent.content)
    assert ask(secret, "GET", f"tenants/{cheikh.tenant.slug}/queues/").json()["results"] == []
    assert ask(secret, "GET", f"tenants/{cheikh.tenant.slug}/queues/{tellers.id}/").status_code == 404


def test_a_key_is_no_person_and_no_agent(bank, make, tellers, take):
    from smartqueue.tenants.states import Scope

    _key, secret = make(*Scope)
    take()

    assert ask(secret, "GET", "users/me/").status_code == 401
    for path, json in (("call-next/", {"queue_id": str(tellers.id)}), ("set-status/", {"status": "available"})):
        assert ask(secret, "POST", f"tenants/{bank.slug}/agents/me/{path}", json).status_code == 404, path
    paired = ask(
        secret, "POST", f"tenants/{bank.slug}/displays/pair/",
        {"code": "BCDF-GHJK", "name": "Hall", "site_id": str(tellers.site_id)},
    )  # fmt: skip
    assert paired.status_code == 403


@pytest.mark.parametrize("secret", ["sqk_", "sqk_nonsense", "sqk_" + "x" * 43, "sqk_" + "x" * 5000, "sqk_é"])
def test_what_is_no_key_is_asked_to_sign_in(bank, secret):
    answer = ask(secret, "GET", f"tenants/{bank.slug}/queues/")

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


def test_a_revoked_key_opens_nothing_from_the_next_request_on(bank, make, moussa):
    key, secret = make("read:queue")
    assert ask(secret, "GET", f"tenants/{bank.slug}/queues/").status_code == 200

    with in_tenant(bank.id):
        revoke_key(key_id=key.id, actor=moussa.actor, at=now())

    assert ask(secret, "GET", f"tenants/{bank.slug}/queues/").status_code == 401
    assert ask(secret, "GET", "tenants/nowhere/queues/").status_code == 401


def test_a_key_ends_with_its_last_day(bank, make):
    key, secret = make("read:queue", expires_on=now().date())
    assert ask(secret, "GET", f"tenants/{bank.slug}/queues/").status_code == 200

    with in_tenant(bank.id):
        ApiKey.objects.filter(id=key.id).update(expires_at=now() - timedelta(seconds=1))

    assert ask(secret, "GET", f"tenants/{bank.slug}/queues/").status_code == 401


def test_a_suspended_organisations_key_opens_nothing(bank, make):
    _key, secret = make("read:queue")
    Tenant.objects.using("platform").filter(id=bank.id).update(is_active=False)

    assert ask(secret, "GET", f"tenants/{bank.slug}/queues/").status_code == 401


def test_when_it_was_last_used_is_known_to_the_minute(bank, make):
    key, secret = make("read:queue")
    before = now().replace(second=0, microsecond=0)

    ask(secret, "GET", f"tenants/{bank.slug}/queues/")

    used = row(key).last_used_at
    assert (used.second, used.microsecond) == (0, 0)
    assert before <= used <= now()


def test_nobody_finds_the_secret_in_the_database_or_the_journal(bank, make):
    key, secret = make("read:queue")

    with in_tenant(bank.id):
        (made,) = Entry.objects.filter(fact="api_key.created")
    assert (len(secret), secret[:4], bytes(row(key).secret_hash) != secret.encode()) == (47, "sqk_", True)
    told = f"{made.data}{made.before}{made.after}"
    assert secret not in told
    assert bytes(row(key).secret_hash).hex() not in told


@pytest.mark.parametrize(
    ("scopes", "options", "field"),
    [
        ([], {}, "scopes"),
        (["read:everything"], {}, "scopes"),
        (["read:queue"], {"expires_on": date(2020, 1, 1)}, "expires_on"),
    ],
)
def test_a_key_that_cannot_be_is_refused_beside_its_field(make, scopes, options, field):
    with pytest.raises(Invalid) as refused:
        make(*scopes, **options)

    assert list(refused.value.facts["errors"]) == [field]


def test_of_two_who_revoke_it_at_once_one_is_told(bank, make, moussa, cheikh):
    key, _secret = make("read:queue")

    def revoke():
        with in_tenant(bank.id):
            return revoke_key(key_id=key.id, actor=moussa.actor, at=now())

    answers = at_the_same_time(revoke, revoke)

    assert sorted(type(answer).__name__ for answer in answers) == [ApiKey.__name__, KeyRevoked.__name__]
    with in_tenant(cheikh.tenant.id), pytest.raises(KeyNotFound):
        revoke_key(key_id=key.id, actor=cheikh.actor, at=now())


def test_an_idempotency_key_works_for_programs_too(bank, make, tellers):
    _key, secret = make("write:ticket", "read:ticket")
    body = {"queue_id": str(tellers.id), "channel": "web"}

    def take():
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "once"}
        return Api().request("POST", f"tenants/{bank.slug}/tickets/", json=body, headers=headers)

    first, second = take(), take()

    assert (first.status_code, second.content) == (201, first.content)

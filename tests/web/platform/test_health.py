"""Health: a word for each engine, and what to do; with the real ones, and with one that is away."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from smartqueue.kernel.clock import now
from smartqueue.web.platform import health, pulse
from tests.cast import NINE
from tests.servers import running_worker

HEALTH = "/platform/health/"


@pytest.fixture
def silent(settings_like):
    """No sign of life, as on the first day."""
    pulse._valkey(settings_like.CELERY_BROKER_URL).delete(pulse.KEY)


@pytest.fixture
def settings_like():
    from django.conf import settings

    return settings


def checks(answer):
    assert answer.status_code == 200
    return {one.about: one for one in answer.context["checks"]}


def test_without_worker_and_clock_it_says_what_to_do(as_rokhaya, silent):
    told = checks(as_rokhaya.get(HEALTH))

    engines = ("PostgreSQL", "Worker", "Clock of the tasks")
    assert [told[name].kind for name in engines] == ["ok", "late", "warn"]
    assert told["Valkey"].kind in {"ok", "warn"}  # other tests may have left tasks in it
    assert "smartqueue up" in told["Worker"].todo
    assert all(bool(one.todo) == (one.kind != "ok") for one in told.values())


def test_a_fresh_sign_of_life_proves_both(as_rokhaya):
    from smartqueue.web.platform.tasks import pulse as beat

    beat()

    told = checks(as_rokhaya.get(HEALTH))
    assert (told["Worker"].kind, told["Clock of the tasks"].kind) == ("ok", "ok")


def test_a_worker_whose_clock_has_stopped(as_rokhaya, worker_environment, tmp_path):
    pulse.beat(at=now() - timedelta(minutes=5))
    with running_worker(worker_environment, tmp_path):
        told = checks(as_rokhaya.get(HEALTH))

    assert (told["Worker"].kind, told["Clock of the tasks"].kind) == ("ok", "late")
    assert told["Clock of the tasks"].says == "5 min ago"


def test_the_clock_has_its_line():
    from django.conf import settings

    from smartqueue.web.platform.tasks import pulse as task

    (line,) = [one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == task.name]
    assert timedelta(seconds=line["schedule"]) * 4 <= health.FRESH


def test_valkey_that_is_away_is_told_and_the_page_stands(as_rokhaya, settings_like):
    from django.test.utils import override_settings

    with override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0"):
        told = checks(as_rokhaya.get(HEALTH))

    assert (told["Valkey"].kind, "Worker" in told) == ("late", False)


def test_facts_that_wait_too_long_are_told(as_rokhaya, bank):
    from smartqueue.journal.models import Entry

    waits = Entry.objects.using("platform").create(
        tenant=bank, at=now() - timedelta(hours=2), kind="update", fact="thing.updated", object_type="thing",
        actor_kind="system", tries=3,
    )  # fmt: skip
    try:
        told = checks(as_rokhaya.get(HEALTH))["Relay of the journal"]
        assert told.kind == "warn"
    finally:
        Entry.objects.using("platform").filter(id=waits.id).update(dispatched_at=NINE)


def test_devices_that_are_offline_are_counted_by_organisation(as_rokhaya, make_tenant):
    from smartqueue.devices.models import Device
    from smartqueue.devices.queries.silent import offline_by_tenant
    from smartqueue.sites.models import Site
    from smartqueue.tenants.routers import as_platform
    from smartqueue.tenants.scope import in_tenant

    tenant, closed = make_tenant("Clinique du Fleuve"), make_tenant("Fermée", is_active=False)
    for one in (tenant, closed):
        with in_tenant(one.id):
            site = Site.objects.create(tenant=one, name="S", code="S")
            for state in (
                {"token_hash": one.id.bytes + b"1"},
                {},
                {"token_hash": one.id.bytes + b"2", "is_online": True},
            ):
                Device.objects.create(tenant=one, kind="display", name="D", site=site, layout="hall", **state)

    with as_platform():
        found = offline_by_tenant()

    assert ("Clinique du Fleuve", 1) in found
    assert "Fermée" not in dict(found)
    assert checks(as_rokhaya.get(HEALTH))["Displays and kiosks"].kind == "warn"


def test_htmx_gets_the_part_and_asks_again(as_rokhaya):
    part = as_rokhaya.get(HEALTH, headers={"HX-Request": "true"})

    assert part.text.startswith('<div id="health"')
    assert 'hx-trigger="every 10s"' in part.text
    assert part.text in as_rokhaya.get(HEALTH).text or "<html" not in part.text


def test_it_asks_a_fixed_number_of_questions(as_rokhaya):
    pulse.beat(at=now())
    with CaptureQueriesContext(connections["platform"]) as asked:
        as_rokhaya.get(HEALTH)

    assert len(asked) == 8

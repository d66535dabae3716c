"""Settings of a device: what fits, what is told, and when it has to load itself again."""

from uuid import uuid4

import pytest

from smartqueue.devices import actions
from smartqueue.devices.errors import DeviceNotFound, DeviceRevoked, SiteNotFound
from smartqueue.devices.queries import all_devices, device_or_refuse, queues_of
from smartqueue.kernel.errors import Invalid
from smartqueue.queueing.errors import QueueNotFound
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE


@pytest.fixture
def change(bank, moussa):
    def do(device_id, person=moussa, **values):
        with in_tenant(person.tenant.id):
            return actions.change_device(device_id=device_id, values=values, actor=person.actor, at=NINE)

    return do


@pytest.fixture
def other_site(bank):
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import Counter, Service, Site

    with in_tenant(bank.id):
        site = Site.objects.create(tenant=bank, name="Thiès", code="THS1")
        service = Service.objects.create(tenant=bank, name="Conseil", code="conseil")
        site.queue = Queue.objects.create(tenant=bank, site=site, service=service, name="Conseil", prefix="Z")
        site.counter = Counter.objects.create(tenant=bank, site=site, name="G1")
    return site


def last_entry(bank, device_id):
    from smartqueue.journal.models import Entry

    with in_tenant(bank.id):
        return Entry.objects.filter(object_type="device", object_id=device_id).order_by("-id").first()


def test_a_change_moves_the_revision_and_says_what_was(bank, pair, change):
    paired = pair()

    device = change(paired.id, ticker="Fermé demain", languages=["wo", "fr"])

    entry = last_entry(bank, paired.id)
    assert device.revision == 2
    assert (entry.fact, entry.kind) == ("device.updated", "update")
    assert entry.before == {"ticker": "", "languages": ["fr"]}
    assert entry.after == {"ticker": "Fermé demain", "languages": ["wo", "fr"]}


def test_nothing_changed_is_nothing_written(pair, change, facts):
    paired = pair()

    assert change(paired.id, name="Hall", queue_ids=[]).revision == 1
    assert facts(paired.id) == ["device.created", "device.paired"]


def test_the_journal_is_told_nothing_of_tokens(bank, pair, change):
    from smartqueue.journal.models import Entry

    paired = pair()
    change(paired.id, theme="light")

    with in_tenant(bank.id):
        told = str(list(Entry.objects.filter(object_id=paired.id).values()))
    assert "token" not in told
    assert "hash" not in told


def test_a_device_shows_all_queues_of_its_site_until_some_are_chosen(
    bank, site, other_site, make_queue, pair, change, device_row
):
    first, second, third = make_queue(), make_queue(), make_queue(is_active=False)
    paired = pair()

    def shown():
        device = device_row(paired.id)
        with in_tenant(bank.id):
            return [queue.id for queue in queues_of(device)]

    assert shown() == [first.id, second.id]
    assert change(paired.id, queue_ids=[second.id, third.id]).revision == 2
    assert shown() == [second.id], "a queue that is not active is not shown"
    change(paired.id, site_id=other_site.id)
    assert shown() == [other_site.queue.id], "at another site, the chosen queues of the former one are forgotten"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"layout": "tiles"}, "layout"),
        ({"layout": "counter"}, "counter_id"),
        ({"printer": "escpos"}, "printer_host"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(pair, change, device_row, values, field):
    paired = pair()

    with pytest.raises(Invalid) as refused:
        change(paired.id, **values)
    assert list(refused.value.facts["errors"]) == [field]
    assert device_row(paired.id).revision == 1


def test_another_sites_counter_and_queue_are_refused(pair, change, other_site):
    paired = pair()

    with pytest.raises(Invalid):
        change(paired.id, counter_id=other_site.counter.id)
    with pytest.raises(Invalid):
        change(paired.id, queue_ids=[other_site.queue.id])
    with pytest.raises(QueueNotFound):
        change(paired.id, queue_ids=[uuid4()])
    with pytest.raises(SiteNotFound):
        change(paired.id, site_id=uuid4())


def test_refresh_moves_the_revision(bank, moussa, pair, device_row, facts):
    paired = pair()

    with in_tenant(bank.id):
        actions.refresh(device_id=paired.id, actor=moussa.actor, at=NINE)
    assert (device_row(paired.id).revision, facts(paired.id)[-1]) == (2, "device.refreshed")
    with in_tenant(bank.id):
        actions.revoke_device(device_id=paired.id, actor=moussa.actor, at=NINE)
        with pytest.raises(DeviceRevoked):
            actions.refresh(device_id=paired.id, actor=moussa.actor, at=NINE)


def test_a_deleted_device_is_gone_with_its_queues(bank, moussa, pair, change, tellers, facts):
    from smartqueue.devices.models import DeviceQueue

    paired = pair()
    change(paired.id, queue_ids=[tellers.id])

    with in_tenant(bank.id):
        actions.remove_device(device_id=paired.id, actor=moussa.actor, at=NINE)
        assert not all_devices().exists()
        assert not DeviceQueue.objects.exists()
    assert facts(paired.id)[-1] == "device.deleted"


def test_to_a_stranger_the_device_is_absent(cheikh, pair, change):
    paired = pair()

    with pytest.raises(DeviceNotFound):
        change(paired.id, person=cheikh, name="Mien")
    with in_tenant(cheikh.tenant.id):
        for doing in (actions.refresh, actions.revoke_device, actions.remove_device):
            with pytest.raises(DeviceNotFound):
                doing(device_id=paired.id, actor=cheikh.actor, at=NINE)
        assert list(all_devices()) == []
        with pytest.raises(DeviceNotFound):
            device_or_refuse(paired.id)

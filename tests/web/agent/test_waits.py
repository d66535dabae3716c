"""What the agent is told of the wait of whoever comes now."""

from smartqueue.kernel.clock import now


def test_below_the_line_stands_how_long_whoever_comes_now_waits(
    bank, signed_in, binta, waiting, tellers, make_queue, outlook_of
):
    from smartqueue.queueing.models import Eligibility
    from smartqueue.tenants.scope import in_tenant

    def line():
        address = f"/{bank.slug}/counter/line/"
        page = signed_in(binta).get(address, headers={"HX-Request": "true", "accept-language": "en"})
        return page.content.decode().replace("\xa0", " ")

    waiting(5)
    assert "Somebody who joins now" not in line()

    outlook_of(tellers, p50=[60, 725], p90=[120, 1081], at=now())
    assert "Somebody who joins now: about 12–19 min" in line()

    slow = make_queue(name="Conseil")
    with in_tenant(bank.id):
        Eligibility.objects.create(tenant=bank, agent=binta.agent, queue=slow)
    outlook_of(slow, p50=[3600], p90=[5400], at=now())
    assert "Somebody who joins now waits longest in Conseil: about 1 h – 1 h 30" in line()

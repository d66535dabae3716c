"""Where an address from outside may lead."""

import pytest
from django.test import override_settings

from smartqueue.outbound.addresses import public_address
from smartqueue.outbound.deadline import NoAnswer


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "::1", "0.0.0.0", "10.0.0.8", "172.16.3.4", "192.168.1.50", "169.254.169.254",
     "100.64.0.1",
     "fe80::1", "fd00::1", "::ffff:10.0.0.8", "::ffff:127.0.0.1", "64:ff9b::a00:8", "2002:a00:8::1", "::10.0.0.8",
     "224.0.0.1", "2130706433", "0x7f000001", "127.1"],
)  # fmt: skip
def test_no_way_leads_into_a_private_network(host):
    with override_settings(OUTBOUND_LOOPBACK=False), pytest.raises(NoAnswer) as silence:
        public_address(host, 587)
    assert silence.value.code == NoAnswer.NOT_ALLOWED


@pytest.mark.parametrize("host", ["192.168.1.50", "169.254.169.254", "::ffff:10.0.0.8", "0.0.0.0"])
def test_a_developer_opens_this_machine_and_nothing_else(host):
    with override_settings(OUTBOUND_LOOPBACK=True):
        assert public_address("127.0.0.1", 25) == "127.0.0.1"
        with pytest.raises(NoAnswer):
            public_address(host, 587)


@pytest.mark.parametrize("host", ["41.82.1.1", "2a00:1450:4007:80e::200e"])
def test_the_internet_is_open(host):
    with override_settings(OUTBOUND_LOOPBACK=False):
        assert public_address(host, 587) == host


def test_a_name_that_is_none():
    with pytest.raises(NoAnswer) as silence:
        public_address("no-such-host.invalid", 587)
    assert silence.value.code == NoAnswer.NOT_FOUND

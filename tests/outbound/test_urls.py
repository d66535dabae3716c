"""Sixty ways to write an address that leads into our own network, or that is none: no connection is ever made."""

import socket

import pytest
from django.test import override_settings

from smartqueue.outbound.addresses import judge_url
from smartqueue.outbound.deadline import Deadline, NoAnswer
from smartqueue.outbound.http import call

WRITTEN = """
https://127.0.0.1/
https://127.0.0.1:8443/
https://127.1/
https://127.0.1/
https://127.255.255.254/
https://0.0.0.0/
https://0/
https://2130706433/
https://017700000001/
https://0x7f000001/
https://0x7f.0.0.1/
https://0177.0.0.1/
https://127.0.0.1./
https://localhost/
https://localhost./
https://LOCALHOST/
https://[::1]/
https://[0:0:0:0:0:0:0:1]/
https://[::]/
https://[::ffff:127.0.0.1]/
https://[::ffff:7f00:1]/
https://[::127.0.0.1]/
https://[::ffff:10.0.0.1]/
https://[::ffff:169.254.169.254]/
https://[64:ff9b::7f00:1]/
https://[64:ff9b::a9fe:a9fe]/
https://[64:ff9b:1::7f00:1]/
https://[2002:7f00:1::]/
https://[2002:a00:1::1]/
https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/
https://[fe80::1]/
https://[fe80::1%25lo]/
https://[fc00::1]/
https://[fd12:3456:789a::1]/
https://[ff02::1]/
https://[2001:db8::1]/
https://[100::1]/
https://169.254.169.254/latest/meta-data/
https://169.254.1.1/
https://0xa9fea9fe/
https://2852039166/
https://10.0.0.1/
https://10.1/
https://172.16.0.1/
https://172.31.255.255/
https://192.168.0.1/
https://192.168.1/
https://100.64.0.1/
https://198.18.0.1/
https://192.0.2.1/
https://203.0.113.9/
https://224.0.0.1/
https://240.0.0.1/
https://255.255.255.255/
https://intranet/
https://metadata/
https://user:password@41.82.1.1/
https://41.82.1.1@127.0.0.1/
https://41.82.1.1:22/
https://41.82.1.1:25/
https://41.82.1.1:5432/
https://41.82.1.1#@127.0.0.1/
"""
INWARD = WRITTEN.split()
NONE = [
    "", "https://", "https:///path", "41.82.1.1", "//41.82.1.1/", "ftp://41.82.1.1/", "file:///etc/passwd",
    "gopher://41.82.1.1/", "javascript:alert(1)", "https://41.82.1.1\\@127.0.0.1/", "https://a b/", "https://a\n.sn/",
    "https://exa\u3002mple.com/", "https://\u2460\u2461\u2466.0.0.1/", "https://-a.sn/", "https://a..sn/",
    "https://41.82.1.1:port/", "https://41.82.1.1:99999/", "https://[::1/", "https://" + "a" * 600,
]  # fmt: skip


def why(url):
    with pytest.raises(NoAnswer) as silence:
        call("POST", url, deadline=Deadline(5))
    return silence.value.code


@pytest.fixture(autouse=True)
def nobody_is_called(monkeypatch):
    """Production's setting; a connection that is begun all the same fails the test."""

    def refused(address, *_words, **_options):
        pytest.fail(f"a connection to {address} was begun")

    monkeypatch.setattr(socket, "create_connection", refused)
    with override_settings(OUTBOUND_LOOPBACK=False):
        yield


def test_there_are_sixty_of_them():
    assert len(set(INWARD)) >= 60


@pytest.mark.parametrize("url", INWARD)
def test_no_way_of_writing_it_leads_inward(url):
    assert why(url) in (NoAnswer.NOT_ALLOWED, NoAnswer.NOT_FOUND, NoAnswer.NOT_UNDERSTOOD)


@pytest.mark.parametrize("url", NONE)
def test_what_is_no_address_is_called_nowhere(url):
    assert why(url) == NoAnswer.NOT_UNDERSTOOD


def test_without_tls_nobody_is_called():
    assert why("http://41.82.1.1/") == NoAnswer.NO_TLS


@pytest.mark.parametrize("url", ["https://41.82.1.1/", "https://41.82.1.1:8443/a?b=c", "https://a-b.example.sn/",
                                 "https://[2a00:1450:4007:80e::200e]/", "https://xn--tranga-bva.sn/"])  # fmt: skip
def test_the_internet_is_open(url):
    judge_url(url)


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"])
def test_a_name_that_resolves_inward_is_refused_even_if_it_resolves_outward_too(monkeypatch, address):
    def answer(host, port, *_words, **_options):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("41.82.1.1", port)),
            (family, socket.SOCK_STREAM, 6, "", (address, port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)

    assert why("https://rebind.example.sn/") == NoAnswer.NOT_ALLOWED


def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch):
    """A name that answers with a public address once and with this machine ever after."""
    asked, called = [], []

    def answer(host, port, *_words, **_options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("41.82.1.1" if len(asked) == 1 else "127.0.0.1", port))]

    def connect(address, *_words, **_options):
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(socket, "create_connection", connect)

    assert why("https://rebind.example.sn/") == NoAnswer.UNREACHABLE
    assert (asked, called) == (["rebind.example.sn"], [("41.82.1.1", 443)])
    assert why("https://rebind.example.sn/") == NoAnswer.NOT_ALLOWED
    assert len(called) == 1

"""Web Push: what a push service is given is in order, and the browser behind it reads the words."""

import base64
import json

import http_ece
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import override_settings
from py_vapid import Vapid02

from smartqueue.cli.sandbox.webpush import opened
from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.webpush import LONGEST_PAYLOAD, WebPush, public_key, topic_of
from tests.notifications.transports.asking import fault, handed, outgoing, seen


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def account(sandbox):
    return sandbox.account("webpush")


def subscription(account, key=""):
    """What the page sends us, as a Notification keeps it."""
    told = account.client.get(f"{account.base_url}/subscription/{account.name}", params={"key": key}).json()
    return json.dumps({"endpoint": told["endpoint"], **told["keys"]})


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_browser_reads_what_was_sent(account):
    message = outgoing(to=subscription(account, public_key()))

    name = handed(WebPush({}, {}), message).provider_id

    (kept,) = account.messages()
    assert name == kept["id"]
    assert kept["asked"]["payload"] == {
        "title": message.subject, "body": message.body, "url": message.link, "tag": topic_of(message),
        "kind": "your_turn", "lang": "fr",
    }  # fmt: skip
    headers = kept["asked"]["headers"]
    assert (headers["ttl"], headers["urgency"], headers["topic"]) == ("300", "high", topic_of(message))


def test_the_example_of_rfc_8291():
    """Appendix A: its message opens here, and with its salt and key the library makes the very same bytes."""
    salt, auth = raw("DGv6ra1nlYgDCS1FRnbzlw"), raw("BTBZMqHH6r4Tts7J_aSIgg")
    receiver = private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    words = b"When I grow up, I want to be a watermelon"
    body = raw(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )

    made = http_ece.encrypt(
        words, salt=salt, private_key=private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), auth_secret=auth,
        dh=raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
    )  # fmt: skip

    assert made == body
    assert opened(body, receiver, auth) == words


def private(text):
    return ec.derive_private_key(int.from_bytes(raw(text), "big"), ec.SECP256R1())


def test_nobody_else_can_read_it(account):
    handed(WebPush({}, {}), outgoing(to=subscription(account)))
    other = json.loads(subscription(account)) | {"auth": base64.urlsafe_b64encode(b"0" * 16).decode()}
    assert fault(WebPush({}, {}), outgoing(to=json.dumps(other))).outcome == Outcome.REFUSED_MESSAGE


def test_a_later_message_about_the_ticket_takes_the_place_of_the_former():
    first, second, other = outgoing(kind="position_reached"), outgoing(), outgoing(link="https://sq.example/t/y/")
    assert topic_of(first) == topic_of(second)
    assert topic_of(second) != topic_of(other)
    assert topic_of(outgoing(link="")) != topic_of(outgoing(link=""))
    assert "t/x" not in topic_of(first)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"name": "rejected", "code": "410"}, (Outcome.RECIPIENT_GONE, False, False, None)),
        ({"name": "rejected", "code": "404"}, (Outcome.RECIPIENT_GONE, False, False, None)),
        ({"name": "rejected", "code": "413"}, (Outcome.TOO_LONG, False, False, None)),
        ({"name": "rejected", "code": "400"}, (Outcome.REFUSED_MESSAGE, False, False, None)),
        ({"name": "busy", "seconds": 90}, (Outcome.BUSY, True, False, 90)),
        ("broken", (Outcome.THEIR_TROUBLE, True, False, None)),
        ("moved", (Outcome.NOT_UNDERSTOOD, False, False, None)),
        ("cut", (Outcome.CLOSED, True, True, None)),
    ],
)
def test_everything_that_goes_wrong_has_its_name(account, what, expected):
    message = outgoing(to=subscription(account))
    account.faults(what)
    assert seen(fault(WebPush({}, {}), message)) == expected


def test_an_answer_that_does_not_come_in_time(account):
    account.faults({"name": "slow", "seconds": 10})
    message = outgoing(to=subscription(account))
    assert seen(fault(WebPush({}, {}), message, seconds=1)) == (Outcome.TIMEOUT, True, True, None)


def test_a_subscription_for_another_key_is_refused(account):
    other = Vapid02()
    other.generate_keys()
    point = other.public_key.public_numbers()
    key = base64.urlsafe_b64encode(b"\4" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")).decode()
    assert fault(WebPush({}, {}), outgoing(to=subscription(account, key.rstrip("=")))).outcome == Outcome.NO_ACCOUNT


@pytest.mark.parametrize(
    "to",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"endpoint": "https://push.example.org/x", "p256dh": "AAAA", "auth": "AAAA"}',
        '{"endpoint": "https://push.example.org/x", "p256dh": "é", "auth": "%"}',
    ],
)
def test_what_is_no_subscription_is_gone_and_nobody_is_called(to):
    assert seen(fault(WebPush({}, {}), outgoing(to=to))) == (Outcome.RECIPIENT_GONE, False, False, None)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://169.254.169.254/x", Outcome.NOT_ALLOWED),
        ("https://10.0.0.1/x", Outcome.NOT_ALLOWED),
        ("http://push.example.org/x", Outcome.NO_TLS),
        ("https://push.example.org:22/x", Outcome.NOT_ALLOWED),
        ("https://[::1]/x", Outcome.RECIPIENT_GONE),
        ("https://localhost/x", Outcome.NOT_ALLOWED),
        ("ftp://push.example.org/x", Outcome.RECIPIENT_GONE),
        ("x", Outcome.RECIPIENT_GONE),
    ],
)
def test_an_endpoint_of_our_own_network_is_not_called(account, endpoint, expected):
    to = json.loads(subscription(account)) | {"endpoint": endpoint}
    with override_settings(OUTBOUND_LOOPBACK=False):
        assert fault(WebPush({}, {}), outgoing(to=json.dumps(to))).outcome == expected


def test_what_is_too_long_is_said_before_the_call(account):
    longest = LONGEST_PAYLOAD - 150
    handed(WebPush({}, {}), outgoing(to=subscription(account), body="x" * longest, link="", subject=""))
    assert fault(WebPush({}, {}), outgoing(to="{}", body="ŋ" * 1_500)).outcome == Outcome.RECIPIENT_GONE
    assert fault(WebPush({}, {}), outgoing(to=subscription(account), body="ŋ" * 1_500)).outcome == Outcome.TOO_LONG
    assert len(account.messages()) == 1


def test_the_key_is_the_same_in_every_process_and_another_in_every_installation():
    key = public_key()
    assert (len(raw(key)), raw(key)[0]) == (65, 4)
    assert public_key() == key
    with override_settings(SECRET_KEY="another one, of another installation"):
        assert public_key() != key


def test_a_key_of_the_environment_is_taken(account):
    with override_settings(VAPID_PRIVATE_KEY="q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"):
        assert public_key() == (
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        )
        handed(WebPush({}, {}), outgoing(to=subscription(account, public_key())))
    assert len(account.messages()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"ttl": ""},
        {"content-encoding": "aesgcm"},
        {"topic": "x" * 33},
        {"urgency": "now"},
        {"authorization": "vapid t=a.b.c, k=BA"},
        {"authorization": ""},
    ],
)
def test_the_stand_in_is_as_strict_as_a_push_service(account, change):
    handed(WebPush({}, {}), outgoing(to=subscription(account)))
    good = account.messages()[0]["asked"]["headers"] | change
    wanted = ("ttl", "content-encoding", "topic", "urgency", "authorization")
    url = json.loads(subscription(account))["endpoint"]
    got = httpx.post(url, headers={name: good[name] for name in wanted}, content=b"x" * 50, trust_env=False)
    assert got.status_code in (400, 401, 403)

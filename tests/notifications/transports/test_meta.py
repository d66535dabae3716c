"""WhatsApp by Meta, against a stand-in that speaks its protocol."""

import hashlib
import hmac
import json

import pytest
from django.test import override_settings

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.base import Call, Forged
from smartqueue.notifications.transports.meta import MetaWhatsApp, outcome_of, template_of
from tests.notifications.transports.asking import DEMBA, closed_port, fault, handed, outgoing, seen

HOOK = "https://sq.example/hooks/meta_whatsapp/k/"


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def account(sandbox):
    return sandbox.account("meta")


@pytest.fixture
def meta(account):
    return MetaWhatsApp(account.settings, account.secrets)


def delivered(account):
    """What our hook was given last."""
    told = account.calls()[-1]
    return Call("POST", told["url"], told["headers"], {}, told["content"].encode())


def test_a_template_goes_out_with_the_values_in_the_order_of_the_house(account, meta):
    message = outgoing()

    name = handed(meta, message).provider_id

    (kept,) = account.messages()
    assert (kept["id"], kept["to"]) == (name, DEMBA)
    assert kept["body"] == (
        "smartqueue_your_turn/fr: A042 | Guichets | Retrait | https://sq.example/t/x/ | Guichet 3 | Banque du Fleuve"
        " | Dakar Plateau | Demba Fall"
    )
    assert kept["asked"]["biz_opaque_callback_data"] == str(message.id)


def test_what_a_template_refuses_is_never_put_into_it(account, meta):
    values = {"ticket_number": "A\n 042", "customer_name": "", "queue_name": "a      b"}
    handed(meta, outgoing(values=values))
    assert account.messages()[0]["body"] == "smartqueue_your_turn/fr: A 042 | a b | - | - | - | - | - | -"


def test_a_tenants_own_templates(account):
    own = {"your_turn": {"name": "smartqueue_appel", "languages": ["fr"], "places": ["counter_name"]},
           "missed": "smartqueue_absent"}  # fmt: skip
    meta = MetaWhatsApp({**account.settings, "templates": json.dumps(own)}, account.secrets)

    handed(meta, outgoing(language="wo"))
    handed(meta, outgoing(kind="missed"))
    handed(meta, outgoing(kind="thanks", values={}))

    words = [kept["body"].split(" |")[0] for kept in account.messages()]
    assert words == ["smartqueue_appel/fr: Guichet 3", "smartqueue_absent/fr: A042", "smartqueue_thanks/fr: -"]


def test_a_list_of_templates_that_cannot_be_read_sends_nothing(account):
    meta = MetaWhatsApp({**account.settings, "templates": "[1, 2"}, account.secrets)
    assert fault(meta).outcome == Outcome.REFUSED_TEMPLATE
    assert account.messages() == []


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("", ("smartqueue_your_turn", "wo", [])),
        ({"your_turn": {"languages": ["en_US", "wo"]}}, ("smartqueue_your_turn", "wo", [])),
        ({"your_turn": {"name": "x", "languages": ["fr_FR", "en"]}}, ("x", "fr_FR", [])),
    ],
)
def test_which_template(own, expected):
    found = template_of(own, "your_turn", "wo")
    assert (found.name, found.language, list(found.places)) == expected


def test_our_own_words_only_after_the_person_has_written(account, meta):
    assert fault(meta, outgoing(is_window_open=True)).outcome == Outcome.WINDOW_CLOSED

    account.inbound(DEMBA, "Bonjour")
    handed(meta, outgoing(is_window_open=True))

    assert [kept["body"] for kept in account.messages()] == [outgoing().body]


def test_a_template_that_is_not_approved_or_paused(account, meta):
    assert fault(meta, outgoing(language="wo")).outcome == Outcome.REFUSED_TEMPLATE
    paused = MetaWhatsApp({**account.settings, "templates": {"your_turn": "smartqueue_paused"}}, account.secrets)
    assert seen(fault(paused)) == (Outcome.REFUSED_TEMPLATE, False, False, None)


def asking(options, **other):
    values = {"options": [list(one) for one in options], "intro": "Choisissez"}
    return outgoing(**{"kind": "reply", "is_window_open": True, "values": values, "body": "en toutes lettres"} | other)


def test_choices_are_buttons_or_a_list_and_words_where_they_cannot_be_shown(account, meta):
    account.inbound(DEMBA, "Bonjour")
    options = [(f"s{n}", f"Service {n}") for n in range(1, 12)]
    long = [("r", "Retrait d'argent au guichet, avec pièce d'identité"), *options[:1]]

    for some in ([], options[:3], options[:10], long, options):
        handed(meta, asking(some))
    handed(meta, asking(options, values={"options": "x", "intro": "Choisissez"}))

    what = [kept["asked"].get("interactive", {}) for kept in account.messages()]
    assert [one.get("type") for one in what] == [None, "button", "list", "list", None, None]
    assert [kept["body"] for kept in account.messages()] == ["en toutes lettres", *["Choisissez"] * 3,
                                                             *["en toutes lettres"] * 2]  # fmt: skip
    assert what[3]["action"]["sections"][0]["rows"][0] == {
        "id": "r", "title": "Retrait d'argent au", "description": "guichet, avec pièce d'identité",
    }  # fmt: skip
    assert {row["id"] for row in what[2]["action"]["sections"][0]["rows"]} == {f"s{n}" for n in range(1, 11)}


def test_words_that_are_too_long_are_refused_before_the_call(account, meta):
    assert fault(meta, outgoing(is_window_open=True, body="x" * 4_097)).outcome == Outcome.TOO_LONG
    assert account.messages() == []


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"name": "busy", "seconds": 7}, (Outcome.BUSY, True, False, 7)),
        ({"name": "busy", "code": "131056"}, (Outcome.BUSY, True, False, 1)),
        ("broken", (Outcome.THEIR_TROUBLE, True, True, None)),
        ({"name": "broken", "code": "503"}, (Outcome.THEIR_TROUBLE, True, False, None)),
        ("expired", (Outcome.NO_ACCOUNT, False, False, None)),
        ({"name": "rejected", "code": "131026"}, (Outcome.REFUSED_RECIPIENT, False, False, None)),
        ({"name": "rejected", "code": "131047"}, (Outcome.WINDOW_CLOSED, False, False, None)),
        ({"name": "rejected", "code": "132015"}, (Outcome.REFUSED_TEMPLATE, False, False, None)),
        ({"name": "rejected", "code": "131009"}, (Outcome.REFUSED_MESSAGE, False, False, None)),
        ("moved", (Outcome.NOT_UNDERSTOOD, False, False, None)),
        ("cut", (Outcome.CLOSED, True, True, None)),
        ("garbage", (Outcome.NOT_UNDERSTOOD, False, True, None)),
        ("huge", (Outcome.NOT_UNDERSTOOD, False, True, None)),
    ],
)
def test_everything_that_goes_wrong_has_its_name(account, meta, what, expected):
    account.faults(what)
    assert seen(fault(meta)) == expected
    assert handed(meta).provider_id  # the next one goes through


def test_an_answer_that_does_not_come_in_time(account, meta):
    account.faults({"name": "slow", "seconds": 10})
    assert seen(fault(meta, seconds=1)) == (Outcome.TIMEOUT, True, True, None)
    assert len(account.messages()) == 1


def test_nobody_there(account):
    meta = MetaWhatsApp({**account.settings, "base_url": f"http://127.0.0.1:{closed_port()}"}, account.secrets)
    assert seen(fault(meta)) == (Outcome.UNREACHABLE, True, False, None)


@override_settings(OUTBOUND_LOOPBACK=False)
def test_an_address_of_our_own_network_is_not_called(account, meta):
    assert fault(meta).outcome in (Outcome.NO_TLS, Outcome.NOT_ALLOWED)
    assert account.messages() == []


def test_another_token_opens_nothing(account):
    assert fault(MetaWhatsApp(account.settings, {"access_token": "x"})).outcome == Outcome.NO_ACCOUNT


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (80007, Outcome.BUSY),
        (131031, Outcome.NO_ACCOUNT),
        (132000, Outcome.REFUSED_TEMPLATE),
        (131042, Outcome.NO_CREDIT),
    ],
)
def test_codes(code, expected):
    assert outcome_of(code) == expected


def test_what_became_of_a_message(account, meta):
    message = outgoing()
    name = handed(meta, message).provider_id
    read = []
    for status, code in (("sent", ""), ("delivered", ""), ("read", ""), ("failed", "131026")):
        account.report(id=name, status=status, code=code, url=HOOK)
        read += meta.read(delivered(account)).reports

    assert [(one.has_arrived, one.outcome) for one in read] == [
        (None, None), (True, None), (True, None), (False, Outcome.REFUSED_RECIPIENT),
    ]  # fmt: skip
    assert {(one.provider_id, one.notification_id) for one in read} == {(name, message.id)}
    assert len({one.event_id for one in read}) == 4


def test_the_same_report_twice_is_the_same_event(account, meta):
    handed(meta)
    account.report(status="delivered", copies=2, url=HOOK)
    first, second = (json.loads(told["content"]) for told in account.calls()[-2:])
    assert first["entry"][0]["changes"][0]["value"]["statuses"][0]["status"] == "delivered"
    events = [meta.read(signed(meta, told)).reports[0].event_id for told in (first, second)]
    assert events[0] == events[1]


def test_what_a_person_writes_and_taps(account, meta):
    for text in ("Ñaata nit ñoo ma jiitu ? 😀", "#sv-1"):
        account.inbound(DEMBA, text, event_id=f"wamid.{text[:2]}", url=HOOK)
    told = [meta.read(Call("POST", HOOK, one["headers"], {}, one["content"].encode())).inbound[0]
            for one in account.calls()[-2:]]  # fmt: skip

    assert [(one.sender, one.text) for one in told] == [(DEMBA, "Ñaata nit ñoo ma jiitu ? 😀"), (DEMBA, "sv-1")]
    assert told[0].at is not None


@pytest.mark.parametrize("how", ["absent", "bad", "old", "reserialised"])
def test_a_delivery_with_another_signature_is_forged(account, meta, how):
    account.inbound(DEMBA, "é/😀", signature=how, url=HOOK)
    with pytest.raises(Forged):
        meta.read(delivered(account))


def test_without_an_app_secret_nothing_is_believed(account):
    account.inbound(DEMBA, "Bonjour", url=HOOK)
    call = delivered(account)
    body = hmac.new(b"", call.body, hashlib.sha256).hexdigest()
    with pytest.raises(Forged):
        MetaWhatsApp(account.settings, {}).read(
            Call("POST", HOOK, {"x-hub-signature-256": f"sha256={body}"}, {}, call.body)
        )


def signed(meta, told):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    made = hmac.new(meta.secrets["app_secret"].encode(), body, hashlib.sha256).hexdigest()
    return Call("POST", HOOK, {"x-hub-signature-256": f"sha256={made}"}, {}, body)


def entry(number, **value):
    return {"changes": [{"field": "messages", "value": {"metadata": {"phone_number_id": number}, **value}}]}


def test_one_delivery_for_several_numbers_gives_each_its_own(account, meta):
    mine = {"id": "wamid.1", "status": "delivered"}, {"id": "wamid.2", "status": "read"}
    told = {"entry": [
        entry(account.name, statuses=[mine[0]]),
        entry("999999999", statuses=[{"id": "wamid.9", "status": "delivered"}],
              messages=[{"from": "221770000009", "id": "m9", "type": "text", "text": {"body": "x"}}]),
        entry(account.name, statuses=[mine[1]]),
    ]}  # fmt: skip

    reading = meta.read(signed(meta, told))

    assert [one.provider_id for one in reading.reports] == ["wamid.1", "wamid.2"]
    assert reading.inbound == []


def test_reactions_are_not_messages_but_pictures_are(account, meta):
    said = [{"from": "221771234567", "id": f"m{n}", "type": kind} for n, kind in enumerate(["reaction", "image"])]
    reading = meta.read(signed(meta, {"entry": [entry(account.name, messages=said)]}))
    assert [(one.event_id, one.text) for one in reading.inbound] == [("m1", "")]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'{"entry": 3}', b'{"entry": [{"changes": [null, {"value": []}]}]}', b"\xff"],
)
def test_nonsense_that_is_signed_says_nothing(meta, body):
    reading = meta.read(signed(meta, body))
    assert (list(reading.reports), list(reading.inbound)) == ([], [])


@pytest.mark.parametrize(
    "value",
    [
        {"statuses": [{"id": 7, "status": "read"}, {"status": "read"}, "x"]},
        {"messages": [{"from": "x", "id": "m", "type": "text"}, {"type": "text"}, None]},
        {"messages": [{"from": "221771234567", "id": 3, "type": "text"}]},
    ],
)
def test_statuses_and_messages_that_are_none(account, meta, value):
    reading = meta.read(signed(meta, {"entry": [entry(account.name, **value)]}))
    assert (list(reading.reports), list(reading.inbound)) == ([], [])


def test_meta_asks_whether_we_know_the_word(account, meta):
    def asked(**query):
        return meta.read(Call("GET", HOOK, {}, {f"hub.{name}": value for name, value in query.items()}, b""))

    word = account.secrets["verify_token"]
    assert asked(mode="subscribe", verify_token=word, challenge="1158201444").answer == b"1158201444"
    for wrong in ({"mode": "subscribe", "verify_token": "x"}, {"mode": "unsubscribe", "verify_token": word}, {}):
        with pytest.raises(Forged):
            asked(challenge="1", **wrong)

"""E-mail by SendGrid, Mailgun and Brevo, against stand-ins that speak their protocols."""

import json

import pytest
from django.test import override_settings

from smartqueue.notifications.states import Outcome
from smartqueue.notifications.transports.anymails import Brevo, Mailgun, SendGrid
from smartqueue.notifications.transports.base import Call, Forged
from tests.notifications.transports.asking import closed_port, fault, handed, outgoing, seen

HOOK = "http://127.0.0.1:9/hooks/x/"
TO = "demba@example.sn"
KINDS = {"sendgrid": SendGrid, "mailgun": Mailgun, "brevo": Brevo}
every = pytest.mark.parametrize("provider", KINDS)
signed = pytest.mark.parametrize("provider", ["sendgrid", "mailgun"])


@pytest.fixture(autouse=True)
def developers_machine():
    with override_settings(OUTBOUND_LOOPBACK=True):
        yield


@pytest.fixture
def account(sandbox, provider):
    return sandbox.account(provider)


@pytest.fixture
def mailer(account, provider):
    return KINDS[provider](account.settings, account.secrets)


def letter(**other):
    return outgoing(**{"to": TO, "subject": "C'est à vous,\n Demba", "sender_name": "Banque, du Fleuve é"} | other)


def delivered(account):
    """What our hook was given last."""
    told = account.calls()[-1]
    return Call("POST", told["url"], told["headers"], {}, told["content"].encode())


@every
def test_a_letter_arrives_as_it_was_written(account, mailer):
    message = letter()

    name = handed(mailer, message).provider_id

    (kept,) = account.messages()
    assert (TO in kept["to"], kept["body"]) == (True, message.body)
    assert account.settings["sender"] in kept["sender"]
    assert name == kept["id"].strip("<>")
    asked = json.dumps(kept["asked"], ensure_ascii=False)
    assert "C'est à vous, Demba" in asked
    assert str(message.id) in asked
    assert "List-Unsubscribe" not in asked


@every
def test_a_letter_that_nobody_waits_for_can_be_stopped(account, mailer):
    handed(mailer, letter(kind="thanks"))
    handed(mailer, letter(kind="thanks", stop_url="https://sq.example/stop/x"))
    first, second = (json.dumps(kept["asked"]) for kept in account.messages())
    assert f"<mailto:{account.settings['sender']}?subject=STOP>" in first
    assert "One-Click" not in first
    assert "<https://sq.example/stop/x>, <mailto:" in second
    assert "List-Unsubscribe=One-Click" in second


def test_nobody_counts_who_opens(sandbox):
    sendgrid, mailgun = sandbox.account("sendgrid"), sandbox.account("mailgun")
    handed(SendGrid(sendgrid.settings, sendgrid.secrets), letter())
    handed(Mailgun(mailgun.settings, mailgun.secrets), letter())
    tracking = sendgrid.messages()[0]["asked"]["tracking_settings"]
    assert tracking == {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}}
    asked = mailgun.messages()[0]["asked"]
    assert (asked["o:tracking-clicks"], asked["o:tracking-opens"]) == ("no", "no")


@pytest.mark.parametrize("provider", ["mailgun"])
def test_a_second_try_has_the_same_name(account, mailer):
    message = letter()
    assert handed(mailer, message).provider_id == handed(mailer, message).provider_id
    assert handed(mailer, letter()).provider_id == account.messages()[2]["id"].strip("<>")


@pytest.mark.parametrize("provider", ["brevo"])
def test_brevo_takes_a_letter_once_whose_answer_was_lost(account, mailer):
    message = letter()
    account.faults("cut")
    assert fault(mailer, message).is_unknown
    name = handed(mailer, message).provider_id
    (kept,) = account.messages()
    assert name == kept["id"].strip("<>")


@every
@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"name": "busy", "seconds": 7}, (Outcome.BUSY, True, False, 7)),
        ("broken", (Outcome.THEIR_TROUBLE, True, False, None)),
        ("taken_broken", (Outcome.THEIR_TROUBLE, True, True, None)),
        ("expired", (Outcome.NO_ACCOUNT, False, False, None)),
        ({"name": "rejected", "code": "from"}, (Outcome.REFUSED_SENDER, False, False, None)),
        ("moved", (Outcome.NOT_UNDERSTOOD, False, False, None)),
        ("cut", (Outcome.CLOSED, True, True, None)),
        ("huge", (Outcome.NOT_UNDERSTOOD, False, True, None)),
    ],
)
def test_everything_that_goes_wrong_has_its_name(account, mailer, provider, what, expected):
    if provider == "mailgun" and what == {"name": "rejected", "code": "from"}:
        what = "rejected"
    account.faults(what)
    assert seen(fault(mailer, letter())) == expected
    assert len(account.messages()) == (what in ("taken_broken", "cut", "huge"))


@pytest.mark.parametrize("provider", ["mailgun", "brevo"])
def test_an_answer_that_is_none(account, mailer):
    account.faults("garbage")
    assert seen(fault(mailer, letter())) == (Outcome.NOT_UNDERSTOOD, False, True, None)


@every
def test_an_answer_that_does_not_come_in_time(account, mailer):
    account.faults({"name": "slow", "seconds": 10})
    assert seen(fault(mailer, letter(), seconds=1)) == (Outcome.TIMEOUT, True, True, None)


@every
@pytest.mark.parametrize("to", ["x@invalid.example", "no address", ""])
def test_a_recipient_that_is_none(mailer, to):
    assert seen(fault(mailer, letter(to=to)))[:2] == (Outcome.REFUSED_RECIPIENT, False)


@pytest.mark.parametrize(
    ("provider", "code", "expected"),
    [
        ("sendgrid", "credits", Outcome.NO_CREDIT),
        ("brevo", "credits", Outcome.NO_CREDIT),
        ("mailgun", "404", Outcome.NO_ACCOUNT),
        ("mailgun", "402", Outcome.NO_CREDIT),
    ],
)
def test_an_account_without_credit_or_domain(account, mailer, code, expected):
    account.faults({"name": "rejected", "code": code})
    assert fault(mailer, letter()).outcome == expected


@every
def test_another_key_opens_nothing(account, provider):
    assert fault(KINDS[provider](account.settings, {"api_key": "x"}), letter()).outcome == Outcome.NO_ACCOUNT


@every
def test_nobody_there(account, provider):
    mailer = KINDS[provider]({**account.settings, "base_url": f"http://127.0.0.1:{closed_port()}"}, account.secrets)
    assert seen(fault(mailer, letter())) == (Outcome.UNREACHABLE, True, False, None)


@every
@pytest.mark.parametrize(
    ("base", "expected"),
    [("", Outcome.NO_TLS), ("https://127.0.0.1", Outcome.NOT_ALLOWED), ("https://169.254.169.254", Outcome.NOT_ALLOWED),
     ("https://10.0.0.1:8443/v3", Outcome.NOT_ALLOWED)],
)  # fmt: skip
def test_anymail_calls_no_address_that_we_would_not(account, provider, base, expected):
    """With the sandbox's own address as well: it is this machine's."""
    mailer = KINDS[provider](account.settings | ({"base_url": base} if base else {}), account.secrets)
    with override_settings(OUTBOUND_LOOPBACK=False):
        assert fault(mailer, letter()).outcome == expected
    assert account.messages() == []


@every
def test_a_proxy_of_the_machine_is_not_asked(account, mailer, monkeypatch, tmp_path):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    handed(mailer, letter())
    assert len(account.messages()) == 1


WORDS = {
    "sendgrid": [("processed", None), ("deferred", None), ("delivered", True), ("open", True), ("bounce", False),
                 ("dropped", False)],
    "mailgun": [("accepted", None), ("failed-temporary", None), ("delivered", True), ("opened", True),
                ("failed", False), ("rejected", False)],
    "brevo": [("request", None), ("deferred", None), ("delivered", True), ("unique_opened", True),
              ("hard_bounce", False), ("blocked", False)],
}  # fmt: skip


@every
def test_what_became_of_a_letter(account, mailer, provider):
    message = letter()
    name = handed(mailer, message).provider_id
    read = []
    for status, _arrived in WORDS[provider]:
        account.report(status=status, url=HOOK)
        read.append(mailer.read(delivered(account)).reports[0])

    assert [one.has_arrived for one in read] == [arrived for _status, arrived in WORDS[provider]]
    assert {(one.provider_id, one.notification_id) for one in read} == {(name, message.id)}
    assert len({one.event_id for one in read}) == len(read)
    assert read[-1].outcome == Outcome.REFUSED_RECIPIENT


@every
def test_the_same_report_twice_is_the_same_event(account, mailer):
    handed(mailer, letter())
    account.report(status="delivered", copies=2, url=HOOK)
    events = [
        mailer.read(Call("POST", HOOK, told["headers"], {}, told["content"].encode())).reports[0].event_id
        for told in account.calls()[-2:]
    ]
    assert events[0] == events[1]


@signed
@pytest.mark.parametrize("how", ["absent", "bad", "old"])
def test_a_report_with_another_signature_is_forged(account, mailer, how):
    handed(mailer, letter())
    account.report(status="delivered", signature=how, url=HOOK)
    with pytest.raises(Forged):
        mailer.read(delivered(account))


@pytest.mark.parametrize("provider", ["sendgrid"])
def test_a_list_that_was_written_anew_is_forged(account, mailer):
    handed(mailer, letter())
    account.report(status="delivered", signature="reserialised", url=HOOK)
    with pytest.raises(Forged):
        mailer.read(delivered(account))


@pytest.mark.parametrize("provider", ["sendgrid"])
def test_a_delivery_tells_of_several_letters(account, mailer):
    handed(mailer, letter())
    account.report(status="delivered", url=HOOK)
    ours, other = mailer.read(delivered(account)).reports
    assert (ours.notification_id is not None, other.notification_id, other.provider_id) == (True, None, "other")


@pytest.mark.parametrize("provider", ["mailgun"])
def test_a_signature_of_mailgun_says_one_thing_only(account, mailer):
    """It is not over the event: whoever has seen one could say something else with it, but the event has its name."""
    handed(mailer, letter())
    account.report(status="delivered", url=HOOK)
    call = delivered(account)
    told = json.loads(call.body)
    told["event-data"]["event"] = "failed"
    first, second = mailer.read(call), mailer.read(Call("POST", HOOK, {}, {}, json.dumps(told).encode()))
    assert first.reports[0].event_id == second.reports[0].event_id


@signed
def test_without_the_providers_key_nothing_is_believed(account, mailer, provider):
    handed(mailer, letter())
    account.report(status="delivered", url=HOOK)
    without = {name: value for name, value in account.settings.items() if name != "webhook_key"}
    with pytest.raises(Forged):
        KINDS[provider](without, {"api_key": "x"}).read(delivered(account))


@every
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"event": 3}', b"[" * 50_000])
def test_nonsense_says_nothing(mailer, provider, body):
    try:
        assert list(mailer.read(Call("POST", HOOK, {}, {}, body)).reports) == []
    except Forged:
        assert provider != "brevo"

"""What a wording may contain, and the words that the house ships."""

import time

import pytest
from django.utils.translation import override
from liquid.exceptions import UndefinedError

from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.states import MessageChannel, MessageKind
from smartqueue.notifications.states.defaults import shipped, shipped_or_french
from smartqueue.notifications.states.sms import GSM_7, measured
from smartqueue.notifications.states.variables import VARIABLES, samples_of, variables_of
from smartqueue.notifications.states.wording import _WORDINGS, LONGEST_BODY, Unreadable, fill, judge


def wrongs(kind, body, subject=""):
    with pytest.raises(Invalid) as refused, override("en"):
        judge(kind=kind, subject=subject, body=body)
    return {field: errors[0]["message"] for field, errors in refused.value.facts["errors"].items()}


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("channel", MessageChannel)
def test_every_message_is_shipped_in_french_and_english_and_can_be_filled(kind, channel):
    for language in ("fr", "en", "wo"):
        wording = shipped(kind, channel, language)
        if wording is None:
            assert (kind, language) == (MessageKind.THANKS, "wo"), "only this one has no reviewed Wolof words"
            assert shipped_or_french(kind, channel, language) == shipped(kind, channel, "fr")
            continue
        judge(kind=kind, subject=wording.subject, body=wording.body)
        assert bool(wording.subject) == (channel in ("email", "push"))
        body = fill(kind, wording.body, samples_of(kind))
        assert body.strip()
        assert "{" not in body


@pytest.mark.parametrize("kind", MessageKind)
def test_the_shipped_sms_is_one_part_in_every_language(kind):
    for language in ("fr", "en", "wo"):
        text = fill(kind, shipped_or_french(kind, "sms", language).body, samples_of(kind))
        sms = measured(text)
        assert (sms.encoding, sms.parts, sms.outside) == (GSM_7, 1, ()), text


def test_a_place_that_does_not_exist_is_named_with_those_that_do():
    said = wrongs("your_turn", "{{ticket_numer}} : {{ counter_name }} {{feedback_url}}", "{{nom}}")

    assert set(said) == {"subject", "body"}
    assert said["body"].startswith("{{ticket_numer}}, {{feedback_url}} does not exist here. You can use ")
    assert all(one.place in said["body"] for one in variables_of("your_turn"))
    assert said["subject"].startswith("{{nom}} does not exist here.")


@pytest.mark.parametrize(
    "body",
    [
        "{{ ticket_number", "{{ ticket number }}", "{{ }}", "{% if people_ahead %}x",
        "{% if ticket_number > 3 %}x{% endif %}",
        "{{ ticket_number.size }}", "{{ ticket_number['x'] }}", "{{ ticket_number | replace: 'A', 'AAAA' }}",
        "{% for n in (1..1000000) %}{{ n }}{% endfor %}", "{% assign a = 'x' %}{{ a }}", "{% render 'other' %}",
        "{% include 'other' %}", "{% capture a %}x{% endcapture %}", "{% if people_ahead %}" * 40,
        "{% if people_ahead > 99 %}{{ secret }}{% endif %}", "{{ people_ahead | truncate: 'a' }}",
        "{{ '" + "x" * 4000 + "' | append: '" + "y" * 5000 + "' }}",
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_could_grow_is_refused_in_a_sentence(body):
    began = time.monotonic()

    said = wrongs("ticket_joined", body)

    assert said["body"].endswith((".", "?"))
    assert "Liquid" not in said["body"]
    assert time.monotonic() - began < 2


def test_a_mistake_says_its_line():
    assert wrongs("ticket_joined", "Bonjour,\n\n{{ ticket number }}")["body"].startswith("Line 3 ")


@pytest.mark.parametrize("subject", ["a\nBcc: all@example.sn", "a\rb", "a\x00b", "a\u2028b"])
def test_a_subject_is_one_line(subject):
    assert set(wrongs("your_turn", "x", subject)) == {"subject"}


def test_conditions_and_plain_filters_work():
    body = "{% if people_ahead > 1 %}{{people_ahead}} personnes{% else %}{{queue_name | upcase}}{% endif %}"

    assert fill("ticket_joined", body, {"people_ahead": 4}) == "4 personnes"
    assert fill("ticket_joined", body, {"people_ahead": 1, "queue_name": "Caisse"}) == "CAISSE"


def test_a_value_is_never_read_as_a_wording_and_html_stays_text():
    values = {"customer_name": "{{ticket_url}}{% if %}", "news": "<b>1 & 2</b>"}

    assert fill("queue_news", "{{customer_name}} {{news}}", values) == "{{ticket_url}}{% if %} <b>1 & 2</b>"


def test_a_value_that_is_missing_leaves_its_place_empty_and_others_are_left_out():
    assert fill("your_turn", "[{{customer_name}}]", {"feedback_url": "x"}) == "[]"
    with pytest.raises(Unreadable):
        fill("your_turn", "{{feedback_url}}", {"feedback_url": "x"})
    with pytest.raises(UndefinedError):  # the second wall: were a name to slip through, it would not become nothing
        _WORDINGS.from_string("{{ feedback_url }}").render()


def test_a_kind_of_a_program_may_use_every_place():
    body = "".join(one.place for one in VARIABLES.values())

    assert len(body) < LONGEST_BODY
    judge(kind="loan.approved", subject="", body=body)
    assert set(wrongs("loan.approved", "{{secret}}")) == {"body"}


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("channel", MessageChannel)
def test_the_shipped_words_read_well_while_nobody_knows_the_wait(kind, channel):
    known = {name: value for name, value in samples_of(kind).items() if not name.startswith("wait_")}
    for language in ("fr", "en", "wo"):
        text = fill(kind, shipped_or_french(kind, channel, language).body, known)
        lines = [line for line in text.splitlines() if line.strip()]
        assert not [line for line in lines if "  " in line or ", ." in line or line.strip() in ".,:"], text
        assert not any(word in text for word in ("à  ", " à min", " to min", " min.", "minutes", "simili")), text

"""The pages of messages: who may, the list, the editor with all its languages, the preview."""

from uuid import uuid4

import pytest

from smartqueue.notifications.models import MessageTemplate
from tests.cast import Api
from tests.web.manage.ground import form_of, make, questions, stored, text_of

LANGUAGES = ("fr", "wo", "en")


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/messages/"


@pytest.fixture
def editor(base):
    return f"{base}your_turn/sms/"


def own(bank):
    return {(one.kind, one.channel, one.language): one.body for one in stored(bank, MessageTemplate)}


@pytest.mark.parametrize(
    ("path", "methods"),
    [("", ("get",)), ("your_turn/sms/", ("get", "post")), ("your_turn/sms/preview/fr/", ("post",)),
     ("your_turn/sms/default/fr/", ("post",))],
)  # fmt: skip
def test_who_may(base, bank, visit, moussa, awa, cheikh, path, methods):
    make(bank, MessageTemplate, {"kind": "your_turn", "channel": "sms", "language": "fr", "body": "Le nôtre"})
    for method in methods:
        assert getattr(visit(None), method)(base + path)["Location"].startswith("/sign-in/")
        assert getattr(visit(cheikh), method)(base + path).status_code == 404
        assert getattr(visit(awa), method)(base + path).status_code == 403
    assert own(bank) == {("your_turn", "sms", "fr"): "Le nôtre"}


def test_another_organisations_words_are_not_seen(bank, editor, visit, cheikh):
    make(bank, MessageTemplate, {"kind": "your_turn", "channel": "sms", "language": "fr", "body": "Le nôtre"})
    theirs = editor.replace(bank.slug, cheikh.tenant.slug)

    assert "Le nôtre" not in text_of(visit(cheikh).get(theirs))
    visit(cheikh).post(theirs + "default/fr/")
    assert own(bank) == {("your_turn", "sms", "fr"): "Le nôtre"}


@pytest.mark.parametrize(
    "path", ["nothing/sms/", "your_turn/pigeon/", "your_turn/sms/preview/xx/", "your_turn/sms/default/xx/"]
)
def test_what_there_is_not(base, visit, moussa, path):
    person = visit(moussa)
    assert (person.post if path.count("/") > 2 else person.get)(base + path).status_code == 404


def test_the_list_tells_own_from_usual_and_costs_the_same_for_one_and_for_three(bank, base, visit, moussa):
    person = visit(moussa)
    assert "Yours" not in text_of(person.get(base))
    make(bank, MessageTemplate, {"kind": "your_turn", "channel": "sms", "language": "wo", "body": "x"})
    first = questions(person, base)
    make(
        bank, MessageTemplate, {"kind": "your_turn", "channel": "sms", "language": "fr", "body": "x"},
        {"kind": "loan.approved", "channel": "email", "language": "fr", "body": "x"},
    )  # fmt: skip

    assert questions(person, base) == first
    page = text_of(person.get(base))
    assert "Yours · fr wo" in page
    assert page.count("Usual</span>") == 11 * 4 - 1
    assert "loan.approved" in page


def test_one_language_is_changed_and_the_others_stay_the_usual_ones(bank, editor, visit, moussa):
    person = visit(moussa)
    shown = person.get(editor)
    sent = form_of(shown) | bodies(bank, shown)

    answer = person.post(editor, sent | {"body_fr": "{{ticket_number}} :\r\nvenez"})

    assert (answer.status_code, answer["Location"]) == (303, editor)
    assert own(bank) == {("your_turn", "sms", "fr"): "{{ticket_number}} :\nvenez"}
    page = text_of(person.get(editor))
    assert "Your words" in page
    person.post(editor, form_of(person.get(editor)) | bodies(bank, person.get(editor)))
    assert len(own(bank)) == 1
    person.post(editor + "default/fr/")
    assert own(bank) == {}


def bodies(bank, answer):
    """What stands in the text areas, which the reader of forms leaves out."""
    form = answer.context["form"]
    return {f"body_{language}": form[f"body_{language}"].value() for language in LANGUAGES}


def test_the_usual_words_typed_again_are_the_usual_words(bank, editor, visit, moussa):
    person = visit(moussa)
    shown = person.get(editor)
    usual = bodies(bank, shown)
    person.post(editor, form_of(shown) | usual | {"body_en": "Come"})
    assert list(own(bank)) == [("your_turn", "sms", "en")]

    person.post(editor, form_of(person.get(editor)) | usual)

    assert own(bank) == {}


def test_mistakes_stand_beside_their_language_and_nothing_typed_is_lost(bank, base, visit, moussa):
    person, address = visit(moussa), f"{base}your_turn/email/"
    shown = person.get(address)
    typed = form_of(shown) | bodies(bank, shown)
    typed |= {"body_wo": "Demal ci {{counter}}", "subject_en": "", "body_fr": "Venez vite"}

    answer = person.post(address, typed)

    page = text_of(answer)
    assert answer.status_code == 400
    assert 'id="id_body_wo_error"' in page
    assert "{{counter}} does not exist here. You can use {{ticket_number}}, " in page
    assert 'id="id_subject_en_error"' in page
    assert 'id="id_body_fr_error"' not in page
    assert "Venez vite</textarea>" in page
    assert "Demal ci {{counter}}</textarea>" in page
    assert own(bank) == {}


def test_who_saw_an_older_text_is_told_and_keeps_what_he_typed(bank, editor, visit, moussa):
    person = visit(moussa)
    shown = person.get(editor)
    sent = form_of(shown) | bodies(bank, shown)
    person.post(editor, sent | {"body_fr": "Un"})

    late = person.post(editor, sent | {"body_fr": "Deux", "body_en": "Two"})

    assert late.status_code == 409
    assert "Somebody has just changed this text" in text_of(late)
    assert "Deux</textarea>" in text_of(late)
    assert own(bank) == {("your_turn", "sms", "fr"): "Un"}


def test_the_preview_shows_what_arrives_and_what_it_costs(bank, base, visit, moussa):
    person = visit(moussa)

    def preview(path, **typed):
        return text_of(person.post(f"{base}{path}", {f"{name}_fr": words for name, words in typed.items()}))

    sms = preview("your_turn/sms/preview/fr/", body="{{organisation_name}} <b> {{ticket_number}}")
    assert f"{bank.name} &lt;b&gt; A042" in sms
    assert all(words in sms for words in ("GSM-7", "1 SMS", "/ 160"))
    long = preview("your_turn/sms/preview/fr/", body="ë" * 71)
    assert all(words in long for words in ("UCS-2", "2 SMS", "/ 134", "alphabet of SMS"))
    wrong = preview("your_turn/sms/preview/fr/", body="{{nobody}}")
    assert "{{nobody}} does not exist here." in wrong
    email = preview("thanks/email/preview/fr/", subject="Merci {{customer_name}}", body="Un\n{{feedback_url}}")
    assert "Merci Demba Fall" in email
    assert "/feedback/" in email
    assert own(bank) == {}


def test_the_api_refuses_what_the_page_refuses_and_takes_what_it_takes(bank, moussa):
    api = Api(moussa)
    path = f"tenants/{bank.slug}/notification-templates/"
    wording = {"kind": "your_turn", "channel": "sms", "language": "fr", "body": "{{counter}}"}

    refused = api.request("POST", path, wording)

    assert refused.status_code == 400
    (error,) = refused.json()["errors"]["body"]
    assert (error["code"], "{{counter_name}}" in error["message"]) == ("invalid", True)
    made = api.request("POST", path, wording | {"body": "{{counter_name}}"})
    assert made.status_code == 201
    one = f"{path}{made.json()['id']}/"
    assert api.request("PATCH", one, {"body": "{% for %}"}).status_code == 400
    assert api.request("PATCH", one, {"kind": "payment"}).status_code == 400
    assert api.request("PATCH", one, {"body": "{{ticket_number}}"}).status_code == 200
    assert api.request("DELETE", f"{path}{uuid4()}/").status_code == 404
    assert own(bank) == {("your_turn", "sms", "fr"): "{{ticket_number}}"}

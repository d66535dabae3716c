"""The outbox: what went to nobody, as it would look on the phone."""

import pytest

from tests.web.manage.ground import questions, text_of
from tests.web.manage.told import DEMBA, tell


@pytest.fixture
def address(bank):
    return f"/{bank.slug}/manage/outbox/"


def test_who_may(address, bank, visit, awa, moussa, cheikh):
    tell(bank, body="Seulement pour la banque")

    assert visit(None).get(address)["Location"].startswith("/sign-in/")
    assert visit(cheikh).get(address).status_code == 404
    assert visit(awa).get(address).status_code == 403
    assert "Seulement pour la banque" in text_of(visit(moussa).get(address))
    theirs = text_of(visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/outbox/"))
    assert "Seulement pour la banque" not in theirs


def test_an_empty_outbox_says_how_to_fill_it(address, bank, visit, moussa):
    page = text_of(visit(moussa).get(address))

    assert "No message yet" in page
    assert f'href="/{bank.slug}/"' in page
    assert f'href="/phone/{bank.slug}/"' in page
    assert "Nothing on this page was sent to anybody." in page


def test_only_what_is_simulated_and_not_erased_is_here(address, bank, visit, moussa):
    tell(bank, body="gardé ici")
    tell(bank, body="vraiment parti", is_simulated=False, provider="twilio_sms")
    tell(bank, body="", subject="effacé", address="")

    page = text_of(visit(moussa).get(address))

    assert "gardé ici" in page
    assert "vraiment parti" not in page
    assert "effacé" not in page


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "email", "push"])
def test_a_message_is_text_with_a_link_and_never_html(address, bank, visit, moussa, take, ticket, channel):
    row = tell(
        bank,
        channel=channel,
        subject="<script>x</script>",
        body='<script>x</script> "ici" https://sq.example/t/abc',
        ticket=ticket(take()),
    )

    page = text_of(visit(moussa).get(address))

    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    assert 'href="https://sq.example/t/abc"' in page
    assert row.ticket.number in page


def test_each_person_and_channel_is_one_card_newest_first(address, bank, visit, moussa):
    for words, to, channel in (("un", DEMBA, "sms"), ("deux", "m@x.sn", "email"), ("trois", DEMBA, "whatsapp"),
                               ("quatre", DEMBA, "sms")):  # fmt: skip
        tell(bank, body=words, address=to, channel=channel)

    boxes = visit(moussa).get(address).context["inboxes"]

    assert [(one.address, one.channel) for one in boxes] == [(DEMBA, "sms"), (DEMBA, "whatsapp"), ("m@x.sn", "email")]
    assert [row.body for row, _kind in boxes[0].messages] == ["quatre", "un"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"channel": "whatsapp"}, ["w"]), ({"language": "wo"}, ["w"]), ({"q": "77 *** ** 22"}, ["w"]),
        ({"q": "+221 77 123 45 21"}, ["s"]), ({"q": "7712345"}, ["w", "s"]), ({"q": "moussa"}, []),
        ({"channel": "pigeon"}, ["e", "w", "s"]), ({"q": "m@x"}, ["e"]), ({"q": "***"}, []),
    ],
)  # fmt: skip
def test_what_it_is_narrowed_by(address, bank, visit, moussa, asked, found):
    tell(bank, body="s")
    tell(bank, body="w", channel="whatsapp", language="wo", address="+221771234522")
    tell(bank, body="e", channel="email", address="m@x.sn")

    shown = visit(moussa).get(address, asked).context["rows"]

    assert [row.body for row in shown] == found


def test_a_look_answers_nothing_until_there_is_something_new(address, bank, visit, moussa):
    person = visit(moussa)
    first = tell(bank)
    look = {"HX-Request": "true", "X-Newest": str(first.id)}
    assert person.get(address, headers=look).status_code == 204

    tell(bank, body="tout neuf")

    answer = person.get(address, headers=look)
    assert answer.status_code == 200
    assert "tout neuf" in text_of(answer)
    assert "<html" not in text_of(answer)


def test_it_asks_the_same_for_one_message_and_for_three(address, bank, visit, moussa, take, ticket):
    tell(bank, ticket=ticket(take()))
    one = questions(visit(moussa), address)
    for _person in range(2):
        tell(bank, ticket=ticket(take()), address="+221771234522")

    assert one == questions(visit(moussa), address) == 11

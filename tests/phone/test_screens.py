"""Every screen of the tree, dialled in both languages, with names that are long: 160 plain signs on 7 lines."""

import pytest

LONG = "Direction régionale de l'Éducation nationale et de la Formation professionnelle, agence de Ŋgañ"
LANGUAGES = {"fr": "8", "wo": "9"}


@pytest.fixture
def crowded(bank, site, make_queue):
    """Sites, services and counters with the longest of names; some are shut."""
    from smartqueue.queueing.models import Queue
    from smartqueue.sites.models import OpeningHours, Service, Site
    from smartqueue.tenants.scope import in_tenant

    queues = [make_queue(capacity=9_999 if n else None) for n in range(7)]
    with in_tenant(bank.id):
        Site.objects.filter(id=site.id).update(name=LONG)
        for place in range(6):
            Site.objects.create(tenant=bank, name=f"{place} {LONG}", code=f"LONGCODE{place}-XY")
        for number, row in enumerate(Service.objects.filter(tenant=bank)):
            Service.objects.filter(id=row.id).update(name=f"{number} {LONG}")
        Queue.objects.filter(id__in=[queues[0].id, queues[1].id]).update(status="paused")
        night = Site.objects.create(tenant=bank, name=f"Nuit {LONG}", code="NUIT", observes_holidays=False)
        OpeningHours.objects.create(tenant=bank, site=night, weekday=1, opens="03:00", closes="03:01")
        Queue.objects.create(tenant=bank, site=night, service=queues[0].service, name=LONG[:80], prefix="N")
    return queues


class Walker:
    """Dials every way through the tree, down to the ends, and keeps every screen."""

    def __init__(self, phone, deepest):
        self.phone, self.deepest, self.screens = phone, deepest, {}

    def walk(self, typed=()):
        self.phone.dial()
        screen = self.phone.hop()
        for key in typed:
            screen = self.phone.type(key)
        is_new = screen not in self.screens
        self.screens.setdefault(screen, "*".join(typed))
        if screen.startswith("CON ") and is_new and len(typed) < self.deepest:
            for key in keys_on(screen):
                if key not in LANGUAGES.values():
                    self.walk((*typed, key))


def keys_on(screen):
    first = [line.split(" ", 1)[0] for line in screen[4:].split("\n")]
    ways = [way.split(" ")[0] for way in screen.split("\n")[-1].split("  ")[1:]]
    return [key for key in (*first, *ways) if key.isdigit()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_is_plain_and_short(phone, crowded, language, bank, monkeypatch):
    monkeypatch.setattr("smartqueue.phone.limits.MOST", dict.fromkeys(("ussd", "sms", "whatsapp"), (100_000, 60)))
    hand = phone()
    hand.dial()
    hand.type(LANGUAGES[language])
    walker = Walker(hand, deepest=4)

    walker.walk()
    walker.walk()  # now with tickets in hand
    for code in ("NUIT", "LONGCODE1-XY", "DKR1", "QQQ"):
        walker.walk((code,))

    wrong = {
        path: screen
        for screen, path in walker.screens.items()
        if not screen[4:].isascii() or len(screen) - 4 > 160 or len(screen.split("\n")) > 7 or not screen[4:].strip()
    }
    assert wrong == {}
    assert len(walker.screens) > 15, "the tree was walked"
    assert any(screen.startswith("END ") for screen in walker.screens)


def test_names_give_way_before_choices():
    from smartqueue.phone.words import Line, fitted

    shown = fitted([Line("Choose"), *(Line(f"{n} ", LONG, f" CODE{n}") for n in range(1, 5)), Line("0 More  00 Back")])

    assert len(shown) <= 160
    assert shown.split("\n")[-1] == "0 More  00 Back"
    assert all(f"CODE{n}" in shown for n in range(1, 5))


def test_a_sentence_of_any_length_fits():
    from smartqueue.phone.words import Line, fitted

    shown = fitted([Line("a sentence that a translator has made far too long " * 5)] * 9)

    assert len(shown) <= 160
    assert len(shown.split("\n")) == 7


@pytest.mark.parametrize(
    ("written", "shown"),
    [("Ŋaaƴ ñu ëlëg", "Ngaay nu eleg"), ("Désolé, c’est « fermé »", 'Desole, c\'est " ferme "'), ("日本 ok", " ok"),
     ("a\tb", "ab"), ("œuf – 10 €", "oeuf - 10 ")],
)  # fmt: skip
def test_letters_become_plain(written, shown):
    from smartqueue.phone.words import plain

    assert plain(written) == shown

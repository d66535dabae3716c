"""Back to a ticket by its eight digits."""

import hashlib
from datetime import timedelta

import pytest

from smartqueue.kernel.clock import now
from smartqueue.queueing.queries.public import short_code, ticket_token_of_short_code
from tests.cast import at_the_same_time


@pytest.fixture
def mine(take, token_of):
    return token_of(take(at=now()))


@pytest.fixture
def reader(browser):
    return browser(**{"accept-language": "en"})


def test_a_code_is_eight_digits_of_the_tokens_digest():
    token = "k3yA_0fS0meTicket-00aa"
    first_32_bits = int.from_bytes(hashlib.md5(token.encode()).digest()[:4], "big")

    assert short_code(token) == f"{first_32_bits % 10**8:08}"
    assert {len(short_code(str(n))) for n in range(2000)} == {8}


def test_python_and_postgresql_compute_the_same_code():
    from django.db import connection

    tokens = [f"token-{n}" for n in range(500)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ('x' || substr(md5(t), 1, 8))::bit(32)::bigint %% 100000000 FROM unnest(%s::text[]) t", [tokens]
        )
        assert [row[0] for row in cursor.fetchall()] == [int(short_code(token)) for token in tokens]


@pytest.mark.parametrize("written", ["{0}", " {0} ", "{0:.4} {0:.4}"])
def test_the_code_on_the_page_leads_back(reader, bank, mine, written):
    code = short_code(mine)
    shown = f"{code[:4]} {code[4:]}"
    typed = shown if ":" in written else written.format(code)

    at_site, at_home = (
        reader.post(f"/{bank.slug}/", code=typed), reader.post("/", code=typed, organisation=bank.slug)
    )  # fmt: skip

    assert shown in reader.get(f"/t/{mine}").content.decode()
    assert (at_site.status_code, at_site["Location"]) == (302, f"/t/{mine}")
    assert (at_home.status_code, at_home["Location"]) == (302, f"/t/{mine}")


def test_a_code_opens_nothing_elsewhere_nor_later_nor_when_it_is_over(reader, bank, mine, cheikh, take, token_of):
    yesterday = token_of(take(at=now() - timedelta(hours=25)))
    elsewhere = reader.post(f"/{cheikh.tenant.slug}/", code=short_code(mine))
    too_old = reader.post(f"/{bank.slug}/", code=short_code(yesterday))
    reader.client.post(f"/t/{mine}/leave/")
    over = reader.post(f"/{bank.slug}/", code=short_code(mine))

    assert [answer.status_code for answer in (elsewhere, too_old, over)] == [404, 404, 404]
    assert "We found no ticket with this code" in over.content.decode()


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "abcdefgh", "١٢٣٤٥٦٧٨", "-1234567", "1234 567x"])
def test_what_is_no_code_is_none(reader, bank, typed):
    assert reader.post(f"/{bank.slug}/", code=typed).status_code == 404


def test_two_tickets_with_one_code_are_shown_to_nobody(bank, take, scope_ticket_tokens):
    from smartqueue.tenants.scope import in_tenant

    first, second = scope_ticket_tokens
    assert short_code(first) == short_code(second)
    with in_tenant(bank.id):
        assert ticket_token_of_short_code(bank.id, short_code(first), at=now()) is None


@pytest.fixture
def scope_ticket_tokens(bank, tellers, monkeypatch):
    """Two live tickets whose tokens share a code; the two were searched for."""
    from smartqueue.journal.states import SYSTEM
    from smartqueue.queueing.actions import hot

    seen = {}
    for n in range(200_000):
        token = f"twin-{n:018}"
        if (code := short_code(token)) in seen:
            twins = [seen[code], token]
            break
        seen[code] = token
    given = iter(twins)
    monkeypatch.setattr(hot, "token", lambda: f"{next(given)}")
    for _ in twins:
        hot.issue_ticket(tenant_id=bank.id, queue_id=tellers.id, channel="web", actor=SYSTEM, at=now())
    return twins


def test_ten_wrong_codes_a_minute_and_no_more(reader, browser, bank, mine):
    answers = [reader.post(f"/{bank.slug}/", code=f"{n:08}") for n in range(11)]
    right = reader.post(f"/{bank.slug}/", code=short_code(mine))

    assert [answer.status_code for answer in answers] == [404] * 10 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert right.status_code == 429, "the right one is not told apart"
    assert browser().post(f"/{bank.slug}/", code=short_code(mine)).status_code == 302


def test_many_wrong_codes_at_once_are_no_more_either(reader, browser, bank):
    def guess(n):
        other = browser()
        other.client.defaults["REMOTE_ADDR"] = reader.client.defaults["REMOTE_ADDR"]
        return other.post(f"/{bank.slug}/", code=f"{n:08}").status_code

    answers = at_the_same_time(*[lambda n=n: guess(n) for n in range(16)])

    assert sorted(answers) == [404] * 10 + [429] * 6


def test_right_codes_do_not_count(reader, bank, mine):
    answers = [reader.post(f"/{bank.slug}/", code=short_code(mine)).status_code for _ in range(15)]

    assert answers == [302] * 15


def test_without_valkey_no_code_is_looked_up_but_tickets_are_taken(reader, bank, place, tellers, mine, monkeypatch):
    from django.conf import settings

    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1:1/0")

    assert reader.post(f"/{bank.slug}/", code=short_code(mine)).status_code == 503
    assert reader.take(place, tellers).status_code == 303


def test_an_organisation_must_be_named_at_home(reader, mine):
    for organisation in ("", "nowhere", "x" * 90):
        assert reader.post("/", code=short_code(mine), organisation=organisation).status_code == 404

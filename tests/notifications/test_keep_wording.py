"""A tenant's own words: kept, changed by one at a time, taken back, and what goes out."""

import pytest

from smartqueue.journal.models import Entry
from smartqueue.kernel.errors import Invalid, NotFound
from smartqueue.notifications.actions.wordings import add_wording, drop_wording, keep_wording
from smartqueue.notifications.errors import WordingChanged
from smartqueue.notifications.models import MessageTemplate
from smartqueue.notifications.queries import render, standings
from smartqueue.notifications.states.variables import samples_of
from smartqueue.tenants.scope import in_tenant
from tests.cast import NINE, at_the_same_time

WHERE = {"kind": "your_turn", "channel": "sms"}


def standing(tenant, language="fr", **where):
    with in_tenant(tenant.id):
        return {one.language: one for one in standings(**WHERE | where)}[language]


def keep(person, body, *, seen=None, language="fr", subject="", **where):
    shown = seen or standing(person.tenant, language, **where).digest
    with in_tenant(person.tenant.id):
        return keep_wording(
            tenant_id=person.tenant.id, **WHERE | where, language=language, subject=subject, body=body, seen=shown,
            actor=person.actor, at=NINE,
        )  # fmt: skip


def rendered(tenant, language="fr", **where):
    named = WHERE | where
    with in_tenant(tenant.id):
        return render(**named, language=language, values=samples_of(named["kind"], organisation_name="Poste"))


def facts(tenant):
    with in_tenant(tenant.id):
        return [
            (one.fact, one.before, one.after)
            for one in Entry.objects.filter(object_type="messagetemplate").order_by("id")
        ]


def test_own_words_go_out_until_they_are_taken_back(bank, moussa, cheikh):
    usual = rendered(bank).body

    keep(moussa, "{{ticket_number}}, venez au {{counter_name}}")

    assert rendered(bank).body == "A042, venez au Guichet 3"
    assert rendered(cheikh.tenant).body == usual == "Poste : A042, c'est votre tour. Allez au Guichet 3."
    with in_tenant(bank.id):
        assert drop_wording(**WHERE, language="fr", actor=moussa.actor, at=NINE) is True
        assert drop_wording(**WHERE, language="fr", actor=moussa.actor, at=NINE) is False
    assert rendered(bank).body == usual
    assert [fact for fact, _before, _after in facts(bank)] == ["messagetemplate.created", "messagetemplate.deleted"]


def test_a_second_text_is_told_with_before_and_after(bank, moussa):
    keep(moussa, "Un")
    keep(moussa, "Deux")

    assert facts(bank)[1] == ("messagetemplate.updated", {"body": "Un"}, {"body": "Deux"})


def test_a_language_without_words_speaks_french_the_tenants_own_first(bank, moussa):
    thanks = {"kind": "thanks", "channel": "sms"}
    assert rendered(bank, "wo", **thanks) == rendered(bank, "fr", **thanks)

    keep(moussa, "Merci", **thanks)

    assert rendered(bank, "wo", **thanks).body == "Merci"
    assert rendered(bank, "en", **thanks).body.startswith("Poste: thank you")


def test_a_text_that_cannot_be_read_is_refused(bank, moussa):
    with pytest.raises(Invalid):
        keep(moussa, "{{ticket_numer}}")

    assert facts(bank) == []


def test_who_saw_an_older_text_does_not_overwrite_the_newer_one(bank, moussa):
    seen = standing(bank).digest
    keep(moussa, "Un")

    with pytest.raises(WordingChanged):
        keep(moussa, "Deux", seen=seen)

    assert rendered(bank).body == "Un"


@pytest.mark.parametrize("was_there", [False, True])
def test_of_two_who_write_at_once_one_is_told(bank, moussa, was_there):
    if was_there:
        keep(moussa, "Avant")
    seen = standing(bank).digest

    answers = at_the_same_time(
        lambda: keep(moussa, "Un", seen=seen).body,
        lambda: keep(moussa, "Deux", seen=seen).body,
    )

    (kept,) = [one for one in answers if isinstance(one, str)]
    (told,) = [one for one in answers if not isinstance(one, str)]
    assert isinstance(told, WordingChanged)
    assert rendered(bank).body == kept
    assert len(facts(bank)) == 1 + was_there


def test_a_subject_stays_one_line_whatever_a_value_holds(bank, moussa):
    email = {"kind": "your_turn", "channel": "email"}
    keep(moussa, "Venez", subject="{{customer_name}}", **email)

    with in_tenant(bank.id):
        sent = render(**email, language="fr", values={"customer_name": "Demba\r\nBcc: all@example.sn " + "x" * 300})

    assert sent.subject.startswith("Demba Bcc: all@example.sn xxx")
    assert (sent.subject.isprintable(), len(sent.subject)) == (True, 150)


def test_own_words_that_cannot_be_filled_any_more_give_way_to_the_usual_ones(bank):
    usual = rendered(bank)
    with in_tenant(bank.id):
        MessageTemplate.objects.create(tenant=bank, **WHERE, language="fr", body="{{of_an_older_version}}")

    assert rendered(bank) == usual


def test_typographic_signs_cost_no_second_sms(bank, moussa):
    keep(moussa, "C’est à vous…")
    assert rendered(bank).body == "C'est à vous..."


def test_a_programs_kind_is_found_and_an_unknown_one_is_not(bank, moussa):
    own = {"kind": "loan.approved", "channel": "sms"}
    with in_tenant(bank.id):
        values = own | {"language": "fr", "subject": "", "body": "{{amount}}"}
        add_wording(tenant_id=bank.id, values=values, actor=moussa.actor, at=NINE)
        assert render(**own, language="en", values={"amount": "5 F"}).body == "5 F"
        with pytest.raises(NotFound):
            render(kind="loan.refused", channel="sms", language="fr", values={})


def test_the_demonstrations_two_wordings_can_be_filled():
    from smartqueue.cli.tenant import TEMPLATES
    from smartqueue.notifications.states.wording import judge

    for kind, _channel, body in TEMPLATES:
        judge(kind=kind, subject="", body=body)

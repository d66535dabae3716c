"""The doors for providers: who is let in, and what never gets through."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.phone.conftest import PHONE

FORM = {"sessionId": "s1", "phoneNumber": PHONE, "serviceCode": "*384*12#", "text": "DKR1*1"}


def conversations(tenant):
    from smartqueue.notifications.models import Conversation
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(tenant.id):
        return Conversation.objects.count()


def test_an_address_that_was_never_given_away_leads_nowhere(connected, site, tellers):
    hook = connected("at_ussd")
    for path in ("/hooks/at_ussd/nothing/", "/hooks/at_ussd/" + "x" * 60 + "/", hook.replace("at_ussd", "http_ussd")):
        assert Client().post(path, FORM).status_code == 404


def test_a_suspended_organisation_has_no_hook(connected, bank, site, tellers):
    hook = connected("at_ussd")
    type(bank).objects.using("platform").filter(id=bank.id).update(is_active=False)

    assert Client().post(hook, FORM).status_code == 404


def test_what_is_switched_off_is_not_heard(connected, bank, site, tellers, tickets):
    from smartqueue.notifications.models import Integration
    from smartqueue.tenants.scope import in_tenant

    ussd, sms = connected("at_ussd"), connected("at_sms", username="sandbox")
    with in_tenant(bank.id):
        Integration.objects.update(is_active=False)

    assert Client().post(ussd, FORM).status_code == 404
    said = urlencode({"id": "1", "from": PHONE, "text": "TICKET DKR1"})
    assert Client().post(sms, said, content_type="application/x-www-form-urlencoded").status_code == 200
    assert tickets() == []


@pytest.mark.parametrize(
    ("ips", "status"),
    [("", 200), ("127.0.0.1", 200), ("10.0.0.0/8 127.0.0.0/8", 200), ("10.0.0.1", 403), ("::1", 403), ("junk", 403)],
)
def test_a_gateway_may_be_held_to_its_addresses(connected, bank, site, tellers, ips, status):
    assert Client().post(connected("at_ussd", gateway_ips=ips), FORM).status_code == status
    assert conversations(bank) == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    "wrong",
    [{"phoneNumber": ""}, {"phoneNumber": "bank"}, {"sessionId": ""}, {"text": "1*" * 400}, {"phoneNumber": "+1"}],
)
def test_a_hop_without_what_it_needs_is_refused(connected, bank, site, tellers, wrong):
    assert Client().post(connected("at_ussd"), FORM | wrong).status_code == 400
    assert conversations(bank) == 0


def test_too_much_is_not_read(connected, site, tellers):
    assert Client().post(connected("at_ussd"), FORM | {"text": "1" * 70_000}).status_code == 413


def test_a_phone_that_never_stops_is_told_to_wait(connected, bank, site, tellers):
    hook = connected("at_ussd")

    said = [Client().post(hook, FORM | {"sessionId": f"s{n}", "text": ""}).content for n in range(62)]

    assert [word[:3] for word in said] == [b"CON"] * 60 + [b"END"] * 2


def test_a_hop_asks_the_database_a_fixed_number_of_times(phone, bank, site, make_queue):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked(hand):
        with CaptureQueriesContext(connection) as queries:
            hand.dial("DKR1")
        return len(queries)

    make_queue(), make_queue()
    phone("+221770000001").dial()  # what is prepared once
    few = asked(phone("+221770000002"))
    make_queue(), make_queue()

    assert asked(phone("+221770000003")) == few
    assert few <= 20

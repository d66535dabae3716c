"""What the tests of sites, services and queues share: questions counted, rows of the bank, forms as pages show them."""

from html.parser import HTMLParser

from django.db import connection
from django.test.utils import CaptureQueriesContext

from smartqueue.tenants.scope import in_tenant


def text_of(answer):
    return answer.content.decode()


def questions(client, address):
    """How many statements a page costs, the transaction's own and the session's included."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def stored(bank, model, **where):
    """The rows of the bank, by id."""
    with in_tenant(bank.id):
        return list(model.objects.filter(**where).order_by("id"))


def make(bank, model, *rows):
    with in_tenant(bank.id):
        return [model.objects.create(tenant=bank, **row) for row in rows]


class _Fields(HTMLParser):
    def __init__(self, wanted):
        super().__init__()
        self.wanted, self.inside, self.sent, self.choosing = wanted, False, {}, None

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        if tag == "form":
            self.inside = self.wanted in has.get("class", "") or has.get("action") == self.wanted
        elif self.inside and tag == "input" and has.get("name") != "csrfmiddlewaretoken":
            if has.get("type") not in ("checkbox", "radio") or "checked" in has:
                self.sent[has["name"]] = has.get("value", "")
        elif self.inside and tag == "select":
            self.choosing = has["name"]
            self.sent[self.choosing] = ""
        elif self.inside and tag == "textarea":
            self.sent[has["name"]] = ""
        elif self.inside and tag == "option" and "selected" in has:
            self.sent[self.choosing] = has["value"]

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


def form_of(answer, wanted="form"):
    """What a browser would send back unchanged: the form of that class or with that action."""
    reader = _Fields(wanted)
    reader.feed(text_of(answer))
    return reader.sent

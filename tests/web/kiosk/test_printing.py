"""Paper from a network printer: what it says, and what is done when there is none."""

from uuid import uuid4

import pytest

from smartqueue.cli.processes import wait_until
from smartqueue.devices.transports.escpos import PaperOut, PrinterLost, print_slip, printable, slip_bytes
from smartqueue.tenants.scope import in_tenant
from tests.cast import at_the_same_time
from tests.web.kiosk.printer import printing
from tests.web.kiosk.test_kiosk import done

SLIP = {
    "org": "Banque de la Téranga · Agence Plateau", "service": "Retrait d'espèces", "number": "A042",
    "when": "Pris à 21/11/2026 14:20", "line": "Ñaari nit · ŋ", "hint": "Suivez votre place", "code": "Code 1234 5678",
    "url": "http://example.sn/t/abc",
}  # fmt: skip


@pytest.fixture
def printer():
    with printing() as one:
        yield one


def test_a_slip_has_its_accents_and_its_link(printer):
    print_slip("127.0.0.1", printer.port, SLIP)

    (sheet,) = printer.sheets
    assert b"\x1bt\x13" in sheet  # the code page in which these bytes are the accents
    for text in ("Téranga", "espèces", "A042", "Ñaari nit"):
        assert text.encode("cp858") in sheet
    assert b"http://example.sn/t/abc" in sheet


@pytest.mark.parametrize(
    ("text", "paper"),
    [("ŋaam", "naam"), ("jëf", "jëf"), ("ñ à ç é", "ñ à ç é"), ("ą", "a"), ("你", "?"), ("a\x1b@", "a?@")],
)
def test_what_the_printer_cannot_write_is_folded_and_nothing_commands_it(text, paper):
    assert printable(text) == paper


def test_a_name_cannot_speak_to_the_printer():
    assert b"\x1b@\x1dV" not in slip_bytes(SLIP | {"service": "\x1b@\x1dV"})


def test_without_paper_nothing_is_sent(printer):
    printer.has_paper = False

    with pytest.raises(PaperOut):
        print_slip("127.0.0.1", printer.port, SLIP)
    assert printer.sheets == []


def test_a_printer_that_hangs_up_or_is_not_there_is_lost(printer):
    printer.drops = True
    with pytest.raises(PrinterLost):
        print_slip("127.0.0.1", printer.port, SLIP)
    with printing() as gone:
        port = gone.port
    with pytest.raises(PrinterLost):
        print_slip("127.0.0.1", port, SLIP)


def test_a_printer_that_answers_no_questions_prints_all_the_same(printer):
    printer.answers = False

    print_slip("127.0.0.1", printer.port, SLIP, patience_s=0.2)

    assert wait_until(lambda: len(printer.sheets) == 1, seconds=30)


def wish(program, services, printer):
    """A ticket taken at a kiosk with a network printer: the kiosk's program and the answer."""
    services(1)
    kiosk = program(printer="escpos", printer_host="127.0.0.1", printer_port=printer.port)
    (block,) = kiosk.post("/kiosk/blocks/", {"have": []}).json()["blocks"]
    first = block["numbers"][0]["sequence"]
    answer = kiosk.post(
        "/kiosk/tickets/", {"block": block["id"], "sequence": first, "language": "fr"}, Idempotency_Key="one"
    )
    assert answer.status_code == 201
    return kiosk, answer.json()


def prints_of(bank):
    from smartqueue.devices.models import Print

    with in_tenant(bank.id):
        return list(Print.objects.all())


def test_two_who_send_one_print_at_once_make_one_sheet(bank, program, services, printer):
    from smartqueue.devices.actions.prints import send_print
    from smartqueue.journal.states import SYSTEM
    from smartqueue.kernel.clock import now

    kiosk, ticket = wish(program, services, printer)
    assert printer.sheets == []  # nothing prints in the ticket's own transaction
    at = now()

    said = at_the_same_time(*[
        lambda: send_print(
            tenant_id=bank.id, device_id=kiosk.device.id, print_id=ticket["print"], actor=SYSTEM, at=at
        )
    ] * 4)  # fmt: skip

    assert set(said) <= {"printed", "printing"}
    assert len(printer.sheets) == said.count("printed") == prints_of(bank)[0].tries
    again = kiosk.post(f"/kiosk/prints/{ticket['print']}/", {})
    assert again.json() == {"status": "printed"}
    assert len(printer.sheets) == said.count("printed") + 1


def test_a_failed_print_is_kept_told_in_the_journal_and_can_be_tried_again(bank, program, services, printer):
    from smartqueue.journal.models import Entry

    kiosk, ticket = wish(program, services, printer)
    printer.has_paper = False
    assert kiosk.post(f"/kiosk/prints/{ticket['print']}/", {}).json() == {"status": "paper_out"}
    (failed,) = prints_of(bank)
    printer.has_paper = True
    assert kiosk.post(f"/kiosk/prints/{ticket['print']}/", {}).json() == {"status": "printed"}
    (printed,) = prints_of(bank)

    assert (failed.status, failed.problem, failed.tries) == ("failed", "paper_out", 1)
    assert (printed.status, printed.problem, printed.tries) == ("printed", "", 2)
    with in_tenant(bank.id):
        facts = list(Entry.objects.filter(object_id=printed.id).order_by("id").values_list("fact", flat=True))
    assert facts == ["print.failed", "print.printed"]


def test_another_kiosks_print_does_not_exist(program, services, printer):
    kiosk, ticket = wish(program, services, printer)
    other = program()

    assert other.post(f"/kiosk/prints/{ticket['print']}/", {}).status_code == 404
    assert kiosk.post(f"/kiosk/prints/{uuid4()}/", {}).status_code == 404
    assert printer.sheets == []


def test_without_paper_the_screen_is_the_ticket_until_somebody_puts_paper_in(bank, services, open_kiosk, printer):
    from smartqueue.devices.models import Device

    def problem():
        with in_tenant(bank.id):
            return Device.objects.get(id=page.device.id).problem

    services(1)
    fields = {"printer": "escpos", "printer_host": "127.0.0.1", "printer_port": printer.port}
    page = open_kiosk(fields=fields)
    printer.has_paper = False
    page.locator("[data-language=en]").tap()
    page.locator(".tile").tap()
    page.locator("[data-do=skip]").tap()
    page.locator("[data-do=take]").tap()
    page.wait_for_selector("body[data-now=ticket][data-printing=screen]")
    assert "Photograph this screen" in page.locator("#ticket-what").inner_text()
    assert page.locator("#qr").is_visible()
    assert wait_until(lambda: problem() == "paper_out", seconds=30)

    printer.has_paper = True
    page.locator("[data-do=reprint]").tap()
    page.wait_for_selector("body[data-printing=paper]")
    assert len(printer.sheets) >= 1
    assert wait_until(lambda: problem() == "", seconds=30)
    assert page.evaluate("prints") == []
    done(page)

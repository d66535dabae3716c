"""A recorded day, played against real web processes; the books are asked from the database, not from the command."""

import asyncio
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from smartqueue.cli.main import main
from smartqueue.cli.processes import PlainError
from smartqueue.cli.replaying.books import Deviation, deviations
from smartqueue.cli.replaying.client import Api, Refused
from smartqueue.cli.replaying.play import REASON, Clock
from smartqueue.cli.replaying.recording import Kind, Line, Step, read_day, straightened
from smartqueue.cli.replaying.stage import StagedLine, _letters
from tests.cast import Person, at_the_same_time

PASSWORD = "sa-yoon-la-2020"
DAY = """\
at,queue,event,ticket,value
2020-03-01T09:00:00,qa,issued,1,
2020-03-01T09:00:00,qc,issued,1,
2020-03-02T08:00:00,qa,counters,,2
2020-03-02T08:00:00,qb,counters,,0
2020-03-02T08:01:00,qa,issued,11,
2020-03-02T08:02:00,qa,issued,12,
2020-03-02T08:02:00,qb,issued,1,
2020-03-02T08:03:00,qa,called,10,
2020-03-02T08:03:00,qb,called,1,
2020-03-02T08:04:00,qa,called,11,
2020-03-02T08:04:00,qb,called,2,
2020-03-02T08:04:00,qb,issued,2,
2020-03-02T08:05:00,qa,issued,14,
2020-03-02T08:05:00,qb,issued,3,
2020-03-02T08:06:00,qa,issued,15,
2020-03-02T08:06:00,qb,called,3,
2020-03-02T08:07:00,qa,called,14,
2020-03-02T08:07:00,qb,issued,3,
2020-03-02T08:07:00,qb,counters,,1
2020-03-02T08:08:00,qa,counters,,1
2020-03-02T08:08:00,qb,counters,,0
2020-03-02T08:09:00,qa,called,12,
2020-03-02T08:10:00,qa,issued,16,
"""
NAMES = "queue,office,service\nqa,Plateau,A: Passeports\nqb,Plateau,B: Permis\n"
ONE_VISIT = """\
at,queue,event,ticket,value
2020-03-02T08:00:00,qa,counters,,1
2020-03-02T08:10:00,qa,issued,1,
2020-03-02T08:20:00,qa,called,1,
"""


def write_record(folder: Path, events: str = DAY) -> Path:
    path = folder / "dakar_events.csv.gz"
    path.write_bytes(gzip.compress(events.encode()))
    (folder / "dakar_queues.csv").write_text(NAMES)
    return path


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return write_record(tmp_path)


@pytest.fixture
def replay(bank: Any, moussa: Person) -> Callable[..., Result]:
    """Run the command as the bank's administrator."""
    moussa.user.set_password(PASSWORD)
    moussa.user.save()

    def run(events: Path, url: str, *options: str) -> Result:
        whose = ("--url", url, "--tenant", bank.slug, "--email", moussa.user.email, "--password", PASSWORD)
        return CliRunner().invoke(main, ["replay", str(events), "--date", "2020-03-02", *whose, *options])

    return run


def lives(bank: Any, site_code: str) -> dict[str, list[tuple[str, str]]]:
    """Queue → number and state of its tickets, in the order of the calls, then those that wait."""
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    found: dict[str, list[tuple[str, str]]] = {}
    with in_tenant(bank.id):
        rows = Ticket.objects.filter(queue__site__code=site_code).order_by("called_at", "sequence")
        for name, number, status in rows.values_list("queue__name", "number", "status"):
            found.setdefault(name, []).append((number, status))
    return found


AS_RECORDED = {
    # Arrivals: 10 (before the record began), 11, 12, 14, 15, 16.
    "qa Plateau A: Passeports": [
        ("A001", "closed"), ("A002", "closed"), ("A004", "closed"), ("A003", "closed"),
        ("A005", "waiting"), ("A006", "waiting"),
    ],
    "qb Plateau B: Permis": [("B001", "closed"), ("B002", "closed"), ("B003", "closed")],
}  # fmt: skip


def test_a_day_is_played_as_recorded_and_so_is_the_next_run(
    bank: Any, replay: Callable[..., Result], record: Path, live_server_url: str
) -> None:
    first, second = (replay(record, live_server_url, "--speed", "0") for _ in range(2))

    assert [first.exit_code, second.exit_code] == [0, 0], first.output + second.output
    assert lives(bank, "R200302-1") == lives(bank, "R200302-2") == AS_RECORDED
    rows = {tuple(cell.strip() for cell in line.split("│")[1:-1]) for line in first.output.splitlines()}
    assert rows >= {
        ("issued", "9", "9"), ("called", "7", "7"), ("waiting", "2", "2"),
        ("Called next", "6"), ("Called out of order", "1"), ("Called with no counter open", "1"),
    }  # fmt: skip
    for sentence in (
        "1 called but never issued in the record", "1 called before they were issued",
        "1 rows that issue or call a number a second time", "The books balance in all 2 queues.",
    ):  # fmt: skip
        assert sentence in first.output


def test_out_of_order_calls_say_why_and_agents_go_home(
    bank: Any, replay: Callable[..., Result], record: Path, live_server_url: str
) -> None:
    from smartqueue.queueing.models import Agent, AgentSession, Ticket
    from smartqueue.tenants.scope import in_tenant

    replay(record, live_server_url, "--speed", "0")

    with in_tenant(bank.id):
        chosen = Ticket.objects.filter(call_reason__rule="chosen").values_list("number", "call_reason__reason")
        assert list(chosen) == [("A004", REASON)]
        assert Agent.objects.filter(status="offline", counter=None).count() == Agent.objects.count() == 3
        sessions = AgentSession.objects.filter(closed_at=None)
        assert (sessions.count(), AgentSession.objects.count()) == (0, 3)
        assert not Ticket.objects.filter(status="closed", started_at=None).exists()


def test_a_customer_stays_at_the_counter_until_it_calls_again(
    bank: Any, replay: Callable[..., Result], record: Path, live_server_url: str
) -> None:
    from smartqueue.queueing.models import Ticket
    from smartqueue.tenants.scope import in_tenant

    replay(record, live_server_url, "--speed", "0", "--queues", "1")

    with in_tenant(bank.id):
        first, second, fourth, third = Ticket.objects.exclude(called_at=None).order_by("called_at")
    assert first.agent_id != second.agent_id  # two counters are open, and take turns
    assert first.agent_id == fourth.agent_id == third.agent_id  # the other one has closed in between
    assert second.called_at < first.ended_at <= fourth.called_at < second.ended_at <= third.called_at
    assert second.ended_at < fourth.ended_at <= third.called_at


def test_the_busiest_queues_alone_at_the_recorded_pace(
    bank: Any, replay: Callable[..., Result], record: Path, live_server_url: str
) -> None:
    done = replay(record, live_server_url, "--queues", "1", "--speed", "600")

    assert done.exit_code == 0
    assert lives(bank, "R200302-1") == {"qa Plateau A: Passeports": AS_RECORDED["qa Plateau A: Passeports"]}
    played_s = float(done.output.partition("Played in")[2].split()[1])
    assert played_s >= 1.0  # ten recorded minutes


def test_a_ticket_taken_by_someone_else_breaks_the_books(
    bank: Any, moussa: Person, replay: Callable[..., Result], api: Any, tmp_path: Path, live_server_url: str
) -> None:
    record = write_record(tmp_path, ONE_VISIT)

    def somebody_else() -> None:
        moussa_at_his_desk = api(moussa)
        path = f"tenants/{bank.slug}/queues/"
        queues: list[Any] = []
        for _ in range(500):
            if queues := moussa_at_his_desk.get(path).json()["results"]:
                break
            time.sleep(0.02)
        body = {"queue_id": queues[0]["id"], "channel": "web"}
        assert moussa_at_his_desk.post(f"tenants/{bank.slug}/tickets/", json=body).status_code == 201

    done, stranger = at_the_same_time(lambda: replay(record, live_server_url, "--speed", "400"), somebody_else)

    assert stranger is None
    assert done.exit_code == 1, done.output
    assert "The books do not balance" in done.output
    assert "qa: A001 came next, which is not the recorded ticket" in done.output
    assert [line.split("│")[1:-1] for line in done.output.splitlines() if line.startswith("│ qa ")] != []
    assert lives(bank, "R200302-1") == {"qa Plateau A: Passeports": [("A001", "closed"), ("A002", "closed")]}


@pytest.fixture
def lossy(live_server_url: str) -> Iterator[str]:
    """A way to the server on which every fifth answer is lost, after the deed, and every seventh request is put off."""
    counting, lock = iter(range(1, 1_000_000)), threading.Lock()
    upstream = httpx.Client(base_url=live_server_url, trust_env=False)

    class Way(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                number = next(counting)
            if number % 7 == 0:
                return self.answer(httpx.Response(503, headers={"Retry-After": "0"}))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            answer = upstream.request(self.command, self.path, content=body, headers=headers)
            if number % 5 == 0:
                self.close_connection = True
                return None
            return self.answer(answer)

        def answer(self, answer: httpx.Response) -> None:
            self.send_response(answer.status_code)
            kept = ("content-type", "retry-after", "idempotency-replayed")
            for name, value in answer.headers.items():
                if name in kept:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = forward  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Way) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
    upstream.close()


def test_lost_answers_and_busy_servers_leave_no_trace_in_the_books(
    bank: Any, replay: Callable[..., Result], record: Path, lossy: str
) -> None:
    done = replay(record, lossy, "--speed", "0")

    assert done.exit_code == 0, done.output
    assert lives(bank, "R200302-1") == AS_RECORDED
    tried, replayed = done.output.partition("Tried again")[2].split("│")[1].split(", of which ")
    assert int(tried) > int(replayed.split()[0]) > 0


@pytest.fixture
def signed_in(bank: Any, moussa: Person, live_server_url: str) -> Api:
    moussa.user.set_password(PASSWORD)
    moussa.user.save()
    return Api(url=live_server_url, tenant=bank.slug, email=moussa.user.email, password=PASSWORD)


@pytest.mark.parametrize("trouble", ["due", "refused", "lost"])
def test_the_sign_in_is_renewed(signed_in: Api, live_server_url: str, moussa: Person, trouble: str) -> None:
    """When the token nears its end; when it is refused all the same; when the answer of an exchange was lost."""
    from smartqueue.accounts.models import RefreshToken

    async def work() -> None:
        async with signed_in as api:
            if trouble == "lost":
                httpx.post(
                    f"{live_server_url}/api/v1/users/jwt/refresh/", json={"refresh": api._refresh}, trust_env=False
                )
            if trouble == "refused":
                api._access = "stale"
            else:
                api._renew_at = 0
            await asyncio.gather(*(api.get("sites/") for _ in range(5)))

    asyncio.run(work())

    families = set(RefreshToken.objects.filter(user=moussa.user).values_list("family", flat=True))
    tokens = RefreshToken.objects.filter(user=moussa.user).count()
    assert (len(families), tokens) == ((2, 3) if trouble == "lost" else (1, 2))


def test_lists_are_read_to_their_last_page(signed_in: Api, bank: Any) -> None:
    from smartqueue.sites.models import Site
    from smartqueue.tenants.scope import in_tenant

    with in_tenant(bank.id):
        Site.objects.bulk_create(Site(tenant=bank, name=f"Agence {n}", code=f"X{n}") for n in range(201))

    async def read() -> list[dict[str, Any]]:
        async with signed_in as api:
            return await api.rows("sites/")

    assert len({row["id"] for row in asyncio.run(read())}) == 201


def test_a_wrong_password_and_a_silent_address_are_sentences(
    replay: Callable[..., Result], record: Path, live_server_url: str
) -> None:
    wrong = replay(record, live_server_url, "--password", "wrong")
    silent = replay(record, "http://127.0.0.1:9")

    assert (wrong.exit_code, silent.exit_code) == (1, 1)
    assert "Error: POST /api/v1/users/jwt/token/: 401" in wrong.output
    assert "Error: http://127.0.0.1:9 does not answer" in silent.output


def test_a_refusal_says_what_was_asked_and_why(signed_in: Api) -> None:
    async def ask() -> None:
        async with signed_in as api:
            await api.post("sites/", {"name": "x", "code": "X", "colour": "green"})

    with pytest.raises(Refused) as refused:
        asyncio.run(ask())
    assert (refused.value.status, refused.value.code) == (400, "invalid")
    assert "colour" in str(refused.value)


# The record


def at(minute: int) -> datetime:
    return datetime.fromisoformat("2020-03-02T08:00:00") + timedelta(minutes=minute)


def rows(*told: tuple[Kind, int]) -> list[Step]:
    return [Step(at(minute), kind, value) for minute, (kind, value) in enumerate(told)]


def test_a_line_without_gaps_stays_as_it_is() -> None:
    told = rows((Kind.COUNTERS, 2), (Kind.ISSUED, 7), (Kind.ISSUED, 9), (Kind.CALLED, 7), (Kind.COUNTERS, 3))
    line = straightened("q", told)
    assert line == Line("q", steps=told)
    assert (line.issued, line.called, line.most_counters) == ([7, 9], [7], 3)


def test_who_was_there_before_the_record_is_issued_at_its_first_moment() -> None:
    line = straightened("q", rows((Kind.CALLED, 5), (Kind.ISSUED, 7), (Kind.CALLED, 6)))
    assert line.steps[:2] == [Step(at(0), Kind.ISSUED, 5), Step(at(0), Kind.ISSUED, 6)]
    assert (line.issued, line.called, line.taken_before, line.most_counters) == ([5, 6, 7], [5, 6], 2, 1)


def test_an_issue_told_late_moves_before_its_call() -> None:
    line = straightened("q", rows((Kind.ISSUED, 1), (Kind.CALLED, 2), (Kind.ISSUED, 2), (Kind.ISSUED, 2)))
    assert line.steps == [Step(at(0), Kind.ISSUED, 1), Step(at(1), Kind.ISSUED, 2), Step(at(1), Kind.CALLED, 2)]
    assert (line.issued_late, line.repeated, line.taken_before) == (1, 1, 0)


def test_second_issues_and_second_calls_are_left_out() -> None:
    told = rows((Kind.ISSUED, 1), (Kind.ISSUED, 1), (Kind.CALLED, 1), (Kind.CALLED, 1))
    line = straightened("q", told)
    assert (line.steps, line.repeated) == ([told[0], told[2]], 2)


def test_a_day_has_its_own_queues_busiest_first(record: Path) -> None:
    day = read_day(record, date(2020, 3, 2))
    assert [(line.key, line.office, line.service) for line in day.lines] == [
        ("qa", "Plateau", "A: Passeports"),
        ("qb", "Plateau", "B: Permis"),
    ]
    assert (day.name, day.began, day.ended) == ("dakar", at(0), at(10))
    assert [line.key for line in read_day(record, date(2020, 3, 2), busiest=1).lines] == ["qa"]


def test_queues_without_names_keep_their_keys(record: Path) -> None:
    record.with_name("dakar_queues.csv").unlink()
    assert [(line.key, line.office) for line in read_day(record, date(2020, 3, 1)).lines] == [("qa", ""), ("qc", "")]


def test_a_date_without_tickets_is_a_sentence_with_the_dates_there_are(record: Path) -> None:
    with pytest.raises(PlainError, match="no ticket on 2021-01-01; it has events from 2020-03-01 to 2020-03-02"):
        read_day(record, date(2021, 1, 1))


@pytest.mark.parametrize("row", ["2020-03-02T08:00:00,qa,eaten,1,", "noon,qa,issued,1,", "2020-03-02T08:00:00,qa"])
def test_a_row_that_is_none_is_named_by_its_line(tmp_path: Path, row: str) -> None:
    record = write_record(tmp_path, f"at,queue,event,ticket,value\n{row}\n")
    with pytest.raises(PlainError, match="line 2: not a row"):
        read_day(record, date(2020, 3, 2))


def test_every_queue_of_a_site_gets_letters_of_its_own() -> None:
    letters = [_letters(place) for place in range(800)]
    assert (letters[0], letters[25:28], len(set(letters))) == ("A", ["Z", "AA", "AB"], 800)
    assert max(map(len, letters)) == 3


def test_the_clock_says_how_far_behind_it_is() -> None:
    async def late() -> Clock:
        clock = Clock(at(0), speed=600)
        await clock.until(at(1))  # 0.1 s
        assert clock.wall_s >= 0.1
        await asyncio.sleep(0.15)
        await clock.until(at(2))
        return clock

    assert 0.05 <= asyncio.run(late()).worst_lag_s < 5


# The books


def ticket(number: int, status: str = "closed", called: int | None = None) -> dict[str, Any]:
    return {
        "id": f"t{number}", "number": f"A{number:03}", "status": status, "created_at": at(number).isoformat(),
        "called_at": None if called is None else at(called).isoformat(),
    }  # fmt: skip


STATS = {"waiting": 1, "called": 0, "serving": 0}
STAGED = StagedLine(
    straightened("q", rows((Kind.ISSUED, 4), (Kind.ISSUED, 6), (Kind.ISSUED, 8), (Kind.CALLED, 6), (Kind.CALLED, 4))),
    "queue-id",
)


def test_the_same_counts_in_another_order_do_not_balance() -> None:
    right = [ticket(1, called=30), ticket(2, called=20), ticket(3, "waiting")]
    wrong = [ticket(1, called=20), ticket(2, called=30), ticket(3, "waiting")]
    assert list(deviations(STAGED, right, STATS)) == []
    assert list(deviations(STAGED, wrong, STATS)) == [
        Deviation("q", "person called as no. 1", "arrival 2", "arrival 1")
    ]


def test_a_lost_ticket_an_unfinished_visit_and_false_statistics_do_not_balance() -> None:
    found = [ticket(1, "serving", called=30), ticket(2, called=20)]
    assert list(deviations(STAGED, found, {"waiting": 2, "called": 0, "serving": 1})) == [
        Deviation("q", "issued", 3, 2),
        Deviation("q", "still waiting", 1, 0),
        Deviation("q", "served", 2, 1),
        Deviation("q", "still waiting (statistics)", 1, 2),
        Deviation("q", "at a counter (statistics)", 0, 1),
    ]

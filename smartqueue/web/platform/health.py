"""How the house is: engines, the relay, the clock, devices; each with a word and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from redis import RedisError

from smartqueue.billing.queries import last_counted_at
from smartqueue.devices.queries.silent import offline_by_tenant
from smartqueue.journal.queries import MOST_COUNTED, backlog
from smartqueue.tenants.queries import largest_tables
from smartqueue.web.platform import pulse
from smartqueue.web.platform.pages import PlatformPage

FRESH = timedelta(seconds=60)
"""Four signs of life in a row were missed."""
SLOW = timedelta(seconds=30)
"""The clock's relay runs every three seconds; what is older than ten of them waits."""
COUNTED_WITHIN = timedelta(minutes=25)
MOST_TASKS = 200
MOST_NAMED = 5


@dataclass(frozen=True)
class Check:
    """One line. `kind` is a colour of the tags; `word` says the same, `todo` what to do, empty when all is well."""

    about: str
    kind: str
    word: str
    says: str
    todo: str = ""


def well(about: str, says: str) -> Check:
    return Check(about, "ok", gettext("Well"), says)


def look(about: str, says: str, todo: str) -> Check:
    return Check(about, "warn", gettext("Look"), says, todo)


def down(about: str, says: str, todo: str) -> Check:
    return Check(about, "late", gettext("Down"), says, todo)


class Health(PlatformPage):
    """`/platform/health/`; htmx asks for the part that changes, every ten seconds."""

    section = "platform-health"

    def get(self, request: HttpRequest) -> HttpResponse:
        with self.scope():
            checks = list(examine(self.at))
            told = {
                "checks": checks,
                "worst": next((kind for kind in ("late", "warn") if any(one.kind == kind for one in checks)), "ok"),
                "tables": largest_tables(),
                "offline": offline_by_tenant()[:MOST_NAMED],
            }
            is_part = request.headers.get("HX-Request")
            return self.show("platform/health_part.html" if is_part else "platform/health.html", told)


def examine(at: datetime) -> Iterator[Check]:
    """Everything worth knowing; inside the platform's scope."""
    yield postgresql()
    yield from valkey_and_what_runs_on_it(at)
    yield relay(at)
    yield counting(at)
    yield devices()


def postgresql() -> Check:
    """It answers, or this page would not have come so far; how much of its room for connections is used."""
    with connections["platform"].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('max_connections')::int,"
            " (SELECT sum(numbackends) FROM pg_stat_database)::int"
        )
        version, most, now = cursor.fetchone() or ("", 0, 0)
    says = gettext("Version {version}, {now} of {most} connections.").format(version=version, now=now, most=most)
    if now > 0.8 * most:
        return look("PostgreSQL", says, gettext("Lower DATABASE_POOL or raise max_connections."))
    return well("PostgreSQL", says)


def valkey_and_what_runs_on_it(at: datetime) -> Iterator[Check]:
    try:
        seen, waiting = pulse.last_beat(), pulse.tasks_waiting()
    except RedisError:
        todo = gettext("Start Valkey again. Tickets are still taken and called; screens ask by themselves meanwhile.")
        yield down("Valkey", gettext("It does not answer."), todo)
        return
    tasks = ngettext("{n} task waits.", "{n} tasks wait.", waiting).format(n=waiting)
    if waiting > MOST_TASKS:
        yield look("Valkey", tasks, gettext("Start more workers, or see what holds them up."))
    else:
        yield well("Valkey", tasks)
    yield from worker_and_clock(seen, at)


def worker_and_clock(seen: datetime | None, at: datetime) -> Iterator[Check]:
    """A fresh sign of life proves both; without one the workers are asked themselves."""
    about_worker, about_clock = gettext("Worker"), gettext("Clock of the tasks")
    if seen and at - seen < FRESH:
        says = _ago(at - seen)
        yield well(about_worker, says)
        yield well(about_clock, says)
        return
    says = _ago(at - seen) if seen else gettext("No sign of life for a day.")
    todo = gettext("Start it with `smartqueue up`, or as a service of its own. What waits is done then.")
    if pulse.worker_answers():
        yield well(about_worker, gettext("It answers."))
        yield down(about_clock, says, todo)
    else:
        yield down(about_worker, says, todo)
        yield look(about_clock, says, gettext("Start the worker first: only it can tell whether the clock runs."))


def relay(at: datetime) -> Check:
    waiting = backlog()
    about = gettext("Relay of the journal")
    if not waiting.pending:
        return well(about, gettext("Nothing waits."))
    many = f"{waiting.pending}+" if waiting.pending == MOST_COUNTED else str(waiting.pending)
    age = at - waiting.oldest_at if waiting.oldest_at else timedelta()
    says = gettext("{many} wait, the oldest for {age} s, {failed} were tried and failed.").format(
        many=many, age=max(0, int(age.total_seconds())), failed=waiting.failed
    )
    if age < SLOW:
        return well(about, says)
    return look(about, says, gettext("See whether worker and clock run, and the worker's log for what fails."))


def counting(at: datetime) -> Check:
    about, last = gettext("Counting of usage"), last_counted_at()
    if last is None:
        return look(about, gettext("It has not run yet."), gettext("It runs every ten minutes with worker and clock."))
    if at - last > COUNTED_WITHIN:
        return look(about, _ago(at - last), gettext("See whether worker and clock run."))
    return well(about, _ago(at - last))


def devices() -> Check:
    silent = sum(count for _name, count in offline_by_tenant())
    about = gettext("Displays and kiosks")
    if not silent:
        return well(about, gettext("All of them are online."))
    says = ngettext("{n} is offline.", "{n} are offline.", silent).format(n=silent)
    return look(about, says, gettext("Their organisations see which; below is who has most."))


def _ago(passed: timedelta) -> str:
    seconds = max(0, int(passed.total_seconds()))
    if seconds < 120:
        return gettext("{n} s ago").format(n=seconds)
    return gettext("{n} min ago").format(n=seconds // 60)

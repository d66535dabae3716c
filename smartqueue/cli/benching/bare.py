"""The reference: the same SQL statements through bare connections, driven by PostgreSQL's own pgbench."""

import re
import subprocess
import tempfile
from pathlib import Path

ACTOR = '{"kind":"user","user_id":null,"label":"","ip":"127.0.0.1","user_agent":"bench","endpoint":"bench"}'

ENTER = "SELECT * FROM tenants_enter('bench', (:users::uuid[])[:client_id + 1]);\n"
SHOW = "SELECT * FROM queueing_view(:tenant::uuid, ARRAY[:t::uuid], now());\n"

TAKE = (
    "\\set q random(1, :n)\n"
    + ENTER
    + "SELECT x.id AS t, queueing_issue(:tenant::uuid, x.id, md5(x.id::text), (:queues::uuid[])[:q], NULL, 'web',"
    " 0::smallint, '', NULL, now(), :actor::jsonb) FROM (SELECT uuidv7() AS id) x \\gset\n" + SHOW
)
CALL = (
    ENTER + "SELECT answer, ticket_id AS t FROM queueing_call(:tenant::uuid, NULL, (:users::uuid[])[:client_id + 1],"
    " (:queues::uuid[])[1], NULL, '', now(), :actor::jsonb) \\gset\n" + SHOW
)
CLOSE = (
    ENTER + "SELECT queueing_close(:tenant::uuid, :t::uuid, (:users::uuid[])[:client_id + 1], 'served', '', now(),"
    " :actor::jsonb);\n" + SHOW
)
SCRIPTS = {"take": TAKE, "cycle": CALL + CLOSE}


def run_bare(
    pgbench: Path,
    url: str,
    script: str,
    *,
    clients: int,
    values: dict[str, str],
    seconds: float | None = None,
    each: int | None = None,
) -> float:
    """Run one script, prepared once per connection, and return its executions a second.

    Args:
        pgbench: the program.
        url: of the database, as the application's role.
        script: a key of `SCRIPTS`; `cycle` is one call and one close.
        values: what the script's `:names` stand for.
        seconds: how long; or `each`: how many executions per client.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(SCRIPTS[script])
        file.flush()
        defined = [word for name, value in (values | {"actor": ACTOR}).items() for word in ("-D", f"{name}={value}")]
        extent = ["-T", str(int(seconds))] if seconds else ["-t", str(each)]
        command = [str(pgbench), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", *extent, *defined]
        done = subprocess.run(
            [*command, "-f", file.name, url], capture_output=True, text=True, check=False, timeout=600
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode != 0 or found is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return float(found[1])


def as_array(ids: list[str]) -> str:
    return "{" + ",".join(ids) + "}"

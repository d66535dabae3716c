"""Where people come from."""

from dataclasses import dataclass

from smartqueue.reporting.queries.wanted import Wanted, rows_of, share

COMMUNES = """
SELECT o.commune AS code, coalesce(d.name, '') AS name, sum(o.issued)::integer AS issued
FROM reporting_originday o LEFT JOIN sites_division d ON d.code = o.commune
WHERE o.tenant_id = %(tenant)s AND o.day BETWEEN %(first)s AND %(last)s
  AND (%(site)s::uuid IS NULL OR o.site_id = %(site)s)
  AND (%(queue)s::uuid IS NULL OR o.queue_id = %(queue)s)
  AND (%(service)s::uuid IS NULL OR o.service_id = %(service)s)
GROUP BY o.commune, d.name ORDER BY (o.commune = ''), issued DESC, name, code
"""


@dataclass(frozen=True)
class Commune:
    """Tickets of people from one commune. `code` and `name` are empty for those of whom it is not known."""

    code: str
    name: str
    issued: int
    share: float | None


@dataclass(frozen=True)
class Origins:
    """`communes`: most people first, the unknown last. `known`: the share of tickets whose commune is known."""

    wanted: Wanted
    issued: int
    known: float | None
    communes: list[Commune]


def origin_report(wanted: Wanted) -> Origins:
    """Where people come from, as far as customers' own fields say it (`models.OriginDay`)."""
    rows = rows_of(COMMUNES, wanted.parameters())
    issued = sum(row["issued"] for row in rows)
    known = sum(row["issued"] for row in rows if row["code"])
    return Origins(
        wanted, issued, share(known, issued), [Commune(**row, share=share(row["issued"], issued)) for row in rows]
    )

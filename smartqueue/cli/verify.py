"""`smartqueue verify`: prove over the data itself that no ticket was lost, doubled or called twice."""

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table


@click.command()
@click.option("--tenant", "slugs", multiple=True, help="Only this tenant; may be given more than once.")
def command(slugs: tuple[str, ...]) -> None:
    """Check the invariants I1 to I7 on this database; exit code 1 when one is broken."""
    from smartqueue.queueing.queries.invariants import Finding, check_invariants
    from smartqueue.tenants.queries import tenants_by_slug
    from smartqueue.tenants.scope import in_tenant

    console = Console()
    tenants = tenants_by_slug(slugs)
    if missing := set(slugs) - {tenant.slug for tenant in tenants}:
        raise click.ClickException(f"No such tenant: {', '.join(sorted(missing))}.")
    broken: dict[str, list[tuple[str, Finding]]] = {}
    says: dict[str, str] = {}
    for tenant in track(tenants, description="Checking", console=console, transient=True):
        with in_tenant(tenant.id):
            for finding in check_invariants(tenant.id):
                says[finding.name] = finding.says
                if finding.broken:
                    broken.setdefault(finding.name, []).append((tenant.slug, finding))
    table = Table("", "What must hold", f"{len(tenants)} tenant(s)")
    for name, sentence in says.items():
        table.add_row(name, sentence, "[red]BROKEN[/]" if name in broken else "[green]holds[/]")
    console.print(table)
    for name, cases in broken.items():
        for slug, finding in cases:
            console.print(f"[red]{name}[/] in {slug}: {finding.broken}")
    if broken:
        raise SystemExit(1)

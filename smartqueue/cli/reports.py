"""`smartqueue rebuild-reports`: the numbers behind the reports, made anew from raw rows."""

import click
from rich.console import Console
from rich.progress import track


@click.command()
@click.option("--tenant", "slugs", multiple=True, help="Only this tenant; may be given more than once.")
def command(slugs: tuple[str, ...]) -> None:
    """Recompute every day of the reports from tickets, sessions and answers."""
    from smartqueue.kernel.clock import now
    from smartqueue.reporting.actions import rebuild
    from smartqueue.tenants.queries import tenants_by_slug

    console = Console()
    tenants = tenants_by_slug(slugs)
    if missing := set(slugs) - {tenant.slug for tenant in tenants}:
        raise click.ClickException(f"No such tenant: {', '.join(sorted(missing))}.")
    days = 0
    for tenant in track(tenants, description="Rebuilding", console=console, transient=True):
        days += rebuild(tenant_id=tenant.id, at=now())
    console.print(f"{len(tenants)} tenant(s), {days} days of a queue.")

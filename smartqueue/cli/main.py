"""The command `smartqueue`. Nothing here imports Django before a command that needs it runs."""

import json
import sys
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any

import click

from smartqueue.cli.instance import engines_at_hand, ensure_external_roles, prepare_django
from smartqueue.cli.processes import PlainError
from smartqueue.config import environment

ELSEWHERE = {
    "up": ("smartqueue.cli.up:command", "Start everything: database, tasks, web."),
    "doctor": ("smartqueue.cli.doctor:command", "Check this machine and this instance."),
    "verify": ("smartqueue.cli.verify:command", "Check that no ticket was lost, doubled or called twice."),
    "rebuild-reports": ("smartqueue.cli.reports:command", "Make the numbers behind the reports anew from raw rows."),
    "replay": ("smartqueue.cli.replay:command", "Play a recorded day against a running instance."),
    "clips": ("smartqueue.cli.clips:command", "Make the voice's placeholder clips in French and English."),
    "bench": ("smartqueue.cli.bench:command", "Measure speed on this machine."),
    "forecast": ("smartqueue.cli.forecast:command", "Score the wait estimate against a log of what happened."),
    "generate-tickets": ("smartqueue.cli.benching.tickets:command", "Make finished days to try reports on."),
    "sandbox": ("smartqueue.cli.sandbox:command", "Run stand-ins for every provider of messages."),
    "screens": ("smartqueue.cli.screens:command", "Take pictures of every page, on an instance of its own."),
}
NEED_DJANGO = {"migrate", "create-tenant", "verify", "rebuild-reports", "manage", "prepare", "generate-tickets"}


class LazyGroup(click.Group):
    """Commands of other modules are imported only when they run; those that need Django get engines first."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*ELSEWHERE, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = ELSEWHERE[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in NEED_DJANGO and ("--help" not in args or args[0] == "manage"):
            ctx.with_resource(engines_at_hand())
            prepare_django()
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {
            name: command.get_short_help_str(limit=100) for name, command in self.commands.items() if not command.hidden
        }
        rows = own | {name: text for name, (_, text) in ELSEWHERE.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (PlainError, environment.NotConfigured) as refused:
            raise click.ClickException(str(refused)) from refused


@click.group(cls=LazyGroup)
@click.version_option(package_name="smartqueue")
def main() -> None:
    """SmartQueue: queues for banks, town halls and hospitals."""


@main.command()
def migrate() -> None:
    """Bring the database up to date, with the roles it needs."""
    ensure_external_roles()
    _migrate(verbosity=1)


def _migrate(*, verbosity: int) -> None:
    from django.core.management import call_command

    call_command("migrate", database="owner", interactive=False, verbosity=verbosity)


@main.command(hidden=True)
def prepare() -> None:
    """For `up`: migrate, make the demo bank and the voice's clips, and print its logins as JSON on the last line."""
    logins: list[tuple[str, str, str]] = []
    with redirect_stdout(sys.stderr):
        ensure_external_roles()
        _migrate(verbosity=0)
        if environment.flag("SMARTQUEUE_DEMO", default=True):
            from smartqueue.cli.tenant import ensure_demo

            logins = ensure_demo()
        _collect_static()
        _make_clips()
    click.echo(json.dumps(logins))


def _collect_static() -> None:
    """Our own files get hashed names and are packed once; the libraries' keep theirs, which nobody waits for."""
    from django.core.management import call_command

    others = ["admin", "rest_framework", "drf_spectacular_sidecar"]
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=others)


def _make_clips() -> None:
    """The voice is no reason not to start: without clips, screens let the browser read."""
    from smartqueue.cli.clips import build_clips

    try:
        build_clips(environment.home() / "static")
    except PlainError as refused:
        click.echo(f"{refused} Screens will speak with the browser's voice.")


@main.command("create-tenant")
@click.option("--name", required=True, help="The organisation's name, as people read it.")
@click.option("--slug", required=True, help="Its name in addresses: lower-case letters, digits, dashes.")
@click.option("--admin-email", required=True, help="Sign-in of its first administrator.")
@click.option("--admin-password", envvar="SMARTQUEUE_ADMIN_PASSWORD", prompt=True, hide_input=True)
@click.option("--type", "kind", default="bank", show_default=True, help="What it is, for example bank or hospital.")
@click.option("--with-demo-data", is_flag=True, help="Add sites, services and agents to try it with.")
def create_tenant(
    name: str, slug: str, admin_email: str, admin_password: str, kind: str, *, with_demo_data: bool
) -> None:
    """Make an organisation with its first administrator."""
    from smartqueue.cli.tenant import create_tenant_command

    create_tenant_command(
        name=name,
        slug=slug,
        admin_email=admin_email,
        admin_password=admin_password,
        type=kind,
        with_demo_data=with_demo_data,
    )


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def manage(words: tuple[str, ...]) -> None:
    """Django's own commands, for example `smartqueue manage shell`."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["smartqueue manage", *words])


if __name__ == "__main__":
    main()

"""`xieli`: every command in one table, each loaded only when it is called.

Exit codes: 0 ok, 1 findings, 2 usage, 3 denied, 4 conflict.
"""
from __future__ import annotations

from importlib import import_module

import click

# name -> (module:attribute, one line of help). A command's module is imported only when it runs.
COMMANDS: dict[str, tuple[str, str]] = {
    "allocate": ("xieli.faces.cli.allocate:allocate", "Zones, designation, staffing, committees, rotas from a file"),
    "api": ("xieli.faces.cli.api:api", "The API: its description, a token in the demo"),
    "audit": ("xieli.faces.cli.audit:audit", "Verify, seal and witness the ledger of acts"),
    "backup": ("xieli.faces.cli.backup:backup", "Back up to named custodians; two are needed to open it"),
    "calendar": ("xieli.faces.cli.calendar:calendar", "Working-day calendars: import a notice, compare"),
    "clock": ("xieli.faces.cli.clock:clock", "Explain a legal clock day by day; what is due"),
    "demo": ("xieli.faces.cli.demo:demo", "Load the invented province, or make the demo anew"),
    "doctor": ("xieli.faces.cli.doctor:doctor", "Check this installation and say what to do"),
    "lead": ("xieli.faces.cli.lead:lead", "Leads: import a ledger, list, trace, the other platform's sheet"),
    "init": ("xieli.faces.cli.init:init", "Set up a real installation from a file, with three administrators"),
    "match": ("xieli.faces.cli.match:match", "Data matching under a written authorization"),
    "org": ("xieli.faces.cli.org:org", "Bodies over time: mergers"),
    "playbook": ("xieli.faces.cli.playbook:playbook", "Check, draw and export playbooks"),
    "reporter": ("xieli.faces.cli.reporter:reporter", "The reporters' store: custodians, and opening it in an emergency"),
    "restore": ("xieli.faces.cli.restore:restore", "Bring an installation back and say what is lost"),
    "serve": ("xieli.faces.cli.serve:serve", "Run everything: database, web, sign-in, worker, sweeper, sealer"),
    "story": ("xieli.faces.cli.story:story", "Play the stories that prove the mechanisms"),
    "upgrade": ("xieli.faces.cli.upgrade:upgrade", "What a new version would do, and do it"),
    "verify": ("xieli.faces.cli.verify:verify", "Recompute every cached date, list and digest; say where they differ"),
}


class LazyGroup(click.Group):
    """A group whose commands are listed without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.command(cls=LazyGroup)
@click.version_option(package_name="xieli")
def main() -> None:
    """协力 Xieli: oversight bodies working as one."""

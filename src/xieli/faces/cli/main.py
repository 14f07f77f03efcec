"""`xieli`: every command in one table, each loaded only when it is called.

Exit codes: 0 ok, 1 findings, 2 usage, 3 denied, 4 conflict.
"""
from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from xieli.faces.cli.speaking import answered

# name -> (module:attribute, one line of help). A command's module is imported only when it runs.
COMMANDS: dict[str, tuple[str, str]] = {
    "allocate": ("xieli.faces.cli.allocate:allocate", "Zones, designation, staffing, committees, rotas from a file / 片区、指定、编组、委员会、值班"),
    "api": ("xieli.faces.cli.api:api", "The API: its description, a token in the demo / 接口说明与演示令牌"),
    "audit": ("xieli.faces.cli.audit:audit", "Verify, seal and witness the ledger of acts / 核验、封存、见证审计记录"),
    "backup": ("xieli.faces.cli.backup:backup", "Back up to named custodians; two are needed to open it / 备份给保管人，须两人开启"),
    "calendar": ("xieli.faces.cli.calendar:calendar", "Working-day calendars: import a notice, compare / 工作日历：导入通知、比较"),
    "clock": ("xieli.faces.cli.clock:clock", "Explain a legal clock day by day; what is due / 逐日说明期限；将到期限"),
    "demo": ("xieli.faces.cli.demo:demo", "Load the invented province, or make the demo anew / 装入或重建演示数据"),
    "doctor": ("xieli.faces.cli.doctor:doctor", "Check this installation and say what to do / 检查本环境并说明怎么办"),
    "lead": ("xieli.faces.cli.lead:lead", "Leads: import a ledger, list, trace, the other platform's sheet / 线索：导入台账、列表、来龙去脉、另一平台的报表"),
    "init": ("xieli.faces.cli.init:init", "Set up a real installation from a file, with three administrators / 由文件正式安装，三名管理员"),
    "match": ("xieli.faces.cli.match:match", "Data matching under a written authorization / 依书面授权的数据碰撞"),
    "org": ("xieli.faces.cli.org:org", "Bodies over time: mergers / 机构沿革：撤并"),
    "playbook": ("xieli.faces.cli.playbook:playbook", "Check, draw and export playbooks / 检查、绘制、导出流程"),
    "reporter": ("xieli.faces.cli.reporter:reporter", "The reporters' store: custodians, and opening it in an emergency / 反映人信息库：保管人与应急打开"),
    "restore": ("xieli.faces.cli.restore:restore", "Bring an installation back and say what is lost / 从备份恢复并说明失去什么"),
    "serve": ("xieli.faces.cli.serve:serve", "Run everything: database, web, sign-in, worker, sweeper, sealer / 启动全部服务"),
    "story": ("xieli.faces.cli.story:story", "Play the stories that prove the mechanisms / 以故事检验机制"),
    "upgrade": ("xieli.faces.cli.upgrade:upgrade", "What a new version would do, and do it / 说明并进行升级"),
    "verify": ("xieli.faces.cli.verify:verify", "Recompute every cached date, list and digest; say where they differ / 重算一切缓存并指出不同"),
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

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run a command; what it raises is said in the reader's language, as JSON under --json, and ends with its code."""
        given = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        with answered(given):
            code = super().main(given, *rest, **extra)
        sys.exit(code if isinstance(code, int) else 0)


@click.command(cls=LazyGroup)
@click.version_option(package_name="xieli")
def main() -> None:
    """协力 Xieli: oversight bodies working as one. 多个监督机构协同工作。"""

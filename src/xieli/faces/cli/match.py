"""`xieli match`: data matching under a written authorization, with files only. No rule lives here."""
from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

# command -> (module, attribute, one line of help); a part that is not installed is not listed.
PARTS: dict[str, tuple[str, str, str]] = {
    "init": ("match_data", "init", "Make a workspace in a folder / 建立工作区"),
    "demo": ("match_data", "demo", "Write small invented data to try / 生成演示数据"),
    "describe": ("match_data", "describe", "Draft a data set's description from a file / 起草数据集说明"),
    "import": ("match_data", "import_", "Checked import of a file / 校验并导入"),
    "datasets": ("match_data", "datasets", "The catalogue with freshness and counts / 数据目录"),
    "publish": ("match_publish", "publish", "List an installation's data sets on its desk / 上架到本安装的数据目录"),
    "errors": ("match_data", "errors", "Quarantined rows as a file to mend / 导出错误行"),
    "key": ("match_authorize", "key", "Make a signing key / 生成签名密钥"),
    "authorize": ("match_authorize", "authorize", "Draft, sign and show authorizations / 授权书"),
    "models": ("match_runs", "models", "The models and what they ask for / 模型目录"),
    "check": ("match_runs", "check", "Check models: contract, explanation, tests / 检查模型"),
    "run": ("match_runs", "run", "Run a model under an authorization / 运行"),
    "cancel": ("match_runs", "cancel", "Stop a run / 停止运行"),
    "hits": ("match_runs", "hits", "The hits of a run, in words / 查看疑点"),
    "reveal": ("match_runs", "reveal", "Original rows of one hit: a recorded act / 揭示原始行"),
    "judge": ("match_runs", "judge", "A person's verdict on a hit / 判定疑点"),
    "outcomes": ("match_runs", "outcomes", "Precision per model, site and month / 判定统计"),
    "lift": ("match_runs", "lift", "Let a suspended model run again / 解除暂停"),
    "due": ("match_runs", "due", "What expires and what is to be destroyed / 到期清单"),
    "sweep": ("match_runs", "sweep", "Destroy what is due, with a record / 到期销毁"),
    "flags": ("match_runs", "flags", "Procurement flags over OCDS releases / 采购红旗"),
    "evaluate": ("match_runs", "evaluate_", "The standing checks on public data / 常备评测"),
    "link": ("match_er", "link", "Link records of persons, households, companies / 实体识别"),
    "synth": ("match_er", "synth", "Synthetic registers with their truth / 合成登记册"),
    "relations": ("match_er", "relations", "Paths and flows between people and firms / 关系分析"),
    "psi": ("match_er", "psi", "Match without pooling / 隐私求交"),
}


class Parts(click.Group):
    """A group that loads a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, (module, _, _) in PARTS.items() if find_spec(f"xieli.faces.cli.{module}") is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, attribute, _ = PARTS[cmd_name]
        command = getattr(import_module(f"xieli.faces.cli.{module}"), attribute, None)
        if not isinstance(command, click.Command):
            return None
        chinese = PARTS[cmd_name][2].partition(" / ")[2]
        if chinese not in (command.help or ""):  # what the list says in Chinese stands on the command's own page as well
            command.help = f"{command.help or ''} {chinese}。".strip()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, PARTS[name][2]) for name in self.list_commands(ctx)])


@click.command(cls=Parts)
def match() -> None:
    """Data matching under a written authorization. 依授权进行的数据碰撞。"""

"""What the `xieli match` commands share: the workspace, the language, JSON output, errors as sentences, progress."""
from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from xieli.engines.matching.words import MatchError
from xieli.engines.matching.workspace import Workspace
from xieli.faces.cli.speaking import leave

STAGES = {
    "fetch": ("从数据库读取", "reading the database"), "snapshot": ("读取副本", "copying"), "read": ("读取", "reading"), "check": ("校验", "checking"), "grade": ("核对证件号", "grading"),
    "write": ("写入", "writing"), "project": ("投影授权字段", "projecting"), "model": ("运行模型", "running the model"), "spark": ("启动 Spark", "starting Spark"),
}  # fmt: skip


def harmless(line: str) -> str:
    """A line for a terminal: what would steer it (escapes, other controls, marks that reverse the writing) is shown as its number instead."""
    return "".join(c if c in "\t\n" or unicodedata.category(c) not in ("Cc", "Cf") else f"\\u{ord(c):04x}" for c in line)


class Context:
    """Where, in which language, and how to answer."""

    def __init__(self, folder: Path, lang: str, as_json: bool) -> None:
        self.folder, self.lang, self.as_json = folder, lang, as_json

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.folder)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def say(self, zh: str, en: str) -> None:
        """A line for people; silent under --json."""
        if not self.as_json:
            click.echo(zh if self.lang == "zh" else en)

    def answer(self, value: Any, lines: list[str] | None = None) -> None:
        """The result: JSON, or lines for people."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, default=str))
        else:
            for line in lines or []:
                click.echo(harmless(line))

    def progress(self, stage: str, n: int) -> None:
        """One line on the terminal that overwrites itself; nothing when output is not a terminal."""
        if self.as_json or not sys.stderr.isatty():
            return
        told = STAGES.get(stage, (stage, stage))[0 if self.lang == "zh" else 1]
        amount = f" {n}%" if stage == "model" else f" {n:,}" if n else ""
        click.echo(f"\r\x1b[K{told}{amount} …", nl=False, err=True)

    def done(self) -> None:
        if not self.as_json and sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --workspace, --lang and --json, and end with a MatchError as every command of `xieli` ends: its sentence, its JSON, its code."""

    @wraps(function)
    def wrapped(workspace: Path, lang: str, as_json: bool, **kwargs: Any) -> None:
        context = Context(workspace, lang, as_json)
        try:
            code = function(context, **kwargs)
        except MatchError as e:
            context.done()
            leave(e.zh, e.en, e.exit_code, as_json, e.code, (e.zh if lang == "zh" else e.en) + f" [{e.code}]")
        except KeyboardInterrupt:
            context.done()
            zh, en = "已停止，未写入任何结果", "stopped; nothing was written"
            leave(zh, en, 130, as_json, "cancelled", zh if lang == "zh" else en)
        if code:
            sys.exit(code)

    wrapped = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(wrapped)
    wrapped = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", envvar="XIELI_LANG", show_default=True)(wrapped)
    return click.option(
        "-C", "--workspace", type=click.Path(path_type=Path, file_okay=False), default=Path("."), envvar="XIELI_MATCH_WORKSPACE", help="The workspace folder."
    )(wrapped)

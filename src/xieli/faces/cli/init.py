"""`xieli init`: set up a real installation from a file."""
from __future__ import annotations

import json
import os
from pathlib import Path

import click
import psycopg

from xieli.server import init as setting_up
from xieli.server import prepare
from xieli.server.postgres import ensure_database
from xieli.server.words import Trouble, pick, to_terminal


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--level-cap", default=1, show_default=True, type=click.IntRange(0, 4), help="Highest level this installation is approved for / 获准处理的最高密级")
@click.option("--zone", default="closed", show_default=True, type=click.Choice(["public", "government", "closed"]), help="Zone it stands in / 所在区域")
@click.option("--new-code", "lost", metavar="LOGIN", help="A new code for a first administrator who never signed in / 为从未登录的首任管理员换一次性口令")
@click.option("--json", "as_json", is_flag=True, help="The codes as JSON / 以 JSON 输出")
def init(file: Path | None, level_cap: int, zone: str, lost: str | None, as_json: bool) -> None:
    """Bodies from FILE, three administrators by one-time codes; the mark "production" is for ever. 正式安装。"""
    if (file is None) == (lost is None):
        raise Trouble("请给出机构文件，或用 --new-code 给出登录名。", "Give a file of bodies, or a login with --new-code.", 2)
    data = setting_up.read(file) if file else {}
    with ensure_database() as db:
        prepare.bring_up_to_date(db, to_terminal)
        os.environ.update(prepare.process_environment(db, "web"))
        import django

        django.setup()
        with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
            codes = [setting_up.new_code(connection, lost)] if lost else setting_up.set_up(connection, data, level_cap=level_cap, zone=zone)
    if as_json:
        print(json.dumps([c.__dict__ for c in codes], ensure_ascii=False))
        return
    to_terminal(pick("下面的一次性口令只显示这一次，请分别当面交给本人（七十二小时内有效）：", "These one-time codes are shown only now; hand each to its person in presence (valid for 72 hours):"))
    for c in codes:
        print(f"  {c.office:15} {c.name}  {c.login}  {c.code}")
    to_terminal(pick("然后运行 xieli serve。", "Then run xieli serve."))

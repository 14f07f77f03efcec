"""`xieli demo`: load the invented province into a demo installation, or make the demo anew."""
from __future__ import annotations

import json
import os

import click

from xieli.server import anew, prepare
from xieli.server.postgres import Instance, ensure_database
from xieli.server.words import Trouble, pick, to_terminal


@click.group()
def demo() -> None:
    """The invented province 渝江市 and “one call, the same night”. 演示数据。"""


def _load(db: Instance) -> dict[str, object]:
    os.environ.update(prepare.process_environment(db, "web"))
    import django

    django.setup()
    from xieli.office.demo import load as loader
    from xieli.office.demo.scratch import keeper_connection

    with keeper_connection(db) as connection:
        try:
            was = loader.is_loaded(connection)
            loader.load(connection, say=to_terminal)
        except (PermissionError, RuntimeError) as refused:
            zh, _, en = str(refused).partition("/ ")
            raise Trouble(zh.strip(), en or zh) from None
        count = connection.execute("select count(*) from matter").fetchone()
    assert count is not None
    return {"loaded": was != "yes", "matters": count[0]}


def _say(result: dict[str, object], as_json: bool) -> None:
    if as_json:
        print(json.dumps(result))
    else:
        done = pick("已装入", "Loaded") if result["loaded"] else pick("演示数据早已装入，没有改动", "The demo was loaded before; nothing was changed")
        print(f"{done}：{result['matters']} {pick('个事项', 'matters')}")


@demo.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def load(as_json: bool) -> None:
    """Load the demo into an installation marked demo; does nothing when it is there. 装入演示数据。"""
    with ensure_database() as db:
        anew.refuse_unless_demo(db)
        _say(_load(db), as_json)


@demo.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
@click.option("--yes", is_flag=True, help="Do not ask / 不再询问")
def reset(as_json: bool, yes: bool) -> None:
    """Drop the demo's database and make it anew; refuses every other installation. 重建演示数据。"""
    if not yes:
        click.confirm(pick("演示中做过的一切都会删除，重新开始？", "Everything done in this demo is deleted. Start anew?"), abort=True)
    with ensure_database() as db:
        anew.empty(db, to_terminal)
        _say(_load(db), as_json)


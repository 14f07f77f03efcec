"""`xieli story`: the stories of the seeds, played by the services in a scratch database of their own."""
from __future__ import annotations

import json
import sys

import click

from xieli.faces.cli.speaking import Usage
from xieli.server.postgres import ensure_database
from xieli.server.words import pick, to_terminal


@click.group()
def story() -> None:
    """List and play the stories that prove the mechanisms. 以故事检验机制。"""


@story.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def list_(as_json: bool) -> None:
    """Every story by its id. 列出故事。"""
    found = [_named(code) for code in _codes()]
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        for one in found:
            print(f"{one['id']}  {pick(one['zh'], one['en'])}")


def _codes() -> list[str]:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
    import django

    django.setup()
    from xieli.office.demo.stories import stories

    return list(stories())


def _named(code: str) -> dict[str, str]:
    from xieli.office.demo.stories import stories

    identity, zh, en = stories()[code].STORY
    return {"id": identity, "zh": zh, "en": en}


@story.command()
@click.argument("ids", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def run(ids: tuple[str, ...], as_json: bool) -> None:
    """Play stories by id, or `all`. Exit code 0 only if every check of every story held. 运行故事。"""
    from xieli.office.demo.scratch import play_one, stage_databases

    say = (lambda text: None) if as_json else print
    played = []
    with ensure_database() as db, stage_databases(db, to_terminal) as copy:
        from xieli.office.demo.stories import stories

        known = stories()
        wanted = list(known) if ids == ("all",) else [code.upper() for code in ids]
        unknown = [code for code in wanted if code not in known]
        if unknown:
            raise Usage(f"没有故事 {', '.join(unknown)}；有：{', '.join(known)}。", f"No story {', '.join(unknown)}; there are: {', '.join(known)}.")
        for code in wanted:
            say(f"{code}  {pick(*known[code].STORY[1:])}")
            result = play_one(db, copy, known[code], say)
            played.append(result)
            if not as_json:
                print(pick(f"  共 {len(result.checks)} 项检查。", f"  {len(result.checks)} checks.") if result.held else f"  ✗ {result.failed}")
    if as_json:
        print(json.dumps([{"id": p.id, "zh": p.zh, "en": p.en, "held": p.held, "checks": p.checks, "figures": p.figures, "failed": p.failed or None} for p in played], ensure_ascii=False))
    sys.exit(0 if all(p.held for p in played) else 1)

"""`xieli calendar`: show a calendar, check a notice, compare what a notice would change. Import is added by the server.

Exit codes: 0 ok or no difference, 1 there are differences, 2 usage or a faulty file.
"""
from __future__ import annotations

import json
from datetime import date

import click

from xieli.engines.clocks import Calendar, ClockError, ContentError, apply_notice, diff, load_calendars, parse_notice
from xieli.faces.cli.speaking import Said

from .clock import FINDINGS, columns, fail, json_option, lang_option, named_text, weekday

FILE = click.Path(exists=True, dir_okay=False)


def find(code: str) -> Calendar:
    """The shipped calendar of that code. Raises ClockError."""
    calendars = load_calendars()
    if code not in calendars:
        known = "、".join(calendars)
        raise ClockError(f"没有日历 {code}；已有：{known}。", f"There is no calendar {code}; known: {', '.join(calendars)}.")
    return calendars[code]


@click.group()
def calendar() -> None:
    """工作日历：查看、核对通知、比较。Working-day calendars: show, check a notice, compare."""


@calendar.command()
@click.argument("code", required=False)
@click.option("--year", type=int, help="Only this year / 只看此年")
@click.option("--all-days", is_flag=True, help="Every day with its running number of working days, not only the named ones / 列出每一天")
@lang_option
@json_option
def show(code: str | None, year: int | None, all_days: bool, lang: str, as_json: bool) -> None:
    """查看日历；不写代码则列出全部。A calendar's days, or the list of calendars."""
    try:
        if code is None:
            list_calendars(lang, as_json)
            return
        found = find(code)
        first, last = (date(year, 1, 1), date(year, 12, 31)) if year else (found.first, found.last)
        rows = [row for row in found.table(first, last) if all_days or row.zh]
    except ClockError as error:
        raise fail(error, lang) from None
    if as_json:
        click.echo(json.dumps([
            {"day": row.day.isoformat(), "working": row.working, "nth": row.nth, "provisional": row.provisional,
             "zh": row.zh, "en": row.en} for row in rows
        ], ensure_ascii=False, indent=2))
        return
    click.echo(f"{found.zh if lang == 'zh' else found.en} · {found.zone} · r{found.revision} · {found.sha256[:12]}")
    work, rest, mark = {"zh": ("班", "休", "暂定"), "en": ("work", "rest", "provisional")}[lang]
    for line in columns(
        (weekday(row.day, lang), work if row.working else rest, str(row.nth), row.zh if lang == "zh" else row.en,
         mark if row.provisional else "") for row in rows
    ):
        click.echo(line)


def list_calendars(lang: str, as_json: bool) -> None:
    """All calendars with zone, revision and the last published year."""
    calendars = load_calendars().values()
    if as_json:
        click.echo(json.dumps([
            {"code": item.code, "zh": item.zh, "en": item.en, "zone": item.zone, "revision": item.revision,
             "published_to": max(item.published, default=None), "sha256": item.sha256} for item in calendars
        ], ensure_ascii=False, indent=2))
        return
    until = {"zh": "已公布至", "en": "published to"}[lang]
    for line in columns(
        (item.code, item.zh if lang == "zh" else item.en, item.zone, f"r{item.revision}",
         f"{until} {max(item.published, default=0)}") for item in calendars
    ):
        click.echo(line)


@calendar.command()
@click.argument("notice", type=FILE)
@lang_option
@json_option
def check(notice: str, lang: str, as_json: bool) -> None:
    """核对一份通知文件。Check a notice file; a fault is named with its line."""
    try:
        name, text = named_text(notice)
        parsed = parse_notice(text, name)
        apply_notice(find(parsed.calendar), parsed)
    except (ClockError, ContentError) as error:
        raise fail(error, lang) from None
    if as_json:
        click.echo(json.dumps({
            "calendar": parsed.calendar, "notice": parsed.number, "years": sorted(parsed.years), "days": len(parsed.days),
        }, ensure_ascii=False, indent=2))
        return
    years = "、".join(str(year) for year in sorted(parsed.years))
    if lang == "zh":
        click.echo(f"{name} 无误：{parsed.number}，{len(parsed.days)} 日" + (f"，公布 {years} 年" if years else "，修改个别日期"))
    else:
        what = f"settles {years.replace('、', ', ')}" if years else "amends single days"
        click.echo(f"{name} is sound: {parsed.number}, {len(parsed.days)} days, {what}")


@calendar.command("diff")
@click.argument("notice", type=FILE)
@lang_option
@json_option
def diff_(notice: str, lang: str, as_json: bool) -> None:
    """比较通知与现有日历。What a notice would change in the calendar as it is shipped."""
    try:
        name, text = named_text(notice)
        parsed = parse_notice(text, name)
        old = find(parsed.calendar)
        new = apply_notice(old, parsed)
        change = diff(old, new)
    except (ClockError, ContentError) as error:
        raise fail(error, lang) from None
    if as_json:
        click.echo(json.dumps({
            "calendar": old.code, "from": {"revision": old.revision, "sha256": old.sha256},
            "to": {"revision": new.revision, "sha256": new.sha256}, "published": list(change.published),
            "days": [
                {"day": item.day.isoformat(), "before": item.before, "after": item.after, "zh": item.zh, "en": item.en}
                for item in change.changes
            ],
        }, ensure_ascii=False, indent=2))
    else:
        work, rest = {"zh": ("班", "休"), "en": ("work", "rest")}[lang]
        for line in columns(
            (weekday(item.day, lang), f"{work if item.before else rest} → {work if item.after else rest}",
             item.zh if lang == "zh" else item.en) for item in change.changes
        ):
            click.echo(line)
        years = ", ".join(str(year) for year in change.published) or "—"
        click.echo({
            "zh": f"改变 {len(change.changes)} 日；由推算转为已公布：{years}。",
            "en": f"{len(change.changes)} day(s) change; from projected to published: {years}.",
        }[lang])
    if not change.empty:
        raise SystemExit(FINDINGS)


@calendar.command("import")
@click.argument("notice", type=FILE)
@lang_option
@json_option
def import_(notice: str, lang: str, as_json: bool) -> None:
    """导入通知：重算在走的期限，列出变动。Import a notice; open clocks are computed anew and what moved is listed."""
    import os
    from dataclasses import asdict

    from xieli.server import prepare
    from xieli.server.postgres import ensure_database

    try:
        name, text = named_text(notice)
        parsed = parse_notice(text, name)
        with ensure_database() as db:
            os.environ.update(prepare.process_environment(db, "backup"))
            import django

            django.setup()
            from xieli.office.demo.scratch import keeper_connection
            from xieli.office.matters.recalendar import import_notice

            with keeper_connection(db) as connection:
                done = import_notice(connection, parsed)
    except (ClockError, ContentError) as error:
        raise fail(error, lang) from None
    except ValueError as error:
        zh, _, en = str(error).partition(" / ")
        raise Said(zh, en or zh, lang=lang) from None
    if as_json:
        click.echo(json.dumps({"calendar": parsed.calendar, "revision": done.revision, "days": len(done.change.changes), "published": list(done.change.published),
                               "looked_at": done.looked_at, "moved": [asdict(m) for m in done.moved]}, ensure_ascii=False, indent=2))
        return
    click.echo({"zh": f"已导入第 {done.revision} 次修订：{len(done.change.changes)} 日有变；核算 {done.looked_at} 个期限，{len(done.moved)} 个有变动。",
                "en": f"Imported revision {done.revision}: {len(done.change.changes)} day(s) change; {done.looked_at} clocks computed anew, {len(done.moved)} moved."}[lang])
    for line in columns((str(m.clock), m.rule, f"{m.before[:16]} → {m.after[:16]}" if m.date_moved else {"zh": "暂定标记变动", "en": "provisional mark only"}[lang]) for m in done.moved[:50]):
        click.echo(line)

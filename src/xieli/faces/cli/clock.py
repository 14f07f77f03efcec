"""`xieli clock`: explain a legal clock day by day, list the rules. The database part (`due`) is added by the server.

Exit codes: 0 ok, 1 something needs a person (an event without effect, a breach, an open question), 2 usage.
"""
from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import click

from xieli.engines.clocks import (
    ClockError,
    ContentError,
    Due,
    Event,
    Rule,
    RuleBook,
    Text,
    Unit,
    due,
    load_calendars,
    load_rules,
    parse_event,
)
from xieli.engines.clocks.explain import amount_words
from xieli.faces.cli.speaking import Said

FINDINGS, USAGE = 1, 2
# A calendar term of years would print thousands of lines; runs say the same. Working days and short terms print all.
ALL_DAYS_UP_TO = 45
# The state of law that the shipped files describe.
LAW_AS_OF = date(2026, 1, 1)


def say(text: Text, lang: str) -> str:
    """The sentence in the language asked for."""
    return text.zh if lang == "zh" else text.en


def width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if east_asian_width(ch) in "WF" else 1 for ch in text)


def columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows padded so that columns stand under each other whatever the script."""
    kept = list(rows)
    if not kept:
        return []
    widths = [max(width(row[i]) for row in kept) for i in range(len(kept[0]))]
    return ["  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)).rstrip() for row in kept]


def fail(error: ClockError | ContentError, lang: str) -> click.ClickException:
    """The error as a sentence in the language asked for, with exit code 2."""
    place = f"{error.file}:{error.line}: " if isinstance(error, ContentError) else ""
    return Said(place + error.zh, place + error.en, USAGE, lang)


def book(packs: tuple[str, ...]) -> RuleBook:
    """The shipped rules with the local packs given as files. Raises ContentError."""
    return load_rules(named_text(pack) for pack in packs)


def named_text(path: str) -> tuple[str, str]:
    """(file name, text) of a file; one that is no UTF-8 text is refused in words."""
    try:
        return Path(path).name, Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ContentError(
            Path(path).name, 0, "不是 UTF-8 文本。请另存为 UTF-8。", "This is no UTF-8 text. Save it as UTF-8."
        ) from None


lang_option = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of the output / 输出语言")
json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
pack_option = click.option(
    "--pack", "packs", multiple=True, type=click.Path(exists=True, dir_okay=False), help="A local pack laid on the law / 叠加的地方规定"
)


@click.group()
def clock() -> None:
    """期限：逐日说明、规则一览。Legal clocks: explained day by day, and the rules behind them."""


@clock.command()
@click.argument("rule")
@click.option("--start", required=True, help="2026-03-17, or 2026-03-17T21:20+08:00; arguments may follow, e.g. :rank=county / 起算日")
@click.option("--event", "events", multiple=True, help="kind@date:argument=value,… e.g. extend@2026-05-20:approver=next_level / 后续事件")
@click.option("--calendar", "calendar_code", help="Calendar code; the rule's own when left out / 日历代码")
@click.option("--reading", default=1, show_default=True, help="Which reading to explain day by day; 1 is the one acted on / 按哪种读法说明")
@click.option("--days", "every_day", is_flag=True, help="Every day on a line of its own, however long the term / 逐日列出")
@pack_option
@lang_option
@json_option
def explain(
    rule: str, start: str, events: tuple[str, ...], calendar_code: str | None, reading: int, every_day: bool,
    packs: tuple[str, ...], lang: str, as_json: bool,
) -> None:
    """说明一个期限如何算出。How the end of a clock comes about: basis, readings, every day counted or not, and why."""
    try:
        found = book(packs).find(rule)
        calendars = load_calendars()
        code = calendar_code or found.calendar
        if code not in calendars:
            raise ClockError(f"没有日历 {code}。", f"There is no calendar {code}.")
        folded: list[Event] = [parse_event(f"start@{start}"), *(parse_event(event) for event in events)]
        result = due(found, folded, calendars[code])
        if result.readings and not 1 <= reading <= len(result.readings):
            raise ClockError(
                f"只有 {len(result.readings)} 种读法。", f"There are only {len(result.readings)} reading(s)."
            )
        text = json.dumps(as_data(result, reading - 1), ensure_ascii=False, indent=2) if as_json else "\n".join(
            as_lines(result, reading - 1, lang, every_day)
        )
    except (ClockError, ContentError) as error:
        raise fail(error, lang) from None
    click.echo(text)
    if result.findings:
        raise SystemExit(FINDINGS)


def as_lines(result: Due, reading: int, lang: str, every_day: bool) -> list[str]:
    """The explanation for a terminal."""
    explanation = result.explanation(reading)
    lines = [say(text, lang) for text in explanation.head]
    if not explanation.days:
        return lines
    provisional = {"zh": "暂定", "en": "provisional"}[lang]
    rows = []
    if every_day or len(explanation.days) <= ALL_DAYS_UP_TO:
        for day in explanation.days:
            mark = "✓" if day.counted else "·"
            rows.append((
                weekday(day.day, lang), mark, str(day.n or ""), say(day.why, lang), provisional if day.provisional else "",
            ))
    else:
        for run in explanation.runs():
            numbers = "" if run.n_first is None else f"{run.n_first}–{run.n_last}" if run.n_last != run.n_first else str(run.n_first)
            span = weekday(run.first, lang) + (f" – {weekday(run.last, lang)}" if run.last != run.first else "")
            rows.append((span, "✓" if run.counted else "·", numbers, say(run.why, lang), provisional if run.provisional else ""))
    return [*lines, "", *columns(rows)]


def weekday(day: date, lang: str) -> str:
    """A day with its weekday, short."""
    return f"{day} {'一二三四五六日'[day.weekday()]}" if lang == "zh" else f"{day} {day:%a}"


def as_data(result: Due, reading: int) -> dict[str, Any]:
    """The explanation as data, both languages."""
    explanation = result.explanation(reading)

    def both(text: Text) -> dict[str, str]:
        return {"zh": text.zh, "en": text.en}

    return {
        "rule": result.rule.id,
        "title": both(result.rule.text),
        "calendar": {"code": result.calendar.code, "revision": result.calendar.revision, "zone": result.calendar.zone},
        "due_on": result.due_on.isoformat() if result.due_on else None,
        "due_at": result.due_at.isoformat() if result.due_at else None,
        "provisional": result.provisional,
        "unverified": result.unverified,
        "readings": [
            {
                "code": item.code, "due_on": item.due_on.isoformat(), "due_at": item.due_at.isoformat(),
                "provisional": item.provisional, **both(item.text),
            }
            for item in result.readings
        ],
        "findings": [{"kind": item.kind, "code": item.code, **both(item.text)} for item in result.findings],
        "head": [both(text) for text in explanation.head],
        "days": [
            {"day": day.day.isoformat(), "counted": day.counted, "n": day.n, "provisional": day.provisional, **both(day.why)}
            for day in explanation.days
        ],
    }


@clock.command()
@click.option("--category", help="Only this category, e.g. measure / 类别")
@click.option("--from-pack", "from_pack", help="Only rules of this pack, e.g. int-baseline / 只看此规则包")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="Only rules that govern acts of this day; articles as of it / 只看当日有效的")
@click.option("--unverified", is_flag=True, help="Only rules whose text was not verified / 只看未核实的")
@pack_option
@lang_option
@json_option
def rules(
    category: str | None, from_pack: str | None, on: Any, unverified: bool, packs: tuple[str, ...], lang: str, as_json: bool
) -> None:
    """规则一览。The rules: id, limit, article as of the day, and how far its text was read."""
    try:
        found = book(packs)
    except ContentError as error:
        raise fail(error, lang) from None
    chosen = []
    for rule in found.values():
        day = on.date() if on else latest_day(rule)
        if (category and rule.category != category) or (from_pack and rule.pack != from_pack) or not rule.in_force(day):
            continue
        if unverified and not rule.unverified(day):
            continue
        chosen.append((rule, day))
    if as_json:
        click.echo(json.dumps([rule_data(rule, day) for rule, day in chosen], ensure_ascii=False, indent=2))
        return
    for line in columns(
        (
            rule.id, say(rule.text, lang), say(limit_words(rule, day), lang),
            "；".join(citation.label(lang) for citation in rule.cite(day)),
        )
        for rule, day in chosen
    ):
        click.echo(line)
    total = {"zh": f"共 {len(chosen)} 条。", "en": f"{len(chosen)} rule(s)."}[lang]
    click.echo(total)


def latest_day(rule: Rule) -> date:
    """The day as of which a rule is shown when none is asked for: its last day if it has ended, else now."""
    version = rule.versions[-1]
    if version.until is not None and not version.carried_forward:
        return version.until
    return max(version.since or LAW_AS_OF, LAW_AS_OF)


def limit_words(rule: Rule, day: date) -> Text:
    """The limit of a rule in words."""
    limit = rule.at(day).limit
    if limit is None:
        return Text("—", "—")
    if limit.choices:
        words = [amount_words(choice.amount, choice.unit) for choice in limit.choices]
        return Text(" / ".join(word.zh for word in words), " / ".join(word.en for word in words))
    if limit.amount is not None and limit.unit is not None:
        words_ = amount_words(limit.amount, limit.unit)
        return Text(words_.zh + ("？" if limit.uncertain else ""), words_.en + ("?" if limit.uncertain else ""))
    if limit.set_by:
        return {"paper": Text("文书所定", "as set on paper"), "local": Text("地方所定", "as set locally")}[limit.set_by]
    return rule.law.word("words", limit.words)


def rule_data(rule: Rule, day: date) -> dict[str, Any]:
    """One rule as data."""
    limit = rule.at(day).limit
    unit: Unit | None = limit.unit if limit else None
    return {
        "id": rule.id, "zh": rule.text.zh, "en": rule.text.en, "category": rule.category, "pack": rule.pack,
        "amount": limit.amount if limit else None, "unit": unit.value if unit else None,
        "limit": {"zh": limit_words(rule, day).zh, "en": limit_words(rule, day).en},
        "stricter": rule.stricter.value, "custody": rule.custody, "unverified": rule.unverified(day),
        "cite": [
            {"zh": item.label("zh"), "en": item.label("en"), "verified": item.verified} for item in rule.cite(day)
        ],
    }


@clock.command("due")
@click.option("--days", default=7, show_default=True, type=click.IntRange(0, 3650), help="How many days ahead / 未来几天")
@click.option("--body", default="", help="Only of this body (its code) / 只看某机构")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many / 最多几条")
@json_option
def due_(days: int, body: str, limit: int, as_json: bool) -> None:
    """将到期和已到期的期限，不含案情。Clocks that are due or soon will be; never a fact of a case. Exit code 1: some are past their end."""
    import psycopg

    from xieli.server.postgres import ensure_database
    from xieli.server.words import pick

    with ensure_database() as db, psycopg.connect(db.role_dsn("backup")) as connection:
        rows = connection.execute(
            "select c.id, m.kind, c.code, c.rule, b.code, b.name_zh, b.name_en, c.alarm_at, c.provisional, c.alarm_at <= access.now()"
            " from clock c join matter m on m.id = c.matter_id join body b on b.id = m.owner_body_id"
            " where c.state = 'running' and c.alarm_at <= access.now() + make_interval(days => %s) and (%s = '' or b.code = %s) order by c.alarm_at limit %s",
            [days, body, body, limit]).fetchall()
    names = ("clock", "kind", "code", "rule", "body", "body_zh", "body_en", "alarm_at", "provisional", "expired")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    if as_json:
        click.echo(json.dumps([{**one, "alarm_at": one["alarm_at"].isoformat()} for one in found], ensure_ascii=False, indent=2))
    else:
        mark = {True: pick("已到", "past"), False: pick("将到", "soon")}
        for line in columns((mark[one["expired"]], one["alarm_at"].astimezone().strftime("%Y-%m-%d %H:%M"), pick(one["body_zh"], one["body_en"]), f"{one['kind']}.{one['code']}", one["rule"]) for one in found):
            click.echo(line)
    if any(one["expired"] for one in found):
        raise SystemExit(FINDINGS)

"""`xieli lead`: bring a ledger in, list leads, say where one came from and led to, write the other platform's sheet.

A command acts as a person: by his session (XIELI_SESSION), or in a demo installation by name (--as). Exit codes: 0 ok, 1 rows
need a person or the sheets differ, 2 usage or a file that cannot be read, 3 denied, 4 conflict.
"""
from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from xieli.faces.cli.speaking import Usage
from xieli.server.words import pick, to_terminal

FILE = click.Path(exists=True, path_type=Path, dir_okay=False)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)
SHOWN = 50  # rows told one by one on the terminal
CONFLICTS = {"again", "conflict", "worked_on", "too_late"}


def leave(zh: str, en: str, code: int, as_json: bool, reason: str) -> NoReturn:
    """Say what happened in the reader's language, as JSON too, and end."""
    if as_json:
        click.echo(json.dumps({"error": {"code": reason, "zh": zh, "en": en}}, ensure_ascii=False))
    to_terminal(pick(zh, en))
    sys.exit(code)


@contextmanager
def _database() -> Iterator[None]:
    """Django as the web role: by XIELI_DB_WEB, else through the installation (started if need be)."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "xieli.server.settings"
    if os.environ.get("XIELI_DB_WEB"):
        os.environ.setdefault("XIELI_ROLE", "web")
        import django

        django.setup()
        yield
        return
    from xieli.server.postgres import ensure_database

    with ensure_database() as db:
        os.environ.update(db.role_env("web"))
        import django

        django.setup()
        try:
            yield
        finally:
            from django.db import connections

            connections.close_all()


def _token(name: str | None) -> str:
    given = os.environ.get("XIELI_SESSION", "")
    if name is None:
        return given
    from django.db import DatabaseError, connection, transaction

    from xieli.server.binding import open_demo_session

    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select access.demo_faces()")
                faces = json.loads(cursor.fetchone()[0] or "{}")
            return open_demo_session(int(faces[name])) if name in faces else ""
    except DatabaseError:
        return ""


def acts(function: Callable[..., int | None]) -> Callable[..., None]:
    """Run a command in one bound transaction; a refusal becomes its sentence and exit code and undoes everything."""

    @wraps(function)
    def wrapped(who: str | None, as_json: bool, **kwargs: Any) -> None:
        from xieli.server.words import Trouble

        try:
            with _database():
                from xieli.office.matters.services.errors import NotVisible, Refused
                from xieli.server.binding import acting

                try:
                    with acting(_token(who)):
                        code = function(as_json=as_json, **kwargs)
                except PermissionError:
                    if who is not None:
                        leave(f"没有打开会话：这里没有“{who}”，或这不是演示库（--as 只在演示库可用）。", f"No session was opened: nobody here is called “{who}”, or this is no demo (--as works in a demo only).", 3, as_json, "no_session")
                    leave("没有有效会话：请设置 XIELI_SESSION；演示库可用 --as 姓名。", "No live session: set XIELI_SESSION; in a demo use --as NAME.", 3, as_json, "no_session")
                except NotVisible as error:
                    leave(error.zh, error.en, 3, as_json, error.code)
                except Refused as error:
                    leave(error.zh, error.en, 4 if error.code in CONFLICTS else 3 if error.code in ("own_body_only", "clearance") else 2, as_json, error.code)
        except Trouble as error:
            leave(error.zh, error.en, 1, as_json, "trouble")
        sys.exit(code or 0)

    wrapped = click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")(wrapped)
    return click.option("--as", "who", metavar="NAME", help="Act as this person of a demo / 演示库中以此人身份")(wrapped)


def _body(code: str | None) -> int:
    from xieli.office.bodies.models import Body
    from xieli.office.matters.services.errors import Refused
    from xieli.office.matters.services.source import actor

    own = Body.objects.filter(id__in=actor().principals, valid_to=None)
    found = list(own.filter(code=code) if code else own)
    if len(found) != 1:
        raise Refused("which_body", f"请用 --body 指明机构代码：{'、'.join(b.code for b in own)}", f"Name one body with --body: {', '.join(b.code for b in own)}")
    return int(found[0].id)


@click.group()
def lead() -> None:
    """线索：导入台账、列表、来龙去脉、另一平台的报表。Leads: import, list, trace, the other platform's sheet."""


@lead.command("import")
@click.argument("file", type=FILE)
@click.option("--sheet", help="Sheet name / 工作表名")
@click.option("--body", help="Code of the own body / 本机构代码")
@click.option("--room", type=int, help="Room that handles them (its number) / 承办室编号")
@click.option("--column", "columns", multiple=True, metavar="HEADING=FIELD", help="What a column means, where it is not recognised (‘-’ leaves it out) / 指明某列含义")
@click.option("--take-doubtful", is_flag=True, help="Take doubtful rows in as well / 存疑行也入账")
@click.option("--errors", type=NEW_FILE, help="Write the rows to mend here (.xlsx) / 待改行另存为")
@click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing / 只试算")
@acts
def import_(file: Path, sheet: str | None, body: str | None, room: int | None, columns: tuple[str, ...], take_doubtful: bool, errors: Path | None, dry_run: bool,
            as_json: bool) -> int:
    """Import a ledger as clerks keep it. 导入台账（.xlsx .xls .ods .csv）。

    received = accepted + refused + sealed. Rows about one's own head or the superior are counted only; nothing of them is kept.
    """
    from xieli.office.ids import to_ref
    from xieli.office.matters.importing import service, workbook, writing

    chosen = {}
    for pair in columns:
        heading, sign, field = pair.rpartition("=")
        if not sign:
            raise Usage("请写成 --column 表头=字段。", "Write it as --column HEADING=FIELD.")
        chosen[heading] = field
    own = _body(body)
    book = workbook.open_book(file, sheet=sheet)
    trial = service.dry_run(book, own, chosen)
    written = writing.write_problems(errors, book, trial.layout, trial.rows, "zh") if errors else None
    batch = None if dry_run else service.post(trial, own, room, take_doubtful=take_doubtful)
    figures = trial.summary(take_doubtful)
    if as_json:
        click.echo(json.dumps({"file": trial.file, "sha256": trial.sha256, "posted": batch is not None, "import": to_ref(batch.id) if batch else None, **figures,
                               "header_rows": [r + 1 for r in trial.layout.header], "unit": trial.layout.unit, "title": trial.layout.title,
                               "columns": {c: trial.layout.headings[i] for c, i in trial.layout.columns.items()}, "not_taken": list(trial.layout.unknown),
                               "to_mend": written, "rows": [{"row": r.at + 1, "pile": r.pile, "reasons": r.reasons} for r in trial.rows if r.reasons]}, ensure_ascii=False))
    else:
        _tell(trial, figures, batch is not None, to_ref(batch.id) if batch else "")
        if written is not None:
            click.echo(pick(f"待改的 {written} 行已写入 {errors}；改好后再导入这个文件。", f"{written} rows to mend were written to {errors}; mend them and import that file."))
    return 1 if figures["refused"] or trial.counts["doubtful"] else 0


def _tell(trial: Any, figures: dict[str, Any], posted: bool, ref: str) -> None:
    from xieli.office.matters.importing.piles import REASONS

    layout = trial.layout
    rows = pick("、", ", ").join(str(r + 1) for r in layout.header)
    click.echo(pick(f"表头在第 {rows} 行；填报单位：{layout.unit or '—'}；标题：{layout.title or '—'}", f"Header in row {rows}; reporting unit: {layout.unit or '—'}; title: {layout.title or '—'}"))
    if layout.unknown:
        click.echo(pick(f"没有导入的列：{'、'.join(layout.unknown)}", f"Columns not taken: {', '.join(layout.unknown)}"))
    reasons = [r for r in trial.rows if r.reasons]
    for row in reasons[:SHOWN]:
        sign = {"doubtful": "?", "refused": "✗"}.get(row.pile, "·")
        click.echo(f"  {sign} {row.at + 1}" + pick("：", ": ") + pick("；", "; ").join(pick(REASONS[c][1], REASONS[c][2]) for c in row.reasons))
    if len(reasons) > SHOWN:
        click.echo(pick(f"  ……另有 {len(reasons) - SHOWN} 行，用 --errors 全部写出", f"  … and {len(reasons) - SHOWN} more rows; --errors writes them all"))
    if figures["passed"]:
        click.echo(pick(f"不是线索、没有计入的行（合计、小计、签名、备注）：{'、'.join(map(str, figures['passed'][:20]))}", f"Rows that are no entries and were not counted (totals, signatures, notes): {', '.join(map(str, figures['passed'][:20]))}"))
    if figures["stated"] is not None and figures["stated"] != trial.received:
        click.echo(pick(f"合计行写的是 {figures['stated']}，实际读到 {trial.received}。", f"The totals row says {figures['stated']}; {trial.received} were read."))
    click.echo(pick(f"收到 {figures['received']}＝入账 {figures['accepted']}＋退回 {figures['refused']}＋密封 {figures['sealed']}（存疑 {figures['doubtful']}）",
                    f"received {figures['received']} = accepted {figures['accepted']} + refused {figures['refused']} + sealed {figures['sealed']} (doubtful {figures['doubtful']})"))
    click.echo(pick(f"已入账，24 小时内可撤销：xieli lead undo {ref}", f"Posted; it can be undone for 24 hours: xieli lead undo {ref}") if posted
               else pick("试算，没有写入任何内容。", "A dry run: nothing was written."))


@lead.command()
@click.argument("batch", metavar="IMPORT")
@acts
def undo(batch: str, as_json: bool) -> int:
    """Take a whole import back within 24 hours. 24 小时内撤销整批导入。"""
    from xieli.office.ids import from_ref
    from xieli.office.matters.importing import service
    from xieli.office.matters.services.errors import NotVisible

    try:
        identity = from_ref(batch)
    except ValueError:
        raise NotVisible() from None
    gone = service.undo(identity)
    click.echo(json.dumps({"undone": gone}) if as_json else pick(f"已撤销 {gone} 条，编号作废。", f"{gone} leads taken back; their numbers are void."))
    return 0


@lead.command("list")
@click.option("--text", default="", help="Number, name or words of the title / 编号、姓名、标题")
@click.option("--status", type=click.Choice(["open", "closed"]), help="Only these / 只看在办或已结")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many / 最多几条")
@acts
def list_(text: str, status: str | None, limit: int, as_json: bool) -> int:
    """The leads one may see, newest first; names masked. 可见线索，姓名遮盖。"""
    from django.db.models import Q

    from xieli.office.access.search import grams
    from xieli.office.audit import record_look
    from xieli.office.matters.tables.core import Matter

    found = Matter.objects.filter(kind="lead")
    if text.strip():
        found = found.filter(Q(grams__contains=grams(text.strip()[:60])) | Q(number__iexact=text.strip()))
    if status:
        found = found.filter(status=status)
    rows = list(found.select_related("owner_body").order_by("-opened_at", "-id")[:limit])
    record_look([m.id for m in rows], purpose="cli-lead-list", list=True, asked=text.strip() or None)
    if as_json:
        click.echo(json.dumps([{"ref": m.ref, "number": m.number, "title": m.title, "stages": m.stages, "status": m.status, "body": m.owner_body.code,
                                "received_on": m.received_on, "due": m.next_due} for m in rows], ensure_ascii=False, default=str))
        return 0
    for m in rows:
        click.echo(f"{m.ref}  {m.number or '—':<14}  {m.received_on or '—'}  {'/'.join(m.stages) or m.close_kind:<14}  {m.title}")
    return 0


@lead.command()
@click.argument("which", metavar="NUMBER|REF")
@acts
def trace(which: str, as_json: bool) -> int:
    """What one lead came from and led to, and the steps it took, as far as one may see. 来龙去脉。"""
    from xieli.office.audit import record_look
    from xieli.office.ids import from_ref
    from xieli.office.matters.services.errors import NotVisible, Refused
    from xieli.office.matters.services.playbooks import by_sha
    from xieli.office.matters.services.source import ZONE
    from xieli.office.matters.tables.core import Matter, MatterLink
    from xieli.office.matters.tables.work import MatterMove, Outcome

    found = list(Matter.objects.filter(number=which)[:2])
    if len(found) > 1:
        raise Refused("which_lead", "这个编号不止一件，请用列表中的标识。", "More than one matter has this number; use the reference from the list.")
    if not found:
        try:
            found = list(Matter.objects.filter(pk=from_ref(which)))
        except ValueError:
            found = []
    if not found:
        raise NotVisible()
    matter = found[0]
    seen, edge = {matter.id: matter}, [matter.id]
    links: list[MatterLink] = []
    while edge and len(seen) < 500:
        reached = [*MatterLink.objects.filter(source_id__in=edge).select_related("target", "source"), *MatterLink.objects.filter(target_id__in=edge).select_related("target", "source")]
        links += [x for x in reached if x.id not in {y.id for y in links}]
        edge = []
        for x in reached:
            for m in (x.source, x.target):
                if m.id not in seen:
                    seen[m.id] = m
                    edge.append(m.id)
    record_look(list(seen), purpose="cli-lead-trace")
    steps = list(MatterMove.objects.filter(matter=matter).order_by("at", "id"))
    outcomes = list(Outcome.objects.filter(matter_id__in=list(seen)))
    if as_json:
        click.echo(json.dumps({
            "matter": {"ref": matter.ref, "number": matter.number, "title": matter.title, "status": matter.status, "stages": matter.stages},
            "steps": [{"at": s.at, "move": s.move, "from": s.from_stage, "to": s.to_stages} for s in steps],
            "links": [{"kind": x.kind, "from": x.source.ref, "to": x.target.ref, "outcome": x.outcome} for x in links],
            "matters": [{"ref": m.ref, "kind": m.kind, "number": m.number, "title": m.title, "status": m.status} for m in seen.values()],
            "outcomes": [{"matter": seen[o.matter_id].ref, "kind": o.kind} for o in outcomes]}, ensure_ascii=False, default=str))
        return 0
    lang, playbook = pick("zh", "en"), by_sha(matter.playbook_sha)
    moves = {code: move.label.say(lang) for code, move in playbook.moves.items()} | {"start": pick("登记", "registered")}
    stages = {code: stage.label.say(lang) for code, stage in playbook.stages.items()}
    click.echo(f"{matter.number or matter.ref}  {matter.title}  {pick('在办', 'open') if matter.status == 'open' else pick('已结', 'closed')}")
    for s in steps:
        named = [stages.get(code, code) for code in (s.from_stage, *s.to_stages)]
        click.echo(f"  {s.at.astimezone(ZONE):%Y-%m-%d %H:%M}  {moves.get(s.move, s.move)}{pick('：', ': ')}{named[0] or '—'} → {' / '.join(named[1:])}")
    for x in links:
        click.echo(f"  {x.source.number or x.source.ref} —{x.kind}→ {x.target.number or x.target.ref}  {x.target.title}  {x.outcome}")
    return 0


@lead.command()
@click.option("--map", "mapping", type=FILE, help="Field map (YAML); without it the example that is shipped / 字段对照表")
@click.option("--import", "batch", help="Only the leads of this import / 只取这一批")
@click.option("--purpose", required=True, help="What it is for; recorded / 用途，记录在案")
@click.argument("target", type=NEW_FILE)
@acts
def out(mapping: Path | None, batch: str | None, purpose: str, target: Path, as_json: bool) -> int:
    """Write the leads in the other platform's sheet. 按另一平台的表式写出，一次录入。"""
    from xieli.office.matters.importing import writing

    found, entries = _entries(mapping, batch, purpose)
    written = writing.write_out(target, found, entries)
    click.echo(json.dumps({"written": written}) if as_json else pick(f"写出 {written} 条。", f"{written} entries written."))
    return 0


@lead.command()
@click.option("--map", "mapping", type=FILE, help="Field map (YAML) / 字段对照表")
@click.option("--import", "batch", help="Only the leads of this import / 只取这一批")
@click.argument("theirs", type=FILE)
@acts
def reconcile(mapping: Path | None, batch: str | None, theirs: Path, as_json: bool) -> int:
    """Compare with the sheet the other platform gave out: by number and difference. 与另一平台逐件核对。"""
    from xieli.office.matters.importing import workbook, writing

    found, entries = _entries(mapping, batch, "reconcile")
    ours, held, differences = writing.reconcile(found, entries, workbook.open_book(theirs))
    if as_json:
        click.echo(json.dumps({"ours": ours, "theirs": held, "differences": [vars(d) for d in differences]}, ensure_ascii=False))
    else:
        click.echo(pick(f"本系统 {ours} 条，对方 {held} 条，差异 {len(differences)} 处", f"here {ours}, there {held}, {len(differences)} differences"))
        only = {"here": pick("只在本系统", "only here"), "there": pick("只在对方", "only there"), "twice": pick("对方重复", "twice over there")}
        for d in differences[:200]:
            click.echo(f"  {d.number or '—'}  " + (f"{d.column}: {d.ours or '—'} ≠ {d.theirs or '—'}" if d.column else only[d.ours or d.theirs]))
    return 1 if differences else 0


def _entries(mapping: Path | None, batch: str | None, purpose: str) -> tuple[Any, list[dict[str, Any]]]:
    from xieli.office.audit import record_look
    from xieli.office.ids import from_ref
    from xieli.office.matters.importing import service, writing
    from xieli.office.matters.services.errors import NotVisible
    from xieli.office.matters.tables.core import Matter

    found = writing.load_map(mapping or Path(writing.__file__).with_name("upper_platform.yaml"))
    try:
        chosen = service.imported(from_ref(batch)) if batch else Matter.objects.filter(kind="lead")
    except ValueError:
        raise NotVisible() from None
    entries = list(service.entries_of(chosen))
    record_look([e["id"] for e in entries], purpose="platform-sheet", list=True, asked=purpose[:100])
    return found, entries

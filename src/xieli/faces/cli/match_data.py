"""`xieli match init|demo|describe|import|datasets|errors`."""
from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import yaml

from xieli.engines.matching.datasets import catalogue
from xieli.engines.matching.datasets.checks import PROBLEMS
from xieli.engines.matching.datasets.errors_file import write_errors
from xieli.engines.matching.datasets.importing import import_dataset
from xieli.engines.matching.words import Conflict, MatchError
from xieli.engines.matching.workspace import Workspace
from xieli.server import foreign_table

from .match_common import Context, command

READERS = dict.fromkeys(foreign_table.KINDS, foreign_table.read_table)
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--by", default="clerk", show_default=True, help="Who does this; goes on record.")
@command
def init(context: Context, by: str) -> None:
    """Make a workspace in the folder (-C)."""
    Workspace.create(context.folder, by, context.now)
    context.answer({"workspace": str(context.folder)}, [f"工作区已建立：{context.folder}" if context.lang == "zh" else f"workspace made: {context.folder}"])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", default=1, show_default=True)
@click.option("--people", default=2000, show_default=True, type=click.IntRange(300, 1_000_000))
@command
def demo(context: Context, folder: Path, seed: int, people: int) -> None:
    """Write small invented data (area codes 99) with planted hits into FOLDER."""
    from xieli.engines.matching.demo import generate

    truth = generate(folder, seed=seed, people=people)
    context.answer(truth, [f"{folder}: subsidies.csv, deaths.csv, kin.csv, approvals.csv, applicants.csv, truth.json"])


@click.command()
@click.argument("file")
@click.option("--name", required=True, help="Name of the data set: lower case letters, digits, _.")
@click.option("--owner", required=True, help="CODE:中文名:English name of the body that owns the data.")
@click.option("--table", help="Table of a database: NAME or SCHEMA.NAME.")
@click.option("--out", type=FILE, help="Where to write; default NAME.dataset.yaml.")
@command
def describe(context: Context, file: str, name: str, owner: str, table: str | None, out: Path | None) -> None:
    """Draft a description of FILE for you to read and correct."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise MatchError("name", f"--name 用小写字母、数字和 _：{name}", f"--name is made of lower case letters, digits and _: {name}")
    parts = ([*owner.split(":"), "", ""])[:3]
    body = {"body": parts[0], "zh": parts[1] or parts[0], "en": parts[2] or parts[0]}
    target = out or Path(f"{name}.dataset.yaml")
    if target.exists():
        raise Conflict("exists", f"{target} 已存在", f"{target} exists already")
    with TemporaryDirectory() as spool:
        drafted = catalogue.draft(file, name, body, context.now.date(), Path(spool), table, READERS)
    target.write_text(yaml.safe_dump(drafted, allow_unicode=True, sort_keys=False), "utf-8")
    lines = [str(target), *(f"  {f['title']['zh']}: {f['semantic']}" for f in drafted["schema"]["fields"])]
    context.answer(drafted, lines)


@click.command("import")
@click.argument("file")
@click.option("--as", "description", type=FILE, help="The data set's description (YAML).")
@click.option("--kind", type=click.Choice(["table", "ocds", "bods"]), default="table", show_default=True)
@click.option("--name", help="Name for an ocds or bods import.")
@click.option("--sheet", help="Sheet of a workbook; default the first.")
@click.option("--table", help="Table of a database: NAME or SCHEMA.NAME.")
@click.option("--mends", help="Version whose quarantined rows this file brings back corrected.")
@click.option("--by", default="clerk", show_default=True)
@command
def import_(
    context: Context, file: str, description: Path | None, kind: str, name: str | None, sheet: str | None, table: str | None, mends: str | None, by: str
) -> int:
    """Check and import FILE, or --table of a database: a DuckDB or SQLite file, or an address ("postgresql://user@host/database"). Exit 1 when rows were quarantined."""
    results = import_dataset(
        context.workspace, file, description, now=context.now, by=by, kind=kind, name=name, sheet=sheet, table=table, mends=mends, progress=context.progress, readers=READERS
    )
    context.done()
    at = 0 if context.lang == "zh" else 1
    lines = []
    for r in results:
        told = (
            f"{r.dataset} {r.version}：收到 {r.received:,} = 接收 {r.accepted:,} + 隔离 {r.quarantined:,}"
            if at == 0
            else f"{r.dataset} {r.version}: received {r.received:,} = accepted {r.accepted:,} + quarantined {r.quarantined:,}"
        )
        lines.append(told + ({0: "（此前已导入，未重复）", 1: " (imported before; nothing repeated)"}[at] if r.again else ""))
        for problem, n in r.manifest["problems"].items():
            column, _, code = problem.partition(":")
            lines.append(f"  {n:>8,}  {column + ' ' if column else ''}{PROBLEMS[code][at]}")
        for column, grades in r.manifest["grades"].items():
            lines.append(
                f"  {column}：正确 {grades['right']:,}，存疑 {grades['doubtful']:,}，错误 {grades['wrong']:,}" if at == 0
                else f"  {column}: right {grades['right']:,}, doubtful {grades['doubtful']:,}, wrong {grades['wrong']:,}"
            )  # fmt: skip
    context.answer([{**{k: v for k, v in vars(r).items() if k != "manifest"}, "problems": r.manifest["problems"], "grades": r.manifest["grades"]} for r in results], lines)
    return 1 if any(r.quarantined for r in results) else 0


@click.command()
@command
def datasets(context: Context) -> None:
    """The catalogue: whose, how fresh, how clean."""
    rows = catalogue.listing(context.workspace, context.now.date())
    stale = {"zh": "【已过期】", "en": " STALE"}[context.lang]
    lines = [
        f"{r['dataset']:<20} {r['title'][context.lang]} · {r['owner'][context.lang]} · {r['as_of']}{stale if r['stale'] else ''} · {r['accepted']:,} + {r['quarantined']:,}"
        for r in rows
    ]
    context.answer(rows, lines)


@click.command()
@click.argument("dataset")
@click.argument("target", type=FILE)
@click.option("--version")
@command
def errors(context: Context, dataset: str, target: Path, version: str | None) -> None:
    """Write the quarantined rows of DATASET to TARGET (CSV) with their reasons, to mend and import again."""
    found = catalogue.entry(context.workspace, dataset, version)
    rows = write_errors(found.folder, found.dataset, target, context.lang)
    context.answer({"rows": rows, "file": str(target), "mends": found.version}, [f"{target}: {rows} · --mends {found.version}"])

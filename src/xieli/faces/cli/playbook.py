"""`xieli playbook`: list, check, draw, export, compare, walk and document the playbooks. No database is needed.

Exit codes: 0 ok, 1 findings, 2 usage (also a file that cannot be read).
"""
from __future__ import annotations

import json
import random
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import click

from xieli.content.playbooks import locked, sources
from xieli.engines import playbooks as pb
from xieli.engines.clocks import load_rules
from xieli.faces.cli.speaking import Said, Usage

FINDINGS, USAGE = 1, 2
LAW_AS_OF = date(2026, 1, 1)  # the state of law that the shipped files describe
LANGUAGES = click.Choice(["zh", "en"])
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
LANG = click.option("--lang", type=LANGUAGES, default="zh", show_default=True, help="Language of the answer / 输出语言")


class Refused(Said):
    """A file that cannot be used: every problem with file and line."""

    def __init__(self, error: pb.PlaybookError, lang: str) -> None:
        super().__init__("\n".join(p.sentence("zh") for p in error.problems), "\n".join(p.sentence("en") for p in error.problems), USAGE, lang)


@cache
def shipped(lang: str = "zh") -> dict[str, pb.Playbook]:
    """All shipped playbooks by code."""
    try:
        return pb.load_all(sources())
    except pb.PlaybookError as error:
        raise Refused(error, lang) from error


def find(name: str, lang: str = "zh") -> pb.Playbook:
    """A playbook by the path of a file or by the code of a shipped kind."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        try:
            return pb.load(path.read_bytes(), path.name)
        except pb.PlaybookError as error:
            raise Refused(error, lang) from error
        except OSError as error:
            raise Usage(f"读不了文件 {name}。", f"Cannot read {name}.") from error
    known = shipped(lang)
    if name not in known:
        raise Usage(f"没有流程“{name}”。现有：{'、'.join(known)}。", f"There is no playbook “{name}”. Known: {', '.join(known)}.")
    return known[name]


@cache
def library(walks: int = 20) -> pb.Library:
    """What the publish checks compare with: all kinds, the statutes, the published hashes."""
    rules: dict[str, bool] = {}
    extensions: dict[str, frozenset[str]] = {}
    for code, found in load_rules().items():
        version = found.at(LAW_AS_OF) if _in_force(found) else found.versions[-1]
        carried = version.until is not None and version.until < LAW_AS_OF
        rules[code] = version.verified in ("V1", "OWNER") and not carried
        extensions[code] = frozenset(e.code for e in version.extensions)
    return pb.Library(kinds=shipped(), rules=rules, extensions=extensions, locked=locked(), walks=walks)


def _in_force(found: Any) -> bool:
    try:
        found.at(LAW_AS_OF)
    except ValueError:
        return False
    return True


def emit(data: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def write(text: str, out: Path | None) -> None:
    """To the file named, else to standard output."""
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, "utf-8")


@click.group()
def playbook() -> None:
    """Playbooks: the whole life of each kind of matter, in one file each. 流程：每类事项的一生，一类一个文件。"""


@playbook.command("list")
@LANG
@AS_JSON
def list_(lang: str, as_json: bool) -> None:
    """All shipped kinds with version, size and hash. 列出全部流程。"""
    rows = [{"kind": p.code, "name": p.label.say(lang), "version": p.version, "stages": len(p.stages), "moves": len(p.moves), "sha256": p.sha256, "file": p.file} for p in shipped(lang).values()]
    if as_json:
        emit(rows)
        return
    for row in rows:
        click.echo(f"{row['kind']:<22} v{row['version']:<3} {row['stages']:>3} / {row['moves']:<3} {str(row['sha256'])[:12]}  {row['name']}")


@playbook.command()
@click.argument("names", nargs=-1)
@click.option("--walks", default=20, show_default=True, type=click.IntRange(0, 10_000), help="Random walks per playbook / 每个流程随机走几遍")
@click.option("--publish", type=click.Path(dir_okay=False, path_type=Path), help="When all is well, add the hashes of these versions to this file (published.json) / 通过后把摘要写入此文件")
@LANG
@AS_JSON
@click.pass_context
def check(context: click.Context, names: tuple[str, ...], walks: int, publish: Path | None, lang: str, as_json: bool) -> None:
    """Run the publish checks on files or shipped kinds (all of them by default). 发布检查。"""
    known = library(walks)
    playbooks = [find(name, lang) for name in names] or list(shipped(lang).values())
    problems = [problem for one in playbooks for problem in pb.check(one, known)]
    if as_json:
        emit({"checked": len(playbooks), "problems": [{"file": p.file, "line": p.line, "code": p.code, "zh": p.zh, "en": p.en} for p in problems]})
    else:
        for problem in problems:
            click.echo(problem.sentence(lang))
        done = f"{len(playbooks)} 个流程，{len(problems)} 个问题。" if lang == "zh" else f"{len(playbooks)} playbooks, {len(problems)} problems."
        click.echo(done)
    if problems:
        context.exit(FINDINGS)
    if publish is not None:
        known_hashes = {**locked(), **{(p.code, p.version): p.sha256 for p in playbooks}}
        kinds = sorted({kind for kind, _ in known_hashes})
        table = {kind: {str(v): known_hashes[kind, v] for k, v in sorted(known_hashes) if k == kind} for kind in kinds}
        publish.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


@playbook.command()
@click.argument("name")
@click.option("--text", is_flag=True, help="The text twin instead of the picture / 文字版")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file / 写入此文件")
@LANG
@AS_JSON
def diagram(name: str, text: bool, out: Path | None, lang: str, as_json: bool) -> None:
    """The playbook as SVG, or as text with --text. 流程图（SVG 或文字）。"""
    found = find(name, lang)
    if as_json:
        rows = pb.table(found, lang, kinds=dict(shipped(lang)))
        emit([{"stage": r.code, "name": r.name, "kind": r.kind, "who": r.who, "time": r.time, "moves": [m.__dict__ for m in r.moves]} for r in rows])
        return
    write(pb.outline(found, lang) if text else pb.diagram(found, lang) + "\n", out)


@playbook.command()
@click.argument("name")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file / 写入此文件")
@LANG
@AS_JSON
def bpmn(name: str, out: Path | None, lang: str, as_json: bool) -> None:
    """The playbook as BPMN 2.0 with diagram interchange. 导出 BPMN 2.0。"""
    text = pb.bpmn(find(name, lang), lang)
    if as_json:
        emit({"kind": name, "bpmn": text})
        return
    write(text, out)


@playbook.command()
@click.argument("old")
@click.argument("new")
@click.option("--map", "map_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Migration map (JSON) to try as well / 试演的迁移对照表")
@click.option("--counts", default="{}", help="Open matters per old stage, as JSON / 各旧环节的在办数")
@LANG
@AS_JSON
@click.pass_context
def diff(context: click.Context, old: str, new: str, map_file: Path | None, counts: str, lang: str, as_json: bool) -> None:
    """What changed between two versions; with --map a dry run of the migration. 比较两个版本；可试演迁移。"""
    before, after = find(old, lang), find(new, lang)
    changes = pb.diff(before, after)
    answer: dict[str, Any] = {"changes": [{"path": list(c.path), "how": c.how, "before": c.before, "after": c.after} for c in changes]}
    lines = [c.sentence(lang) for c in changes]
    if map_file is not None:
        try:
            standing = {str(stage): int(number) for stage, number in json.loads(counts).items()}
            tried = pb.dry_run(before, after, pb.migration_map(json.loads(map_file.read_text("utf-8"))), standing)
        except (ValueError, AttributeError, TypeError) as error:
            raise Usage(f"迁移对照表不能用：{error}", f"The migration map cannot be used: {error}") from error
        groups = (("moves", "移动", tried.moves), ("holds", "留在旧版本", tried.holds), ("impossible", "不能移动", tried.impossible))
        for key, zh, group in groups:
            answer[key] = [{"stage": g.stage, "to": g.to, "count": g.count, "why": [r.en if lang == "en" else r.zh for r in g.refusals]} for g in group]
            lines += [f"{zh if lang == 'zh' else key}: {g.stage} → {g.to or '?'} × {g.count} {' '.join(r.zh if lang == 'zh' else r.en for r in g.refusals)}".rstrip() for g in group]
        answer["refusals"] = [r.en if lang == "en" else r.zh for r in tried.refusals]
        lines += answer["refusals"]
        answer["possible"] = tried.possible
    if as_json:
        emit(answer)
    else:
        click.echo("\n".join(lines))
    if not answer.get("possible", True):
        context.exit(FINDINGS)


@playbook.command()
@click.argument("name")
@click.option("--seed", type=int, help="The walk's seed (random by default) / 随机种子")
@LANG
@AS_JSON
@click.pass_context
def walk(context: click.Context, name: str, seed: int | None, lang: str, as_json: bool) -> None:
    """One random walk from start to end. 随机走一遍。"""
    found = find(name, lang)
    walked = pb.walk(found, random.randrange(10**6) if seed is None else seed)
    if as_json:
        emit({"seed": walked.seed, "steps": [list(s) for s in walked.steps], "result": walked.result, "stuck": list(walked.stuck)})
    else:
        for number, (stage, move) in enumerate(walked.steps, 1):
            click.echo(f"{number:>3}  {found.stages[stage].label.say(lang)} → {found.moves[move].label.say(lang)}")
        click.echo(f"     {found.stages[walked.result].label.say(lang)}" if walked.result else "; ".join(walked.stuck))
    if not walked.ended:
        context.exit(FINDINGS)


@playbook.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@AS_JSON
def doc(folder: Path, as_json: bool) -> None:
    """Write a page and a picture per playbook, Chinese and English, into FOLDER/zh and FOLDER/en. 生成中英文说明页与图。"""
    known = shipped()
    written = []
    for name, text in pages(known).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        written.append(name)
    if as_json:
        emit(written)
    else:
        click.echo(f"{len(written)} 个文件 / files → {folder}")


def pages(known: dict[str, pb.Playbook]) -> dict[str, str]:
    """Relative file name to text of every generated page and picture."""
    found: dict[str, str] = {}
    for lang, title, made in (("zh", "机制一览", "本目录由流程文件生成。"), ("en", "Mechanisms", "Made from the playbook files.")):
        index = [f"# {title}", "", made, ""]
        for code, one in sorted(known.items()):
            found[f"{lang}/{code}.md"] = pb.page(one, lang, picture=f"{code}.svg", kinds=dict(known))
            found[f"{lang}/{code}.svg"] = pb.diagram(one, lang) + "\n"
            index.append(f"- [{one.label.say(lang)}]({code}.md)")
        found[f"{lang}/README.md"] = "\n".join(index) + "\n"
    return found


@playbook.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file / 写入此文件")
@AS_JSON
def schema(out: Path | None, as_json: bool) -> None:
    """The published JSON Schema of the format. 流程文件格式的 JSON Schema。"""
    write(json.dumps(pb.json_schema(), ensure_ascii=False, indent=1) + "\n", out)

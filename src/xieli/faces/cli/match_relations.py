"""`xieli match relations`: paths, components, flows and the FollowTheMoney export, from CSV files."""
from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from xieli.engines.matching.relations import flows as fl
from xieli.engines.matching.relations import graph as gr
from xieli.engines.matching.relations.ftm import json_lines
from xieli.engines.matching.relations.paths import SHADOW_COMPANY, Step, find_paths

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STEP = re.compile(r"^(?P<kinds>[a-z|]+)(?P<way>[<>]?)(?:\*(?P<least>\d)(?:-(?P<most>\d))?)?$")


def _rows(path: Path) -> list[dict[str, str | None]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="strict")
    return list(csv.DictReader(io.StringIO(text)))


def _graph(path: Path) -> gr.Graph:
    try:
        return gr.from_rows(_rows(path))
    except (ValueError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path.name}: {error}") from error


def parse_pattern(text: str) -> tuple[Step, ...]:
    """A pattern like `kin*0-2, office|ownership>*1-2, contract`: kinds, direction (> out, < in), repeats."""
    steps = []
    for part in text.split(","):
        found = _STEP.match(part.strip())
        if not found:
            raise ValueError(f"cannot read the step {part.strip()!r} / 无法识别的步骤")
        least = int(found["least"] or 1)
        way = {">": "out", "<": "in", "": "both"}[found["way"]]
        steps.append(Step(tuple(found["kinds"].split("|")), way, least, int(found["most"] or least)))
    return tuple(steps)


def _echo(data: Any, lines: list[str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))
    else:
        for line in lines:
            click.echo(line)


@click.group()
def relations() -> None:
    """Typed, dated relations with evidence; flows of money. 有类型、有起止、有依据的关系与资金流。

    EDGES is a CSV with source,target,kind,from,to,dataset,row,note and, for the export, source_kind,target_kind.
    """


@relations.command("paths")
@click.argument("edges", type=_FILE)
@click.option("--start", "starts", multiple=True, required=True, help="name of an official to start from; may be repeated")
@click.option("--end", "ends", multiple=True, help="only paths that end here")
@click.option("--pattern", help="default: kin*0-2, office|ownership>*1-2, contract")
@click.option("--any-time", is_flag=True, help="do not ask that all edges overlap in time")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def paths_command(context: click.Context, edges: Path, starts: tuple[str, ...], ends: tuple[str, ...], pattern: str | None, any_time: bool, as_json: bool) -> None:
    """Paths official → kin → company → contract, five hops at most. Exit code 1 when there are any. 查找关系路径。"""
    graph = _graph(edges)
    number = {n: i for i, n in enumerate(graph.node_names)}
    unknown = [n for n in (*starts, *ends) if n not in number]
    if unknown:
        raise click.BadParameter(f"not in the file: {', '.join(unknown)} / 文件中没有：{'、'.join(unknown)}")
    targets = None
    if ends:
        targets = np.zeros(graph.nodes, dtype=bool)
        targets[[number[n] for n in ends]] = True
    try:
        found = find_paths(graph, [number[n] for n in starts], parse_pattern(pattern) if pattern else SHADOW_COMPANY, targets=targets, overlap=not any_time)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--pattern") from error
    described = [found.describe(graph, i) for i in range(len(found))]
    lines = []
    for d in described:
        nodes, steps = d["nodes"], d["steps"]
        assert isinstance(nodes, list)
        assert isinstance(steps, list)
        chain = nodes[0] + "".join(f" —{s['zh']} {s['en']}→ {n}" for s, n in zip(steps, nodes[1:], strict=True))
        lines.append(f"[{d['strength_zh']} {d['strength']}] {chain}  ({d['together_from'] or '…'} – {d['together_to'] or '…'})")
        lines += [f"    {s['dataset']} #{s['row']} {s['note']}" for s in steps]
    lines.append(f"{len(found)} paths / {len(found)} 条路径" + ("; cut short / 过多，已截断" if found.cut_short else ""))
    _echo({"paths": described, "cut_short": found.cut_short}, lines, as_json)
    context.exit(1 if len(found) else 0)


@relations.command("components")
@click.argument("edges", type=_FILE)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(gr.KINDS)), help="only these kinds")
@click.option("--json", "as_json", is_flag=True)
def components_command(edges: Path, kinds: tuple[str, ...], as_json: bool) -> None:
    """Connected groups, largest first. Being in one group is no evidence of anything. 连通的群体。"""
    graph = _graph(edges)
    labels = graph.components(kinds or None)
    groups: dict[int, list[str]] = {}
    for name, label in zip(graph.node_names, labels.tolist(), strict=True):
        groups.setdefault(label, []).append(name)
    ordered = sorted(groups.values(), key=lambda g: (-len(g), g[0]))
    _echo(ordered, [f"{len(g):6}  {'、'.join(g[:8])}{' …' if len(g) > 8 else ''}" for g in ordered], as_json)


@relations.command("expand")
@click.argument("edges", type=_FILE)
@click.option("--node", required=True)
@click.option("--after", type=click.IntRange(0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def expand_command(edges: Path, node: str, after: int, as_json: bool) -> None:
    """Neighbours of one node, twenty at a time, each with its evidence. 展开一个节点。"""
    graph = _graph(edges)
    if node not in graph.node_names:
        raise click.BadParameter(f"not in the file: {node} / 文件中没有：{node}", param_hint="--node")
    page = gr.expand(graph, list(graph.node_names).index(node), after=after)
    items = [
        {"node": graph.node_names[i.node], "kind": i.kind, "outward": i.outward, "from": i.first, "to": i.last,
         "dataset": i.evidence and i.evidence.dataset, "row": i.evidence and i.evidence.row}
        for i in page.items
    ]  # fmt: skip
    lines = [f"{'→' if i['outward'] else '←'} {gr.KINDS[str(i['kind'])][0]} {i['node']}  {i['from'] or '…'} – {i['to'] or '…'}  {i['dataset']} #{i['row']}" for i in items]
    _echo({"items": items, "total": page.total, "next_after": page.next_after}, [*lines, f"{len(items)} of {page.total}"], as_json)


def read_transfers(path: Path) -> tuple[fl.Transfers, list[str]]:
    """Transfers from CSV source,target,amount,time (time: a number of days, or a date)."""
    names: dict[str, int] = {}
    columns: tuple[list[int], list[int], list[float], list[float]] = ([], [], [], [])
    for i, row in enumerate(_rows(path), 2):
        try:
            time = str(row["time"])
            moment = float(time) if re.fullmatch(r"-?\d+(\.\d+)?", time) else float(gr.day(time[:10], 0)) + _part_of_day(time)
            values = (names.setdefault(str(row["source"]), len(names)), names.setdefault(str(row["target"]), len(names)), float(str(row["amount"])), moment)
        except (KeyError, ValueError) as error:
            raise click.ClickException(f"{path.name}, line {i}: {error}; nothing was searched / 第 {i} 行有误，未分析") from error
        for column, value in zip(columns, values, strict=True):
            column.append(value)  # type: ignore[arg-type]
    try:
        made = fl.Transfers(len(names), np.array(columns[0], dtype=np.int64), np.array(columns[1], dtype=np.int64), np.array(columns[2], dtype=float), np.array(columns[3], dtype=float))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    return made, list(names)


def _part_of_day(text: str) -> float:
    clock = re.search(r"[T ](\d{2}):(\d{2})(?::(\d{2}))?", text)
    return (int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)) / 86400 if clock else 0.0


@relations.command("flows")
@click.argument("transfers", type=_FILE)
@click.option("--find", type=click.Choice(["circles", "fan-in", "pass-through"]), default="circles", show_default=True)
@click.option("--window", type=click.FloatRange(min=0), help="days; defaults 30 for circles and fan-in, 2 for pass-through")
@click.option("--kept", type=click.FloatRange(0.01, 1), default=0.8, show_default=True, help="share of the amount that a hop passes on")
@click.option("--longest", type=click.IntRange(2, 8), default=5, show_default=True)
@click.option("--least", type=click.IntRange(1), default=3, show_default=True, help="payers of a fan-in, times of a pass-through")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def flows_command(context: click.Context, transfers: Path, find: str, window: float | None, kept: float, longest: int, least: int, as_json: bool) -> None:
    """Money that comes back, gathers or passes straight through. Thresholds are ours. Exit code 1 when any. 资金回流、汇集、过账。"""
    t, names = read_transfers(transfers)
    span = window if window is not None else (2.0 if find == "pass-through" else 30.0)
    data: list[dict[str, Any]]
    if find == "circles":
        result = fl.circles(t, window=span, longest=longest, kept=kept)
        data = [{"accounts": [names[a] for a in c.accounts], "lines": [i + 2 for i in c.transfers], "amounts": t.amount[list(c.transfers)].tolist(), "kept": c.kept} for c in result.found]
        lines = [" → ".join([*d["accounts"], d["accounts"][0]]) + f"  {d['amounts']}  kept {d['kept']:.0%}" for d in data]
        if result.cut_short:
            lines.append("cut short: narrow the window / 过多，已截断，请缩小时间窗")
    elif find == "fan-in":
        data = [{"account": names[f.account], "payers": [names[p] for p in f.payers], "total": f.total, "lines": [i + 2 for i in f.transfers]} for f in fl.fan_ins(t, window=span, payers=least)]
        lines = [f"{d['account']} ← {'、'.join(d['payers'])}  {d['total']:,.2f}" for d in data]
    else:
        data = [{"account": names[p.account], "times": len(p.pairs), "total": p.total, "lines": [[a + 2, b + 2] for a, b in p.pairs]} for p in fl.pass_through(t, window=span, times=least)]
        lines = [f"{d['account']}  ×{d['times']}  {d['total']:,.2f}" for d in data]
    _echo(data, [*lines, f"{len(data)} found; an anomaly is not a finding / {len(data)} 处疑点，疑点不等于问题"], as_json)
    context.exit(1 if data else 0)


@relations.command("export-ftm")
@click.argument("edges", type=_FILE)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def export_ftm(edges: Path, out: Path, as_json: bool) -> None:
    """Write the relations as FollowTheMoney JSON lines. 导出为 FollowTheMoney。"""
    try:
        text = list(json_lines(_graph(edges)))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    out.write_text("".join(line + "\n" for line in text), encoding="utf-8")
    _echo({"entities": len(text)}, [f"{len(text)} entities → {out.name} / 已导出 {len(text)} 个实体"], as_json)


def amlsim_data(archive: Path) -> tuple[fl.Transfers, NDArray[np.bool_]]:
    """Transfers and per-account labels of an AMLSim sample archive (read in memory, nothing unpacked)."""
    texts: dict[str, str] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith(("nodes.csv", "transactions.csv")):
                handle = tar.extractfile(member)
                assert handle is not None
                texts[Path(member.name).name] = handle.read().decode()
    nodes = np.loadtxt(io.StringIO(texts["nodes.csv"]), delimiter=",", skiprows=1)
    rows = np.loadtxt(io.StringIO(texts["transactions.csv"]), delimiter=",", skiprows=1)
    label = np.zeros(len(nodes), dtype=bool)
    label[nodes[:, 0].astype(int)] = nodes[:, 1] == 1
    return fl.Transfers(len(nodes), rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2], rows[:, 3]), label

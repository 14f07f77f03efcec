"""`xieli allocate …`: plan from a file, without a server. Exit codes: 0 ok, 1 findings, 2 bad input, 4 nothing fits."""
from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from xieli.engines.allocation import (
    BadInput,
    Failed,
    Limits,
    RunRecord,
    Text,
    check,
    check_people,
    examples,
    published,
    replay,
    run,
)
from xieli.faces.cli.speaking import Usage

VERDICTS = {"zones": check.zones, "replan": check.zones, "gap": check.published, "staff": check_people.staff, "committees": check_people.committees,
            "rota": check_people.rota}


def _load(path: Path) -> Any:
    """One JSON object from a file; anything else is refused, with `--json` as JSON like every other refusal."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        _refuse_file("json", Text(f"{path.name} 不是 JSON 文件（{error}）。", f"{path.name} is not a JSON file ({error})."))
    if not isinstance(data, dict):
        _refuse_file("format", Text(f"{path.name} 的内容不是一个对象。", f"{path.name} does not hold one object."))
    return data


def _refuse_file(rule: str, text: Text) -> NoReturn:
    if click.get_current_context().params.get("as_json"):
        _say({"status": "refused", "rule": rule, "records": [], "text": text.as_json()}, True, [])
        sys.exit(2)
    raise Usage(text.zh, text.en)


def _say(data: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=1) if as_json else "\n".join(lines))


def _texts(items: list[dict[str, str]]) -> list[str]:
    return [f"  {t['zh']}\n  {t['en']}" for t in items]


def _run(task: str, data: Any, limits: Limits, as_json: bool, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run a task; turn refusals and failures into plain sentences and exit codes. A failed run keeps its last good plan."""
    try:
        return run(task, data, limits, options)
    except BadInput as refused:
        _say({"status": "refused", **refused.as_json()}, as_json, [f"输入有误 / bad input [{refused.rule}]", f"  {refused.text.zh}", f"  {refused.text.en}"])
        sys.exit(2)
    except Failed as failed:
        if failed.last is not None and failed.last.get("assign") is not None:
            return {**failed.last, "status": "stopped_by_clock" if failed.by_clock else "stopped", "why": failed.why.as_json(),
                    "sentences": [failed.why.as_json()]}
        _say({"status": "failed", "why": failed.why.as_json()}, as_json,
             [f"未得到方案，原有方案不变。{failed.why.zh}", f"No plan was made; what was in force stays. {failed.why.en}"])
        sys.exit(4)


def _finish(result: dict[str, Any], violations: list[check.Violation], as_json: bool, lines: list[str], out: Path | None) -> None:
    result["check"] = [v.as_json() for v in violations]
    if out is not None:
        out.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    verdict = ["独立核验：通过 / independent check: passed"] if not violations else [
        f"独立核验：{len(violations)} 项不符 / independent check: {len(violations)} violations", *[f"  [{v.rule}] {v.text}" for v in violations]]
    _say(result, as_json, lines + verdict)
    if violations:
        sys.exit(1)


def _nothing_fits(result: dict[str, Any], as_json: bool) -> None:
    lines = ["没有可行方案，原有方案不变 / nothing fits; what was in force stays"]
    for rung in result.get("reasons", []):
        lines += _texts(rung["why"])
    if result.get("suffices"):
        lines += _texts([result["suffices"]["text"]])
    _say(result, as_json, lines)
    sys.exit(4)


def _overridden(data: dict[str, Any], band: float | None, current: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The problem as planned, and what the command line changed in it, so that a check or replay can do the same."""
    changes: dict[str, Any] = {}
    if band is not None:
        changes["ladder"] = [band]
        data = data | {"ladder": [band]}
    if current is not None:
        changes["current"] = current
        data = data | {"units": [{**u, "current": current.get(str(u.get("id")), u.get("current"))} if isinstance(u, dict) else u for u in data.get("units", [])]}
    return data, {"overrides": changes} if changes else {}


FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="print JSON")
OUT = click.option("--out", type=click.Path(path_type=Path), help="also write the JSON plan to this file")


def _limit_options(command: Any) -> Any:
    for option in (click.option("--seed", default=1, show_default=True), click.option("--rounds", type=int, help="search rounds"),
                   click.option("--nodes", type=int, help="tree nodes per programme"),
                   click.option("--seconds", default=900.0, show_default=True, help="emergency stop (CPU time; four times this on the wall)"),
                   click.option("--memory-mb", default=4096, show_default=True)):
        command = option(command)
    return command


def _limits(options: dict[str, Any]) -> Limits:
    return Limits(options["seed"], options["rounds"], options["nodes"], options["seconds"], options["memory_mb"])


@click.group()
def allocate() -> None:
    """协作分配 Zones, designation, staffing, committees, rotas from a file."""


def _zone_lines(r: dict[str, Any]) -> list[str]:
    if "after" not in r:
        return _texts(r.get("sentences", []))
    lines = [f"{r['status']}  ±{r['band']:.0%}  cost {r['cost']}  gap {r['gap']:.2%} (LP {r['gap_lp']:.2%})",
             f"{'':14}{'before 前':>16}{'after 后':>12}"]
    for key, name in (("max_ratio", "最高负荷比 max"), ("min_ratio", "最低负荷比 min"), ("mean_km", "平均公里 km"), ("expertise", "专长占比 exp."), ("gini", "Gini")):
        lines.append(f"{name:16}{r['before'][key]:>12}{r['after'][key]:>12}")
    lines.append(f"飞地 enclaves {len(r['enclaves'])}  调整 moved {len(r['moved'])}")
    lines += [f"  {row['body']!s:>8}  {row['units']:>4} 家/units  {row['load']:>6} / {row['target']:<8} {row['ratio']:.2f}  {row['mean_km']:>6} km" for row in r["after"]["bodies"]]
    return lines + _texts(r["sentences"])


@allocate.command()
@FILE
@JSON
@OUT
@click.option("--band", type=float, help="one hard band, e.g. 0.05, instead of the ladder")
@_limit_options
def zones(file: Path, as_json: bool, out: Path | None, band: float | None, **limits: Any) -> None:
    """片区：在最小可行幅度内划分单位 / divide units within the smallest band that holds."""
    data, overrides = _overridden(_load(file), band, None)
    result = _run("zones", data, _limits(limits), as_json)
    if result["assign"] is None:
        _nothing_fits(result, as_json)
    _finish(result | overrides, check.zones(data, result), as_json, _zone_lines(result), out)


@allocate.command()
@FILE
@JSON
@OUT
@click.option("--current", type=click.Path(exists=True, path_type=Path), help="plan in force (JSON of `zones`)")
@click.option("--band", type=float)
@_limit_options
def replan(file: Path, as_json: bool, out: Path | None, current: Path | None, band: float | None, **limits: Any) -> None:
    """以最少调整恢复均衡 / restore balance with the fewest moves."""
    data, overrides = _overridden(_load(file), band, None if current is None else _load(current)["assign"])
    result = _run("replan", data, _limits(limits), as_json)
    if result["assign"] is None:
        _nothing_fits(result, as_json)
    moved = [f"  {m['unit']}: {m['from']} → {m['to']}" for m in result.get("moved", [])]
    proof = f"调整 {result.get('moves')} 家（下限 {result.get('moves_bound')}） / {result.get('moves')} moves (bound {result.get('moves_bound')})"
    _finish(result | overrides, check.zones(data, result), as_json, [proof, *moved, *_zone_lines(result)], out)


@allocate.command()
@FILE
@JSON
@click.option("--bands", default="0.05,0.1,0.2", show_default=True)
@_limit_options
def frontier(file: Path, as_json: bool, bands: str, **limits: Any) -> None:
    """三至五个方案并列 / three to five plans side by side."""
    data = _load(file)
    result = _run("frontier", data, _limits(limits), as_json, {"bands": [float(b) for b in bands.split(",")]})
    violations = [v for p in result["plans"] if p["assign"] is not None for v in check.zones(data, p)]
    lines = [f"{s['name']:<32}{s['status']:<12}" + (f" cost {s['cost']:>7}  {s['mean_km']:>6} km  exp {s['expertise']:.0%}  max {s['max_ratio']:.2f}  moved {s['moved']}" if "cost" in s else "")
             for s in result["side_by_side"]]
    _finish(result, violations, as_json, lines, None)


@allocate.command(name="check")
@FILE
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@JSON
@click.option("--replay", "again", is_flag=True, help="also run the record again and compare digests")
def check_command(file: Path, plan: Path, as_json: bool, again: bool) -> None:
    """独立核验一个方案 / verify a plan independently; --replay also repeats its run."""
    made = _load(plan)
    task = made.get("record", {}).get("task", made["kind"])
    if task not in VERDICTS:
        raise Usage(f"没有 {task} 类方案的核验。", f"There is no check for plans of kind {task}.")
    data = published.read(file.read_text(encoding="utf-8")) if task == "gap" else _load(file)
    changed = made.get("overrides", {})
    if changed:
        data, _ = _overridden(data, changed["ladder"][0] if "ladder" in changed else None, changed.get("current"))
    violations = VERDICTS[task](data, made)
    lines: list[str] = []
    if again:
        same, _ = replay(data, RunRecord.from_json(made["record"]))
        made["replay"] = same
        lines.append("重算结果一致 / replay: same input, same result" if same else "重算结果不同 / replay: input or result differ")
        if not same:
            violations = [*violations, check.Violation("replay", (task,), Text("重算与记录不符。", "The replay differs from the record."))]
    _finish(made, violations, as_json, lines, None)


@allocate.command()
@FILE
@JSON
@OUT
@click.option("--maximise", is_flag=True, help="gap1-gap12 are maximised")
@click.option("--number", default=1, show_default=True, type=click.IntRange(min=1), help="which instance of a file that holds several")
@_limit_options
def gap(file: Path, as_json: bool, out: Path | None, maximise: bool, number: int, **limits: Any) -> None:
    """公开算例（广义指派） / a published generalized-assignment instance."""
    try:
        data = published.read(file.read_text(encoding="utf-8-sig", errors="replace"), number)
    except BadInput as refused:
        _refuse_file(refused.rule, refused.text)
    result = _run("gap", data, _limits(limits), as_json, {"maximise": maximise})
    if result["assign"] is None:
        _nothing_fits(result, as_json)
    _finish(result, check.published(data, result), as_json, [f"{result['status']}  value {result['value']}  bound {result['bound']}"], out)


@allocate.command()
@FILE
@JSON
@click.option("--full/--need-to-know", default=True, help="show exclusion codes, or only 'recusal'")
def designate(file: Path, as_json: bool, full: bool) -> None:
    """指定管辖：全部机构排序与理由 / rank all bodies for one matter; a proposal, never a decision."""
    from xieli.engines.allocation import designate as engine

    try:
        matter, bodies, now, weights = engine.from_json(_load(file))
        ranking = engine.rank(matter, bodies, now, weights)
    except BadInput as refused:
        _say({"status": "refused", **refused.as_json()}, as_json, [f"输入有误 / bad input [{refused.rule}]", f"  {refused.text}"])
        sys.exit(2)
    result = ranking.as_json(may_know_why=full)
    lines = [f"{'×' if r['place'] is None else r['place']!s:>3} {r['body']!s:<10}{'' if r['place'] is None else format(r['score'], '7.2f'):>8}  "
             f"{r['text']['zh']} / {r['text']['en']}{'  ☎ ' + r['duty_number'] if r['duty_number'] else ''}" for r in result["rows"]]
    lines += _texts([result["margin_text"], *result["natural"], *result["notes"]])
    _say(result, as_json, lines)
    if not any(r["eligible"] for r in result["rows"]):
        sys.exit(4)


@allocate.command()
@FILE
@JSON
@OUT
@click.option("--only", multiple=True, help="plan just these requests; running teams (`fixed`) stay")
@_limit_options
def staff(file: Path, as_json: bool, out: Path | None, only: tuple[str, ...], **limits: Any) -> None:
    """专班配员 / fill the seats of open requests."""
    data = _load(file)
    result = _run("staff", data, _limits(limits), as_json, {"only": list(only)} if only else None)
    lines = [f"{result['status']}  cost {result['cost']:g}  bound {result.get('bound', '-')}"]
    for team in result["teams"]:
        lines.append(f"  {team['request']!s:>6}: " + "  ".join(f"{s['role']}{'·' + s['skill'] if s['skill'] else ''}={s['shown_as'] or '空缺 empty'}" for s in team["seats"]))
    lines += _texts([u["text"] for u in result.get("unfilled", [])]) + _texts(result.get("sentences", []))
    _finish(result, check_people.staff(data, result), as_json, lines, out)


@allocate.command()
@FILE
@JSON
@OUT
@_limit_options
def committees(file: Path, as_json: bool, out: Path | None, **limits: Any) -> None:
    """片区廉勤委:3–5 个相邻村 / committees of 3–5 adjacent villages, proven per township."""
    data = _load(file)
    result = _run("committees", data, _limits(limits), as_json)
    lines = [f"{result['status']}  {len(result['committees'])} committees  cost {result['cost']}  bound {result['bound']}"]
    lines += [f"  {c['township']!s:>6}: {', '.join(map(str, c['villages']))}  主任 head {c['head']}" for c in result["committees"]]
    _finish(result, check_people.committees(data, result), as_json, lines + _texts([d["text"] for d in result["for_decision"]]), out)


@allocate.command()
@FILE
@JSON
@OUT
@_limit_options
def rota(file: Path, as_json: bool, out: Path | None, **limits: Any) -> None:
    """轮值：督查组×县区×季度，或会议主持 / inspection groups × counties × quarters, or chairs."""
    data = _load(file)
    result = _run("rota", data, _limits(limits), as_json)
    if result["rows"] is None:
        _nothing_fits(result, as_json)
    _finish(result, check_people.rota(data, result), as_json, [result["status"], *("  " + "  ".join(str(v) for v in r.values()) for r in result["rows"])], out)


@allocate.command()
@click.argument("kind", type=click.Choice(sorted(examples.EXAMPLES)))
def example(kind: str) -> None:
    """虚构示例文件 / an invented file to begin with, e.g. `xieli allocate example zones > areas.json`."""
    click.echo(json.dumps(examples.EXAMPLES[kind](), ensure_ascii=False, indent=1))


@allocate.command()
@FILE
@JSON
@_limit_options
def conflict(file: Path, as_json: bool, **limits: Any) -> None:
    """哪些规则不能同时成立 / which rule groups contradict each other, and what would suffice."""
    result = _run("conflict", _load(file), _limits(limits), as_json)
    _say(result, as_json, _texts(result["sentences"]) + _texts([r["text"] for r in result["relaxations"]]))
    if result["status"] == "conflict":
        sys.exit(4)


@allocate.command()
@FILE
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("unit")
@JSON
@click.option("--to", "body", help="exactly: what if this unit went to this body")
@_limit_options
def explain(file: Path, plan: Path, unit: str, as_json: bool, body: str | None, **limits: Any) -> None:
    """一个单位为什么去那里 / why a unit went where it went, the five best alternatives, exact what-if."""
    data, made = _load(file), _load(plan)
    if body is not None:
        result = _run("exact", data, _limits(limits), as_json, {"plan": made, "unit": unit, "body": body})
        _say(result, as_json, _texts([result["text"]]))
        return
    result = _run("explain", data, _limits(limits), as_json, {"plan": made, "unit": unit})
    lines = _texts([result["why_not_nearest"], *(a["text"] for a in result["alternatives"])])
    lines += [f"  × {e['body']}  {e['text']['zh']} / {e['text']['en']}" for e in result["excluded"]]
    _say(result, as_json, lines)

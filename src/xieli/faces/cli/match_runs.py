"""`xieli match models|check|run|cancel|hits|reveal|judge|outcomes|lift|due|sweep|flags|evaluate`."""
from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from xieli.engines.matching import verdicts
from xieli.engines.matching.models.contract import find_model, model_folders
from xieli.engines.matching.models.testing import check_all
from xieli.engines.matching.runs import expiry
from xieli.engines.matching.runs import reveal as revealing
from xieli.engines.matching.runs import run as running

from .match_common import Context, command

MODELS = click.option("--models", "models_folder", type=click.Path(path_type=Path, file_okay=False), help="A folder with models of your own.")


@click.command()
@MODELS
@command
def models(context: Context, models_folder: Path | None) -> None:
    """The models: number, question, tables and meanings they ask for."""
    rows, lines = [], []
    for ident in model_folders(models_folder):
        m = find_model(ident, models_folder)
        inputs = {t: {c: {"type": list(s.semantic), "role": s.role} for c, s in columns.items()} for t, columns in m.inputs.items()}
        rows.append({
            "model": m.id, "number": m.number, "version": m.version, "title": m.title, "question": m.question, "inputs": inputs,
            "innocent_causes": list(m.innocent_causes), "privacy": m.privacy, "parameters": {n: {"default": p.default, "source": p.source} for n, p in m.parameters.items()},
        })  # fmt: skip
        lines.append(f"{m.number:>5}  {m.id:<28} {m.title[context.lang]} — {m.question[context.lang]}")
        lines += [f"         {t}({', '.join(columns)})" for t, columns in inputs.items()]
    context.answer(rows, lines)


@click.command()
@MODELS
@command
def check(context: Context, models_folder: Path | None) -> int:
    """Check every model's folder: contract, explanation, innocent causes, privacy, tests. Exit 1 if one is refused."""
    found = check_all(models_folder)
    lines = []
    for c in found:
        lines.append(f"{'✓' if not c.problems else '✗'} {c.model}")
        lines += [f"    {p[context.lang]}" for p in c.problems]
    context.answer([{"model": c.model, "problems": list(c.problems)} for c in found], lines)
    return 1 if any(c.problems for c in found) else 0


@click.command()
@click.argument("model")
@click.option("--under", "authorization", required=True, help="Number of the authorization.")
@click.option("--operator", required=True, help="Who runs it; must be named in the authorization.")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True)
@click.option("--master", default="local[2]", show_default=True, help="Spark master.")
@click.option("--memory-mb", default=2048, show_default=True, type=click.IntRange(256))
@MODELS
@command
def run(context: Context, model: str, authorization: str, operator: str, engine: str, master: str, memory_mb: int, models_folder: Path | None) -> int:
    """Run MODEL under an authorization. Exit 1 when there are hits. The same request again repeats nothing."""
    limits = running.RunLimits(memory_mb=memory_mb, address_mb=memory_mb + 10_240)
    done = running.run_model(
        context.workspace, authorization, model, operator=operator, now=context.now, engine=engine, master=master,
        models=models_folder, limits=limits, progress=context.progress,
    )  # fmt: skip
    context.done()
    r = done.result
    rows = ", ".join(f"{s['dataset']} {s['rows']:,}" for s in r["snapshot"].values())
    told = (
        f"{done.run}：{r['hits']} 条疑点（{rows}）" + ("，结果已有，未重复运行" if done.again else "") if context.lang == "zh"
        else f"{done.run}: {r['hits']} hits ({rows})" + ("; done before, nothing was repeated" if done.again else "")
    )  # fmt: skip
    notes = [n[context.lang] for n in r["notes"]]
    follow = f"xieli match hits {done.run}" if r["hits"] else ""
    context.answer({**r, "again": done.again}, [told, *notes, *([follow] if follow else [])])
    return 1 if r["hits"] else 0


@click.command()
@click.argument("run_id")
@command
def cancel(context: Context, run_id: str) -> None:
    """Ask a run to stop; it writes nothing."""
    running.cancel(context.workspace, run_id)
    context.answer({"run": run_id, "cancelled": True}, [run_id])


@click.command()
@click.argument("run_id")
@click.option("--limit", default=20, show_default=True, help="How many to show.")
@command
def hits(context: Context, run_id: str, limit: int) -> None:
    """The hits of a run in words, with their evidence rows and the innocent causes to rule out first."""
    workspace = context.workspace
    judged = {v["hit"]: v for v in verdicts.latest(workspace)}
    found = [{**h, "verdict": judged.get(h["hit"])} for h in revealing.read_hits(running.run_folder(workspace, run_id))]
    lines = []
    if found:
        lines.append(found[0]["notice"][context.lang])
        lines += [f"  · {c[context.lang]}" for c in found[0]["innocent_causes"]]
    for h in found[:limit]:
        given = h["verdict"]
        told = f"【{verdicts.VERDICTS[given['verdict']][context.lang]}】" if given else ""
        lines.append(f"{h['hit']}  {told}{h['explanation'][context.lang]}")
        for table, e in h["evidence"].items():
            shown = "; ".join(", ".join(f"{k}={v}" for k, v in r.items()) for r in e["rows"][:5])
            lines.append(f"    {table} ({e['dataset']}, {e['count']}): {shown}")
    if len(found) > limit:
        lines.append(f"… {len(found) - limit}")
    context.answer(found[:limit], lines)


@click.command()
@click.argument("run_id")
@click.argument("hit")
@click.option("--by", required=True)
@click.option("--reason", required=True)
@command
def reveal(context: Context, run_id: str, hit: str, by: str, reason: str) -> None:
    """The original rows behind HIT, side by side. The act is recorded before anything is shown."""
    shown = revealing.reveal(context.workspace, run_id, hit, by=by, reason=reason, now=context.now)
    lines = [shown["hit"]["explanation"][context.lang]]
    for table, part in shown["rows"].items():
        lines.append(f"{table} ({part['dataset']}): " + " | ".join(t[context.lang] for t in part["titles"].values()))
        lines += ["    " + " | ".join(str(v) for k, v in r.items() if k != "row") for r in part["rows"]]
    context.answer(shown, lines)


@click.command()
@click.argument("run_id")
@click.argument("hit")
@click.option("--verdict", required=True, type=click.Choice(list(verdicts.VERDICTS)))
@click.option("--reason", default="")
@click.option("--by", required=True)
@click.option("--site", required=True, help="The body that judged.")
@command
def judge(context: Context, run_id: str, hit: str, verdict: str, reason: str, by: str, site: str) -> None:
    """A person's verdict on HIT: true, not_true (and why), data_error, open."""
    record = verdicts.judge(context.workspace, run_id, hit, verdict, by=by, reason=reason, site=site, now=context.now)
    context.answer(record, [f"{hit}: {verdicts.VERDICTS[verdict][context.lang]}"])


@click.command()
@command
def outcomes(context: Context) -> None:
    """What people judged: counts and precision per model, version, site and month, and suspended models."""
    rows = verdicts.outcomes(context.workspace)
    stopped = {m: why for m in sorted({r["model"] for r in rows}) if (why := verdicts.suspended(context.workspace, m))}
    lines = [
        f"{r['model']} v{r['version']} {r['site']} {r['month']}: {r['true']}/{r['judged']} = {r['precision'] or '—'} ({verdicts.VERDICTS['open'][context.lang]} {r['open']})"
        for r in rows
    ]
    lines += [f"{m}: {why[context.lang]}" for m, why in stopped.items()]
    context.answer({"outcomes": rows, "suspended": stopped}, lines)


@click.command()
@click.argument("model")
@click.option("--by", required=True)
@click.option("--reason", required=True, help="What changed.")
@command
def lift(context: Context, model: str, by: str, reason: str) -> None:
    """Let a suspended MODEL run again."""
    verdicts.lift_suspension(context.workspace, model, by=by, reason=reason, now=context.now)
    context.answer({"model": model, "lifted": True}, [model])


@click.command()
@command
def due(context: Context) -> int:
    """Remaining days per authorization and what is to be destroyed. Exit 1 if something is due."""
    rows = expiry.due(context.workspace, context.now)
    words = {"zh": ("待销毁", "已销毁", "剩 {} 天"), "en": ("to be destroyed", "destroyed", "{} days left")}[context.lang]
    lines = [f"{r['authorization']}: {words[0] if r['due'] else words[1] if r['destroyed'] else words[2].format(r['days_left'])} ({r['keep_until']})" for r in rows]
    context.answer(rows, lines)
    return 1 if any(r["due"] for r in rows) else 0


@click.command()
@click.option("--by", required=True)
@command
def sweep(context: Context, by: str) -> None:
    """Destroy what is due; the record of it stays."""
    gone = expiry.sweep(context.workspace, by=by, now=context.now)
    context.answer(gone, [f"{g['authorization']}: {', '.join(g['files']) or '—'}" for g in gone])


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--settings", "settings_file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Settings in Cardinal's INI form.")
@click.option("--meta", is_flag=True, help="With the quartiles and fences.")
@command
def flags(context: Context, file: Path, settings_file: Path | None, meta: bool) -> int:
    """Eleven procurement flags over OCDS releases (JSON Lines), as JSON. Exit 1 when something is flagged."""
    from xieli.engines.matching.procurement.flags import Settings, compute, read_releases, read_settings

    settings = read_settings(settings_file.read_text("utf-8")) if settings_file else Settings()
    found = compute(read_releases(file), settings, meta=meta)
    click.echo(json.dumps(found, ensure_ascii=False))
    return 1 if any(found.get(g) for g in ("OCID", "Buyer", "ProcuringEntity", "Tenderer")) else 0


def _linking(folder: Path) -> list[dict[str, Any]]:
    """Rows of entity resolution and flows, with the goals set for our own clusters and links; other rows have none."""
    from xieli.faces.cli.match_er import evaluation_rows

    def met(row: dict[str, Any]) -> bool | None:
        goal = GOALS.get((row["data"], row["method"]))
        return None if goal is None or row["f1"] is None else bool(row["f1"] >= goal)

    return [{**row, "ok": met(row)} for row in evaluation_rows()]


# F1 aimed at: (data, method) as match_er names them.
GOALS = {
    ("historical_50k", "xieli, pairs with a test record"): 0.90, ("historical_50k", "xieli, all records"): 0.90,
    ("FEBRL4", "xieli, test half"): 0.999, ("FEBRL4", "xieli, all"): 0.999,
}  # fmt: skip


@click.command("evaluate")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), envvar="XIELI_SHARED", help="The folder of evaluation data.")
@click.option("--only", type=click.Choice(["all", "cardinal", "linking"]), default="all", show_default=True)
@command
def evaluate_(context: Context, data: Path | None, only: str) -> int:
    """The standing checks on data nobody here wrote. Exit 1 when one misses its goal."""
    from xieli.engines.matching.evaluate import cardinal, evaluate

    shared = data or Path(__file__).resolve().parents[5] / "shared"
    entries = [cardinal] if only != "linking" else []
    if only != "cardinal" and find_spec("splink") is not None:
        entries.append(_linking)
    rows = evaluate(shared / "data", entries)
    lines = []
    for r in rows:
        mark = {True: "✓", False: "✗", None: " "}[r["ok"]]
        figure = f"P {r['precision']:.4f} R {r['recall']:.4f} F1 {r['f1']:.4f}  " if r.get("f1") is not None else ""
        lines.append(f"{mark} {r['data']:<28} {r['method']:<48} {figure}{r['how']}")
    context.answer(rows, lines)
    return 1 if any(r["ok"] is False for r in rows) else 0

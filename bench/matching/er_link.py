"""Link n × n synthetic Chinese persons: our comparators beside Splink's default ones, per error mix.

    python bench/matching/er_link.py                       # 20,000 × 20,000, to see that it runs
    python bench/matching/er_link.py 1000000 [--mixes plain typed …] [--out FILE]

A result is written as soon as its mix is done (from a million rows on to bench/results/match-er-link.json unless --out says
otherwise): who interrupts keeps the mixes that are done, and the same command goes on with the others.

Both sides get the same candidate pairs (our blocking keys are given to Splink's side for nothing), the same
training split (a fifth of the left register and the right records of the same persons), m from its labels, u from
random pairs, and a threshold with the best F1 on that split; F1 is of the other four fifths. Time is training
plus scoring; ours also counts the preparation of derived columns (names, sounds, addresses), theirs counts none.
Beside wall time stands processor time of the process, all threads: on a shared machine only that compares.
"""
from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from xieli.engines.matching.er import link, quality
from xieli.engines.matching.er.mixes import mixes
from xieli.engines.matching.er.people import RULES, person_spec, prepare_people
from xieli.engines.matching.er.synth_people import Registers, make_people
from xieli.engines.matching.er.synth_places import synthetic_gazetteer

RESULTS = Path(__file__).parents[1] / "results" / "match-er-link.json"
KEYS = sorted({c for r in RULES for c in r.columns} - {"phone", "birth", "sex"})


def default_settings(prior: float) -> dict[str, Any]:
    """Splink's own comparators at their defaults, rarity of names and telephones counted."""
    import splink.comparison_library as cl
    from splink import SettingsCreator

    comparisons = [
        cl.NameComparison("name"),
        cl.DateOfBirthComparison("birth", input_is_string=True),
        cl.ExactMatch("sex"),
        cl.LevenshteinAtThresholds("phone").configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("address"),
    ]
    made = SettingsCreator("link_only", comparisons, [r.sql for r in RULES]).create_settings_dict("duckdb")
    return made | {"probability_two_random_records_match": prior, "retain_matching_columns": False}


def split(table: pa.Table) -> pa.Array:
    return pa.array(table["entity"].to_numpy() % 5 == 0)


class Watch:
    """Wall and processor seconds per lap."""

    def __init__(self) -> None:
        self.last = self._now()
        self.laps: dict[str, tuple[float, float]] = {}

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def lap(self, name: str) -> None:
        now = self._now()
        self.laps[name] = (now[0] - self.last[0], now[1] - self.last[1])
        self.last = now

    def summary(self) -> dict[str, float]:
        out = {f"{k}_s": round(w, 1) for k, (w, _) in self.laps.items()}
        out["total_s"] = round(sum(w for w, _ in self.laps.values()), 1)
        out["total_cpu_s"] = round(sum(c for _, c in self.laps.values()), 1)
        return out


def defaults(left: pa.Table, right: pa.Table, prior: float, sample: float) -> tuple[pa.Table, Watch]:
    watch = Watch()
    with link.connect() as con:
        trainer = link.linker(con, (left.filter(split(left)), right.filter(split(right))), default_settings(prior))
        trainer.training.estimate_u_using_random_sampling(max_pairs=sample, seed=1)
        trainer.training.estimate_m_from_label_column("entity")
        trained = trainer.misc.save_model_to_json()
    watch.lap("train")
    with link.connect() as con:
        scorer = link.linker(con, (left, right), trained)
        pairs = scorer.inference.predict(threshold_match_probability=0.01)
        out = con.sql(f"select unique_id_l as left_id, unique_id_r as right_id, match_weight as weight from {pairs.physical_name} order by weight desc, left_id, right_id").to_arrow_table()
    watch.lap("score")
    return out, watch


def ours(left: pa.Table, right: pa.Table, prior: float, sample: float, watch: Watch) -> pa.Table:
    spec = person_spec()
    model = link.train((left.filter(split(left)), right.filter(split(right))), spec, label_column="entity", prior=prior, sample_pairs=sample)
    watch.lap("train")
    out = link.score((left, right), spec, model)
    watch.lap("score")
    return out


def judge(pairs: pa.Table, made: Registers) -> dict[str, float]:
    entity = made.left["entity"].to_numpy()
    in_training = entity % 5 == 0
    number = np.array([int(x[1:]) for x in pairs["left_id"].to_pylist()])
    part = in_training[number]
    true = quality.mark_true(pairs, made.truth)
    truth_left = np.array([int(x[1:]) for x in made.truth["left_id"].to_pylist()])
    total_train = int(in_training[truth_left].sum())
    weights = pairs["weight"].to_numpy()
    chosen = quality.best_threshold(weights[part], true[part], total_train)
    q = quality.at_threshold(weights[~part], true[~part], len(truth_left) - total_train, chosen.threshold)
    return {"threshold": round(q.threshold, 3), "precision": round(q.precision, 5), "recall": round(q.recall, 5), "f1": round(q.f1, 5)}


def run(n: int, mix: str, seed: int) -> dict[str, Any]:
    made = make_people(n, mixes()[mix], seed)
    prior = made.truth.num_rows / n / n
    sample = 5e6
    watch = Watch()
    places = synthetic_gazetteer()
    left, right = prepare_people(made.left, places, ("entity",)), prepare_people(made.right, places, ("entity",))
    watch.lap("prepare")
    found = ours(left, right, prior, sample, watch)
    mine = judge(found, made) | watch.summary()
    blocking = [vars_of(c) for c in link.measure_blocking((left, right), RULES, made.truth)]
    del found
    gc.collect()

    def plain(raw: pa.Table, ready: pa.Table) -> pa.Table:
        columns = {"unique_id": raw["id"], **{k: raw[k] for k in ("entity", "name", "birth", "sex", "phone", "address")}}
        return pa.table(columns | {k: ready[k] for k in KEYS})

    found, watch = defaults(plain(made.left, left), plain(made.right, right), prior, sample)
    theirs = judge(found, made) | watch.summary()
    return {
        "mix": mix, "by_sound_or_shape": mixes()[mix].has_sound_or_shape, "rows": n, "seed": seed, "true_pairs": made.truth.num_rows,
        "blocking": blocking, "xieli": mine, "splink_defaults": theirs,
        "time_ratio": round(mine["total_s"] / theirs["total_s"], 3), "cpu_ratio": round(mine["total_cpu_s"] / theirs["total_cpu_s"], 3), "f1_gain": round(mine["f1"] - theirs["f1"], 5),
    }  # fmt: skip


def vars_of(count: link.BlockingCount) -> dict[str, Any]:
    return {"rule": count.rule, "pairs": count.pairs, "new_pairs": count.new_pairs, "found": count.found, "new_found": count.new_found}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("n", type=int, nargs="?", default=20_000)
    parser.add_argument("--mixes", nargs="+", default=["plain", "typed", "written", "mixed", "village"])
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    logging.getLogger("splink").setLevel(logging.ERROR)
    out = args.out or (RESULTS if args.n >= 1_000_000 else None)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    results = {"command": f"python bench/matching/er_link.py {args.n}", "machine": machine, "load_before": os.getloadavg()[0], "mixes": kept(out, args.n, args.seed, machine)}
    print(machine)
    done = {r["mix"] for r in results["mixes"]}
    if done >= set(args.mixes):  # a whole run lies there: this is another one
        results["mixes"], done = [], set()
    for mix in args.mixes:
        if mix in done:
            print(f"{args.n:,} {mix:8} done before, in {out}")
            continue
        r = run(args.n, mix, args.seed)
        results["mixes"].append(r)
        print(f"{args.n:,} {mix:8} xieli F1 {r['xieli']['f1']:.5f} in {r['xieli']['total_s']} s | Splink defaults F1 {r['splink_defaults']['f1']:.5f} in {r['splink_defaults']['total_s']} s | gain {r['f1_gain']:+.5f} time ×{r['time_ratio']} cpu ×{r['cpu_ratio']}", flush=True)
        if out:
            whole = out.with_suffix(".part")
            whole.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")
            whole.replace(out)


def kept(out: Path | None, n: int, seed: int, machine: str) -> list[dict[str, Any]]:
    """The mixes of an interrupted run of the same size, seed and machine."""
    if out is None or not out.exists():
        return []
    before = json.loads(out.read_text("utf-8"))
    return [r for r in before["mixes"] if (r["rows"], r["seed"]) == (n, seed)] if before["machine"] == machine else []


if __name__ == "__main__":
    main()

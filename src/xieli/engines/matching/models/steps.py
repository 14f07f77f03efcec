"""Small steps over a model's result rows that SQL says badly. A model names one; it cannot bring its own code."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..procurement.flags import flag_step

Row = dict[str, Any]
Step = Callable[[list[Row], dict[str, str]], list[Row]]


def hypergeometric_fdr(rows: list[Row], parameters: dict[str, str]) -> list[Row]:
    """Keep groups with more linked recipients than chance explains.

    Each row has `county`, `people`, `linked`, `recipients`, `observed`: of `people` in a village `linked` are kin of
    its cadres and `recipients` get the benefit; `observed` are both. p = P(X ≥ observed) under the hypergeometric
    law; the false discovery rate is controlled within each county (Benjamini and Hochberg 1995). Adds `expected`,
    `p` and `q`; keeps q < `q_limit` with at least `least` observed.
    """
    from scipy.stats import hypergeom  # half a second to import, so only where it is used

    out: list[Row] = []
    by_county: dict[Any, list[Row]] = {}
    for row in rows:
        p = float(hypergeom.sf(row["observed"] - 1, row["people"], row["linked"], row["recipients"]))
        expected = row["linked"] * row["recipients"] / row["people"]
        by_county.setdefault(row["county"], []).append({**row, "p": p, "expected": round(expected, 2)})
    for group in by_county.values():
        group.sort(key=lambda r: r["p"])
        least = 1.0
        for rank in range(len(group), 0, -1):
            least = min(least, group[rank - 1]["p"] * len(group) / rank)
            group[rank - 1]["q"] = least
        out += [r for r in group if r["q"] < float(parameters["q_limit"]) and r["observed"] >= int(parameters["least"])]
    for row in out:
        row["p"], row["q"] = float(f"{row['p']:.3g}"), float(f"{row['q']:.3g}")
    return out


STEPS: dict[str, Step] = {"hypergeometric_fdr": hypergeometric_fdr, "ocds_flag": flag_step}

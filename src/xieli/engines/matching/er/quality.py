"""Precision, recall and F1 of scored pairs against a truth; thresholds from a training split only."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures at one threshold (match weight in bits). Rates are 0–1."""

    threshold: float
    precision: float
    recall: float
    f1: float


def best_threshold(weights: NDArray[np.float64], is_true: NDArray[np.bool_], total_true: int) -> Quality:
    """The threshold with the highest F1 over all possible cuts of these pairs."""
    order = np.argsort(-weights, kind="stable")
    w, hits = weights[order], np.cumsum(is_true[order])
    taken = np.arange(1, len(w) + 1)
    last_of_tie = np.append(w[1:] != w[:-1], True)
    f1 = np.where(last_of_tie, 2 * hits / (taken + total_true), -1.0)
    best = int(np.argmax(f1))
    # midway to the next weight, so that the cut does not hang on one training pair
    below = w[best + 1] if best + 1 < len(w) else w[best] - 1.0
    return Quality(float((w[best] + below) / 2), float(hits[best] / taken[best]), float(hits[best] / total_true), float(f1[best]))


def at_threshold(weights: NDArray[np.float64], is_true: NDArray[np.bool_], total_true: int, threshold: float) -> Quality:
    """Precision, recall and F1 of the pairs at or above the threshold."""
    taken = weights >= threshold
    hits, n = int(is_true[taken].sum()), int(taken.sum())
    precision = hits / n if n else 0.0
    recall = hits / total_true if total_true else 0.0
    f1 = 2 * hits / (n + total_true) if n + total_true else 0.0
    return Quality(threshold, precision, recall, f1)


def mark_true(pairs: pa.Table, truth: pa.Table) -> NDArray[np.bool_]:
    """For each scored pair whether it is in the truth (columns left_id, right_id in both)."""
    known = set(zip(truth["left_id"].to_pylist(), truth["right_id"].to_pylist(), strict=True))
    both = zip(pairs["left_id"].to_pylist(), pairs["right_id"].to_pylist(), strict=True)
    return np.fromiter((p in known for p in both), dtype=bool, count=pairs.num_rows)

"""Standing check of flows on AMLSim's sample: planted circles and fan-ins, judged per account.

Definition: an account is *found* when it lies on a reported circle, on a chain of two transfers that keeps its amount (a
circle the end of the simulation cut off), or receives or pays in a reported fan-in; it is *true* when the file marks it isFraud. The file says neither which pattern an account belongs to nor which
transfers were planted, its planted circles do not follow time (so order="any") and many were cut off by the end
of the simulation before they closed; such accounts cannot be found by structure. Amounts of planted transfers
are an order of magnitude below the others: an artefact of the simulator that is not used here. Settings are
chosen on the accounts of the training half.

Of the 1,804 marked accounts 576 take part in no planted transfer at all, so structure cannot find more than 68 %. One more
trace was tried and is printed, not used: the simulator repeats every planted transfer to the cent, and pairs of accounts with
more than one transfer alone would find 66 % without a false one. That is the simulator's habit, not a launderer's. The settings
that the training half chooses (two transfers per pair at least) lean on it too: on other data expect less.
"""
from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .flows import Transfers, chains, circles, fan_ins

LONGEST = 5  # longer ones do not close within the sample
SPREADS = (2.0, 3.0)
WINDOWS = (40.0, 150.0)
REPEATS = (1, 2)
PAYERS = (2, 3)
TOLERANCES = (0.0, 0.001, 0.1, 0.2)
ORDERS = ("time", "any")


@dataclass(frozen=True, slots=True)
class AccountFigure:
    """Precision, recall and F1 per account (0–1) of one detector."""

    method: str
    found: int
    precision: float
    recall: float
    f1: float
    how: str


def _figure(method: str, found: NDArray[np.bool_], true: NDArray[np.bool_], part: NDArray[np.bool_], how: str) -> AccountFigure:
    hits, n, total = int((found & true & part).sum()), int((found & part).sum()), int((true & part).sum())
    return AccountFigure(method, n, hits / n if n else 0.0, hits / total if total else 0.0, 2 * hits / (n + total) if n + total else 0.0, how)


def _mask(accounts: int, numbers: list[int]) -> NDArray[np.bool_]:
    mask = np.zeros(accounts, dtype=bool)
    mask[numbers] = True
    return mask


def _repeated(t: Transfers) -> NDArray[np.bool_]:
    _, where, times = np.unique(t.source * t.accounts + t.target, return_inverse=True, return_counts=True)
    twice = times[where] > 1
    return _mask(t.accounts, [*t.source[twice].tolist(), *t.target[twice].tolist()])


def amlsim(t: Transfers, is_fraud: NDArray[np.bool_]) -> list[AccountFigure]:
    """Figures for circles, fan-ins and both on the test half of the accounts, both also on all."""
    training = np.array([zlib.crc32(str(i).encode()) % 2 == 0 for i in range(t.accounts)])
    span = float(t.time.max() - t.time.min())

    def on_circles(order: str) -> NDArray[np.bool_]:
        result = circles(t, window=span, longest=LONGEST, shortest=3, kept=0.999, gain=1.001, order=order)
        return _mask(t.accounts, [a for c in result.found for a in c.accounts])

    def in_fans(window: float, payers: int, spread: float, repeats: int) -> NDArray[np.bool_]:
        fans = fan_ins(t, window=window, payers=payers, spread=spread, repeats=repeats)
        return _mask(t.accounts, [a for f in fans for a in (f.account, *f.payers)])

    best: tuple[float, tuple[float, int, float, int]] = (-1.0, (0.0, 0, 0.0, 0))
    for setting in product(WINDOWS, PAYERS, SPREADS, REPEATS):
        f1 = _figure("", in_fans(*setting), is_fraud, training, "").f1
        best = max(best, (f1, setting))
    best_chain: tuple[float, tuple[float, str, int]] = (-1.0, (0.0, "time", 1))
    for chain in product(TOLERANCES, ORDERS, REPEATS):
        f1 = _figure("", chains(t, window=span, tolerance=chain[0], order=chain[1], repeats=chain[2]), is_fraud, training, "").f1
        best_chain = max(best_chain, (f1, chain))
    tolerance, order, twice = best_chain[1]
    open_ends = chains(t, window=span, tolerance=tolerance, order=order, repeats=twice)
    fans, rings, strict = in_fans(*best[1]), on_circles("any"), on_circles("time")
    window, payers, spread, repeats = best[1]
    how = f"≥ {payers} payers in {window:.0f} steps, amounts within ×{spread}, ≥ {repeats} transfers per payer (chosen on the training half)"
    same = f"3–{LONGEST} transfers of the same amount"
    everything = np.ones(t.accounts, dtype=bool)
    return [
        _figure("circles that respect time, test half", strict, is_fraud, ~training, same),
        _figure("circles in any order, test half", rings, is_fraud, ~training, same),
        _figure("chains that keep their amount, test half", open_ends, is_fraud, ~training, f"two hops, amounts within {tolerance:.1%}, order {order}, ≥ {twice} transfers per pair (chosen on the training half)"),
        _figure("fan-ins, test half", fans, is_fraud, ~training, how),
        _figure("circles or fan-ins, test half", rings | fans, is_fraud, ~training, ""),
        _figure("circles, chains or fan-ins, test half", rings | open_ends | fans, is_fraud, ~training, ""),
        _figure("circles, chains or fan-ins, all", rings | open_ends | fans, is_fraud, everything, ""),
        _figure("pairs with more than one transfer, all", _repeated(t), is_fraud, everything, "a habit of the simulator: tried, not used"),
    ]

"""Flows of money over arrays: circles that come back, money passed straight through, many payers into one account.

A flow respects time (each transfer at or after the one before) and keeps its amount (within the stated share).
What is found is an anomaly, never a finding: refunds, family loans and agency accounts look alike.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_WALKS = 2_000_000  # partial chains kept per hop
TINY = 1e-9  # room for rounding in shares


@dataclass(frozen=True, slots=True)
class Transfers:
    """Transfers between accounts 0 … accounts - 1; time in any unit that counts upward, amounts above zero."""

    accounts: int
    source: Ints
    target: Ints
    amount: Floats
    time: Floats

    def __post_init__(self) -> None:
        if not len(self.source) == len(self.target) == len(self.amount) == len(self.time):
            raise ValueError("transfer columns differ in length / 交易各列长度不一")
        if len(self.amount) and not (self.amount > 0).all():
            raise ValueError("amounts must be above zero; turn a refund into a transfer back / 金额须大于零，退款请记为反向交易")


@dataclass(frozen=True, slots=True)
class Circle:
    """A chain of transfers (numbers into the columns) that ends where it began; kept is last / first amount."""

    transfers: tuple[int, ...]
    accounts: tuple[int, ...]
    first_time: float
    last_time: float
    kept: float


@dataclass(frozen=True, slots=True)
class Circles:
    """Circles found, shortest first; cut_short when more chains existed than MOST_WALKS."""

    found: tuple[Circle, ...]
    cut_short: bool


def in_circles(t: Transfers) -> NDArray[np.bool_]:
    """Transfers that can lie on a circle at all: both ends in one strong component (source: Tarjan's property)."""
    matrix = csr_array((np.ones(len(t.source)), (t.source, t.target)), shape=(t.accounts, t.accounts))
    label = connected_components(matrix, directed=True, connection="strong")[1]
    return np.asarray((label[t.source] == label[t.target]) & (t.source != t.target))


def circles(
    t: Transfers, *, window: float, longest: int = 5, shortest: int = 2, kept: float = 0.8, gain: float = 1.0, order: str = "time"
) -> Circles:
    """Circles of `shortest` to `longest` transfers inside `window`, each hop keeping the amount.

    kept: a hop passes on at least this share of the one before; gain: and at most this many times it. The last
    hop also keeps `kept` of the first. order: "time" (each hop at or after the one before; equal times either way)
    or "any" (the window alone binds: for books whose days are not reliable). Every circle is reported once, from
    its earliest transfer; transfers equal in both ends, amount and time count as one.
    """
    if not 2 <= shortest <= longest:
        raise ValueError("circles have two or more transfers / 闭环至少两笔")
    if not 0 < kept <= 1 or gain < 1:
        raise ValueError("kept is in (0, 1] and gain at least 1 / 保留比例须在 (0,1]，增幅不小于 1")
    if order not in ("time", "any"):
        raise ValueError("order is time or any / order 须为 time 或 any")
    use = _distinct(t, np.flatnonzero(in_circles(t)))
    sort = use[np.lexsort((use, t.time[use], t.source[use]))]
    source, target, amount, time = t.source[sort], t.target[sort], t.amount[sort], t.time[sort]
    # one sorted key finds "out of this account, from this moment, until that one"
    by_time = np.lexsort((sort, time))
    rank = np.empty(len(sort), dtype=np.int64)
    rank[by_time] = np.arange(len(sort))
    sorted_time = time[by_time]
    span = len(sort) + 1
    key = source * span + rank
    walks = np.arange(len(sort))[:, None]
    found: list[Circle] = []
    cut_short = False
    for hops in range(2, longest + 1):
        first, last = walks[:, 0], walks[:, -1]
        # a circle is told from its earliest transfer, so nothing before it is of interest
        from_rank = np.searchsorted(sorted_time, time[last], side="left") if order == "time" else rank[first] + 1
        to_rank = np.searchsorted(sorted_time, time[first] + window, side="right")
        low = np.searchsorted(key, target[last] * span + np.maximum(from_rank, rank[first] + 1))
        high = np.searchsorted(key, target[last] * span + to_rank)
        count = np.maximum(high - low, 0)
        total = int(count.sum())
        if total > MOST_WALKS:
            fits = int(np.searchsorted(np.cumsum(count), MOST_WALKS, side="right"))
            count[fits:] = 0
            total, cut_short = int(count.sum()), True
        walk = np.repeat(np.arange(len(walks)), count)
        edge = np.repeat(low, count) + np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        ratio = amount[edge] / amount[last[walk]]
        good = (ratio >= kept - TINY) & (ratio <= gain + TINY)
        walk, edge = walk[good], edge[good]
        longer = np.concatenate([walks[walk], edge[:, None]], axis=1)
        closed = target[edge] == source[longer[:, 0]]
        if hops >= shortest:
            home = longer[closed]
            share = amount[home[:, -1]] / amount[home[:, 0]]
            for row, s in zip(home.tolist(), share.tolist(), strict=True):
                if s >= kept - TINY:
                    at = np.array(row)
                    found.append(
                        Circle(tuple(sort[at].tolist()), tuple(source[at].tolist()), float(time[at].min()), float(time[at].max()), s)
                    )
        open_walks = longer[~closed]
        visited = target[open_walks[:, :-1]] == target[open_walks[:, -1:]]
        walks = open_walks[~visited.any(axis=1)]
        if not len(walks):
            break
    found.sort(key=lambda c: (len(c.transfers), c.first_time, c.transfers))
    return Circles(tuple(found), cut_short)


def _distinct(t: Transfers, rows: Ints) -> Ints:
    """The first of every set of rows that are equal in ends, amount and time."""
    if not len(rows):
        return rows
    table = np.stack([t.source[rows].astype(float), t.target[rows].astype(float), t.amount[rows], t.time[rows]], axis=1)
    return np.sort(rows[np.unique(table, axis=0, return_index=True)[1]])


def chains(t: Transfers, *, window: float, tolerance: float = 0.0, order: str = "time", repeats: int = 1) -> NDArray[np.bool_]:
    """Accounts on a chain of two transfers that keeps its amount: a circle that has not closed, or has not closed yet.

    tolerance: the second amount differs from the first at most by this share. order as in `circles`. repeats: both pairs
    of accounts have at least this many transfers in all. The three accounts of a chain differ.
    """
    rows = np.flatnonzero(t.source != t.target)
    if repeats > 1 and len(rows):
        _, where, times = np.unique(t.source[rows] * t.accounts + t.target[rows], return_inverse=True, return_counts=True)
        rows = rows[times[where] >= repeats]
    found = np.zeros(t.accounts, dtype=bool)
    by_source = rows[np.argsort(t.source[rows], kind="stable")]
    low, high = np.searchsorted(t.source[by_source], t.target[rows], "left"), np.searchsorted(t.source[by_source], t.target[rows], "right")
    count = high - low
    first = np.repeat(rows, count)
    second = by_source[np.repeat(low, count) + np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)]
    wait = t.time[second] - t.time[first]
    keeps = np.abs(t.amount[second] / t.amount[first] - 1) <= tolerance + TINY
    good = keeps & (t.target[second] != t.source[first]) & (np.abs(wait) <= window) & ((wait >= 0) if order == "time" else np.ones(len(wait), dtype=bool))
    for ends in (t.source[first], t.target[first], t.target[second]):
        found[ends[good]] = True
    return found


@dataclass(frozen=True, slots=True)
class FanIn:
    """Many payers into one account inside a window; transfers are numbers into the columns."""

    account: int
    payers: tuple[int, ...]
    transfers: tuple[int, ...]
    first_time: float
    last_time: float
    total: float


def fan_ins(t: Transfers, *, window: float, payers: int = 3, spread: float | None = None, repeats: int = 1) -> list[FanIn]:
    """Accounts that take in from at least `payers` different accounts inside `window`; the fullest window each.

    spread: amounts in the window may differ at most by this factor (largest / smallest); None: any.
    repeats: a payer counts when the account has at least this many transfers from him in all (2: bursts only).
    """
    rows = np.flatnonzero(t.source != t.target)
    if repeats > 1 and len(rows):
        pair = t.source[rows] * t.accounts + t.target[rows]
        _, where, times = np.unique(pair, return_inverse=True, return_counts=True)
        rows = rows[times[where] >= repeats]
    order = rows[np.lexsort((rows, t.time[rows], t.target[rows]))]
    source, target, time, amount = t.source[order], t.target[order], t.time[order], t.amount[order]
    borders = np.flatnonzero(np.diff(target)) + 1
    out = []
    for low, high in zip(np.concatenate([[0], borders]).tolist(), np.concatenate([borders, [len(target)]]).tolist(), strict=True):
        if high - low < payers:
            continue
        at = _fullest(source[low:high].tolist(), time[low:high].tolist(), amount[low:high].tolist(), window, payers, spread)
        if at:
            rows = np.array(at) + low
            out.append(
                FanIn(
                    int(target[low]),
                    tuple(sorted(set(source[rows].tolist()))),
                    tuple(order[rows].tolist()),
                    float(time[rows].min()),
                    float(time[rows].max()),
                    float(amount[rows].sum()),
                )
            )
    return out


def _fullest(source: list[int], time: list[float], amount: list[float], window: float, payers: int, spread: float | None) -> list[int]:
    """Positions of the window with the most payers (the first of equals), at least `payers`; times ascend."""
    best: list[int] = []
    most, end, seen_end = payers - 1, 0, 0
    inside: dict[int, int] = {}
    for begin in range(len(time)):
        while end < len(time) and time[end] <= time[begin] + window:
            inside[source[end]] = inside.get(source[end], 0) + 1
            end += 1
        # a window that ends where the last one did holds nothing new
        if end > seen_end and len(inside) > most:
            chosen = list(range(begin, end))
            if spread is not None:
                chosen = _alike(chosen, source, amount, spread)
            if len({source[i] for i in chosen}) > most:
                best, most = chosen, len({source[i] for i in chosen})
        seen_end = end
        inside[source[begin]] -= 1
        if not inside[source[begin]]:
            del inside[source[begin]]
    return best


def _alike(rows: list[int], source: list[int], amount: list[float], spread: float) -> list[int]:
    """The rows whose amounts differ at most by the factor, with the most payers; in order of time."""
    by_amount = sorted(rows, key=lambda i: amount[i])
    best: list[int] = []
    most, end = 0, 0
    inside: dict[int, int] = {}
    for begin, i in enumerate(by_amount):
        while end < len(by_amount) and amount[by_amount[end]] <= amount[i] * spread + TINY:
            inside[source[by_amount[end]]] = inside.get(source[by_amount[end]], 0) + 1
            end += 1
        if len(inside) > most:
            best, most = by_amount[begin:end], len(inside)
        inside[source[i]] -= 1
        if not inside[source[i]]:
            del inside[source[i]]
    return sorted(best)


@dataclass(frozen=True, slots=True)
class PassThrough:
    """An account that let money in and out again; pairs are (in, out) transfer numbers."""

    account: int
    pairs: tuple[tuple[int, int], ...]
    total: float


def pass_through(t: Transfers, *, window: float, low: float = 0.9, high: float = 1.1, times: int = 3) -> list[PassThrough]:
    """Accounts that passed on an amount (out / in between low and high) within `window`, at least `times` times.

    A transfer out answers one transfer in: the earliest that is still unanswered. Money sent back to the payer
    is a refund, not a passage, and does not count.
    """
    into = np.lexsort((np.arange(len(t.time)), t.time, t.target))
    outof = np.lexsort((np.arange(len(t.time)), t.time, t.source))
    both = np.intersect1d(t.target, t.source)
    in_low, in_high = np.searchsorted(t.target[into], both, "left"), np.searchsorted(t.target[into], both, "right")
    out_low, out_high = np.searchsorted(t.source[outof], both, "left"), np.searchsorted(t.source[outof], both, "right")
    enough = (in_high - in_low >= times) & (out_high - out_low >= times)
    found = []
    for k in np.flatnonzero(enough).tolist():
        incoming, outgoing = into[in_low[k] : in_high[k]], outof[out_low[k] : out_high[k]]
        answered = np.zeros(len(incoming), dtype=bool)
        pairs = []
        for o in outgoing.tolist():
            wait = t.time[o] - t.time[incoming]
            ratio = t.amount[o] / t.amount[incoming]
            fits = ~answered & (wait >= 0) & (wait <= window) & (ratio >= low) & (ratio <= high) & (t.source[incoming] != t.target[o])
            fits &= incoming != o
            at = np.flatnonzero(fits)
            if len(at):
                answered[at[0]] = True
                pairs.append((int(incoming[at[0]]), int(o)))
        if len(pairs) >= times:
            found.append(PassThrough(int(both[k]), tuple(pairs), float(sum(t.amount[i] for i, _ in pairs))))
    return sorted(found, key=lambda p: (-len(p.pairs), p.account))

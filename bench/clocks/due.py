"""How fast a due date is: the fold with look-up arrays against walking day by day, and recomputation after a notice.

    python bench/clocks/due.py            # prints, and writes bench/results/clocks.json

Baseline: the same working-day date found by walking days with chinese-calendar's tables, as most packages do.
"""
from __future__ import annotations

import json
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

from xieli.engines.clocks import (
    DayFact,
    Event,
    Kind,
    Notice,
    apply_notice,
    due,
    load_calendars,
    load_rules,
    next_change,
    recompute,
    standing,
)

CLOCKS = 100_000


def microseconds(call: Callable[[], object], number: int, rounds: int = 7) -> float:
    """Median over rounds of the time of one call."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(number):
            call()
        times.append((time.perf_counter() - begin) / number * 1e6)
    return round(statistics.median(times), 2)


def walk(start: date, n: int) -> date:
    """The n-th working day after ``start``, one day at a time."""
    day = start
    while n:
        day += timedelta(days=1)
        n -= chinese_calendar.is_workday(day)
    return day


def main() -> None:
    began = time.perf_counter()
    rules, calendars = load_rules(), load_calendars()
    cn = calendars["cn-mainland"]
    cn.nth_array, cn.working_array  # noqa: B018  the arrays are built once per process
    loading = time.perf_counter() - began
    start = [Event(Kind.START, date(2026, 2, 26))]
    ack, liuzhi = rules["cn.jb.realname.ack"], rules["cn.jcf.liuzhi"]
    assert cn.add_working_days(date(2026, 2, 26), 15) == walk(date(2026, 2, 26), 15)
    result = due(liuzhi, start, cn)
    at = cn.start_of(date(2026, 5, 1))
    figures: dict[str, float] = {
        "nth working day, look-up (us)": microseconds(lambda: cn.add_working_days(date(2026, 2, 26), 15), 20_000),
        "nth working day, walked (us)": microseconds(lambda: walk(date(2026, 2, 26), 15), 2_000),
        "due, 15 working days (us)": microseconds(lambda: due(ack, start, cn), 3_000),
        "due, liuzhi with two readings (us)": microseconds(lambda: due(liuzhi, start, cn), 3_000),
        "standing and next change (us)": microseconds(lambda: (standing(result, at), next_change(result, at)), 3_000),
    }
    random.seed(1)
    clocks = [
        (str(i), ack, [Event(Kind.START, date(2026, 1, 1) + timedelta(days=random.randrange(365)))]) for i in range(CLOCKS)
    ]
    amended = apply_notice(cn, Notice(
        "cn-mainland", "bench", frozenset(), {date(2026, 10, 8): DayFact(False, "加放一天", "one more day")}
    ))
    begin = time.perf_counter()
    moved = sum(1 for _ in recompute(clocks, cn, amended))
    figures[f"recompute {CLOCKS} clocks (s)"] = round(time.perf_counter() - begin, 2)
    figures["of them moved"] = moved
    figures["load rules and calendars, cold (s)"] = round(loading, 2)
    ratio = round(figures["nth working day, walked (us)"] / figures["nth working day, look-up (us)"], 1)
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "figures": figures, "baseline": "walking with chinese-calendar", "ratio baseline / ours": ratio,
    }
    text = json.dumps(report, ensure_ascii=False, indent=2)
    print(text)
    Path(__file__).resolve().parents[1].joinpath("results", "clocks.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

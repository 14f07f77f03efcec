"""The project board as a picture: a line per project, its stages by the baseline, and how late each began. The page prints the same as a table."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

WIDTH, LEFT, ROW = 900, 220, 34


@dataclass(frozen=True)
class Bar:
    """One stage by its baseline: days are inclusive; `actual` is when it really began, None when it has not."""

    name: str
    start: date
    end: date
    actual: date | None = None


def slip(bar: Bar, today: date) -> int:
    """Days late: from the planned to the actual start, or to today when it should have begun; never below 0."""
    return max(0, ((bar.actual or today) - bar.start).days)


def state(bars: Sequence[Bar], ended: bool, today: date) -> str:
    """done, late or on_time: computed from the dates, never entered (seed row S3-17)."""
    if ended:
        return "done"
    return "late" if any(slip(b, today) > 0 for b in bars) else "on_time"


def draw(rows: Sequence[tuple[str, Sequence[Bar]]], today: date) -> str:
    """SVG text: attributes only, no style, so that the page's policy lets it through. Empty when there is nothing to draw."""
    bars = [b for _, mine in rows for b in mine]
    if not bars:
        return ""
    first, last = min(b.start for b in bars), max(max(b.end for b in bars), today)
    span = max(1, (last - first).days)
    height = ROW * len(rows) + 30

    def x(day: date) -> int:
        return LEFT + round((day - first).days * (WIDTH - LEFT - 20) / span)

    out = [f'<svg class="gantt" viewBox="0 0 {WIDTH} {height}" role="img" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">']
    for n, (name, mine) in enumerate(rows):
        y = 24 + n * ROW
        out.append(f'<text x="8" y="{y + 15}" font-size="14" fill="currentColor">{escape(name[:14])}</text>')
        for b in mine:
            out.append(f'<rect x="{x(b.start)}" y="{y}" width="{max(3, x(b.end) - x(b.start))}" height="12" rx="2" fill="currentColor" opacity="0.35"><title>{escape(b.name)} {b.start}—{b.end}</title></rect>')
            if slip(b, today):
                until = b.actual or today
                out.append(f'<rect x="{x(b.start)}" y="{y + 15}" width="{max(2, x(until) - x(b.start))}" height="4" fill="#c0392b"/>')
    out.append(f'<line x1="{x(today)}" x2="{x(today)}" y1="6" y2="{height}" stroke="currentColor" stroke-dasharray="3 3"/><text x="{x(today) + 4}" y="14" font-size="12" fill="currentColor">{today.isoformat()}</text></svg>')
    return "".join(out)

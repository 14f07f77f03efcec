"""The playbook as a picture made on the server: plain SVG, readable in both themes, with live counts per stage."""
from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from .layout import LINE, layout, name_lines
from .lettering import STEP
from .model import Playbook
from .shapes import Arrow, Box

_STYLE = (
    ".pb{font-family:var(--xi-font,'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',system-ui,sans-serif);font-size:13px}"
    ".pb .paper{fill:var(--xi-surface,#ffffff)}"
    ".pb text{fill:var(--xi-text,#1b2530)}"
    ".pb .box{fill:var(--xi-panel,#f3f6f9);stroke:var(--xi-line-strong,#57606a);stroke-width:1.4}"
    ".pb .decision{fill:var(--xi-decision,#fdf4dc);stroke:var(--xi-amber,#8a5a00)}"
    ".pb .wait{stroke-dasharray:5 3}"
    ".pb .end{fill:var(--xi-end,#e7f3ea);stroke:var(--xi-green,#1a7f37)}"
    ".pb .bar{fill:var(--xi-line-strong,#57606a)}"
    ".pb .on-bar{fill:var(--xi-surface,#ffffff);font-size:12px}"
    ".pb .start{stroke-width:3}"
    ".pb .arrow{fill:none;stroke:var(--xi-line-strong,#57606a);stroke-width:1.3}"
    ".pb .back{stroke-dasharray:4 4;stroke:var(--xi-blue,#0b5cad)}"
    ".pb .name{font-size:11px;paint-order:stroke;stroke:var(--xi-surface,#ffffff);stroke-width:3px}"
    ".pb .count{fill:var(--xi-blue,#0b5cad)}.pb .number{fill:var(--xi-surface,#ffffff);font-size:11px;font-weight:700}"
    ".pb .head{fill:var(--xi-line-strong,#57606a)}"
    ".pb .here .box{stroke:var(--xi-blue,#0b5cad);stroke-width:3}"
)
_DARK = (
    "@media (prefers-color-scheme:dark){.pb{--xi-dark:1}.pb .paper{fill:var(--xi-surface,#161b22)}.pb text{fill:var(--xi-text,#e6edf3)}"
    ".pb .box{fill:var(--xi-panel,#21262d);stroke:var(--xi-line-strong,#9aa4ae)}.pb .decision{fill:var(--xi-decision,#3a2f12);stroke:var(--xi-amber,#e3b341)}"
    ".pb .end{fill:var(--xi-end,#12301b);stroke:var(--xi-green,#56d364)}.pb .bar,.pb .head{fill:var(--xi-line-strong,#9aa4ae)}"
    ".pb .arrow{stroke:var(--xi-line-strong,#9aa4ae)}.pb .back{stroke:var(--xi-blue,#79b8ff)}.pb .name{stroke:var(--xi-surface,#161b22)}"
    ".pb .on-bar,.pb .number{fill:var(--xi-surface,#161b22)}.pb .count{fill:var(--xi-blue,#79b8ff)}}"
)


def diagram(playbook: Playbook, language: str = "zh", counts: Mapping[str, int] | None = None, here: frozenset[str] = frozenset()) -> str:
    """SVG text. `counts` are open matters per stage (shown as a badge), `here` the stages of the matter on screen.

    Every stage carries `data-stage`; the picture has a title and a description for those who cannot see it, and its
    table twin is `text.table`.
    """
    plan = layout(playbook, language)
    counts = counts or {}
    title = playbook.label.say(language)
    note = {"zh": f"“{title}”流程图，第 {playbook.version} 版；内容与下方表格相同。", "en": f"Diagram of “{title}”, version {playbook.version}; the table below says the same."}[language]
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pb" role="img" viewBox="0 0 {plan.width} {plan.height}" width="{plan.width}" height="{plan.height}" aria-labelledby="t-{playbook.code} d-{playbook.code}">',
        f'<title id="t-{playbook.code}">{escape(title)}</title><desc id="d-{playbook.code}">{escape(note)}</desc>',
        f"<style>{_STYLE}{_DARK}</style>",
        '<defs><marker id="pb-head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>',
        f'<rect class="paper" width="{plan.width}" height="{plan.height}"/>',
    ]
    out += [_line(arrow) for arrow in plan.arrows]
    out += [_box(playbook, box, language, counts.get(box.stage), box.stage in here) for box in plan.boxes]
    out += _names(playbook, plan.arrows, language)
    out += _ways_out(playbook, plan.boxes, {playbook.moves[a.move].to for a in plan.arrows}, language)
    out.append("</svg>")
    return "\n".join(out)


def _line(arrow: Arrow) -> str:
    points = arrow.points
    if arrow.back:
        d = "M" + "L".join(f"{x} {y}" for x, y in points)
    else:
        d = f"M{points[0][0]} {points[0][1]}"
        for (x1, y1), (x2, y2) in pairwise(points):
            half = (y1 + y2) // 2
            d += f"C{x1} {half} {x2} {half} {x2} {y2}"
    return f'<path class="arrow{" back" if arrow.back else ""}" d="{d}" marker-end="url(#pb-head)"/>'


def _names(playbook: Playbook, arrows: tuple[Arrow, ...], language: str) -> list[str]:
    """Names of the arrows, each in its lines where the layout found room for it."""
    out: list[str] = []
    for arrow in arrows:
        x, y = arrow.label
        if arrow.loops:
            names = ("、" if language == "zh" else ", ").join(playbook.moves[m].label.say(language) for m in arrow.loops)
            mark = "↻" if len(arrow.loops) == 1 else f"↻{len(arrow.loops)}"
            out.append(f'<text class="name" x="{x}" y="{y + 4}" text-anchor="middle"><title>{escape(names)}</title>{mark}</text>')
            continue
        first = y + 4 - (len(arrow.lines) - 1) * STEP // 2
        out += [f'<text class="name" x="{x}" y="{first + STEP * i}" text-anchor="middle">{escape(line)}</text>' for i, line in enumerate(arrow.lines)]
    return out


def _ways_out(playbook: Playbook, boxes: tuple[Box, ...], drawn: set[str], language: str) -> list[str]:
    """Above an end that no arrow reaches: from how many stages one may cancel. Arrows from all of them would hide the rest."""
    out: list[str] = []
    for box in boxes:
        cancels = [m for m in playbook.moves.values() if m.kind == "cancel" and m.to == box.stage]
        if box.stage in drawn or not cancels:
            continue
        sources = list(dict.fromkeys(s for m in cancels for s in m.sources))
        name = cancels[0].label.say(language)
        text = f"{name} ← {len(sources)} {'stage' if len(sources) == 1 else 'stages'}" if language == "en" else f"{name} ← {len(sources)} 个环节"
        names = ("、" if language == "zh" else ", ").join(playbook.stages[s].label.say(language) for s in sources)
        out.append(f'<text class="name" x="{box.x}" y="{box.y - box.h // 2 - 6}" text-anchor="middle"><title>{escape(names)}</title>{escape(text)}</text>')
    return out


def _box(playbook: Playbook, box: Box, language: str, count: int | None, here: bool) -> str:
    stage = playbook.stages[box.stage]
    x, y = box.x - box.w // 2, box.y - box.h // 2
    name = stage.label.say(language)
    start = " start" if stage.start else ""
    if stage.kind in ("split", "join"):
        shape = f'<rect class="bar" x="{x}" y="{y}" width="{box.w}" height="{box.h}" rx="3"/>'
    elif stage.kind == "decision":
        shape = f'<path class="box decision{start}" d="M{x + 14} {y}H{x + box.w - 14}L{x + box.w} {box.y}L{x + box.w - 14} {y + box.h}H{x + 14}L{x} {box.y}z"/>'
    else:
        radius = box.h // 2 if stage.kind == "end" else 8
        css = "box end" if stage.kind == "end" else "box wait" if stage.kind == "wait" else "box"
        shape = f'<rect class="{css}{start}" x="{x}" y="{y}" width="{box.w}" height="{box.h}" rx="{radius}"/>'
    lines = name_lines(stage, language)
    css = ' class="on-bar"' if stage.kind in ("split", "join") else ""
    first = box.y + 5 - (len(lines) - 1) * LINE // 2
    text = "".join(f'<text{css} x="{box.x}" y="{first + LINE * i}" text-anchor="middle">{escape(line)}</text>' for i, line in enumerate(lines))
    tip = name if count is None else f"{name} · {count}"
    badge = ""
    if count is not None:
        wide = 12 + 7 * len(str(count))
        badge = f'<rect class="count" x="{x + box.w - wide // 2 - 4}" y="{y - 9}" width="{wide}" height="18" rx="9"/><text class="number" x="{x + box.w - 4}" y="{y + 4}" text-anchor="middle">{count}</text>'
    marked = ' class="here"' if here else ""
    return f"<g data-stage={quoteattr(stage.code)}{marked}><title>{escape(tip)}</title>{shape}{text}{badge}</g>"

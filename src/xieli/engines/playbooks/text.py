"""The diagram's twin: the same playbook as a table (for HTML, print and screen readers) and as plain text."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .aloud import name_of, say_condition
from .model import Effect, Move, Playbook
from .vocabulary import EFFECTS

KIND_NAMES = {
    "task": ("办理", "task"), "decision": ("决定", "decision"), "split": ("同时展开", "in parallel"), "join": ("汇合", "joined"), "wait": ("等待", "waiting"), "end": ("终点", "end"),
}


@dataclass(frozen=True)
class MoveRow:
    """One way on: its name, where to, who, and what it takes."""

    name: str
    to: str
    who: str
    condition: str
    effects: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One stage of the table: everything already in words; `count` is None when no counts were given."""

    code: str
    name: str
    kind: str
    who: str
    time: str
    count: int | None
    moves: tuple[MoveRow, ...]


def table(playbook: Playbook, language: str = "zh", counts: Mapping[str, int] | None = None, kinds: dict[str, Any] | None = None) -> tuple[Row, ...]:
    """All stages in file order with their moves, in the language asked for."""
    rows = []
    for stage in playbook.stages.values():
        who = _join(language, (name_of(playbook, "role", r, language) for r in stage.roles))
        if stage.clock:
            time = playbook.clocks[stage.clock].label.say(language)
        elif stage.no_limit:
            time = (f"无期限：{stage.no_limit.zh}" if language == "zh" else f"no limit: {stage.no_limit.en}")
        else:
            time = ""
        moves = tuple(_move(playbook, m, language, kinds) for m in playbook.moves_from(stage.code))
        count = None if counts is None else counts.get(stage.code, 0)
        rows.append(Row(stage.code, stage.label.say(language), KIND_NAMES[stage.kind][0 if language == "zh" else 1], who, time, count, moves))
    return tuple(rows)


def _join(language: str, parts: Any) -> str:
    return ("、" if language == "zh" else ", ").join(parts)


def _move(playbook: Playbook, move: Move, language: str, kinds: dict[str, Any] | None) -> MoveRow:
    who = _join(language, (name_of(playbook, "role", r, language) if r != "system" else ("系统到期自动" if language == "zh" else "by itself") for r in move.who))
    needs = []
    if move.needs:
        label = playbook.approvals[move.needs].label
        needs.append(f"须经批准：{label.zh}" if language == "zh" else f"needs approval: {label.en}")
    if move.when:
        needs.append(say_condition(playbook, move.when, language, kinds))
    if move.reason:
        needs.append("须写明理由" if language == "zh" else "with a reason")
    return MoveRow(move.label.say(language), playbook.stages[move.to].label.say(language), who, ("；" if language == "zh" else "; ").join(needs), tuple(say_effect(playbook, e, language, kinds) for e in move.effects))


def say_effect(playbook: Playbook, effect: Effect, language: str, kinds: dict[str, Any] | None = None) -> str:
    """One effect as a phrase."""
    word = EFFECTS[effect.do]
    shown = {name: name_of(playbook, word.args[name].kind, value, language, kinds) for name, value in effect.args if name in word.args}
    return (word.zh if language == "zh" else word.en).format(**shown)


def outline(playbook: Playbook, language: str = "zh", counts: Mapping[str, int] | None = None) -> str:
    """Plain text: each stage, and under it its ways on. Ends with a line break."""
    lines = [f"{playbook.label.say(language)} · {'第' if language == 'zh' else 'version'} {playbook.version}{' 版' if language == 'zh' else ''}", ""]
    for row in table(playbook, language, counts):
        head = f"[{row.kind}] {row.name}"
        head += f" ({row.count})" if row.count is not None else ""
        lines.append(head + "".join(f" · {part}" for part in (row.who, row.time) if part))
        for move in row.moves:
            detail = f"  — {move.condition}" if move.condition else ""
            lines.append(f"    → {move.name} → {move.to}{detail}")
    return "\n".join(lines) + "\n"
